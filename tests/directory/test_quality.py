"""Stored completeness follows every write, and equals what is worked out from nothing."""

import random
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from directory.enums import Nomenclature
from directory.models import GeographicEntity, OperationalUnit, RecordQuality
from directory.quality import services as quality
from directory.quality.rules import assess
from directory.scopes import scope_of
from directory.services import start_edit, update_record
from tests.factories.directory import (
    GeographicEntityFactory,
    InterventionAreaFactory,
    RorReferentFactory,
    UnitFactory,
    UnitTermFactory,
    WeeklyHoursFactory,
    term,
)

pytestmark = pytest.mark.django_db


def stored():
    fields = ("geographic_entity_id", "unit_id", "percent", "missing", "advice")
    return sorted(RecordQuality.objects.values_list(*fields), key=str)


def line_of(record):
    return RecordQuality.objects.get(**{"unit" if isinstance(record, OperationalUnit) else "geographic_entity": record})


def change(user, record, **changes):
    fresh = type(record).objects.get(pk=record.pk)
    return update_record(record=fresh, changes=changes, expected_version=fresh.version, by=user, scope=scope_of(user))


def test_lists_of_a_unit_are_seen(world):
    unit = world.act_mobile
    quality.refresh(units=[unit.pk])
    expected = {"uo_activities", "uo_audience", "uo_hours", "uo_territory"}
    assert expected <= set(line_of(unit).missing)
    activity = term(Nomenclature.OPERATIONAL_ACTIVITY, "157")
    UnitTermFactory(unit=unit, term=activity)
    UnitTermFactory(unit=unit, term__nomenclature=Nomenclature.AUDIENCE)
    WeeklyHoursFactory(unit=unit)
    InterventionAreaFactory(unit=unit)
    quality.refresh(units=[unit.pk])
    assert not expected & set(line_of(unit).missing)


def test_lists_of_an_establishment_are_seen(world):
    quality.refresh(entities=[world.eg.pk])
    assert {"eg_accessibility", "eg_referent"} <= set(line_of(world.eg).missing)
    RorReferentFactory(geographic_entity=world.eg)
    world.eg.terms.add(term(Nomenclature.PLACE_ACCESSIBILITY, "1"))
    quality.refresh(entities=[world.eg.pk])
    assert not {"eg_accessibility", "eg_referent"} & set(line_of(world.eg).missing)


def test_an_aid_is_no_accessibility_and_the_centre_of_a_commune_no_exact_point(world):
    world.eg.terms.add(term(Nomenclature.FINANCIAL_AID, "01"))
    GeographicEntity.objects.filter(pk=world.eg.pk).update(position_source="commune")
    quality.refresh(entities=[world.eg.pk])
    assert {"eg_accessibility", "eg_exact_position"} <= set(line_of(world.eg).missing)


def test_a_change_of_an_establishment_is_followed_with_its_units(cast, world):
    quality.refresh_all()
    assert "eg_email" in line_of(world.eg).missing
    change(cast.directeur, world.eg, email="accueil@etablissement.example")
    assert "eg_email" not in line_of(world.eg).missing
    OperationalUnit.objects.filter(pk=world.act.pk).update(installed_places=0)
    assert "ans_cp6" not in line_of(world.act).advice
    change(cast.sesan, world.eg, category=term(Nomenclature.EG_CATEGORY, "255"))
    assert line_of(world.act).advice == ["ans_cp6"]


def test_a_new_record_has_its_line(cast, world):
    from directory.services import RecordEdit

    unit = UnitFactory.build(geographic_entity=world.eg, unit_type=None, discipline=None, care_mode=None, terms=None)
    edit = RecordEdit(unit, cast.sesan, scope_of(cast.sesan))
    edit.create()
    edit.finish()
    assert "uo_unit_type" in line_of(unit).missing


TEXTS = {
    "name": ["ACT Exemple", "Maternité des Lilas", "UHSI", "Urgences"],
    "email": ["", "unite@etablissement.example"],
    "medical_phone": ["", "0199000003"],
    "admission_conditions": ["", "Sur dossier."],
    "manager_last_name": ["", "Moreau"],
    "manager_email": ["", "moreau@etablissement.example"],
    "installed_places": [None, 0, 12],
    "sensitive_unit": [True, False],
}
ENTITY_TEXTS = {
    "official_name": ["", "Nom officiel"],
    "street_number": ["", "12"],
    "phone": ["", "0199000004"],
    "manager_phone": ["", "0199000005"],
    "director_name": ["", "Caron"],
}


@pytest.mark.parametrize("seed", range(4))
def test_what_is_stored_equals_what_is_worked_out_again_after_random_writes(cast, world, seed):
    rng = random.Random(seed)
    OperationalUnit.objects.update(care_mode=None)  # given once, it changes no more
    quality.refresh_all()
    modes = [term(Nomenclature.CARE_MODE, code) for code in ("33", "46", "59", "32")]
    categories = [term(Nomenclature.EG_CATEGORY, code) for code in ("255", "500")]
    without_mode = [world.act, world.act_mobile, world.lam]
    for _ in range(25):
        kind = rng.randrange(4)
        unit = rng.choice([world.act, world.act_mobile, world.lam])
        if kind == 0 and unit in without_mode:
            without_mode.remove(unit)
            change(cast.sesan, unit, care_mode=rng.choice(modes))
        elif kind == 1:
            name = rng.choice(list(ENTITY_TEXTS))
            change(cast.sesan, world.eg, **{name: rng.choice(ENTITY_TEXTS[name])})
        elif kind == 2:
            change(cast.sesan, world.eg, category=rng.choice([*categories, None]))
        else:
            name = rng.choice(list(TEXTS))
            change(cast.sesan, unit, **{name: rng.choice(TEXTS[name])})
    followed = stored()
    RecordQuality.objects.all().delete()
    quality.refresh_all()
    assert followed == stored()


def test_a_list_written_in_an_act_is_followed(cast, world):
    quality.refresh_all()
    edit = start_edit(record=world.act, expected_version=1, by=cast.directeur, scope=scope_of(cast.directeur))
    WeeklyHoursFactory(unit=world.act)
    edit.finish()
    assert "uo_hours" not in line_of(world.act).missing


def test_refreshing_costs_the_same_whatever_the_number(world):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            quality.refresh_all()
        return len(captured)

    few = cost()
    for _ in range(5):
        UnitFactory(geographic_entity=GeographicEntityFactory(legal_entity=world.ej))
    assert cost() == few


def test_the_command_rebuilds_and_skips_when_it_is_not_needed(world):
    UnitFactory(geographic_entity=world.eg, closed=True)
    out = StringIO()
    call_command("rebuild_quality", stdout=out)
    assert RecordQuality.objects.count() == GeographicEntity.objects.count() + OperationalUnit.objects.count()
    assert out.getvalue() == f"Qualité des fiches : {RecordQuality.objects.count()} fiches.\n"
    call_command("rebuild_quality", "--if-needed", stdout=out)
    assert out.getvalue().count("\n") == 1
    RecordQuality.objects.filter(unit=world.act).delete()
    call_command("rebuild_quality", "--if-needed", stdout=out)
    assert line_of(world.act)


def test_stored_lines_are_those_of_the_rules(world):
    quality.refresh_all()
    for pk, facts in quality.unit_facts([world.act.pk, world.lhss.pk]):
        line = RecordQuality.objects.get(unit=pk)
        assert (line.percent, line.missing, line.advice) == assess("uo", facts)
