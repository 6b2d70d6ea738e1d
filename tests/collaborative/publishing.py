"""Short ways to fill fiches and to publish the dossier of a ``desk`` (``conftest``)."""

from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier
from collaborative.publication import publish
from directory.models import Commune
from directory.reference.files import read_terms
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import TermFactory, commune, term, unit_type

ACT, CPTS = "94.46", "255.58"


def coded(record):
    return {"id": record.pk, "label": str(record)}


def activity(label="Soins palliatifs", **values):
    return TermFactory(nomenclature="operational_activity", label=label, **values)


def unit_values(name="ACT Neuve", type_code=ACT, **more):
    """Kept values of a complete UO: two activities, four communes, hours."""
    chosen = unit_type(type_code)
    discipline = chosen
    while discipline.nomenclature != "discipline":
        discipline = discipline.parent
    return {
        "name": name,
        "discipline": coded(discipline),
        "unit_type": coded(chosen),
        "care_mode": coded(chosen.preset_mode),
        "operational_activity": [coded(activity("Soins palliatifs")), coded(activity("Coordination de parcours"))],
        "audience": [coded(term("audience", first_audience()))],
        "intervention_communes": [coded(commune(insee)) for insee in ("92050", "75110", "92002", "92004")],
        "weekly_hours": [hours(day) for day in (1, 2, 3, 4, 5)],
        "min_age_value": 18,
        "secretary_phone": "0199000003",
        **more,
    }


def first_audience():
    return next(row.code for row in read_terms() if row.nomenclature == "audience")


def hours(weekday, opens="09:00", closes="17:00"):
    return {
        "weekday": weekday,
        "opens_at": opens,
        "closes_at": closes,
        "kind": None,
        "valid_from": None,
        "valid_until": None,
    }


def entity_values(name="CPTS Grand Exemple", insee="92050", **more):
    """Kept values of a complete EG."""
    place = Commune.objects.filter(insee=insee).first() or commune(insee)
    category = TermFactory(nomenclature="category", code="604", label="CPTS")
    return {
        "name": name,
        "official_name": name,
        "category": coded(category),
        "finess": "920000015",
        "street_number": "1",
        "street_name": "rue Neuve",
        "postal_code": "92000",
        "commune": coded(place),
        "phone": "0199000004",
        **more,
    }


def finalise(desk, fiche, values, by=None):
    return desk.save(fiche, values, finalise=True, by=by)


def add_unit(desk, values, parent=None, by=None):
    """A finalised new UO below the EG of the desk, or below ``parent``."""
    parent = parent or desk.fiche(desk.world.eg)
    [made] = fiche_services.add_units(parent=parent, count=1, **desk.who(by))
    return finalise(desk, made, values, by=by)


def change(desk, record, values, by=None):
    """Finalise a change of a record, completed by what its form would ask."""
    fiche = desk.fiche(record)
    asked = {}
    if fiche.kind == "uo":
        asked = {
            "operational_activity": [coded(activity("Hébergement"))],
            "audience": [coded(term("audience", first_audience()))],
        }
    if fiche.kind == "eg":
        category = TermFactory(nomenclature="category", code="604", label="CPTS")
        asked = {"official_name": record.name, "category": coded(category)}
    return finalise(desk, fiche, asked | values, by=by)


def remove(desk, record, by=None):
    fiche = desk.fiche(record)
    return fiche_services.remove_fiche(fiche=fiche, expected_version=fiche.version, **desk.who(by))


def send_and_take(desk, by=None, taker=None):
    desk.apply("send", by=by)
    return desk.apply("take", by=taker or desk.cast.sesan)


def validate(desk, by=None, **options):
    by = by or desk.cast.sesan
    dossier = Dossier.objects.get(pk=desk.dossier.pk)
    options = {"expected_version": dossier.version, **options}
    done = publish(dossier=dossier, by=by, scope=scope_of(by), now=desk.tick(), **options)
    desk.dossier = done.dossier
    return done


def another_validator():
    return UserFactory(username="sesan2", first_name="Ada", last_name="Lune", roles=["support"])
