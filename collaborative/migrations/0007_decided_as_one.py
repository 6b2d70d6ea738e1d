"""Decisions on one field of a person, a phone or a capacity, taken when each was decided alone."""

from collections import defaultdict

from django.db import migrations

GROUPS = (
    {f"manager_{name}" for name in ("last_name", "first_name", "civility", "role", "phone", "email")},
    {f"director_{name}" for name in ("name", "civility", "title", "phone", "email")},
    {"medical_phone", "medical_extension"},
    {"fax", "fax_extension"},
    {"installed_places", "capacity_kind"},
)
CLOSED = ("validated", "abandoned")
OF_HALF = {"accept", "keep"}


def drop_halves(apps, schema_editor):
    """Take back what was decided of a part only of such fields, so that the whole is looked at again.

    A correction or a return of one of them is that of the whole; dossiers that are closed keep what was decided.
    """
    reviews = apps.get_model("collaborative", "FieldReview").objects.using(schema_editor.connection.alias)
    taken, proposed = defaultdict(list), {}
    asked = reviews.filter(field__in=set().union(*GROUPS)).exclude(fiche__dossier__state__in=CLOSED)
    for pk, field, decision, fiche, values in asked.values_list("pk", "field", "decision", "fiche", "fiche__values"):
        group = next(at for at, names in enumerate(GROUPS) if field in names)
        taken[fiche, group].append((pk, decision))
        proposed[fiche, group] = len(values.keys() & GROUPS[group])
    halves = []
    for key, rows in taken.items():
        decisions = {decision for _, decision in rows}
        if len(decisions) > 1 or (decisions <= OF_HALF and len(rows) < proposed[key]):
            halves += [pk for pk, decision in rows if decision in OF_HALF]
    reviews.filter(pk__in=halves).delete()


class Migration(migrations.Migration):
    """What makes sense together is decided as one: no half of a decision is left from before."""

    dependencies = [("collaborative", "0006_dossier_senders")]

    operations = [migrations.RunPython(drop_halves, migrations.RunPython.noop, elidable=True)]
