"""Sentences about figures."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from availability import wording
from availability.breakdown import Counts, Share
from availability.freshness import freshness_at

PARIS = ZoneInfo("Europe/Paris")
HOUR = datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        (
            Counts(men=2, women=1, accessible=1, single_room=3, shared_room=0),
            "2 places Homme / 1 place Femme – 1 place PMR – 3 chambres individuelles / 0 partagée",
        ),
        (
            Counts(men=4, women=3, any_sex=1, accessible=1, single_room=6, shared_room=2),
            "4 places Homme / 3 places Femme / 1 indifférent – 1 place PMR – 6 chambres individuelles / 2 partagées",
        ),
        (Counts(), ""),
        (Counts(accessible=0), "Pas de place PMR"),
        (Counts(men=0), "0 place Homme"),
        (Counts(any_sex=2), "2 indifférents"),
        (Counts(single_room=1), "1 chambre individuelle"),
        (Counts(shared_room=2), "2 chambres partagées"),
        (Counts(women=1, shared_room=0), "1 place Femme – 0 chambre partagée"),
    ],
)
def test_the_sentence_of_a_breakdown(counts, sentence):
    assert wording.breakdown_sentence(counts) == sentence


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        (Counts(men=4, women=4), None),
        (Counts(men=4, women=4, any_sex=1), Share.SEX),
        (Counts(accessible=9), Share.ACCESSIBLE),
        (Counts(single_room=8, shared_room=1), Share.ROOM),
        (Counts(men=8, accessible=8, single_room=8), None),
    ],
)
def test_each_share_stays_within_the_total(counts, share):
    assert counts.beyond(8) is share


def test_empty_is_not_zero():
    assert Counts().is_empty
    assert not Counts(men=0).is_empty


def test_installed_places_not_given_are_said_so():
    assert wording.installed_words(None, "place") == "places installées non renseignées"
    assert wording.installed_words(35, "place") == "sur 35 installées"
    assert wording.installed_words(1, "bed") == "sur 1 installé"


@pytest.mark.parametrize(
    ("hours", "words"),
    [(1, "À jour"), (11, "À confirmer avant 20:00"), (21, "En retard de 9\u00a0h"), (40, "Périmée")],
)
def test_the_state_carries_its_delay(hours, words):
    stated = datetime.datetime(2026, 11, 3, 8, 0, tzinfo=PARIS)
    now = stated + hours * HOUR
    assert wording.state_words(freshness_at(stated, 12 * HOUR, now), stated, 12 * HOUR, now) == words


def test_another_day_is_named():
    due = datetime.datetime(2026, 11, 4, 2, 0, tzinfo=PARIS)
    now = datetime.datetime(2026, 11, 3, 22, 0, tzinfo=PARIS)
    assert wording.due_words(due, now) == "À confirmer avant le 04/11/2026 à 02:00"


@pytest.mark.parametrize(
    ("hours", "words"),
    [(168, "tous les 7 jours"), (24, "tous les jours"), (12, "toutes les 12\u00a0h"), (1, "toutes les heures")],
)
def test_the_expected_rhythm(hours, words):
    assert wording.rhythm_words(hours * HOUR) == words


def test_a_breakdown_of_beds_counts_beds():
    counts = Counts(men=2, any_sex=1, accessible=0, adults=1, covid_positive=2)
    assert wording.breakdown_sentence(counts, "bed") == (
        "2 lits Homme / 1 indifférent – Pas de lit PMR – 1 lit Adulte – 2 lits Covid+"
    )


@pytest.mark.parametrize(("kinds", "kind"), [(["bed", "bed"], "bed"), (["bed", "place"], "place"), ([], "place")])
def test_a_sum_is_of_beds_when_every_part_is(kinds, kind):
    assert wording.common_kind(kinds) == kind


def test_installed_capacity_agrees():
    assert wording.installed_capacity(35, "place") == "35 places installées"
    assert wording.installed_capacity(1, "bed") == "1 lit installé"
