"""When two names, two EGs, two UOs may be one. No database."""

import pytest

from common.geo import Point
from directory.duplicates.candidates import entity_pairs, unit_pairs
from directory.duplicates.names import core_likeness, likeness, read_name
from directory.duplicates.rules import Entity, Reason, Unit, entity_reasons, near_names, reason_words, unit_reasons

HERE = Point(48.9, 2.2)
EHPAD, RESIDENCE = 500, 202


def north(metres):
    return Point(HERE.lat + metres / 111_195, HERE.lon)


def entity(pk=1, name="EHPAD Les Tilleuls", **values):
    facts = {
        "siret": "",
        "category": EHPAD,
        "commune": "92050",
        "town": "Nanterre",
        "postal_code": "92000",
        "street": "12 rue des Lilas",
        "point": HERE,
    }
    return Entity(pk=pk, name=name, **(facts | values))


def unit(pk=1, name="Hébergement permanent", **values):
    facts = {"entity": 1, "unit_type": 7, "structure": None, "sex": "", "first_day": 0, "last_day": 55_000}
    return Unit(pk=pk, name=name, **(facts | values))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("EHPAD Les Tilleuls", "ehpad les tilleuls"),
        ("E.H.P.A.D. « Les Tilleuls »", "EHPAD les Tilleuls"),
        ("Foyer d’accueil de la Cité", "Foyer accueil Cité"),
        ("Clinique Saint-Joseph", "Clinique St Joseph"),
        ("Unité n° 2", "Unité 02"),
        ("SAMSAH à Paris", "SAMSAH Paris"),
    ],
)
def test_names_that_hold_the_same_words(one, other):
    assert read_name(one).key == read_name(other).key
    assert read_name(one).marks == read_name(other).marks


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Unité 1", "Unité 2"),
        ("Unité", "Unité 2"),
        ("CMP secteur A", "CMP secteur B"),
        ("Secteur 92G01", "Secteur 92G02"),
        ("Service II", "Service III"),
        ("Foyer Nord", "Foyer Sud"),
        ("Hébergement femmes", "Hébergement hommes"),
        ("Hospitalisation de jour", "Hospitalisation de nuit"),
        ("ACT Vega", "ACT hors les murs Vega"),
    ],
)
def test_names_that_tell_two_neighbours_apart(one, other):
    assert read_name(one).marks != read_name(other).marks
    assert not near_names(entity(name=one), entity(2, other))
    assert unit_reasons(unit(name=one), unit(2, other)) == []


def test_likeness_is_that_of_trigrams():
    assert likeness(read_name("word"), read_name("two words")) == pytest.approx(0.363636, abs=1e-5)  # as pg_trgm
    assert likeness(read_name("abc"), read_name("abc")) == 1
    assert likeness(read_name(""), read_name("")) == 0
    assert core_likeness(read_name("EHPAD"), read_name("Résidence")) == 0


@pytest.mark.parametrize("name", ["Résidence Les Tilleuls", "EHPAD les Tilleul", "EHPAD Les Tilleuls – Nanterre"])
def test_near_names_at_a_near_place(name):
    assert entity_reasons(entity(), entity(2, name, point=north(78))) == [Reason.NEAR_NAME_PLACE]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "EHPAD Les Acacias"},
        {"name": "Résidence Les Tilleuls", "category": RESIDENCE},
        {"point": north(160), "street": "80 rue des Lilas"},
        {"point": None, "street": "14 rue des Lilas"},
    ],
    ids=["another name", "another type", "too far", "another number"],
)
def test_establishments_that_are_two(values):
    assert entity_reasons(entity(), entity(2, **values)) == []


def test_a_street_is_read_however_it_is_typed():
    one = entity(street="12 avenue du Général St-Pierre", point=None)
    other = entity(2, street="12 AV DU GENERAL SAINT PIERRE", point=None)
    assert entity_reasons(one, other) == [Reason.NEAR_NAME_PLACE]
    assert entity_reasons(one, entity(2, street=one.street, postal_code="75010", commune="75110", point=None)) == []


def test_words_that_say_what_it_is_do_not_make_two_names_alike():
    one, other = (
        entity(pk, f"Service autonomie à domicile {own}") for pk, own in ((1, "Alice-Guy"), (2, "les Hêtres"))
    )
    assert likeness(one.read, other.read) > 0.6
    assert entity_reasons(one, other) == []


def test_a_type_that_is_not_known_forbids_nothing():
    assert entity_reasons(entity(), entity(2, "Résidence Les Tilleuls", category=None)) == [Reason.NEAR_NAME_PLACE]


def test_the_same_siret_is_a_reason_wherever_they_are():
    one, other = entity(siret="99000000100012"), entity(2, "CSAPA Vega", siret="99000000100012", point=north(9000))
    assert entity_reasons(one, other) == [Reason.SAME_SIRET]
    assert entity_reasons(entity(), entity(2, "CSAPA Vega", point=north(9000))) == []  # none is no number


def test_the_same_name_in_a_town_needs_an_address_missing():
    bare = entity(2, "EHPAD les Tilleuls", street="", point=None)
    assert entity_reasons(entity(), bare) == [Reason.SAME_NAME_TOWN]
    assert entity_reasons(entity(), entity(2, "EHPAD les Tilleuls", street="9 rue Haute", point=north(900))) == []
    assert entity_reasons(entity(), entity(2, "EHPAD les Tilleuls", street="", point=None, commune="75110")) == []


def test_units_of_one_name_or_nearly():
    assert unit_reasons(unit(), unit(2, "hébergement  permanent")) == [Reason.SAME_NAME_TYPE]
    assert unit_reasons(unit(), unit(2, "Hébergements permanents")) == [Reason.NEAR_NAME_TYPE]
    assert unit_reasons(unit(), unit(2, "Accueil de jour")) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"unit_type": 8}),
        ({"structure": 1}, {"structure": 2}),
        ({"sex": "F"}, {"sex": "M"}),
        ({"last_day": 6574}, {"first_day": 6575}),
        ({}, {"own_commune": "75110"}),
        ({"own_commune": "92050"}, {"own_commune": "75110"}),
        ({"own_commune": "92050", "point": HERE}, {"own_commune": "92050", "point": north(400)}),
    ],
    ids=["type", "structure", "sex", "ages", "own address", "commune", "point"],
)
def test_units_told_apart_by_something_else(one, other):
    assert unit_reasons(unit(**one), unit(2, **other)) == []


def test_only_units_of_one_house_or_of_two_that_may_be_one_are_compared():
    units = [unit(1), unit(2), unit(3, entity=2), unit(4, entity=3)]
    assert list(unit_pairs(units, [(1, 2)])) == [(1, 2), (1, 3), (2, 3)]
    assert list(unit_pairs(units, [])) == [(1, 2)]


def test_candidates_are_found_across_the_edges_of_cells():
    """The same pairs as comparing everything with everything."""
    entities = [
        entity(number, point=Point(48.9 + (number % 9) * 0.0007, 2.2 + (number // 9) * 0.0011), street=f"{number} rue")
        for number in range(1, 82)
    ]
    expected = {
        (one.pk, other.pk) for one in entities for other in entities if one.pk < other.pk and entity_reasons(one, other)
    }
    found = entity_pairs(reversed(entities))
    assert set(found) == expected
    assert 81 < len(found) < 81 * 80 / 2
    assert list(found) == sorted(found)


def test_reasons_in_words():
    assert reason_words(["near_name_place", "same_siret"], 0.0784) == [
        "Même SIRET",
        "Noms et adresses proches (78\u00a0m)",
    ]
    assert reason_words(["near_name_place"], 0) == ["Noms et adresses proches (même point)"]
    assert reason_words(["near_name_place"], None) == ["Noms et adresses proches"]
    assert reason_words(["same_name_town"], 0.5) == ["Même nom dans la même commune, adresse incomplète"]
