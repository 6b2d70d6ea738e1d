from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collaborative", "0003_opened_by_campaign"),
    ]

    operations = [
        migrations.AddField(
            model_name="fichefile",
            name="over",
            field=models.CharField(blank=True, max_length=120, verbose_name="photo du répertoire au départ"),
        ),
        migrations.AddField(
            model_name="fieldreview",
            name="base",
            field=models.JSONField(blank=True, null=True, verbose_name="valeur au départ"),
        ),
    ]
