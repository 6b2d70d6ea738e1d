from django.db import migrations

from search.engine.opening_hours import DROP_OPEN_UNITS, OPEN_UNITS


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0012_continuity_kit'),
    ]

    operations = [
        migrations.RunSQL(OPEN_UNITS, DROP_OPEN_UNITS),
    ]
