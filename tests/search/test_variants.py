"""Nothing was found: each variant says what it drops, and finds as many lines as it says."""

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from accounts.roles import Role
from directory.enums import Nomenclature, Sex
from directory.models import OperationalUnit
from directory.scopes import Grant, Scope, ScopeKind
from search.criteria import SearchCriteria
from search.engine import counts, variants
from search.engine.query import run_search
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    GeographicEntityFactory,
    PractitionerFactory,
    TermFactory,
    UnitFactory,
    WeeklyHoursFactory,
    commune,
    term,
    unit_type,
)

pytestmark = pytest.mark.django_db
READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
NB = "\u00a0"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def offered(rebuilt, now):
    """Variants of a search that finds nothing, label to count; each of them is run to hold it to its word."""

    def run(**query):
        criteria = SearchCriteria.from_query(query)
        assert not criteria.warnings
        outcome = run_search(criteria, READER, now)
        assert not outcome.groups
        for variant in outcome.variants:
            again = SearchCriteria.from_query(_mapping(variant.criteria))
            assert again == variant.criteria
            assert run_search(again, READER, now).lines == variant.count
        return {variant.label: variant.count for variant in outcome.variants}

    return run


def _mapping(criteria):
    found = {}
    for name, value in criteria.to_pairs():
        found.setdefault(name, []).append(value)
    return found


def act(insee="75110", **values):
    return UnitFactory(geographic_entity=GeographicEntityFactory(commune=commune(insee)), **values)


def test_a_filter_that_empties_the_list_is_named(rebuilt, offered):
    audience = TermFactory(nomenclature=Nomenclature.AUDIENCE, label="Public rare")
    act(), act()
    rebuilt()
    found = offered(quoi="ACT", public=str(audience.pk))
    assert found == {f"sans le filtre «{NB}Public pris en charge{NB}»": 2}


@pytest.mark.parametrize("query", [{"ajour": "1"}, {"ajour": "1", "tri": "places"}, {}])
def test_without_a_place_nor_a_text_no_variant_asks_nothing(rebuilt, offered, now, query):
    audience = TermFactory(nomenclature=Nomenclature.AUDIENCE, label="Public rare")
    act()
    rebuilt()
    found = offered(public=str(audience.pk), type=str(OperationalUnit.objects.get().unit_type_id), **query)
    assert "sans aucun filtre" not in found
    alone = run_search(SearchCriteria.from_query({"public": str(audience.pk), **query}), READER, now)
    assert all(variant.criteria.given for variant in alone.variants)


def test_a_mended_text_is_varied_not_the_typed_one(rebuilt, offered):
    audience = TermFactory(nomenclature=Nomenclature.AUDIENCE, label="Public rare")
    UnitFactory(geographic_entity=GeographicEntityFactory(commune=commune("75110")), name="Kinésithérapie du rachis")
    rebuilt()
    found = offered(quoi="kinesiterapie rachis", public=str(audience.pk))
    assert found == {f"sans le filtre «{NB}Public pris en charge{NB}»": 1}
    found = offered(quoi="kinesiterapie rachis", ou="Paris 10 (75010)", distance="1", public=str(audience.pk))
    assert all("kinesiterapie" not in label for label in found)


def test_a_distance_is_widened_step_by_step(rebuilt, offered):
    commune("75110")
    act("92050"), act("78646")
    rebuilt()
    found = offered(ou="75010", quoi="ACT", distance="10")
    assert found == {f"rayon de 20{NB}km": 2}
    act("77001")
    rebuilt()
    found = offered(ou="75010", quoi="ACT", distance="10")
    assert found == {f"rayon de 20{NB}km": 2, "sans limite de distance": 3}


def test_each_word_may_be_one_too_many(rebuilt, offered):
    act()
    UnitFactory(unit_type=unit_type("32.49"))
    rebuilt()
    assert offered(quoi="appartement handicapés") == {
        f"sans «{NB}{word}{NB}»": 1 for word in ("appartement", "handicapés")
    }


def test_nothing_is_offered_that_ends_by_a_small_word_or_is_a_number_alone(rebuilt, offered, now):
    act()
    UnitFactory(unit_type=unit_type("32.49"), name="Pavillon 2")
    for insee in ("92051", "93050"):  # two towns that « Neuilly » begins
        commune(insee)
    rebuilt()
    found = run_search(SearchCriteria(what="ACT près de Neuilly"), READER, now).variants
    assert [variant.criteria.what for variant in found if variant.label == f"sans «{NB}Neuilly{NB}»"] == ["ACT"]
    assert offered(quoi="2 places") == {}
    assert not [label for label in offered(quoi="01 40 97 99 99 2") if "seulement" in label]


def test_places_freshness_opening_are_filters_too(rebuilt, offered, now):
    CurrentFigureFactory(unit=act(), figure=0)
    rebuilt()
    assert offered(quoi="ACT", places="1") == {"sans demander une place libre": 1}
    assert offered(quoi="ACT", ouvert="maintenant") == {"sans le filtre d’ouverture": 1}
    WeeklyHoursFactory(all_day=True)
    day = dt.date(2024, 8, 14).isoformat()
    assert "sans le filtre d’ouverture" in offered(quoi="ACT", ouvert=day)


def test_what_two_filters_empty_together_is_found_without_any(rebuilt, offered):
    first, second = (
        TermFactory(nomenclature=Nomenclature.AUDIENCE),
        TermFactory(nomenclature=Nomenclature.FINANCIAL_AID),
    )
    act()
    rebuilt()
    assert offered(quoi="ACT", public=str(first.pk), aide=str(second.pk)) == {"sans aucun filtre": 1}


def test_a_need_counts_only_when_what_does_not_suit_is_left_out(rebuilt, offered, now):
    for _ in range(3):
        CurrentFigureFactory(unit=act(sex=Sex.MEN), accessible=1)
    rebuilt()
    shown = SearchCriteria.from_query({"quoi": "ACT", "pour": "femme", "pmr": "1"})
    assert run_search(shown, READER, now).lines == 3
    found = offered(quoi="ACT", pour="femme", pmr="1", masquer="1")
    assert found == {f"sans «{NB}Femme{NB}»": 3, "avec ce qui ne convient pas": 3}


def test_the_fit_of_what_a_variant_finds_is_judged_too(rebuilt, offered):
    audience = TermFactory(nomenclature=Nomenclature.AUDIENCE)
    CurrentFigureFactory(unit=act(sex=Sex.MEN), figure=3)
    CurrentFigureFactory(unit=act(), figure=3)
    rebuilt()
    found = offered(quoi="ACT", pour="femme", masquer="1", public=str(audience.pk))
    assert found == {f"sans le filtre «{NB}Public pris en charge{NB}»": 1}


def test_the_beginning_of_a_long_text_is_offered_alone(rebuilt, offered):
    act()
    rebuilt()
    found = offered(quoi="appartements hébergement introuvable xyzzy qwerty")
    assert found == {f"seulement «{NB}appartements hébergement{NB}»": 1}


def test_a_department_may_be_left(rebuilt, offered):
    commune("75110")
    act("92050")
    rebuilt()
    assert offered(ou="75", quoi="ACT") == {f"dans tout le ROR, pas seulement «{NB}Paris (75){NB}»": 1}


@pytest.mark.parametrize("query", [{"quoi": "introuvable"}, {"quoi": "xyzzy qwerty", "places": "1"}])
def test_nothing_is_offered_that_finds_nothing(rebuilt, offered, query):
    rebuilt()
    assert offered(**query) == {}


def test_the_number_of_queries_does_not_grow_with_the_criteria(rebuilt, now, django_assert_max_num_queries):
    terms = {
        name: TermFactory(nomenclature=kind)
        for name, kind in (
            ("public", Nomenclature.AUDIENCE),
            ("aide", Nomenclature.FINANCIAL_AID),
            ("acte", Nomenclature.SPECIFIC_ACT),
        )
    }
    act()
    rebuilt()
    many = {name: str(term.pk) for name, term in terms.items()} | {
        "quoi": "ACT pour femmes seules",
        "ou": "75010",
        "distance": "5",
        "pour": "femme",
        "pmr": "1",
        "age": "30",
        "masquer": "1",
        "places": "1",
        "ouvert": "maintenant",
    }
    with django_assert_max_num_queries(8):
        run_search(SearchCriteria.from_query(many), READER, now)


def test_the_page_offers_what_would_find_something(client, rebuilt):
    audience = TermFactory(nomenclature=Nomenclature.AUDIENCE, label="Public rare")
    act()
    rebuilt()
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    page = client.get("/recherche/", {"quoi": "ACT", "public": audience.pk}).content.decode()
    assert 'href="?quoi=ACT"' in page
    assert f"sans le filtre «{NB}Public pris en charge{NB}»" in page
    assert "1 établissement" in page


def test_nothing_is_offered_when_counting_takes_too_long(rebuilt, now, monkeypatch):
    commune("75110")
    act("92050")
    rebuilt()
    monkeypatch.setattr(counts, "count_statement", lambda asked: ("SELECT count(*) FROM pg_sleep(5)", {}))
    monkeypatch.setattr(variants, "LONGEST_COUNT", "20ms")
    criteria = SearchCriteria.from_query({"ou": "75010", "quoi": "ACT", "distance": "5"})
    assert run_search(criteria, READER, now).variants == ()
    assert _select("SELECT 1") == [1]


def _select(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchone())


def test_a_profession_and_for_whom_are_counted_as_their_page_reads_them(rebuilt, offered, now):
    """« kiné enfant » is « kiné », whatever else is dropped beside it."""
    for name in ("Zadig", "Candide"):
        PractitionerFactory(last_name=name, profession=term(Nomenclature.RESOURCE_PROFESSION, "G15-70"))
    act(name="Kinésithérapie enfant")
    rebuilt()
    alone, more = (
        run_search(SearchCriteria.from_query({"quoi": text}), READER, now)
        for text in ("kiné enfant", "kiné enfant xyzzy")
    )
    assert alone.practitioners == 2
    assert (more.lines, more.reading.text) == (alone.lines, "kiné")
    found = offered(quoi="kiné enfant", type="999999")
    assert found[f"sans le filtre «{NB}Type d’UO{NB}»"] == alone.lines
    offered(quoi="kiné enfant", dans="actes")


@pytest.mark.parametrize(
    "query",
    [
        {"quoi": "ACT couple avec chien", "type": "999999"},
        {"quoi": "ACT pour ma mère", "dans": "actes"},
        {"quoi": "ACT nuit parachute", "ou": "Paris 10 (75010)", "distance": "5", "type": "999999"},
        {"quoi": "ACT enfant introuvable", "exact": "1"},
    ],
)
def test_what_is_left_aside_is_left_aside_in_the_counts(rebuilt, offered, query):
    commune("75110")
    act("92050"), act("92050", name="ACT pour couple")
    rebuilt()
    assert offered(**query)
