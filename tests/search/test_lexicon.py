"""Typing errors: what is mended, what never is."""

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from directory.enums import ClosureKind, Nomenclature, PublicationStatus
from directory.models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner
from search.criteria import Within
from search.indexing import index
from search.models import LexiconWord
from search.words.lexicon import Change, correct_text, errors_between, mended, slips_of
from search.words.reading import understand
from tests.factories.directory import GeographicEntityFactory, PractitionerFactory, TermFactory, UnitFactory, unit_type

WORDS = st.text("abcde", max_size=7)


@pytest.mark.parametrize(
    ("one", "other", "errors"),
    [
        ("psychiatrie", "psychiatrie", 0),
        ("apartement", "appartement", 1),
        ("psychaitrie", "psychiatrie", 1),
        ("coordinaton", "coordination", 1),
        ("dentaire", "mentale", 3),
        ("", "abc", 3),
    ],
)
def test_errors_are_counted(one, other, errors):
    assert errors_between(one, other) == errors


@given(WORDS, WORDS)
def test_errors_are_the_same_both_ways_and_at_most_the_longest(one, other):
    errors = errors_between(one, other)
    assert errors == errors_between(other, one)
    assert abs(len(one) - len(other)) <= errors <= max(len(one), len(other))
    assert (errors == 0) == (one == other)


def test_only_the_words_that_are_wrong_are_replaced():
    found = mended("Apartement de Coo", {"apartement": "appartement"})
    assert found.text == "appartement de Coo"
    assert found.changes == (Change("Apartement", "appartement"),)
    assert mended("rien", {}) is None


def test_two_letters_exchanged_and_i_for_y_are_slips():
    assert slips_of("ehpad") == {"hepad", "ephad", "ehapd", "ehpda", "eehpad", "ehhpad", "ehppad", "ehpaad", "ehpadd"}
    assert {"dialyse", "dyalyse", "dialise", "ydalise"} < slips_of("dyalise")
    assert "dyalise" not in slips_of("dyalise")
    assert len(slips_of("y" * 40)) < 80


@pytest.fixture
def published(db):
    UnitFactory(act=True)
    TermFactory(label="Santé mentale")
    TermFactory(label="Réanimation néonatale", synonyms=["réa néonat", "EHPAD", "dialyse"])
    UnitFactory(admission_conditions="Avec un maraudeur")
    index.rebuild_all()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("apartement de coordinaton", "appartement de coordination"),
        ("reanimaton", "réanimation"),
        ("menatle", "mentale"),
        ("ephad", "ehpad"),
        ("dyalise", "dialyse"),
        ("EPHAD", "ehpad"),
        ("MENATLE", "mentale"),
    ],
)
def test_a_word_that_is_met_nowhere_is_read_as_the_nearest(published, typed, meant):
    assert correct_text(typed).text == meant


@pytest.mark.parametrize("typed", ["appartement", "coordina", "maraudeurs", "dentaire", "xyzzyx", "ac", "12345", "🙂"])
def test_what_exists_begins_a_word_or_is_near_nothing_is_left_alone(published, typed):
    assert correct_text(typed) is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hépatologie", None),
        ("proctologie", None),
        ("andrologie", None),
        ("transfusion", None),
        ("opthalmologie", "ophtalmologie"),
        ("nefrologie", "néphrologie"),
        ("ematologie", "hématologie"),
    ],
)
def test_words_that_end_alike_are_mended_by_their_stems(published, typed, meant):
    for label in "Hématologie Podologie Angiologie Transition Ophtalmologie Néphrologie".split():
        TermFactory(label=label)
    index.rebuild_all()
    correction = correct_text(typed)
    assert (correction and correction.text) == meant


def test_words_of_the_nomenclatures_come_before_names(published):
    PractitionerFactory(last_name="Mentalo")
    index.rebuild_all()
    assert correct_text("mentald").text == "mentale"


@pytest.mark.parametrize("typed", ["bébé", "CADA", "QUENOUILE", "pension de famille", "jeune majeur", "act majeur"])
def test_short_words_names_in_capitals_and_common_words_are_not_mended(published, typed):
    PractitionerFactory(first_name="Camille", last_name="Hébé")
    PractitionerFactory(first_name="Camille", last_name="Quenouille")
    TermFactory(label="Masseur")
    UnitFactory(admission_conditions="Pension, jeunes")
    index.rebuild_all()
    reading = understand(typed, Within.EVERYTHING, exact=False)
    assert reading.correction is None


def test_a_name_alone_is_mended(published):
    PractitionerFactory(first_name="Camille", last_name="Quenouille")
    index.rebuild_all()
    assert correct_text("Quenouile").text == "quenouille"
    assert correct_text("camille quenouile").text == "camille quenouille"
    assert correct_text("santé quenouile") is None


def test_a_correction_that_finds_nothing_is_not_made(published):
    assert not understand("reanimaton", Within.EVERYTHING, exact=False).is_changed
    assert understand("apartement", Within.EVERYTHING, exact=False).text == "appartement"


def test_the_text_is_searched_as_typed_when_it_is_asked_exactly(published):
    reading = understand("apartement", Within.EVERYTHING, exact=True)
    assert not reading.is_changed
    assert reading.match.words[0].text == "apartement"
    reading = understand("apartement", Within.EVERYTHING, exact=False)
    assert reading.correction.text == reading.match.words[0].text == "appartement"


def test_a_list_asked_for_is_searched_with_the_mended_text(published):
    reading = understand("apartement", Within.UNIT_TYPE, exact=False)
    assert reading.correction is not None
    assert reading.match.term_ids == (unit_type("94.46").pk,)


@pytest.mark.parametrize(
    "typed", ["appartement moins de 20 km", "appartement lit", "appartement maximum", "allergo", "maternel"]
)
def test_comparisons_and_common_words_are_not_mended(published, typed):
    TermFactory(label="Soins, plaies, mentale, lot, aller, matériel")
    index.rebuild_all()
    assert correct_text(typed) is None
    assert understand(typed, Within.EVERYTHING, exact=False).correction is None


def test_the_full_name_of_an_acronym_finds_what_the_acronym_finds(published):
    types = {unit_type(code).pk for code in ("94.46", "94.59", "94.59b")}
    index.rebuild_all()
    for text in (
        "ACT",
        "appartement de coordination thérapeutique",
        "Appartements de coordination thérapeutiques",
        "appartement coordination thérapeutique",
        "appartement de coordination",
        "apartement de coordinaton",
    ):
        assert set(understand(text, Within.EVERYTHING, exact=False).match.term_ids) == types


class TestForgetting:
    """Words of the lexicon go with the last record that holds them."""

    def held(self, *words):
        return set(LexiconWord.objects.filter(word__in=words).values_list("word", flat=True))

    def test_a_slip_that_was_published_then_mended_is_mended_again(self, rebuilt):
        unit = UnitFactory(
            name="Accueil thérapeutique", geographic_entity=GeographicEntityFactory(name="Apartement Vesta")
        )
        other = UnitFactory(name="Apartement du port")
        rebuilt()
        assert self.held("apartement", "accueil") == {"apartement", "accueil"}
        GeographicEntity.objects.filter(pk=unit.geographic_entity_id).update(name="Vesta", sort_name="vesta")
        index.refresh_units(unit_ids=[unit.pk])
        assert self.held("apartement", "vesta") == {"apartement", "vesta"}
        OperationalUnit.objects.filter(pk=other.pk).update(name="Appartement du port")
        index.refresh_units(unit_ids=[other.pk])
        assert self.held("apartement", "appartement") == {"appartement"}

    def test_a_synonym_taken_back_leaves_nothing(self, rebuilt):
        term = TermFactory(nomenclature=Nomenclature.OPERATIONAL_ACTIVITY, label="Activité témoin")
        rebuilt()
        term.synonyms = ["alzeimer témoin"]
        term.save()
        assert self.held("alzeimer", "temoin") == {"alzeimer", "temoin"}
        term.synonyms = []
        term.save()
        assert self.held("alzeimer", "temoin") == {"temoin"}

    def test_a_closed_unit_takes_its_words_away(self, rebuilt):
        unit = UnitFactory(name="Zyzomys accueil")
        rebuilt()
        closed = {"status": PublicationStatus.CLOSED, "closed_on": timezone.localdate()}
        OperationalUnit.objects.filter(pk=unit.pk).update(**closed, closure_kind=ClosureKind.FINAL)
        index.refresh_units(unit_ids=[unit.pk])
        assert self.held("zyzomys") == set()

    def test_a_person_renamed_too(self, rebuilt):
        person = PractitionerFactory(last_name="Zyzomys")
        rebuilt()
        Practitioner.objects.filter(pk=person.pk).update(last_name="Durand")
        index.refresh_practitioners(practitioner_ids=[person.pk])
        assert self.held("zyzomys", "durand") == {"durand"}

    def test_the_name_of_an_ej_goes_with_the_last_unit_below_it(self, rebuilt):
        unit = UnitFactory()
        below = unit.geographic_entity.legal_entity
        GeographicEntityFactory(legal_entity=below)  # proposed, and found by no name of its EJ
        LegalEntity.objects.filter(pk=below.pk).update(name="Zyzomys association")
        index.refresh_units(unit_ids=[unit.pk])
        assert self.held("zyzomys") == {"zyzomys"}
        closed = {"status": PublicationStatus.CLOSED, "closed_on": timezone.localdate()}
        OperationalUnit.objects.filter(pk=unit.pk).update(**closed, closure_kind=ClosureKind.FINAL)
        index.refresh_units(unit_ids=[unit.pk])
        assert self.held("zyzomys") == set()
        index.rebuild_all()
        assert self.held("zyzomys") == set()
