from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0004_own_address_of_units"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="recordchange",
            index=models.Index(
                condition=models.Q(("role", "director")), fields=["-at", "-id"], name="recordchange_of_directors"
            ),
        ),
    ]
