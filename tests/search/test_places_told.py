"""Places told in a text: what names none, areas, lists of which none is guessed, spoilt writings."""

import pytest
from django.utils import timezone

from accounts.roles import Role
from directory.scopes import Grant, Scope, ScopeKind
from directory.territory.places import resolve_place
from search.criteria import SearchCriteria
from search.engine.query import iter_rows, run_search
from search.words.ending import separated
from search.words.where import resolve_where
from tests.factories.accounts import UserFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory, commune
from tests.search.offers import proposals_of

READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
NB = "\u00a0"
KNOWN = {
    "nanterre": "92050",
    "pantin": "93055",
    "melun": "77288",
    "fontainebleau": "77186",
    "méré": "78389",
    "limoges-fourches": "77252",
    "persan": "95487",
    "la tombe": "77467",
    "ivry": "94041",
    "vitry": "94081",
    "montreuil": "93048",
    "fontenay-sous-bois": "94033",
    "paris": "75056",
    "paris 10": "75110",
    "paris 11": "75111",
    "l’île-saint-denis": "93039",
    "seine-port": "77447",
}


@pytest.fixture
def search(db, rebuilt):
    """A LHSS in each of four departments, and what ``search(texte)`` finds of them."""
    for insee in KNOWN.values():
        commune(insee)
    for insee in ("75110", "92050", "93055", "77288"):
        UnitFactory(lhss=True, geographic_entity=GeographicEntityFactory(name=f"Halte {insee}", commune=commune(insee)))
    rebuilt()

    def run(text, **query):
        criteria = SearchCriteria.from_query({"quoi": text, **query})
        outcome = run_search(criteria, READER, timezone.now())
        assert len(list(iter_rows(criteria, READER, timezone.now())[1])) == outcome.units
        return outcome

    return run


def offered(outcome, text):
    """What is offered in one click, by its label, each held to its count."""
    found = proposals_of(SearchCriteria(what=text), outcome, READER, timezone.now())
    assert all(run_search(one.criteria, READER, timezone.now()).lines == one.count for one in found)
    return {one.label.replace(NB, " ") for one in found}


@pytest.mark.parametrize(
    "text",
    [
        "lhss mère enfant",
        "lhss pour ma mère",
        "ma mere a besoin d’un LHSS",
        "patient tombé hier LHSS",
        "lhss de sa tombe",
    ],
)
def test_a_word_of_a_sentence_is_no_commune(search, text):
    outcome = search(text)
    assert (outcome.reading.place, outcome.reading.text.lower(), outcome.units) == (None, "lhss", 4)
    assert not any("Méré" in label or "Tombe" in label for label in offered(outcome, text))


@pytest.mark.parametrize(
    ("text", "insee"), [("lhss Méré", "78389"), ("lhss à mere", "78389"), ("lhss à Persan", "95487")]
)
def test_a_commune_that_is_also_a_word_is_read_with_its_accents_or_after_a_place_word(search, text, insee):
    assert search(text).place.insee == insee


def test_a_relative_is_left_aside_and_said(search):
    outcome = search("LHSS pour ma mère à Nanterre")
    assert (outcome.reading.text, outcome.place.insee) == ("LHSS", "92050")
    assert outcome.reading.aside == ("pour ma mère",)


@pytest.mark.parametrize(
    "text",
    [
        "lhss ile de france",
        "lhss idf",
        "LHSS en Île-de-France",
        "lhss dans toute la région",
        "lhss en région parisienne",
    ],
)
def test_the_region_is_searched_whole_and_said(client, search, text):
    outcome = search(text)
    assert (outcome.reading.text.lower(), outcome.units, outcome.place.codes) == ("lhss", 4, ())
    assert not outcome.reading.dropped
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    page = client.get("/recherche/", {"quoi": text}).content.decode().replace("&nbsp;", NB)
    assert "», dans toute la région</b>" in page
    assert f"Département{NB}:" not in page


@pytest.mark.parametrize(
    ("text", "codes", "units"),
    [
        ("lhss hts de seine", "92", 1),
        ("lhss haut de seine", "92", 1),
        ("lhss seine st denis", "93", 1),
        ("lhss seine et marnes", "77", 1),
        ("lhss 9-3", "93", 1),
        ("lhss dép. 92", "92", 1),
        ("lhss(92)", "92", 1),
        ("lhss 92 et 93", "92 93", 2),
        ("lhss 92 93 94", "92 93 94", 2),
        ("lhss 92/93", "92 93", 2),
        ("lhss hauts de seine ou paris", "75 92", 2),
        ("lhss petite couronne", "92 93 94", 2),
        ("lhss paris et petite couronne", "75 92 93 94", 3),
        ("lhss grande couronne", "77 78 91 95", 1),
    ],
)
def test_departments_are_read_as_written_and_together(search, text, codes, units):
    outcome = search(text)
    assert (outcome.reading.text, outcome.place.codes, outcome.units) == ("lhss", tuple(codes.split()), units)
    where = run_search(SearchCriteria(what="lhss", where=outcome.place.text), READER, timezone.now())
    assert (where.place, where.units) == (outcome.place, units)


def test_several_departments_are_told_on_the_page(client, search):
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    page = client.get("/recherche/", {"quoi": "lhss 92 et 93"}).content.decode().replace("&nbsp;", NB)
    assert f"Compris{NB}: <b>«{NB}lhss{NB}», dans les Hauts-de-Seine et en Seine-Saint-Denis</b>" in page
    assert f"Départements{NB}: Hauts-de-Seine (92) et Seine-Saint-Denis (93)" in page


def test_where_nothing_is_found_is_told_as_a_place(client, search):
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    for where, told in (("92, 93", "dans les Hauts-de-Seine et en Seine-Saint-Denis"), ("94", "dans le Val-de-Marne")):
        page = client.get("/recherche/", {"quoi": "xyzzyx", "ou": where}).content.decode().replace("&nbsp;", NB)
        assert f"Rien ne correspond à «{NB}xyzzyx{NB}» {told}." in page


@pytest.mark.parametrize("text", ["92 et 93", "92, 93", "dans le 92 et en seine st denis", "93 92"])
def test_several_departments_are_a_starting_place(search, text):
    place = resolve_where(text, READER).place
    assert (place.codes, place.text, place.point) == (("92", "93"), "92, 93", None)
    assert resolve_where(place.text, READER).place == place


def test_areas_alone_are_offered(search):
    assert "Chercher dans toute la région" in offered(search("ile de france"), "ile de france")
    told = offered(search("92 et 93"), "92 et 93")
    assert "Chercher dans les Hauts-de-Seine et en Seine-Saint-Denis" in told


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("lhss melun ou fontainebleau", {"« lhss » autour de Melun (77)", "« lhss » autour de Fontainebleau (77)"}),
        ("lhss nanterre, pantin", {"« lhss » autour de Nanterre (92)", "« lhss » autour de Pantin (93)"}),
        ("lhss nanterre,pantin", {"« lhss » autour de Nanterre (92)", "« lhss » autour de Pantin (93)"}),
        ("lhss paris 10e et 11e", {"« lhss » autour de Paris 10 (75)", "« lhss » autour de Paris 11 (75)"}),
        ("lhss paris 10 ou 11", {"« lhss » autour de Paris 10 (75)", "« lhss » autour de Paris 11 (75)"}),
        ("lhss Ivry ou Vitry", {"« lhss » autour d’Ivry-sur-Seine (94)", "« lhss » autour de Vitry-sur-Seine (94)"}),
        ("lhss Ivry, Vitry", {"« lhss » autour d’Ivry-sur-Seine (94)", "« lhss » autour de Vitry-sur-Seine (94)"}),
        ("lhss Vitry Pantin", {"« lhss » autour de Vitry-sur-Seine (94)", "« lhss » autour de Pantin (93)"}),
        ("lhss à Melun ou dans le 92", {"« lhss » autour de Melun (77)", "« lhss » dans les Hauts-de-Seine"}),
    ],
)
def test_of_several_places_none_is_guessed_and_each_is_offered(search, text, labels):
    outcome = search(text)
    assert (outcome.units, outcome.place) == (0, None)
    assert offered(outcome, text) == labels


def test_a_commune_and_its_department_are_one_place(search):
    for text in ("lhss Nanterre Hauts-de-Seine", "lhss nanterre (92)", "lhss nanterre, 92"):
        assert search(text).place.insee == "92050"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lhss hors paris", "hors paris"),
        ("lhss sauf à Nanterre", "sauf à Nanterre"),
        ("lhss sans paris", "sans paris"),
        ("lhss pas à Paris", "pas à Paris"),
        ("lhss ailleurs qu’à paris", "ailleurs qu’à paris"),
    ],
)
def test_a_place_that_is_excluded_is_left_aside_and_said(search, text, said):
    outcome = search(text)
    assert (outcome.place, outcome.reading.text, outcome.reading.aside, outcome.units) == (None, "lhss", (said,), 4)


def test_a_small_commune_only_begun_is_offered_beside_what_the_rest_finds(search):
    outcome = search("lhss limoges")
    assert (outcome.place, outcome.reading.dropped, outcome.units) == (None, ("limoges",), 4)
    assert offered(outcome, "lhss limoges") == {"« lhss » autour de Limoges-Fourches (77)"}
    assert search("lhss Ivry").place.insee == "94041"


def test_a_language_is_no_commune(search):
    outcome = search("lhss parlant persan")
    assert (outcome.place, outcome.reading.text, outcome.units) == (None, "lhss", 4)
    assert "« lhss » autour de Persan (95)" in offered(outcome, "lhss parlant persan")
    assert search("lhss persan").place.insee == "95487"


@pytest.mark.parametrize("text", ["lhss pantain", "lhss nantere"])
def test_a_misspelt_commune_is_offered_and_never_guessed(search, text):
    outcome = search(text)
    assert outcome.place is None
    assert outcome.units == 4
    assert len(offered(outcome, text)) == 1


@pytest.mark.parametrize(
    ("text", "insee"),
    [
        ("lhss Montreuil sous bois", "93048"),
        ("lhss fontenay ss bois", "94033"),
        ("lhss ivry/seine", "94041"),
        ("lhss/nanterre", "92050"),
        ("lhss nanterre centre", "92050"),
        ("lhss nanterre centre-ville", "92050"),
        ("lhss Melun nord", "77288"),
        ("lhss paris intra muros", "75056"),
    ],
)
def test_a_spoilt_writing_is_read(search, text, insee):
    outcome = search(text)
    assert (outcome.place.insee, outcome.reading.text, outcome.reading.dropped) == (insee, "lhss", ())


@pytest.mark.parametrize(
    "text", ["24/24", "7j/7", "H/F", "s/Seine", "2,5 km", "1,2-dichloro", "75-95 ans", "http://a.b", "M. Roy", "a.b.cd"]
)
def test_what_is_not_glued_is_left(text):
    assert separated(text) == text


@pytest.mark.parametrize("text", ["l.h.s.s.", "L.H.S.S", "lits l.h.s.s. Nanterre"])
def test_the_stops_of_an_acronym_are_left_out(text):
    assert "." not in separated(text)
    assert separated(text).lower().split() == text.lower().replace(".", "").split()


def test_a_quarter_is_no_part_of_where(search):
    assert resolve_place("Nanterre centre").place.insee == "92050"
    assert resolve_place("ivry/seine").place.insee == "94041"


@pytest.mark.parametrize("text", ["lhss 92 places", "lhss 92 places dispo", "lhss 92 lit", "92 places lhss"])
def test_a_department_before_places_is_no_number_of_them(search, text):
    found = search(text)
    assert (found.reading.text, found.place.department_code, found.units) == ("lhss", "92", 1)


def test_another_number_before_places_counts_them(search):
    found = search("lhss 80 places")
    assert (found.place, found.reading.counted, found.units) == (None, ("80 places",), 4)
