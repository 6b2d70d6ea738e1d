"""What a new search keeps and lifts, and how the page says it; a distance without a starting point."""

import html
import io
import re
from urllib.parse import parse_qsl, quote

import pytest
from django.http import QueryDict
from openpyxl import load_workbook

from accounts.roles import Role
from common.pages import PAGE_SIZE
from search.criteria import Facet, SearchCriteria, Within
from search.results.renewed import BEFORE, LONGEST, kept_pairs, lifted_filters, lifted_words
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory, commune, unit_type

EVERYTHING = (
    "ou=75010&quoi=ACT&dans=types&exact=1&departement=75&type=12&distance=15&zone=48.8,2.2,48.9,2.4&places=1&ajour=1"
    "&ouvert=maintenant&pour=femme&age=34&pmr=1&chambre=1&animal=1&des=2026-11-25&masquer=1&tri=places&vue=carte&page=3"
)
LABELS = {(Facet.DEPARTMENT, "75"): "Paris", (Facet.UNIT_TYPE, "12"): "LHSS"}


def read(query: str) -> SearchCriteria:
    return SearchCriteria.from_query(QueryDict(query))


@pytest.fixture
def reader(client, db, rebuilt):
    """A reader, and an ACT in Nanterre."""
    UnitFactory(geographic_entity=GeographicEntityFactory(nanterre=True))
    commune("75110")
    rebuilt()
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    return client


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html.unescape(response.content.decode())))


def test_a_new_search_keeps_what_makes_sense_and_carries_what_it_lifts():
    kept = dict(kept_pairs(read(EVERYTHING)))
    needs = {"pour": "femme", "age": "34", "pmr": "1", "chambre": "1", "animal": "1", "des": "2026-11-25"}
    filters = {"distance": "15", "places": "1", "ajour": "1", "ouvert": "maintenant", "masquer": "1"}
    before = kept.pop(BEFORE)
    assert kept == needs | filters | {"tri": "places", "vue": "carte"}
    lifted = {"dans": "types", "exact": "1", "departement": "75", "type": "12"}
    assert dict(parse_qsl(before)) == {"ou": "75010", "quoi": "ACT"} | lifted | {
        "zone": "48.8000,2.2000,48.9000,2.4000"
    }


def test_nothing_is_carried_when_nothing_is_lifted():
    assert kept_pairs(read("ou=75010&quoi=ACT&distance=tout")) == [("distance", "tout")]


def test_what_was_lifted_is_named_and_put_back():
    old = read(EVERYTHING)
    query = QueryDict(mutable=True)
    query.update(dict([("ou", "92000"), ("quoi", "LHSS"), *kept_pairs(old)]))
    new = SearchCriteria.from_query(query)
    assert (new.chosen, new.zone, new.exact) == ((), None, False)
    told = lifted_words(lifted_filters(query[BEFORE], new), new, LABELS)
    assert [text.replace("\u00a0", " ") for text in told.texts] == [
        "Dans : Types d’UO",
        "Orthographe exacte",
        "Département : Paris",
        "LHSS",
        "Dans la zone de la carte",
    ]
    back = read(told.query[1:])
    assert back == old.replaced(where="92000", what="LHSS")
    assert BEFORE not in dict(new.to_pairs())


def test_what_is_asked_again_was_not_lifted():
    before = dict(kept_pairs(read(EVERYTHING)))[BEFORE]
    new = read("ou=75010&quoi=ACT&dans=activites&type=12&type=13&zone=48,2,49,3&exact=1")
    lifted = lifted_filters(before, new)
    assert lifted == SearchCriteria(chosen=((Facet.DEPARTMENT, ("75",)),))
    back = read(lifted_words(lifted, new, LABELS).query[1:])
    assert (back.chosen, back.zone, back.within) == (
        ((Facet.DEPARTMENT, ("75",)), (Facet.UNIT_TYPE, ("12", "13"))),
        new.zone,
        new.within,
    )
    assert lifted_words(lifted_filters("", new), new, {}) is None


@pytest.mark.parametrize("query", ["quoi=LHSS&ou=75010", "quoi=LHSS", "ou=nulle+part"])
def test_the_page_says_in_one_line_what_was_lifted(reader, query):
    kind = unit_type("94.46")
    before = quote(f"ou=92&quoi=ACT&type={kind.pk}&zone=48.8,2.2,48.9,2.4")
    page = reader.get(f"/recherche/?{query}&pour=femme&places=1&avant={before}")
    said = f"Filtres retirés par la nouvelle recherche : {kind.label}, Dans la zone de la carte – les remettre"
    assert said in words(page)
    assert 'name="avant"' not in page.content.decode()
    back = reader.get("/recherche/" + page.context["lifted"].query)
    assert "Filtres retirés" not in words(back)
    assert back.context["criteria"].values(Facet.UNIT_TYPE) == (str(kind.pk),)
    assert back.context["criteria"].free


@pytest.mark.parametrize("query", ["quoi=ACT", "quoi=ACT&ou=Nanterre", ""])
def test_the_same_search_again_lifts_nothing(reader, query):
    kind = unit_type("94.46")
    before = quote(f"{query}&type={kind.pk}&zone=48.8,2.2,48.9,2.4&dans=types")
    page = reader.get(f"/recherche/?{query.lower()}&places=1&avant={before}")
    criteria = page.context["criteria"]
    assert "Filtres retirés" not in words(page)
    assert (criteria.values(Facet.UNIT_TYPE), criteria.within, criteria.free) == (
        (str(kind.pk),),
        Within.UNIT_TYPE,
        True,
    )
    assert criteria.zone is not None
    assert f"type={kind.pk}" in page.context["query"]


def test_the_same_search_again_has_its_pages(reader, rebuilt):
    unit = UnitFactory()
    for _ in range(PAGE_SIZE):
        UnitFactory(unit_type=unit.unit_type)
    rebuilt()
    before = quote(f"quoi=ACT&type={unit.unit_type_id}")
    page = reader.get(f"/recherche/?quoi=ACT&avant={before}&page=2")
    assert page.context["page"].number == 2
    assert f"type={unit.unit_type_id}" in page.context["query"]


@pytest.mark.parametrize(
    "before", ["", "x", "%00type=%00", "type=abc&zone=1,2", "&&&===", "type=1" * 5000, "type=9" * 3, "zone=nan,1,2,3"]
)
def test_whatever_is_carried_is_answered(reader, before):
    page = reader.get("/recherche/", {"quoi": "ACT", "avant": before})
    assert page.status_code == 200
    assert len(before) > LONGEST or "doit être" not in words(page)


@pytest.mark.parametrize("query", ["quoi=ACT&distance=5", "ou=92&quoi=ACT&distance=5", "ou=IDF&quoi=ACT&distance=20"])
def test_a_distance_from_nowhere_limits_nothing_and_says_so(reader, query):
    page = reader.get(f"/recherche/?{query}")
    said = words(page)
    assert len(page.context["lines"]) == 1
    assert "Sans point de départ, la distance n’est pas prise en compte" in said
    assert "km au plus" not in said
    assert "distance" not in dict(parse_qsl(page.context["query"]))
    assert dict(page.context["kept_pairs"])["distance"]  # counts again once « Où ? » is filled in
    sheet = load_workbook(io.BytesIO(reader.get(f"/recherche/export.xlsx?{query}").getvalue()))["Critères"]
    told = dict(sheet.iter_rows(min_row=2, values_only=True))
    assert "Distance" not in told
    assert "n’est pas prise en compte" in told["À savoir"]


def test_no_limit_from_nowhere_is_no_filter(reader):
    page = reader.get("/recherche/?ou=92&quoi=ACT&distance=tout")
    assert page.context["chips"] == []
    assert "n’est pas prise en compte" not in words(page)


def test_a_distance_waits_for_a_place_that_is_not_settled(reader):
    page = reader.get("/recherche/?ou=nulle+part&quoi=ACT&distance=5")
    assert page.context["criteria"].distance_km == 5
    assert "n’est pas prise en compte" not in words(page)
    assert dict(kept_pairs(page.context["criteria"]))["distance"] == "5"
