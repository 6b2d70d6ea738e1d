"""Every threshold of the ages and of the contract, a second before and after, across both clock changes."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from availability.freshness import AgeBand, ContractState, age_band, contract_state, expires_at, freshness_at

PARIS = ZoneInfo("Europe/Paris")
SECOND = datetime.timedelta(seconds=1)
HOUR = datetime.timedelta(hours=1)
RHYTHM = datetime.timedelta(hours=12)

BOUNDS = [
    (1, AgeBand.UNDER_1H, AgeBand.UNDER_3H),
    (3, AgeBand.UNDER_3H, AgeBand.UNDER_6H),
    (6, AgeBand.UNDER_6H, AgeBand.UNDER_12H),
    (12, AgeBand.UNDER_12H, AgeBand.UNDER_24H),
    (24, AgeBand.UNDER_24H, AgeBand.OLDER),
]
CONTRACT = [
    (0.75 * RHYTHM, ContractState.UP_TO_DATE, ContractState.DUE_SOON),
    (RHYTHM, ContractState.DUE_SOON, ContractState.LATE),
    (3 * RHYTHM, ContractState.LATE, ContractState.EXPIRED),
]


@pytest.mark.parametrize(("hours", "before", "after"), BOUNDS)
def test_a_band_ends_just_before_its_bound(hours, before, after):
    assert age_band(hours * HOUR - SECOND) is before
    assert age_band(hours * HOUR) is after
    assert age_band(hours * HOUR + SECOND) is after


def test_the_youngest_band_begins_at_zero():
    assert age_band(datetime.timedelta(0)) is AgeBand.UNDER_1H


@pytest.mark.parametrize(("limit", "before", "after"), CONTRACT)
def test_a_state_holds_up_to_its_limit_included(limit, before, after):
    assert contract_state(limit - SECOND, RHYTHM) is before
    assert contract_state(limit, RHYTHM) is before
    assert contract_state(limit + SECOND, RHYTHM) is after


def test_never_stated_has_its_own_band_and_state():
    freshness = freshness_at(None, RHYTHM, datetime.datetime.now(datetime.UTC))
    assert (freshness.band, freshness.state, freshness.age) == (AgeBand.NEVER, ContractState.NEVER, None)
    assert not freshness.counts


@pytest.mark.parametrize(
    ("stated", "now", "hours"),
    [
        # Summer time begins: the night of 29 March 2026 has no 2 o'clock.
        ((2026, 3, 29, 1, 30), (2026, 3, 29, 3, 30), 1),
        ((2026, 3, 28, 12, 0), (2026, 3, 29, 12, 0), 23),
        # Winter time begins: 25 October 2026 lasts 25 hours.
        ((2026, 10, 24, 12, 0), (2026, 10, 25, 12, 0), 25),
        ((2026, 10, 25, 1, 30), (2026, 10, 25, 3, 30), 3),
    ],
)
def test_ages_are_counted_in_real_time_across_clock_changes(stated, now, hours):
    first, last = (datetime.datetime(*parts, tzinfo=PARIS) for parts in (stated, now))
    assert freshness_at(first, RHYTHM, last).age == hours * HOUR


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
@pytest.mark.parametrize(("hours", "before", "after"), BOUNDS)
def test_thresholds_hold_across_clock_changes(day, hours, before, after):
    stated = datetime.datetime(*day, 0, 45, tzinfo=PARIS)
    due = (stated.astimezone(datetime.UTC) + hours * HOUR).astimezone(PARIS)
    earlier = (due.astimezone(datetime.UTC) - SECOND).astimezone(PARIS)
    assert freshness_at(stated, RHYTHM, earlier).band is before
    assert freshness_at(stated, RHYTHM, due).band is after


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
@pytest.mark.parametrize(("limit", "before", "after"), CONTRACT)
def test_the_contract_holds_across_clock_changes(day, limit, before, after):
    stated = datetime.datetime(*day, 0, 45, tzinfo=PARIS)
    due = stated.astimezone(datetime.UTC) + limit
    for moment, state in ((due - SECOND, before), (due, before), (due + SECOND, after)):
        assert freshness_at(stated, RHYTHM, moment.astimezone(PARIS)).state is state


def test_the_two_hours_of_the_repeated_hour_are_told_apart():
    first = datetime.datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=0)
    second = datetime.datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1)
    assert freshness_at(first, RHYTHM, second).age == HOUR


def test_a_statement_ahead_of_the_clock_is_just_made():
    now = datetime.datetime(2026, 11, 1, 12, 0, tzinfo=datetime.UTC)
    assert freshness_at(now + SECOND, RHYTHM, now).band is AgeBand.UNDER_1H


def test_a_figure_counts_until_three_rhythms():
    stated = datetime.datetime(2026, 10, 24, 12, 0, tzinfo=PARIS)
    end = expires_at(stated, RHYTHM)
    assert end - stated.astimezone(datetime.UTC) == 36 * HOUR
    assert freshness_at(stated, RHYTHM, end).counts
    assert not freshness_at(stated, RHYTHM, end + SECOND).counts
