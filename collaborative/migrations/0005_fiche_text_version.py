import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def taken_over(apps, schema_editor):
    """What was saved so far: the last act of a fiche stands for the last save of its text."""
    fiches = apps.get_model("collaborative", "Fiche").objects.using(schema_editor.connection.alias)
    fiches.filter(version__gt=1).update(text_version=F("version"), text_at=F("updated_at"), text_by=F("updated_by"))


class Migration(migrations.Migration):
    """A fiche keeps apart who last saved its text: files and moves leave what is being typed alone."""

    dependencies = [
        ("collaborative", "0004_what_was_in_sight"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="fiche",
            name="text_version",
            field=models.PositiveIntegerField(default=0, verbose_name="version du texte"),
        ),
        migrations.AddField(
            model_name="fiche",
            name="text_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="texte enregistré le"),
        ),
        migrations.AddField(
            model_name="fiche",
            name="text_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="texte enregistré par",
            ),
        ),
        migrations.RunPython(taken_over, migrations.RunPython.noop, elidable=True),
    ]
