"""« Que recherchez-vous ? »: terms, identifiers, words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.criteria import WHAT_LIMIT, WHERE_LIMIT, SearchCriteria, Sort
from search.matching import KeyRow, Match, read_text, words_of

ACT = [KeyRow("act", True, 1, "unit_type"), KeyRow("act", True, 2, "unit_type")]


def test_an_acronym_alone_asks_for_its_terms():
    assert read_text("ACT", ACT) == Match(term_ids=(1, 2))
    assert read_text(" act ", ACT) == Match(term_ids=(1, 2))


def test_an_acronym_inside_a_text_leaves_the_other_words():
    assert read_text("ACT hors les murs", ACT) == Match(term_ids=(1, 2), words=("hors", "les", "murs"))


def test_a_word_that_is_no_acronym_is_not_a_term():
    rows = [KeyRow("crise", False, 5, "unit_type")]
    assert read_text("centre de crise", rows) == Match(words=("centre", "de", "crise"))


def test_the_strongest_list_wins_and_practitioners_answer_to_the_others():
    rows = [KeyRow("psychiatre", False, 9, "resource_profession"), KeyRow("psychiatre", False, 4, "unit_type")]
    assert read_text("psychiatre", rows) == Match(term_ids=(4,), person_term_ids=(9,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("920812345", ("920812345",)),
        ("881 238 439 00016", ("88123843900016",)),
        ("01 40 97 01 02", ("0140970102",)),
        ("+33 1 40 97 01 02", ("0140970102",)),
        ("11/1234", ("11/1234",)),
        ("10199000016", ("10199000016",)),
    ],
)
def test_numbers_are_identifiers(text, expected):
    match = read_text(text, [])
    assert match.words == ()
    assert set(expected) <= set(match.identifiers)


@pytest.mark.parametrize("text", ["🙂", "?!", "« »", "%", "'"])
def test_a_text_without_a_word_finds_nothing(text):
    assert read_text(text, []).nothing


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    match = read_text(SearchCriteria.from_query({"quoi": text}).what, [])
    assert len(match.words) <= 12
    assert all(word.isascii() and word.isalnum() for word in match.words)


def test_single_letters_are_left_out_unless_alone():
    assert words_of("soins à domicile") == ("soins", "domicile")
    assert words_of("a") == ("a",)


@given(st.dictionaries(st.sampled_from(["ou", "quoi", "tri", "page"]), st.text(max_size=400)))
def test_criteria_never_raise_and_keep_to_their_limits(query):
    criteria = SearchCriteria.from_query(query)
    assert len(criteria.where) <= WHERE_LIMIT
    assert len(criteria.what) <= WHAT_LIMIT
    assert criteria.page >= 1
    assert "\x00" not in criteria.where + criteria.what


@pytest.mark.parametrize("page", ["abc", "0", "-1", "1.5", "9" * 5000, "١", "99999"])
def test_a_page_that_cannot_be_read_is_the_first_and_is_said(page):
    criteria = SearchCriteria.from_query({"page": page})
    assert criteria.page == 1
    assert criteria.warnings


def test_an_unknown_order_is_said():
    assert SearchCriteria.from_query({"tri": "prix"}).warnings
    assert SearchCriteria.from_query({"tri": "pertinence"}).sort is Sort.RELEVANCE
