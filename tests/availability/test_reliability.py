"""Reliability of figures: days confirmed at midnight, calls that agree; the query against a computation by hand."""

import datetime
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from availability.calls.reliability import DAYS, Night, Reliability, midnights, reliability_from, reliability_of
from availability.freshness import ContractState, contract_state
from availability.models import AvailabilityEntry, CallOutcome, CurrentFigure, Pool, UnitClosure
from availability.standing import Standing, standing_at
from tests.factories.accounts import UserFactory
from tests.factories.availability import CurrentFigureFactory, EntryFactory, share
from tests.factories.directory import UnitFactory

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime.datetime(2026, 11, 21, 14, 30, tzinfo=datetime.UTC)
DAY, HOUR, MINUTE = datetime.timedelta(days=1), datetime.timedelta(hours=1), datetime.timedelta(minutes=1)
SECOND = datetime.timedelta(seconds=1)
MIDNIGHT = datetime.datetime(2026, 11, 21, tzinfo=PARIS)
Outcome = CallOutcome.Outcome


def call(unit, outcome, *, figure=8, at=NOW - HOUR, by=None):
    return CallOutcome.objects.create(
        unit=unit, outcome=outcome, figure=figure, version=1, at=at, by=by or UserFactory(), request_id=uuid.uuid4()
    )


def opened(**fields):
    fields = {"now": NOW, "rhythm": DAY, "opened_at": NOW - 90 * DAY, "age": 90 * DAY} | fields
    return CurrentFigureFactory(**fields)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((26, 30, 9, 10), "confirmé 26 jours sur 30\u202f; 9 appels sur 10 concordants"),
        ((1, 4, 1, 1), "confirmé 1 jour sur 4\u202f; 1 appel sur 1 concordant"),
        ((0, 30, 0, 0), "confirmé 0 jour sur 30"),
        ((0, 0, 0, 2), "0 appel sur 2 concordant"),
        ((0, 0, 0, 0), ""),
    ],
)
def test_the_sentence(parts, words):
    assert Reliability(*parts).words == words


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-21"])
def test_midnights_are_those_of_paris_across_clock_changes(day):
    now = datetime.datetime.fromisoformat(f"{day}T14:30").replace(tzinfo=PARIS)
    nights = midnights(now)
    local = [night.astimezone(PARIS) for night in nights]
    assert [moment.timetz().replace(tzinfo=None) for moment in local] == [datetime.time(0)] * DAYS
    assert local[-1].date() == now.date()
    assert len({moment.date() for moment in local}) == DAYS
    assert midnights(nights[-1])[-1] == nights[-1]
    assert midnights(nights[-1] - SECOND)[-1] == nights[-2]


@pytest.mark.parametrize(("ago", "is_confirmed"), [(18 * HOUR, True), (18 * HOUR + SECOND, False), (0 * HOUR, True)])
def test_a_night_is_confirmed_while_the_figure_is_up_to_date(ago, is_confirmed):
    at = MIDNIGHT.astimezone(datetime.UTC)
    assert Night(at, at - ago).is_up_to_date(DAY) is is_confirmed
    assert not Night(at, at - ago, is_waiting=True).is_up_to_date(DAY)


def test_ages_at_midnight_are_real_time_on_the_day_the_clock_changes():
    at = datetime.datetime(2026, 10, 26, tzinfo=PARIS)  # 25 October lasted 25 hours
    assert not Night(at, datetime.datetime(2026, 10, 25, 1, 30, tzinfo=PARIS)).is_up_to_date(DAY + 6 * HOUR)
    assert Night(at, datetime.datetime(2026, 10, 25, 6, 0, tzinfo=PARIS)).is_up_to_date(DAY)


def test_nights_in_indisponibilite_totale_are_left_out():
    nights = [Night(MIDNIGHT, MIDNIGHT), Night(MIDNIGHT, None, is_blocked=True), Night(MIDNIGHT, None)]
    assert reliability_from(nights, DAY, concordant=1, calls=2) == Reliability(1, 2, 1, 2)


@pytest.mark.django_db
def test_calls_that_say_something_of_the_figure():
    figure = opened()
    for outcome, shown in ((Outcome.ADMITTED, 8), (Outcome.FULL, 0), (Outcome.FULL, 8), (Outcome.ADMITTED, 0)):
        call(figure.unit, outcome, figure=shown)
    call(figure.unit, Outcome.REFUSED)
    call(figure.unit, Outcome.NO_ANSWER)
    call(figure.unit, Outcome.FULL, figure=None)
    call(figure.unit, Outcome.ADMITTED, at=NOW - 31 * DAY)
    found = reliability_of([figure.pk], NOW)[figure.pk]
    assert (found.concordant, found.calls) == (2, 4)


@pytest.mark.django_db
def test_only_what_was_recorded_by_midnight_counts():
    figure = opened(figure=None)
    late = EntryFactory(unit=figure.unit, version=1, stated_at=MIDNIGHT - HOUR, recorded_at=MIDNIGHT + HOUR)
    assert late.stated_at < MIDNIGHT
    assert reliability_of([figure.pk], NOW)[figure.pk].confirmed == 0
    EntryFactory(unit=figure.unit, version=2, stated_at=MIDNIGHT - 2 * HOUR)
    assert reliability_of([figure.pk], NOW)[figure.pk].confirmed == 1


@pytest.mark.django_db
def test_a_unit_counts_from_its_opening_and_not_while_closed_to_entry():
    figure = opened(opened_at=NOW - 3 * DAY, age=HOUR)
    closed = opened(closed_entry=True)
    just = opened(opened_at=NOW - HOUR)
    found = reliability_of([figure.pk, closed.pk, just.pk], NOW)
    assert found == {figure.pk: Reliability(0, 3, 0, 0)}
    assert reliability_of([], NOW) == {}


@pytest.mark.django_db
def test_a_unit_in_a_pool_has_the_statements_of_the_pool_while_it_is_in():
    first = UnitFactory()
    second = UnitFactory(geographic_entity=first.geographic_entity)
    entity = first.geographic_entity
    pool = Pool.objects.create(geographic_entity=entity, name="Lits d’aval", rhythm=DAY)
    for unit in (first, second):
        opened(unit=unit, figure=None)
    share(pool, [first, second], MIDNIGHT - 4 * DAY - HOUR)
    EntryFactory(unit=first, version=1, stated_at=MIDNIGHT - 5 * DAY - HOUR)
    EntryFactory(unit=second, pool=pool, version=1, stated_at=MIDNIGHT - 20 * DAY - HOUR)
    EntryFactory(unit=second, pool=pool, version=2, stated_at=MIDNIGHT - 2 * DAY - HOUR)
    found = reliability_of([first.pk, second.pk], NOW)
    assert found[first.pk].confirmed == 2  # its own, then the pool's of two days ago; not that of before it joined
    assert found[second.pk].confirmed == 1
    later = NOW - HOUR
    CurrentFigure.objects.filter(pk__in=[first.pk, second.pk]).update(pool=None, to_confirm_since=later)
    pool.memberships.update(until=later)
    assert reliability_of([first.pk, second.pk], NOW) == found


@pytest.mark.django_db
def test_one_query_whatever_the_number_of_units():
    figures = [opened(age=HOUR) for _ in range(5)]
    with CaptureQueriesContext(connection) as captured:
        reliability_of([figure.pk for figure in figures], NOW)
    assert len(captured) == 1


MOMENTS = st.integers(min_value=0, max_value=34 * 24 * 60).map(lambda minutes: NOW - minutes * MINUTE)


@st.composite
def lives(draw):
    """What happened to a unit: statements (stated, recorded, confirmed at), closures, rhythm, opening."""
    stated = draw(st.lists(MOMENTS, max_size=6, unique=True))
    delays = draw(st.lists(st.sampled_from([0, 0, 0, 30 * 60, 26 * 60]), min_size=len(stated), max_size=len(stated)))
    spans = draw(st.lists(st.tuples(MOMENTS, st.sampled_from([6, 60, None])), max_size=2))
    return {
        "stated": [(at, min(at + late * MINUTE, NOW)) for at, late in zip(stated, delays, strict=True)],
        "spans": [(start, start + hours * HOUR if hours else None) for start, hours in spans],
        "rhythm": draw(st.sampled_from([12 * HOUR, DAY, 7 * DAY])),
        "opened_at": draw(st.sampled_from([NOW - 90 * DAY, NOW - 10 * DAY])),
        "to_confirm_since": draw(st.none() | MOMENTS),
    }


class AgainstBruteForce(TestCase):
    """The query says what ``standing_at`` and ``contract_state`` say, night by night."""

    @limits(max_examples=60)
    @given(lives())
    def test_confirmed_days(self, life):
        unit = UnitFactory()
        figure = opened(
            unit=unit,
            figure=None,
            rhythm=life["rhythm"],
            opened_at=life["opened_at"],
            to_confirm_since=life["to_confirm_since"],
        )
        entries = [
            EntryFactory(unit=unit, version=version, stated_at=stated, recorded_at=recorded)
            for version, (stated, recorded) in enumerate(life["stated"], start=1)
        ]
        closures = [
            UnitClosure.objects.create(unit=unit, starts_at=start, ends_at=end, reason="works", recorded_at=start)
            for start, end in life["spans"]
        ]
        expected = by_hand(figure, entries, closures, life["opened_at"])
        found = reliability_of([unit.pk], NOW)[unit.pk]
        assert (found.confirmed, found.days) == expected


def by_hand(figure: CurrentFigure, entries: list[AvailabilityEntry], closures, opened_at):
    confirmed = days = 0
    for at in midnights(NOW):
        if at < opened_at:
            continue
        known = [entry for entry in entries if entry.recorded_at <= at]
        last = max(known, key=lambda entry: (entry.stated_at, entry.version), default=None)
        waits = figure.to_confirm_since if figure.to_confirm_since and figure.to_confirm_since <= at else None
        then = CurrentFigure(
            rhythm=figure.rhythm, confirmed_at=last.confirmed_at if last else None, to_confirm_since=waits
        )
        standing = standing_at(then, closures, at)
        days += standing is not Standing.UNAVAILABLE
        if standing is Standing.COUNTED:
            confirmed += contract_state(at - then.confirmed_at, figure.rhythm) is ContractState.UP_TO_DATE
    return confirmed, days
