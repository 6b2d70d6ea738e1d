from django.db import migrations, models

# A pool is told as beds when all its units are.
TELL_BEDS = """
UPDATE availability_pool pool SET capacity_kind = 'bed'
WHERE (SELECT bool_and(unit.capacity_kind = 'bed')
       FROM availability_currentfigure figure
       JOIN directory_operationalunit unit ON unit.id = figure.unit_id
       WHERE figure.pool_id = pool.id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("availability", "0005_pool_memberships"),
    ]

    operations = [
        migrations.AddField(
            model_name="pool",
            name="capacity_kind",
            field=models.CharField(
                choices=[("place", "places"), ("bed", "lits")],
                default="place",
                max_length=8,
                verbose_name="lits ou places",
            ),
        ),
        migrations.RunSQL(TELL_BEDS, migrations.RunSQL.noop),
    ]
