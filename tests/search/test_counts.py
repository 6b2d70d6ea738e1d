"""A count beside a choice is what ticking that choice finds, and no filter moves the radius."""

import datetime
import random
from collections import Counter
from dataclasses import replace

import pytest
from django.utils import timezone

from accounts.roles import Role
from availability.guichet.needs import Fit
from directory.enums import Nomenclature
from directory.scopes import Grant, Scope, ScopeKind
from search.criteria import Opening, SearchCriteria
from search.engine import beside
from search.engine.beside import tried_needs
from search.engine.fit import judge_shown
from search.engine.outcome import Outcome
from search.engine.query import iter_rows, matching_units, run_search
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import GeographicEntityFactory, TermFactory, UnitFactory, WeeklyHoursFactory, commune

pytestmark = pytest.mark.django_db
READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
PLACES = ("75110", "92050", "93066")
NEEDS = ("", "", "pour=femme&masquer=1", "pour=homme&age=40&masquer=1", "pour=couple")
FIGURES = ({}, {"full": True}, {"expired": True}, {"due_soon": True}, {"late": True}, None)


def world(seed: int) -> None:
    """Twenty ACT and eight LHSS near Paris 10, ten of each far away: the usual radius is enough for the first only."""
    chance = random.Random(seed)
    audiences = [TermFactory(nomenclature=Nomenclature.AUDIENCE, label=f"Public {letter}") for letter in "abc"]
    start = commune("75110")
    for number, kind in enumerate(("act",) * 30 + ("lhss",) * 18):
        is_far = number in range(20, 30) or number >= 38
        at = {"lat": start.lat + chance.uniform(*((0.7, 2) if is_far else (0, 0.4))), "lon": start.lon}
        terms = chance.sample(audiences, chance.randint(0, 3))
        entity = GeographicEntityFactory(commune=commune(chance.choice(PLACES)), **at)
        for _ in range(chance.randint(1, 2)):
            traits = {kind: True, "sex": chance.choice(("", "f", "m")), "sensitive": chance.random() < 0.1}
            unit = UnitFactory(geographic_entity=entity, terms=terms, **traits)
            if (figure := chance.choice(FIGURES)) is not None:
                CurrentFigureFactory(unit=unit, **figure)
            if chance.random() < 0.5:
                for weekday in chance.sample(range(1, 8), 4):
                    WeeklyHoursFactory(unit=unit, weekday=weekday)


def read(text: str) -> SearchCriteria:
    return SearchCriteria.from_query(dict(pair.split("=") for pair in text.split("&") if pair))


def drawn(chance: random.Random, bare: Outcome, criteria: SearchCriteria) -> SearchCriteria:
    """The criteria with some boxes ticked, among those the page shows."""
    for counts in chance.sample(bare.facets, min(len(bare.facets), chance.randint(0, 3))):
        choices = chance.sample(counts.choices, min(len(counts.choices), chance.randint(1, 2)))
        criteria = criteria.refined(counts.facet, [choice.value for choice in choices])
    return replace(criteria, free=chance.random() < 0.3, fresh=chance.random() < 0.2)


def fits_of(criteria: SearchCriteria, now: datetime.datetime) -> list[Fit]:
    """The class of each unit of the results, when needs are asked."""
    judged = judge_shown(matching_units(criteria, READER, now), criteria, READER, now)
    return [judgement.fit for judgement in judged.values()]


@pytest.mark.parametrize("seed", range(3))
def test_a_count_is_what_ticking_finds_and_no_filter_moves_the_radius(rebuilt, seed):
    world(seed)
    rebuilt()
    now = timezone.now()
    chance = random.Random(seed)
    for text in ("ou=75010&quoi=ACT", "ou=75010&quoi=LHSS", "ou=75010", "quoi=ACT", "ou=75010&quoi=ACT&distance=5"):
        bare = run_search(read(text), READER, now)
        for _ in range(4):
            criteria = drawn(chance, bare, read(f"{text}&{chance.choice(NEEDS)}"))
            outcome = run_search(criteria, READER, now)
            radius = (bare.radius_km, bare.is_widened)
            assert (outcome.radius_km, outcome.is_widened) == radius
            for counts in chance.sample(outcome.facets, min(len(outcome.facets), 3)):
                choice = chance.choice(counts.choices)
                ticked = run_search(criteria.refined(counts.facet, [choice.value]), READER, now)
                assert (ticked.radius_km, ticked.is_widened) == radius
                assert ticked.units + ticked.practitioners == choice.count, (criteria.to_query(), choice)
            ticked = run_search(criteria.replaced(free=True), READER, now)
            assert ticked.units == outcome.flags.free
            ticked = run_search(criteria.replaced(open_on=Opening.NOW), READER, now)
            assert ticked.units == outcome.flags.open_now == ticked.flags.open_now == ticked.flags.open
            for km, count in chance.sample(sorted(outcome.reached.items()), min(len(outcome.reached), 2)):
                chosen = run_search(criteria.replaced(distance_km=km, anywhere=False), READER, now)
                assert (chosen.units + chosen.practitioners, chosen.reached[km]) == (count, count)
            assert Counter(fits_of(criteria, now)) == +Counter(outcome.fits)
            for box, count in outcome.fitting.items():
                ticked = run_search(criteria.replaced(needs=tried_needs(criteria)[box]), READER, now)
                assert ticked.fits[Fit.FITS] == count == ticked.fitting[box], (criteria.to_query(), box)
            wholly, rows = iter_rows(criteria, READER, now)
            assert (wholly.radius_km, wholly.is_widened) == radius
            assert {row.unit_id for row in rows} == set(matching_units(criteria, READER, now))


def test_hours_of_many_units_are_read_once_asked_for_only(rebuilt, monkeypatch):
    world(1)
    rebuilt()
    now = timezone.now()
    monkeypatch.setattr(beside, "OPEN_COUNTED", 5)
    outcome = run_search(read("quoi=ACT"), READER, now)
    assert (outcome.flags.open, outcome.flags.open_now) == (None, None)
    opened = run_search(read("quoi=ACT&ouvert=maintenant"), READER, now)
    assert opened.flags.open_now == opened.flags.open == opened.units


def test_no_distance_beyond_the_radius_is_counted(rebuilt):
    world(2)
    rebuilt()
    now = timezone.now()
    assert set(run_search(read("ou=75010&quoi=ACT"), READER, now).reached) == {5, 10, 20, 30, 50}
    assert set(run_search(read("ou=75010&quoi=ACT&distance=12"), READER, now).reached) == {5, 10, 12}
    assert set(run_search(read("ou=75010&quoi=LHSS"), READER, now).reached) == {5, 10, 20, 30, 50, 100}
    assert run_search(read("quoi=ACT"), READER, now).reached == {}


def test_an_alert_looks_for_free_places_where_the_page_looks(rebuilt):
    start = commune("75110")
    for number in range(16):
        at = {"commune": start, "lat": start.lat + number / 1000, "lon": start.lon}
        near = UnitFactory(geographic_entity=GeographicEntityFactory(**at), act=True)
    CurrentFigureFactory(unit=near)
    far = UnitFactory(
        geographic_entity=GeographicEntityFactory(commune=start, lat=start.lat + 1, lon=start.lon), act=True
    )
    CurrentFigureFactory(unit=far)
    rebuilt()
    now = timezone.now() + datetime.timedelta(minutes=1)
    criteria = read("ou=75010&quoi=ACT")
    assert run_search(criteria, READER, now).radius_km == 50
    assert matching_units(criteria.replaced(free=True), READER, now) == [near.pk]
