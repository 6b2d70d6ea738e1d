"""The page of results: filters and their counts, chips, order, addresses that keep everything."""

import datetime
import html
import re
from urllib.parse import parse_qsl

import pytest
from django.http import QueryDict
from django.utils import timezone

from accounts.roles import Role
from availability.guichet.needs import Who
from common.geo import Point
from directory.territory.places import Place, Resolution
from search.criteria import Facet, SearchCriteria, Sort, View
from search.engine.outcome import FacetChoice, FacetCounts, Group, Outcome
from search.results import page as around
from search.templatetags.results import facet
from search.words.matching import Match
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory, commune

NBSP = "\u00a0"
PARIS_10 = Place("Paris 10", "Paris 10 (75010)", "75", insee="75110", point=Point(48.876, 2.36))
EVERYTHING = (
    "ou=75010&quoi=ACT&dans=types&exact=1&departement=75&departement=92&type=12&distance=15&zone=48.8,2.2,48.9,2.4"
    "&places=1&ajour=1&ouvert=maintenant&pour=femme&age=34&pmr=1&chambre=1&animal=1&des=2026-11-25&masquer=1"
    "&tri=places&vue=carte&page=3"
)


def read(query: str) -> SearchCriteria:
    return SearchCriteria.from_query(QueryDict(query))


def outcome(place=PARIS_10, **values) -> Outcome:
    values = {"groups": (Group(1, 2.0),), "establishments": 1, "units": 1} | values
    return Outcome(place, Resolution(place), Match(), Sort.DISTANCE, **values)


def counts(facet: Facet, number: int, *, chosen=(), more=0) -> FacetCounts:
    choices = (FacetChoice(str(n), f"Choix {n}", 100 - n, str(n) in chosen) for n in range(1, number + 1))
    return FacetCounts(facet, tuple(choices), more)


def shown_pairs(form: around.RefineForm, criteria: SearchCriteria) -> set[tuple[str, str]]:
    """What « Appliquer » sends when nothing is changed: hidden fields, boxes ticked, fields filled in."""
    boxes = {
        (block.facet.value, choice.value)
        for block in form.facets
        for choice in (*block.shown, *block.folded)
        if choice.is_chosen
    }
    fields = {
        (name, value)
        for name, value in criteria.to_pairs()
        if name in {"places", "ajour", "ouvert", "pour", "age", "pmr", "chambre", "animal", "des", "masquer"}
    }
    distance = {("distance", option.value) for option in form.distances if option.is_chosen and option.value}
    return set(form.hidden) | boxes | fields | distance


@pytest.mark.parametrize("place", [PARIS_10, None])
@pytest.mark.parametrize("facets", [(), (counts(Facet.DEPARTMENT, 3),)])
def test_applying_without_a_change_keeps_every_criterion(place, facets):
    criteria = read(EVERYTHING)
    criteria = criteria.measured(has_start=place is not None)
    form = around.refine_form(criteria, outcome(place, facets=facets))
    assert shown_pairs(form, criteria) == {pair for pair in criteria.to_pairs() if pair[0] != "page"}


def test_each_chip_drops_one_criterion_and_nothing_else():
    criteria = read(EVERYTHING)
    labels = {(Facet.DEPARTMENT, "75"): "Paris (75)", (Facet.DEPARTMENT, "92"): "Hauts-de-Seine (92)"}
    chips = around.chips(criteria, labels)
    assert [chip.text for chip in chips] == [
        f"Dans{NBSP}: Types d’UO",
        "Orthographe exacte",
        f"Département{NBSP}: Paris (75)",
        f"Département{NBSP}: Hauts-de-Seine (92)",
        f"Type d’UO{NBSP}: valeur inconnue",
        f"À 15{NBSP}km au plus",
        "Dans la zone de la carte",
        "Au moins une place libre",
        "Chiffre à jour",
        "Ouvert maintenant",
        "Femme",
        "34 ans",
        "PMR",
        "Chambre individuelle",
        "Avec un animal",
        "À partir du 25/11/2026",
        "Sans ce qui ne convient pas",
    ]
    before = {pair for pair in criteria.to_pairs() if pair[0] != "page"}
    dropped = [before - set(parse_qsl(chip.query[1:])) for chip in chips]
    assert all(len(pairs) == 1 for pairs in dropped)
    assert len(set().union(*dropped)) == len(chips)
    assert all(set(parse_qsl(chip.query[1:])) < before for chip in chips)


def test_the_other_forms_of_a_criterion_have_their_chip_too():
    (anywhere, opened) = around.chips(read("ou=75010&distance=tout&ouvert=25/11/2026"), {})
    assert (anywhere.text, anywhere.query) == ("Toute la région", "?ou=75010&ouvert=2026-11-25")
    assert (opened.text, opened.query) == ("Ouvert le 25/11/2026", "?ou=75010&distance=tout")
    assert around.chips(read("ou=75010&quoi=ACT&tri=places&vue=carte&page=2"), {}) == []


def test_clearing_keeps_what_was_searched_and_how_it_is_shown():
    assert around.cleared(read(EVERYTHING)) == "?ou=75010&quoi=ACT&tri=places&vue=carte"


def test_a_facet_shows_its_first_choices_and_every_ticked_one():
    criteria = read("quoi=ACT&acte=11")
    (block,) = around.refine_form(criteria, outcome(facets=(counts(Facet.ACT, 12, chosen={"11"}),))).facets
    assert [choice.value for choice in block.shown] == ["1", "2", "3", "4", "5", "6", "11"]
    assert [choice.value for choice in block.folded] == ["7", "8", "9", "10", "12"]
    assert (block.chosen, block.is_open, block.hidden_count) == (1, True, 5)


def test_a_few_more_choices_are_not_worth_a_fold():
    short, long = around.refine_form(
        read("quoi=ACT"), outcome(facets=(counts(Facet.ACT, 8), counts(Facet.UNIT_TYPE, 12, more=30)))
    ).facets
    assert (len(short.shown), short.folded, short.is_open) == (8, (), False)
    assert (len(long.shown), long.hidden_count, long.is_open) == (6, 36, True)


@pytest.mark.parametrize(
    ("units", "practitioners", "said"),
    [(3, 0, "UO"), (0, 2, "professionnels"), (3, 2, "résultats")],
)
def test_counts_say_what_they_count(units, practitioners, said):
    found = outcome(units=units, practitioners=practitioners, facets=(counts(Facet.DEPARTMENT, 2),))
    (block,) = around.refine_form(read("quoi=dupont"), found).facets
    assert f'<span class="visually-hidden">&nbsp;{said}</span>' in facet(block)


def test_an_unfolded_facet_lists_all_its_choices():
    criteria = read("quoi=ACT&plus=acte")
    (block,) = around.refine_form(criteria, outcome(facets=(counts(Facet.ACT, 40),))).facets
    assert (len(block.shown), block.folded, block.is_open) == (40, (), True)
    assert criteria.to_query() == "quoi=ACT"


def test_distance_is_offered_with_a_starting_point_only():
    form = around.refine_form(read("ou=75010&distance=15"), outcome())
    assert [option.value for option in form.distances] == ["", "5", "10", "15", "20", "30", "50", "100", "tout"]
    assert [option.value for option in form.distances if option.is_chosen] == ["15"]
    assert [sort.value for sort in around.sort_options(outcome())] == ["distance", "pertinence", "places"]
    assert around.refine_form(read("quoi=ACT"), outcome(None)).distances == ()
    assert [sort.value for sort in around.sort_options(outcome(None))] == ["pertinence", "places"]


def test_tabs_and_order_keep_the_rest():
    criteria = read("ou=75010&quoi=ACT&pmr=1&tri=places&page=2")
    shown, mapped = around.tabs(criteria)
    assert (shown.view, shown.query) == (View.LIST, "?ou=75010&quoi=ACT&pmr=1&tri=places&page=2")
    assert (mapped.view, mapped.query) == (View.MAP, "?ou=75010&quoi=ACT&pmr=1&tri=places&vue=carte&page=2")
    assert around.sort_pairs(criteria) == [("ou", "75010"), ("quoi", "ACT"), ("pmr", "1")]


def test_heading_and_title():
    assert around.heading(outcome()) == "1 établissement"
    assert around.heading(outcome(practitioners=2)) == "1 établissement et 2 professionnels"
    assert around.heading(outcome(establishments=0, units=0, practitioners=1)) == "1 professionnel"
    assert around.heading(outcome(establishments=0, units=0)) == "Aucun résultat"
    assert around.title(read("quoi=ACT"), outcome()) == "ACT – Paris 10, 1 établissement"
    assert around.title(read("pmr=1"), outcome(None)) == "Établissements, 1 établissement"


def test_a_box_and_a_day_of_one_name_do_not_hide_each_other():
    assert read("ouvert=maintenant&ouvert=").open_on == "maintenant"
    assert read("ouvert=maintenant&ouvert_le=2026-11-25").open_on == "maintenant"
    assert read("ouvert=jour&ouvert_le=2026-11-25").open_on == datetime.date(2026, 11, 25)
    assert read("ouvert=jour&ouvert_le=").open_on is None
    assert "aucun jour n’est indiqué" in read("ouvert=jour&ouvert_le=").warnings[0]
    assert read("ouvert=&ouvert_le=").warnings == ()
    assert read("ouvert_le=25/11/2026").open_on == datetime.date(2026, 11, 25)
    unchosen = read("ouvert=&ouvert_le=25/11/2026")
    assert unchosen.open_on is None
    assert "n’est pas choisi" in unchosen.warnings[0]
    assert read("ouvert=maintenant&ouvert=2026-11-25").open_on == datetime.date(2026, 11, 25)
    assert read("pour=&pour=homme").needs.who == Who.MAN


@pytest.fixture
def reader_client(client, db):
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    return client


def words(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html.unescape(response.content.decode())))


def test_everything_asked_is_shown_again(reader_client, rebuilt):
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=GeographicEntityFactory(nanterre=True)))
    commune("75110")
    rebuilt()
    day = timezone.localdate() + datetime.timedelta(days=3)
    query = f"ou=75010&quoi=ACT&pour=femme&age=34&pmr=1&des={day}&places=1&ouvert=2026-11-26&distance=30"
    text = reader_client.get("/recherche/?" + query).content.decode()
    for expected in (
        '<option value="femme" selected>',
        'name="age" inputmode="numeric" maxlength="3" autocomplete="off" value="34"',
        f'name="des" value="{day}"',
        'value="jour" id="ouvert-jour" checked',
        'name="ouvert_le" value="2026-11-26"',
        '<option value="30" selected>',
        'id="f-pmr-1" checked',
        'id="f-places-1" checked',
        "Explique et classe, n’exclut rien.",
    ):
        assert expected in text


def test_every_link_of_the_page_keeps_the_criteria(reader_client, rebuilt):
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=GeographicEntityFactory(nanterre=True)))
    commune("75110")
    rebuilt()
    page = reader_client.get("/recherche/?ou=75010&quoi=ACT&pmr=1")
    text = page.content.decode()
    query = "ou=75010&amp;quoi=ACT&amp;pmr=1"
    for address in ("/recherche/export.xlsx?", "/recherche/export.csv?", "/recherche/carte.geojson?"):
        assert address + query in text
    assert f'href="?{query}&amp;vue=carte"' in text
    assert f'href="?{query.replace("pmr=1", "distance=50&amp;pmr=1")}"' in text  # widened, one result being few
    assert "Peu de résultats à moins de 50 km : recherche élargie à toute la région." in words(page)


def test_needs_class_the_lines_and_say_why(reader_client, rebuilt):
    CurrentFigureFactory(unit=UnitFactory(geographic_entity=GeographicEntityFactory(nanterre=True)))
    rebuilt()
    said = words(reader_client.get("/recherche/?quoi=ACT&pmr=1"))
    assert "PMR : non précisé" in said
    assert "À confirmer" in said
    assert "À demander au téléphone :" in said


def test_a_typing_error_is_mended_and_said(reader_client, rebuilt):
    UnitFactory()
    rebuilt()
    page = reader_client.get("/recherche/?quoi=apartement+de+coordinaton")
    said = words(page)
    assert "Aucun résultat pour « apartement de coordinaton »" in said
    assert "apartement lu comme appartement" in said
    assert 'href="?quoi=apartement+de+coordinaton&amp;exact=1"' in page.content.decode()


def test_nothing_found_offers_what_would_find_something(reader_client, rebuilt):
    UnitFactory(geographic_entity=GeographicEntityFactory(nanterre=True))
    commune("75110")
    rebuilt()
    page = reader_client.get("/recherche/?ou=75010&quoi=ACT&distance=5")
    assert "Aucun résultat" in words(page)
    assert "rayon de 20 km : 1 établissement" in words(page)


def test_a_place_that_is_not_settled_keeps_the_filters(reader_client, rebuilt):
    commune("75110")
    rebuilt()
    page = reader_client.get("/recherche/?ou=nulle+part&quoi=ACT&pmr=1")
    assert b'href="?quoi=ACT&amp;pmr=1"' in page.content


@pytest.mark.parametrize(
    "query",
    [
        "pmr=1",
        "places=1",
        "ouvert=maintenant",
        "age=34&pour=homme",
        "type=999999999",
        "plus=type&quoi=ACT",
        "zone=48,2,49,3",
    ],
)
def test_a_filter_alone_is_a_search(reader_client, rebuilt, query):
    UnitFactory()
    rebuilt()
    page = reader_client.get("/recherche/?" + query)
    assert page.status_code == 200
    assert "UO en" in words(page)


@pytest.mark.parametrize("number", ["2", "20000", "9" * 60])
def test_a_page_beyond_the_end_is_the_last_one_and_says_so(reader_client, rebuilt, number):
    UnitFactory()
    rebuilt()
    page = reader_client.get(f"/recherche/?quoi=ACT&page={number}")
    assert len(page.context["lines"]) == 1
    assert "Cette page n’existe pas : voici la dernière." in words(page)
    assert page.context["criteria"].page == 1
    assert "Cette page n’existe pas" not in words(reader_client.get(f"/recherche/?quoi=LHSS&page={number}"))


@pytest.mark.parametrize(
    ("days", "said", "is_kept"),
    [
        (-1, "La date du besoin est passée : rien n’en est tenu compte.", False),
        (0, "", True),
        (365, "", True),
        (400, "La date du besoin est dans plus d’un an : vérifiez-la.", True),
    ],
)
def test_a_day_of_need_is_to_come(reader_client, rebuilt, days, said, is_kept):
    UnitFactory()
    rebuilt()
    day = timezone.localdate() + datetime.timedelta(days=days)
    page = reader_client.get(f"/recherche/?quoi=ACT&des={day}")
    assert ("La date du besoin" in words(page)) == bool(said)
    assert said in words(page)
    assert (f'name="des" value="{day}"' in page.content.decode()) == is_kept
    assert (page.context["criteria"].needs.on is not None) == is_kept


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("type=x", "« Type d’UO » : 1 valeur de ce filtre n’a pas été lue."),
        ("type=x&type=y", "« Type d’UO » : 2 valeurs de ce filtre n’ont pas été lues."),
    ],
)
def test_values_that_are_not_read_agree_in_number(query, said):
    assert [warning.replace(NBSP, " ") for warning in read(query).warnings] == [said]


def test_needs_tell_how_many_fit_once_one_is_asked():
    asked = outcome(fitting={"femme": 3, "homme": 1, "couple": 0, "pmr": 12, "chambre": 0, "animal": 2})
    form = around.refine_form(read("ou=75010&pour=femme"), asked)
    assert form.fitting == {"pmr": 12, "chambre": 0, "animal": 2}
    assert [option.label for option in form.who][:2] == ["Peu importe", "Une femme (3)"]
    assert set(around.refine_form(read("ou=75010"), outcome()).fitting.values()) == {None}
