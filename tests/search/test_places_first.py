"""A place typed first, misspelt or begun, excluded; what is offered beside it, and how it is said."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from directory.enums import Nomenclature
from directory.scopes import Grant, Scope, ScopeKind
from directory.territory.places import propose_places, resolve_place
from search.criteria import SearchCriteria
from search.engine.query import run_search
from search.words.where import resolve_where
from tests.factories.directory import GeographicEntityFactory, TermFactory, UnitFactory, commune, unit_type
from tests.search.offers import proposals_of

pytestmark = pytest.mark.django_db
READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
NB = "\u00a0"
KNOWN = ("92050", "93048", "94028", "91021", "91228", "77175", "77288", "75056", "75113", "75116", "92051", "95447")


@pytest.fixture
def search(rebuilt):
    """LHSS of three departments, one of them named after another commune."""
    for insee in KNOWN:
        commune(insee)
    for insee, name in (("92050", "Halte de Nanterre"), ("94028", "Halte"), ("75113", "Montreuil accueil")):
        UnitFactory(lhss=True, geographic_entity=GeographicEntityFactory(name=name, commune=commune(insee)))
    rebuilt()
    return lambda text, **query: run_search(SearchCriteria.from_query({"quoi": text, **query}), READER, timezone.now())


def offered(outcome, text):
    """What is offered in one click, by its label, each held to its count."""
    found = proposals_of(SearchCriteria(what=text), outcome, READER, timezone.now())
    assert all(run_search(one.criteria, READER, timezone.now()).lines == one.count for one in found)
    return {one.label.replace(NB, " ") for one in found}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("Créteil lhss", "Créteil (94000)"),
        ("Créteil, pour un lhss", "Créteil (94000)"),
        ("paris 13 lhss", "Paris 13 (75013)"),
        ("94 lhss", "94"),
        ("92 et 93 lhss", "92, 93"),
        ("92 Neuilly lhss", "Neuilly-sur-Seine (92200)"),
        ("val de marne lhss", "94"),
    ],
)
def test_a_place_typed_first_is_read_as_at_the_end(search, text, where):
    outcome = search(text)
    assert (outcome.reading.text, outcome.place.text, outcome.reading.dropped) == ("lhss", where, ())


@pytest.mark.parametrize("text", ["Montreuil lhss", "Nanterre lhss"])
def test_what_is_found_as_typed_comes_before_the_place_typed_first(search, text):
    outcome = search(text)
    assert not outcome.reading.is_changed
    assert outcome.units == 1
    place = text.split()[0]
    assert any(f"« lhss » autour de {place}" in label for label in offered(outcome, text))


def test_a_name_that_begins_by_a_commune_asks_for_no_more_queries(search):
    with CaptureQueriesContext(connection) as asked:
        outcome = search("Montreuil accueil")
    assert (outcome.units, outcome.place) == (1, None)
    assert not any("CASE WHEN EXISTS" in query["sql"] for query in asked.captured_queries)


def test_of_places_begun_first_none_is_guessed(search):
    outcome = search("Neuilly lhss")
    assert outcome.place is None
    assert {place.insee for _, place in outcome.reading.choices} == {"92051", "95447"}


@pytest.mark.parametrize("text", ["75 ans lhss", "lhss 2 places", "sauf Nanterre lhss"])
def test_a_number_that_counts_is_no_place_and_neither_is_one_excluded(search, text):
    assert search(text).place is None


def test_a_department_named_in_full_after_a_type_is_read_even_if_names_hold_it(search, rebuilt):
    elsewhere = GeographicEntityFactory(name="Halte du Val de Marne", commune=commune("92050"))
    UnitFactory(lhss=True, geographic_entity=elsewhere)
    rebuilt()
    for text in ("lhss val de marne", "lhss dans le Val-de-Marne"):
        outcome = search(text)
        assert (outcome.reading.text, outcome.place.text, outcome.units) == ("lhss", "94", 1)
    assert search("halte val de marne").place is None
    assert search("lhss val de marne", exact="1").units == 1


@pytest.mark.parametrize(
    ("where", "labels"),
    [
        ("cretiel", ["Créteil"]),
        ("arpajo", ["Arpajon"]),
        ("melin", ["Melun"]),
        ("evri", ["Évry-Courcouronnes", "Évry-Grégy-sur-Yerre"]),
        ("evri 91", ["Évry-Courcouronnes"]),
        ("Neuilly 77", ["Neuilly-sur-Seine", "Neuilly-en-Vexin"]),
        ("paris sauf 16", ["Paris"]),
        ("paris sauf le 16e", ["Paris"]),
        ("zzzz", []),
    ],
)
def test_a_misspelt_commune_is_offered_under_where_and_never_read(search, where, labels):
    found = resolve_where(where, READER)
    assert (found.place, found.problem) == (None, "unknown")
    assert [place.label for place in found.choices] == labels


def test_the_department_told_beside_a_name_begun_leaves_one(search):
    assert resolve_place("Neuilly 92").place.insee == "92051"
    assert resolve_place("92 Neuilly").place.insee == "92051"
    assert resolve_place("Neuilly 95").place.insee == "95447"
    assert [place.insee for place in propose_places("neuilly 92")] == ["92051"]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("lhss cretiel", {"« lhss » autour de Créteil (94)"}),
        ("cretiel lhss", {"« lhss » autour de Créteil (94)"}),
        ("lhss evri", {"« lhss » autour d’Évry-Courcouronnes (91)", "« lhss » autour d’Évry-Grégy-sur-Yerre (77)"}),
        ("lhss Mélun", {"« lhss » autour de Melun (77)"}),
        ("melin", {"Chercher autour de Melun (77)"}),
        ("arpajo", {"Chercher autour d’Arpajon (91)"}),
    ],
)
def test_a_misspelt_commune_is_offered_beside_the_need_and_alone(search, text, labels):
    outcome = search(text)
    assert outcome.place is None
    assert offered(outcome, text) == labels


def test_a_word_of_a_record_is_no_misspelt_commune(search, rebuilt):
    UnitFactory(lhss=True, geographic_entity=GeographicEntityFactory(name="Melin", commune=commune("92050")))
    rebuilt()
    assert not any("Melun" in label for label in offered(search("lhss melin"), "lhss melin"))


def test_an_arrondissement_excluded_is_said_and_never_searched(search):
    outcome = search("lhss paris sauf 16")
    assert (outcome.reading.aside, outcome.reading.text) == (("sauf 16",), "lhss")
    assert outcome.place.text == "Paris (75)"
    assert "Chercher autour de Paris (75)" in offered(search("paris sauf 16"), "paris sauf 16")


def test_signs_are_no_part_of_what_is_left_aside(search):
    reading = search("lhss, xyzzy, Nanterre").reading
    assert (reading.text, reading.dropped) == ("lhss", ("xyzzy",))
    labels = [variant.label for variant in search("qwertzu, xyzzyx Ivry,").variants]
    assert not any(f",{NB}" in label for label in labels)


def test_a_name_that_a_word_nearly_is_is_offered_when_it_is_not_read(search, rebuilt):
    UnitFactory(lhss=True, geographic_entity=GeographicEntityFactory(name="Bellatrix", commune=commune("92050")))
    rebuilt()
    outcome = search("lhss belatrix")
    assert (outcome.reading.correction, outcome.reading.text) == (None, "lhss")
    assert offered(outcome, "lhss belatrix") == {"« lhss bellatrix »"}


def test_the_full_name_of_a_mode_finds_no_words_here_and_there(search, rebuilt):
    mode = {"nomenclature": Nomenclature.CARE_MODE, "label": "Hospitalisation à domicile (HAD)"}
    TermFactory(code="31", synonyms=["HAD"], **mode)
    UnitFactory(lhss=True, name="Sortie d’hospitalisation, accueil et domicile")
    rebuilt()
    for text in ("HAD", "hospitalisation à domicile"):
        outcome = search(text)
        assert (outcome.units, outcome.unpublished.label) == (0, "Hospitalisation à domicile (HAD)"), text


def test_either_need_is_read_and_the_other_offered(search, rebuilt):
    for code in ("100.28", "101.28"):
        UnitFactory(unit_type=unit_type(code), name="Unité cardio" if code == "100.28" else "Unité pneumo")
    rebuilt()
    outcome = search("cardio ou pneumo")
    assert (outcome.reading.text, outcome.reading.others) == ("cardio", ("pneumo",))
    assert offered(outcome, "cardio ou pneumo") == {"« pneumo »"}
