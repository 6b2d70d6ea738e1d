from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0006_duplicates_and_merges"),
    ]

    operations = [
        migrations.AddField(
            model_name="merge",
            name="given",
            field=models.JSONField(default=dict, verbose_name="ce qui a été déplacé"),
        ),
        migrations.AddField(
            model_name="merge",
            name="kept_version",
            field=models.PositiveIntegerField(default=0, verbose_name="version de la fiche conservée"),
        ),
        migrations.AddField(
            model_name="merge",
            name="merged_version",
            field=models.PositiveIntegerField(default=0, verbose_name="version de la fiche fusionnée"),
        ),
    ]
