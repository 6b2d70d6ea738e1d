"""Completeness of a record and the advice of the national rules: pure."""

from dataclasses import fields, replace

import pytest

from directory.blocks import BLOCKS
from directory.enums import RecordKind
from directory.forms import editable_blocks
from directory.quality.rules import BY_KEY, RULES, EntityFacts, UnitFacts, assess, is_stale, known

EG, UO = RecordKind.GEOGRAPHIC_ENTITY, RecordKind.UNIT
FULL_ENTITY = EntityFacts(**{field.name: True for field in fields(EntityFacts)})
FULL_UNIT = UnitFacts(
    name="ACT Exemple",
    discipline="MSS",
    unit_type="94.46",
    care_mode="46",
    category="165",
    activities=frozenset({"510"}),
    activity_family=True,
    audience=True,
    phone=True,
    email=True,
    hours=True,
    territory=True,
    admission=True,
    installed_places=35,
    manager_name=True,
    manager_contact=True,
)


def missing(kind, facts):
    return assess(kind, facts).missing


def advice(**values):
    return assess(UO, replace(FULL_UNIT, **values)).advice


def test_a_whole_record_is_at_a_hundred_percent():
    assert assess(EG, FULL_ENTITY) == (100, [], [])
    assert assess(UO, FULL_UNIT) == (100, [], [])


def test_an_empty_record_is_at_zero_and_lacks_everything_due():
    assert assess(EG, EntityFacts()) == (0, [rule.key for rule in RULES if rule.kind == EG], [])
    percent, lacking, told = assess(UO, UnitFacts())
    assert (percent, told) == (0, [])
    assert not {"uo_audience", "uo_activity_family", "uo_territory", "uo_installed_places"} & set(lacking)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.kind == EG], ids=lambda rule: rule.key)
def test_each_field_of_an_establishment_is_missed_alone(rule):
    facts = replace(FULL_ENTITY, **{rule.key.removeprefix("eg_"): False})
    # Four required fields weigh 3, nine expected ones 1.
    assert assess(EG, facts) == (100 * (21 - rule.weight) // 21, [rule.key], [])


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"discipline": ""}, "uo_discipline"),
        ({"unit_type": ""}, "uo_unit_type"),
        ({"activities": frozenset()}, "uo_activities"),
        ({"care_mode": ""}, "uo_care_mode"),
        ({"audience": False}, "uo_audience"),
        ({"activity_family": False}, "uo_activity_family"),
        ({"phone": False}, "uo_phone"),
        ({"email": False}, "uo_email"),
        ({"hours": False}, "uo_hours"),
        ({"admission": False}, "uo_admission"),
        ({"installed_places": None}, "uo_installed_places"),
        ({"manager_name": False}, "uo_manager_name"),
        ({"manager_contact": False}, "uo_manager_contact"),
        ({"care_mode": "59", "territory": False}, "uo_territory"),
    ],
)
def test_each_field_of_a_unit_is_missed_alone(changed, key):
    assert missing(UO, replace(FULL_UNIT, **changed)) == [key]


def test_every_rule_of_completeness_of_a_unit_is_tried_above():
    tried = {
        mark.args[1][index][1]
        for mark in test_each_field_of_a_unit_is_missed_alone.pytestmark
        for index in range(len(mark.args[1]))
    }
    assert tried == {rule.key for rule in RULES if rule.kind == UO and not rule.is_advice}


def test_the_formula_weighs_required_fields_three_times_and_rounds_down():
    # A social care unit that lodges: 5 required (15) and 8 expected fields (8) are due.
    assert assess(UO, replace(FULL_UNIT, unit_type="")).percent == 86  # 20 / 23
    assert assess(UO, replace(FULL_UNIT, email=False)).percent == 95  # 22 / 23


def test_zero_places_is_filled_and_places_are_asked_of_units_where_one_stays():
    assert missing(UO, replace(FULL_UNIT, installed_places=0)) == []
    assert missing(UO, replace(FULL_UNIT, care_mode="32", installed_places=None)) == []


def test_audience_and_family_are_asked_of_social_care_alone():
    assert missing(UO, replace(FULL_UNIT, discipline="MCO", audience=False, activity_family=False)) == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"care_mode": "33", "activities": frozenset({"157"}), "name": "SAU adultes"}, ["ans_co1"]),
        ({"care_mode": "33", "activities": frozenset({"157"}), "name": "Urgences adultes"}, []),
        ({"care_mode": "32", "activities": frozenset({"157"}), "name": "SAU adultes"}, []),
        ({"care_mode": "33", "activities": frozenset({"510"}), "name": "SAU adultes"}, []),
        ({"name": "Maternité de l’Ourcq"}, ["ans_co2"]),
        ({"name": "Maternité de l’Ourcq", "unit_type": "290.28"}, []),
        ({"name": "Centre maternel"}, []),
        ({"name": "USMP de Fresnes"}, ["ans_co3"]),
        ({"name": "Chambres sécurisées"}, ["ans_co3"]),
        ({"activities": frozenset({"089"})}, ["ans_co3"]),
        ({"name": "USMP de Fresnes", "sensitive": True}, []),
        ({"category": "255", "installed_places": None}, ["ans_cp6"]),
        ({"category": "255", "installed_places": 0}, ["ans_cp6"]),
        ({"category": "255", "installed_places": 1}, []),
        ({"category": "500", "installed_places": 0}, ["ans_cp6"]),
        ({"category": "500", "installed_places": 0, "care_mode": "47"}, []),
        ({"category": "500", "installed_places": 0, "unit_type": "25.46"}, []),
        ({"category": "355", "installed_places": 0}, []),
    ],
)
def test_advice_of_the_national_rules(values, told):
    assert advice(**values) == told


def test_advice_does_not_weigh():
    assert assess(UO, replace(FULL_UNIT, name="USMP de Fresnes")).percent == 100


@pytest.mark.parametrize(
    ("units", "recent", "stale"),
    [
        (0, 0, False),
        (1, 0, True),
        (7, 0, True),
        (7, 1, False),
        (8, 1, True),
        (8, 2, False),
        (9, 2, True),
        (12, 3, False),
    ],
)
def test_recency_asks_for_a_quarter_of_the_units_or_one_of_a_few(units, recent, stale):
    assert is_stale(units, recent) is stale


def test_rules_point_to_blocks_that_exist_and_have_short_unique_keys():
    for rule in RULES:
        assert rule.block in {block.key for block in BLOCKS[rule.kind]}, rule.key
        assert len(rule.key) <= 40
    assert len(BY_KEY) == len(RULES) + 1


def test_what_is_missing_can_be_put_right_in_a_form():
    for rule in RULES:
        assert rule.block in editable_blocks(rule.kind), rule.key


def test_a_key_that_no_rule_has_any_more_is_left_out():
    assert [rule.key for rule in known(["eg_phone", "ancienne_regle", "ans_re12"])] == ["eg_phone", "ans_re12"]
