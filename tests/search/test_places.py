"""« Où ? »: every way of typing a place, and nothing guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.models import Commune
from directory.territory.places import Resolution, parse_place, propose_places, resolve_place
from search.words.ending import places_told
from tests.factories.directory import commune

PARIS, PARIS_10, PARIS_1 = "75056", "75110", "75101"
NANTERRE, KREMLIN, SAINT_OUEN, SAINT_DENIS = "92050", "94043", "93070", "93066"


@pytest.fixture
def communes(db):
    for insee in (PARIS_10, PARIS_1, NANTERRE, KREMLIN, SAINT_OUEN, SAINT_DENIS):
        commune(insee)


@pytest.mark.parametrize(
    ("text", "insee"),
    [
        ("75010", PARIS_10),
        ("75110", PARIS_10),
        ("Paris 10", PARIS_10),
        ("paris 10e", PARIS_10),
        ("Paris 10ème arrondissement", PARIS_10),
        ("Paris 1er Arrondissement", PARIS_1),
        ("paris 01", PARIS_1),
        ("10e arrondissement de Paris", PARIS_10),
        ("Paris 10 (75010)", PARIS_10),
        ("75010 paris", PARIS_10),
        ("PARIS", PARIS),
        ("paris 75", PARIS),
        ("Nanterre", NANTERRE),
        ("nanterre (92)", NANTERRE),
        ("92000", NANTERRE),
        ("92050", NANTERRE),
        ("kremlin bicetre", KREMLIN),
        ("Le Kremlin-Bicêtre", KREMLIN),
        ("Kremlin-Bicêtre (Le)", KREMLIN),
        ("Kremlin-Bicêtre (Le) (94270)", KREMLIN),
        ("Paris Xe", PARIS_10),
        ("Xe", PARIS_10),
        ("Ier", PARIS_1),
        ("75 010", PARIS_10),
        ("75 010 Paris", PARIS_10),
        ("75000", PARIS),
        ("75000 Paris", PARIS),
        ("Paris 75000", PARIS),
        ("paris x", PARIS_10),
        ("paris 10eme", PARIS_10),
        ("10e", PARIS_10),
        ("10e arrondissement", PARIS_10),
        ("1er arr", PARIS_1),
        ("92 Nanterre", NANTERRE),
        ("st ouen sur seine", SAINT_OUEN),
        ("st denis 93", SAINT_DENIS),
        ("Saint-Denis", SAINT_DENIS),
    ],
)
def test_a_commune_is_recognised(communes, text, insee):
    assert resolve_place(text).place.insee == insee


@pytest.mark.parametrize(
    "text",
    [
        *("92", "(92)", "Hauts-de-Seine", "hauts de seine", "Hauts-de-Seine (92)", "hauts de seine 92", "dept 92"),
        *("dépt. 92", "Département 92", "département du 92", "departement des Hauts-de-Seine", "dpt Hauts de Seine"),
        *("Département des Hauts-de-Seine (92)", "Hauts-de-Seine (département 92)"),
    ],
)
def test_a_department_has_no_starting_point(communes, text):
    place = resolve_place(text).place
    assert (place.department_code, place.insee, place.point) == ("92", "", None)


@pytest.mark.parametrize("text", ["Val-d’Oise (95)", "val d'oise 95", "département du Val-d’Oise", "dept 95"])
def test_a_department_is_read_as_it_is_written_on_the_page(communes, text):
    commune("95018")
    assert resolve_place(text).place.text == "95"


def test_a_department_said_is_not_the_town_of_its_name(communes):
    assert resolve_place("Paris (75)").place.insee == PARIS
    assert resolve_place("département de Paris").place.text == "75"
    assert resolve_place("département de Nanterre").problem == "unknown"
    assert resolve_place("Hauts-de-Seine (93)").place is None
    for text in ("dept 92", "Hauts-de-Seine (92)", "département des hauts"):
        assert [place.text for place in propose_places(text)] == ["92"]


@pytest.mark.parametrize("text", ["Marseille", "13001", "13", "99999", "nanterre 75010", "?!", "🙂", "st", "2A"])
def test_an_unknown_place_is_said_and_nothing_is_guessed(communes, text):
    resolution = resolve_place(text)
    assert resolution.place is None
    assert resolution.problem == "unknown"


def test_a_part_of_a_name_proposes_without_choosing(communes):
    resolution = resolve_place("bicetre")
    assert resolution.problem == "unknown"
    assert [place.text for place in resolution.choices] == ["Kremlin-Bicêtre (Le) (94270)"]


def test_a_postal_code_of_several_communes_offers_them(communes):
    Commune.objects.filter(insee=SAINT_DENIS).update(postal_codes=["93200", "93400"])
    resolution = resolve_place("93400")
    assert resolution.problem == "several"
    assert [place.text for place in resolution.choices] == ["Saint-Denis (93400)", "Saint-Ouen-sur-Seine (93400)"]
    for choice in resolution.choices:
        assert resolve_place(choice.text).place == choice


def test_a_name_met_twice_offers_both(communes):
    Commune.objects.filter(insee=SAINT_OUEN).update(key="saint denis")
    assert resolve_place("saint denis").problem == "several"
    assert resolve_place("saint denis (93)").problem == "several"


def test_a_right_name_beside_a_wrong_department_proposes_the_commune(communes):
    resolution = resolve_place("nanterre 93")
    assert resolution.place is None
    assert [place.insee for place in resolution.choices] == [NANTERRE]


def test_the_number_of_an_address_is_no_arrondissement(communes):
    assert resolve_place("10 rue de la paix paris") == Resolution(problem="unknown")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ehpad Nanterre", ("ehpad", NANTERRE)),
        ("ehpad à Nanterre", ("ehpad", NANTERRE)),
        ("psychiatre paris 10", ("psychiatre", PARIS_10)),
        ("kiné 75010", ("kiné", PARIS_10)),
        ("kiné paris", ("kiné", PARIS)),
        ("place en lhss près de saint-denis", ("place en lhss", SAINT_DENIS)),
        ("ehpad 92", ("ehpad", "")),
        ("ehpad hauts-de-seine", ("ehpad", "")),
    ],
)
def test_a_place_at_the_end_of_a_text_is_told_apart(communes, text, expected):
    before, place = places_told(text)[1]
    assert (before, place.insee) == expected


@pytest.mark.parametrize("text", ["", "nanterre", "à nanterre", "soins palliatifs", "nanterre ehpad", "🙂 ?"])
def test_a_text_without_a_place_at_its_end_is_left_whole(communes, text):
    assert places_told(text)[1] is None


@pytest.mark.parametrize("insee", [PARIS, PARIS_10, NANTERRE, KREMLIN, SAINT_OUEN])
def test_the_text_of_a_place_names_it(communes, insee):
    record = Commune.objects.get(insee=insee)
    place = resolve_place(record.list_name).place
    assert place.insee == insee
    assert resolve_place(place.text).place == place


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Paris (département 75)", ("", "Paris")), ("Paris (ville entière)", (PARIS, "Paris"))],
)
def test_a_place_is_read_as_the_list_shows_it(communes, text, expected):
    place = resolve_place(text).place
    assert (place.insee, place.label.split(" (")[0]) == expected


@given(st.text(max_size=60))
def test_any_text_is_read(text):
    query = parse_place(text)
    assert len(query.code) in (0, 5)
    assert all(key == key.strip() for key in query.keys)


@given(st.integers(1, 20), st.sampled_from(["paris {}", "Paris {}e", "PARIS {}ème", "{}e arrondissement de paris"]))
def test_arrondissements_are_read_in_every_spelling(number, spelling):
    assert parse_place(spelling.format(number)).keys[0] == f"paris {number}"
