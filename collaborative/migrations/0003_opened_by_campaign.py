from django.db import migrations, models
from django.db.models import F


def mark(apps, schema_editor):
    """Dossiers opened by who opened the campaign, once it was: the campaign opened them."""
    dossiers = apps.get_model("collaborative", "Dossier").objects.using(schema_editor.connection.alias)
    asked = dossiers.filter(campaign__created_by=F("opened_by"), campaign__created_at__lte=F("opened_at"))
    dossiers.filter(pk__in=asked.values("pk")).update(is_opened_by_campaign=True)


class Migration(migrations.Migration):
    dependencies = [
        ("collaborative", "0002_field_review_proposed"),
    ]

    operations = [
        migrations.AddField(
            model_name="dossier",
            name="is_opened_by_campaign",
            field=models.BooleanField(default=False, verbose_name="ouvert par une campagne"),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop, elidable=True),
    ]
