"""Reading a pasted list: every spelling of every commune, nothing guessed, every line accounted for."""

import string
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.text import place_key
from directory.reference.files import read_communes
from directory.territory.paste import (
    LIKENESS,
    MAX_SEARCHES,
    PROPOSALS,
    SHORTEST_PART,
    Codes,
    Gazetteer,
    KnownPlace,
    Verdict,
    read_list,
    read_piece,
    split_pieces,
    sure_name,
)

DEPARTMENTS = {
    "75": "Paris",
    "77": "Seine-et-Marne",
    "78": "Yvelines",
    "91": "Essonne",
    "92": "Hauts-de-Seine",
    "93": "Seine-Saint-Denis",
    "94": "Val-de-Marne",
    "95": "Val-d'Oise",
}
ROWS = read_communes()
PLACES = [
    KnownPlace(
        row.insee, row.list_name, place_key(row.list_name), row.postal_codes, row.parent, row.department, row.population
    )
    for row in ROWS
]
GAZETTEER = Gazetteer(PLACES, DEPARTMENTS)
HOMONYMS = {place.insee for place in PLACES if len(GAZETTEER.by_key[place.key]) > 1}
LEAVES = [place for place in PLACES if place.insee != "75056"]


def plain(text):
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def spaced(text):
    return text.replace("-", " ").replace("'", " ")


def abbreviated(text):
    return text.replace("Saint-", "St-").replace("Sainte-", "Ste-").replace("-sur-", " s/")


def trigrams(key):
    padded = f"  {key} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


SPELLINGS = [str, str.upper, str.lower, plain, spaced, abbreviated, "  • {} ".format, '"{}"'.format]


def names_of(place):
    row = next(row for row in ROWS if row.insee == place.insee)
    return [row.list_name] if place.parent else [row.name, row.list_name]


@given(place=st.sampled_from(PLACES), spelling=st.sampled_from(SPELLINGS), data=st.data())
def test_every_commune_is_recognised_in_any_of_its_spellings(place, spelling, data):
    name = spelling(data.draw(st.sampled_from(names_of(place))))
    piece = read_piece(name, GAZETTEER)
    if place.insee in HOMONYMS:
        assert piece.verdict == Verdict.DOUBTFUL
        assert place in piece.found
    else:
        assert (piece.verdict, piece.found) == (Verdict.RECOGNISED, (place,)), name


@given(place=st.sampled_from(LEAVES), spelling=st.sampled_from(SPELLINGS), data=st.data())
def test_a_name_with_its_postal_code_or_department_is_recognised(place, spelling, data):
    name = spelling(data.draw(st.sampled_from(names_of(place))))
    code = data.draw(st.sampled_from([*place.postal_codes, place.department]))
    written = data.draw(st.sampled_from([f"{name} ({code})", f"{code} {name}", f"{name} {code} CEDEX"]))
    if code == place.department:
        written = f"{name} ({code})"
    assert read_piece(written, GAZETTEER).found == (place,), written


@given(place=st.sampled_from(PLACES))
def test_an_insee_code_and_the_sure_name_are_recognised(place):
    assert read_piece(place.insee, GAZETTEER, Codes.INSEE).found == (place,)
    sure = sure_name(place.list_name, place.postal_codes, place.department)
    assert read_piece(sure, GAZETTEER).verdict == Verdict.RECOGNISED
    assert read_piece(sure, GAZETTEER).found == (place,)


@given(st.lists(st.one_of(st.text(max_size=30), st.sampled_from([place.list_name for place in PLACES]),
                          st.from_regex(r"\A\d{2,5}\Z", fullmatch=True)), max_size=30))  # fmt: skip
def test_each_piece_has_one_verdict_and_nothing_is_lost(lines):
    text = "\n".join(lines)
    result = read_list(text, GAZETTEER)
    assert set(texts := [piece.text for piece in result.pieces]) <= set(split_pieces(text))
    assert len(texts) == len(set(texts)) == len(split_pieces(text)) - result.doubles
    assert len(texts) == sum(len(result.of(verdict)) for verdict in Verdict)
    for piece in result.pieces:
        assert (len(piece.found) == 1) >= (piece.verdict == Verdict.RECOGNISED)
        proposed = piece.verdict in {Verdict.RECOGNISED, Verdict.DOUBTFUL}
        assert bool(piece.found or piece.department) == proposed


@given(place=st.sampled_from(LEAVES), data=st.data())
def test_a_misspelt_name_is_never_taken_silently(place, data):
    at = data.draw(st.integers(0, len(place.list_name) - 1))
    letter = data.draw(st.sampled_from(string.ascii_lowercase))
    wrong = place.list_name[:at] + letter + place.list_name[at + 1 :]
    piece = read_piece(wrong, GAZETTEER)
    assert piece.verdict != Verdict.RECOGNISED or piece.found[0].key == place_key(wrong)


@pytest.mark.parametrize(
    ("text", "insee"),
    [
        ("75010 PARIS", "75110"),
        ("PARIS 10ème arrondissement", "75110"),
        ("10e arrondissement de Paris", "75110"),
        ("Paris", "75056"),
        ("75116", "75116"),
        ("93400 St Ouen", "93070"),
        ("94270", "94043"),
        ("KREMLIN BICETRE", "94043"),
        ("L’Haÿ-les-Roses", "94038"),
        ("92000 NANTERRE CEDEX", "92050"),
        ("Fontenay s/s Bois", "94033"),
        ("Ivry s/Seine", "94041"),
    ],
)
def test_usual_spellings(text, insee):
    assert [place.insee for place in read_piece(text, GAZETTEER).found] == [insee]
    assert read_piece(text, GAZETTEER).verdict == Verdict.RECOGNISED


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("Saint-Ouen", "93070"),  # three communes begin so
        ("Versaille", "78646"),
        ("vers", "78646"),
        ("Boulogne", "92012"),
        ("75010 Nanterre", "92050"),
        ("99999 Nanterre", "92050"),
        ("Nanterre (75)", "92050"),
        ("Marolles-en-Brie", "94048"),
    ],
)
def test_what_is_not_sure_is_proposed(text, proposed):
    piece = read_piece(text, GAZETTEER)
    assert piece.verdict == Verdict.DOUBTFUL
    assert proposed in {place.insee for place in piece.found}


def test_a_postal_code_of_several_communes_proposes_them_all():
    piece = read_piece("95450", GAZETTEER)
    assert piece.verdict == Verdict.DOUBTFUL
    assert {place.insee for place in piece.found} >= {row.insee for row in ROWS if "95450" in row.postal_codes}


def test_a_number_that_is_two_codes_is_doubtful_unless_its_meaning_is_said():
    code = next(
        place.insee
        for place in LEAVES
        if (there := GAZETTEER.by_postal.get(place.insee)) and len(there) == 1 and there[0] is not place
    )
    postal = GAZETTEER.by_postal[code][0]
    assert read_piece(code, GAZETTEER).verdict == Verdict.DOUBTFUL
    assert read_piece(code, GAZETTEER, Codes.INSEE).found == (GAZETTEER.by_insee[code],)
    assert read_piece(code, GAZETTEER, Codes.POSTAL).found == (postal,)


@pytest.mark.parametrize(("text", "code"), [("92", "92"), ("(93)", "93"), ("Val-de-Marne", "94")])
def test_a_department_is_proposed_whole(text, code):
    piece = read_piece(text, GAZETTEER)
    assert (piece.verdict, piece.department) == (Verdict.DOUBTFUL, code)


@pytest.mark.parametrize("text", ["Marseille", "13", "99999", "75999", "00123", "?!", "🙂", "x" * 5000])
def test_the_rest_is_unknown(text):
    assert read_piece(text, GAZETTEER).verdict == Verdict.UNKNOWN


@pytest.mark.parametrize("text", ["13055", "13001 Marseille", "2A004", "20000", "97105", "01000 Bourg-en-Bresse"])
def test_a_code_of_another_region_is_said_to_be_outside(text):
    assert read_piece(text, GAZETTEER).verdict == Verdict.OUTSIDE


def test_lines_that_say_the_same_are_read_once():
    result = read_list("75010 PARIS\n75010 Paris\nAtlantide\n ATLANTIDE \n13055\nParis (75010)\n?\n?", GAZETTEER)
    assert [piece.text for piece in result.pieces] == ["75010 PARIS", "Atlantide", "13055", "?"]
    assert (result.doubles, [len(result.of(verdict)) for verdict in Verdict]) == (4, [1, 0, 1, 2])


def test_many_unknown_names_are_weighed_against_few_others():
    gazetteer = Gazetteer(PLACES, DEPARTMENTS)
    result = read_list("\n".join(f"Saint-Lieu-sur-Marne-{n}" for n in range(1500)), gazetteer)
    assert len(result.pieces) == 1500
    assert sum(piece.searched for piece in result.pieces) == MAX_SEARCHES
    assert result.is_cut
    assert gazetteer.compared < MAX_SEARCHES * len(PLACES) / 3


@given(place=st.sampled_from(LEAVES), data=st.data())
def test_what_looks_like_a_name_is_found_as_by_weighing_them_all(place, data):
    at = data.draw(st.integers(0, len(place.key)))
    key = place_key(place.key[:at] + data.draw(st.sampled_from(string.ascii_lowercase)) + place.key[at + 1 :])
    wanted = trigrams(key)
    marks = {one: 2 * len(wanted & trigrams(one.key)) / (len(wanted) + len(trigrams(one.key))) for one in PLACES}
    holding = [one for one in GAZETTEER.places if key in one.key][:PROPOSALS]
    like = sorted((one for one in PLACES if marks[one] >= LIKENESS and one not in holding),
                  key=lambda one: (-marks[one], -one.population, one.insee))  # fmt: skip
    assert GAZETTEER.near(key) == ([*holding, *like][:PROPOSALS] if len(key) >= SHORTEST_PART else [])


def test_separators_and_codes_in_a_row():
    text = "Nanterre;92004, 92012\tVersailles\r\n\n75010 75011 |Clamart"
    assert split_pieces(text) == ["Nanterre", "92004", "92012", "Versailles", "75010", "75011", "Clamart"]


def test_a_thousand_lines_are_read_at_once():
    text = "\n".join([*[place.list_name for place in PLACES[:500]], *[f"inconnue {n}" for n in range(500)]])
    start = time.process_time()
    assert len(read_list(text, GAZETTEER).pieces) == 1000
    assert time.process_time() - start < 5  # about 0.2 s on an idle machine


def test_too_many_lines_are_refused():
    with pytest.raises(ValueError, match="2001"):
        read_list("92000\n" * 2001, GAZETTEER)
