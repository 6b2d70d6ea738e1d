"""« Que recherchez-vous ? »: terms, identifiers, words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.criteria import WHAT_LIMIT, WHERE_LIMIT, SearchCriteria, Sort, Within
from search.words.matching import Known, Match, Word, acronyms_of, read_text
from search.words.spelling import KeyRow, telling_form, words_of

ACT = (KeyRow("act", True, 1, "unit_type"), KeyRow("act", True, 2, "unit_type"))


def known(*rows, words=()):
    return Known(rows, frozenset(words))


def test_an_acronym_alone_asks_for_its_terms():
    assert read_text("ACT", known(*ACT)) == Match(term_ids=(1, 2))
    assert read_text(" act ", known(*ACT)) == Match(term_ids=(1, 2))


def test_the_other_number_of_a_spelling_is_read():
    assert read_text("ACTS", known(*ACT)) == Match(term_ids=(1, 2))
    rows = [KeyRow("urgences", False, 7, "unit_type")]
    assert read_text("urgence", known(*rows)) == Match(term_ids=(7,))


def test_an_acronym_inside_a_text_is_looked_for_in_the_type_and_the_names():
    match = read_text("ACT hors les murs", known(*ACT, words=["hors", "murs"]))
    assert match == Match(
        words=(Word("act", weights="AC", is_acronym=True), Word("hors"), Word("murs", True, "", "AB")), type_ids=(1, 2)
    )


def test_an_acronym_has_no_stem_and_begins_no_name():
    rows = [KeyRow("had", True, 5, "care_mode")]
    assert read_text("HAD", known(*rows)).words == (Word("had", weights="ABC", is_acronym=True),)
    assert read_text("had", known(*rows)).words == (Word("had", weights="ABC", is_acronym=True),)
    for text in ("CHRS", "chrs", "CADA", "SAS"):
        assert read_text(text, known()).words == (Word(text.lower(), is_acronym=True),)


def test_capitals_alone_make_no_acronym():
    assert acronyms_of("SOINS PALLIATIFS") == frozenset()
    assert acronyms_of("place en CHRS ou CADA") == {"chrs", "cada"}


def test_a_short_last_word_begins_nothing_and_one_of_four_letters_no_name():
    assert read_text("ame", known()).words == (Word("ame"),)
    assert read_text("soins ame", known()).words[1] == Word("ame", starts=True, start_weights="AB")
    assert read_text("père", known()).words == (Word("pere", starts=True, start_weights="AB"),)
    assert read_text("altai", known()).words == (Word("altai", starts=True),)


def test_three_letters_begin_a_word_in_a_list_of_names():
    assert read_text("psy", known(), Within.PRACTITIONER) == Match(words=(Word("psy", starts=True),), kind="pro")
    assert read_text("psy", known(), Within.ENTITY).words == (Word("psy", starts=True, weights="C"),)
    rows = [KeyRow("ortho", False, 5, "unit_type")]
    assert read_text("ortho", known(*rows)).term_ids == (5,)
    assert read_text("ortho", known(*rows), Within.PRACTITIONER).words[0].starts


def test_a_word_that_was_mended_is_read_whole():
    match = read_text("appartement", known(words=["appartement"]), mended=frozenset({"appartement"}))
    assert match.words == (Word("appartement"),)


def test_the_name_of_establishments_asks_for_them_unless_it_spells_a_term():
    named = Known(entity_ids=(7, 8))
    for within in (Within.EVERYTHING, Within.ENTITY):
        assert read_text("ACT Altair", named, within) == Match(entity_ids=(7, 8), kind="uo")
    assert read_text("ACT", Known(ACT, entity_ids=(7,))).term_ids == (1, 2)
    assert read_text("ACT", Known(ACT, entity_ids=(7,)), Within.ENTITY).entity_ids == (7,)


def test_a_hyphen_makes_no_other_spelling_and_weaker_lists_are_told():
    rows = (KeyRow("pedopsy", False, 4, "unit_type"),)
    for text in ("pedopsy", "pédo-psy"):
        match = read_text(text, Known(rows, activity_ids=(9,)))
        assert (match.term_ids, match.elsewhere) == ((4,), ((Within.ACTIVITY, (9,)),))


def test_a_spelling_inside_a_text_is_not_looked_for_in_the_free_text():
    rows = [KeyRow("crise", False, 5, "unit_type")]
    match = read_text("crise suicidaire", known(*rows, words=["crise"]))
    assert match.words == (Word("crise", weights="ABC"), Word("suicidaire", starts=True))


def test_the_longest_spelling_gives_its_words_together():
    rows = [KeyRow("salle de consommation", False, 5, "unit_type"), KeyRow("salle", True, 6, "unit_type")]
    match = read_text("salle de consommation paris", known(*rows, words=["salle", "consommation"]))
    assert [word.weights for word in match.words] == ["ABC", "ABC", ""]


def test_a_word_met_nowhere_may_be_a_beginning():
    match = read_text("gynéco obstétrique", known(words=["obstetrique"]))
    assert match.words == (Word("gyneco", starts=True), Word("obstetrique", starts=True))
    assert read_text("gynéco obstétrique", known(words=["gyneco"])).words[0] == Word("gyneco")


def test_the_strongest_list_wins_and_practitioners_answer_to_the_others():
    rows = [KeyRow("psychiatre", False, 9, "resource_profession"), KeyRow("psychiatre", False, 4, "unit_type")]
    assert read_text("psychiatre", known(*rows)) == Match(term_ids=(4,), person_term_ids=(9,))
    assert read_text("psychiatre", known(*rows), Within.PRACTITIONER).kind == "pro"


def test_a_list_asked_for_gives_its_terms_or_nothing():
    assert read_text("soins", Known(within_ids=(3,)), Within.ACT) == Match(term_ids=(3,))
    assert read_text("soins", Known(), Within.ACT) == Match(nothing=True)


def test_establishments_are_looked_for_by_name():
    match = read_text("les quais", known(words=["quais"]), Within.ENTITY)
    assert match == Match(words=(Word("quais", starts=True, weights="C"),), kind="uo")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("920812345", ("920812345",)),
        ("881 238 439 00016", ("88123843900016",)),
        ("01 40 97 01 02", ("0140970102",)),
        ("+33 1 40 97 01 02", ("0140970102",)),
        ("11/1234", ("11/1234",)),
        ("10199000016", ("10199000016",)),
        ("FINESS : 920 812 345", ("920812345",)),
        ("n° FINESS 920 812 345", ("920812345",)),
        ("tél. 01-40-97-01-02", ("0140970102",)),
        ("0033140970102", ("0140970102",)),
        ("33140970102", ("0140970102",)),
        ("1 40 97 01 02", ("0140970102",)),
        ("01 40 97 01 02 / 03", ("0140970102",)),
        ("810199000016", ("810199000016", "10199000016")),
    ],
)
def test_numbers_are_identifiers(text, expected):
    match = read_text(text, Known())
    assert match.words == ()
    assert set(expected) <= set(match.identifiers)


@pytest.mark.parametrize("text", ["🙂", "?!", "« »", "%", "'"])
def test_a_text_without_a_word_finds_nothing(text):
    assert read_text(text, Known()).nothing


@pytest.mark.parametrize(
    "text",
    [
        *("accueil", "Mobile", "standard", "secrétariat", "téléphone", "code", "accueil :", "n°", "ligne directe"),
        *("accueil 75010", "mobile 93", "standard 92"),
    ],
)
def test_the_name_of_a_number_without_one_is_a_word(text):
    match = read_text(text, known(words=words_of(text)))
    assert match.identifiers == ()
    assert [word.text for word in match.words] == list(words_of(text))


@given(st.text(max_size=300))
def test_any_text_is_read(text):
    match = read_text(SearchCriteria.from_query({"quoi": text}).what, Known())
    assert len(match.words) <= 12
    assert all(word.text.isascii() and word.text.isalnum() for word in match.words)


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


@pytest.mark.parametrize("page", ["abc", "0", "-1", "1.5", "١"])
def test_a_page_that_cannot_be_read_is_the_first_and_is_said(page):
    criteria = SearchCriteria.from_query({"page": page})
    assert criteria.page == 1
    assert criteria.warnings


def test_an_unknown_order_is_said():
    assert SearchCriteria.from_query({"tri": "prix"}).warnings
    assert SearchCriteria.from_query({"tri": "pertinence"}).sort is Sort.RELEVANCE


def test_small_words_and_number_change_nothing_of_a_spelling_of_several_words():
    assert telling_form("lits d accueil medicalises") == "lit accueil medicalise"
    assert telling_form("a") == "a"
    rows = [KeyRow("lit halte soins sante", False, 1, "unit_type")]
    rows += [KeyRow("lit halte soin sante", False, number, "unit_type") for number in (1, 2)]
    for text in ("lit halte soins santé", "lits halte soins santé", "Lits halte soin santé"):
        assert read_text(text, known(*rows)) == Match(term_ids=(1, 2))


def test_a_link_left_dangling_changes_nothing():
    rows = [KeyRow("ehpad", True, 1, "unit_type")]
    for text in ("ehpad à", "ehpad à la", "un ehpad"):
        assert read_text(text, known(*rows)) == Match(term_ids=(1,))


def test_a_short_number_beside_a_term_is_looked_for_in_the_names():
    match = read_text("ACT 12", known(*ACT))
    assert [word.weights for word in match.words] == ["AC", "AC"]
    assert read_text("maison 12", known()).words[1].weights == ""
