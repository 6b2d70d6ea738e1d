import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

CLOSED = ("validated", "abandoned")


def kept_so_far(apps, schema_editor):
    """Who sent each open dossier, as its history tells, and what it is the rest of; the last sender of a closed one."""
    alias = schema_editor.connection.alias
    dossiers = apps.get_model("collaborative", "Dossier").objects.using(alias)
    steps = apps.get_model("collaborative", "Step").objects.using(alias).filter(act="send", by__isnull=False)
    sent, origins = {}, dict(dossiers.values_list("pk", "origin"))
    for dossier_id, by_id in steps.order_by().values_list("dossier_id", "by_id").distinct():
        sent.setdefault(dossier_id, set()).add(by_id)
    for pk, state, sent_by_id in dossiers.order_by("pk").values_list("pk", "state", "sent_by_id"):
        found, origin = {sent_by_id} - {None}, pk
        while origin is not None and state not in CLOSED:
            found |= sent.get(origin, set())
            origin = origins[origin]
        if found:
            dossiers.filter(pk=pk).update(senders=sorted(found))


class Migration(migrations.Migration):
    """Two validations, never of the same person: whoever has sent a dossier in an earlier round is kept too."""

    dependencies = [
        ("collaborative", "0005_fiche_text_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="dossier",
            name="senders",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                default=list,
                size=None,
                verbose_name="envoyé un jour par",
            ),
        ),
        migrations.RunPython(kept_so_far, migrations.RunPython.noop, elidable=True),
        migrations.RemoveConstraint(model_name="dossier", name="dossier_two_validations"),
        migrations.AddConstraint(
            model_name="dossier",
            constraint=models.CheckConstraint(
                condition=~Q(state="validated")
                | (~Q(decided_by=F("sent_by")) & ~Q(senders__contains=[F("decided_by")])),
                name="dossier_two_validations",
                violation_error_message="Un dossier n’est pas validé par la personne qui l’a envoyé.",
            ),
        ),
    ]
