import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.hours.schedule import (
    ExceptionRange,
    Opening,
    Schedule,
    WeeklyRange,
    instant,
    open_words,
    parse_week,
    week_start,
    week_text,
)

PARIS = ZoneInfo("Europe/Paris")
MONDAY = dt.date(2024, 8, 12)
SPRING, AUTUMN = dt.date(2026, 3, 29), dt.date(2026, 10, 25)  # the clocks change on these Sundays
TIMES = st.times().map(lambda value: value.replace(second=0, microsecond=0, tzinfo=None))
DATES = st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 31))
RANGES = st.builds(WeeklyRange, st.integers(1, 7), TIMES, TIMES)


def wall(*parts):
    """A time as a clock on the wall shows it, without a zone."""
    return dt.datetime(*parts)  # noqa: DTZ001


def at(day, hour, minute=0, fold=0):
    return dt.datetime.combine(day, dt.time(hour, minute), PARIS).replace(fold=fold)


def test_range_is_open_from_its_start_to_just_before_its_end():
    schedule = Schedule([WeeklyRange(1, dt.time(8), dt.time(19, 30))])
    assert not schedule.is_open_at(at(MONDAY, 7, 59))
    assert schedule.is_open_at(at(MONDAY, 8))
    assert schedule.is_open_at(at(MONDAY, 19, 29))
    assert not schedule.is_open_at(at(MONDAY, 19, 30))
    assert not schedule.is_open_at(at(MONDAY + dt.timedelta(days=1), 9))


def test_night_range_runs_into_the_next_day():
    schedule = Schedule([WeeklyRange(1, dt.time(22), dt.time(6))])
    tuesday = MONDAY + dt.timedelta(days=1)
    assert schedule.is_open_at(at(MONDAY, 23))
    assert schedule.is_open_at(at(tuesday, 5, 59))
    assert not schedule.is_open_at(at(tuesday, 6))
    assert not schedule.is_open_at(at(MONDAY, 5))
    assert schedule.day_hours(MONDAY).segments == ((22.0, 2.0),)
    assert schedule.day_hours(tuesday).segments == ((0.0, 6.0),)


def test_midnight_to_midnight_is_the_whole_day():
    opening = Opening(MONDAY, dt.time(0), dt.time(0))
    assert opening.whole_day
    assert not opening.overnight
    schedule = Schedule([WeeklyRange(1, dt.time(0), dt.time(0))])
    assert schedule.day_hours(MONDAY).segments == ((0.0, 24.0),)
    assert schedule.is_open_at(at(MONDAY, 23, 59))
    assert not schedule.is_open_at(at(MONDAY + dt.timedelta(days=1), 0))


def test_exception_replaces_the_template():
    closed = ExceptionRange(dt.date(2024, 8, 15), dt.date(2024, 8, 16), label="Assomption")
    other = ExceptionRange(dt.date(2024, 8, 14), dt.date(2024, 8, 14), dt.time(10), dt.time(12), "Réunion")
    schedule = Schedule([WeeklyRange(day, dt.time(8), dt.time(18)) for day in range(1, 8)], [closed, other])
    assert not schedule.is_open_at(at(dt.date(2024, 8, 15), 9))
    assert not schedule.is_open_at(at(dt.date(2024, 8, 16), 9))
    assert schedule.is_open_at(at(dt.date(2024, 8, 17), 9))
    assert not schedule.is_open_at(at(dt.date(2024, 8, 14), 9))
    assert schedule.is_open_at(at(dt.date(2024, 8, 14), 11))
    assert schedule.closed_for(dt.date(2024, 8, 15)) == "Assomption"
    assert schedule.closed_for(dt.date(2024, 8, 14)) is None
    assert schedule.closed_for(dt.date(2024, 8, 17)) is None


def test_night_begun_before_a_closed_day_runs_to_its_end():
    schedule = Schedule(
        [WeeklyRange(day, dt.time(22), dt.time(6)) for day in range(1, 8)],
        [ExceptionRange(dt.date(2024, 8, 15), dt.date(2024, 8, 15))],
    )
    assert schedule.is_open_at(at(dt.date(2024, 8, 15), 5))
    assert not schedule.is_open_at(at(dt.date(2024, 8, 15), 23))


def test_a_dated_week_replaces_the_undated_one_of_its_kind():
    summer = MONDAY, MONDAY + dt.timedelta(days=13)
    tuesday = MONDAY + dt.timedelta(days=1)
    schedule = Schedule(
        [
            *(WeeklyRange(day, dt.time(8), dt.time(18)) for day in range(1, 6)),
            WeeklyRange(2, dt.time(9), dt.time(12), "", *summer),
            WeeklyRange(2, dt.time(20), dt.time(8), "Garde", receives=False),
        ],
        (),
        [WeeklyRange(2, dt.time(10), dt.time(11)), WeeklyRange(3, dt.time(10), dt.time(11), "", MONDAY, MONDAY)],
    )
    shown = [[o.opens_at.hour for o in schedule.openings_of(MONDAY + dt.timedelta(days=n))] for n in (-7, 0, 1, 2)]
    assert shown == [[8], [], [9, 20], []]
    assert [o.opens_at.hour for o in schedule.openings_of(tuesday + dt.timedelta(days=14))] == [8, 20]
    assert schedule.closings_of(tuesday)
    assert not schedule.is_open_at(at(MONDAY, 9))
    assert schedule.is_open_at(at(tuesday, 9))
    assert not schedule.is_open_at(at(tuesday, 13))


def test_validity_is_inclusive():
    schedule = Schedule([WeeklyRange(1, dt.time(8), dt.time(9), "", MONDAY, MONDAY)])
    assert schedule.openings_of(MONDAY)
    assert not schedule.openings_of(MONDAY - dt.timedelta(days=7))
    assert not schedule.openings_of(MONDAY + dt.timedelta(days=7))


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (MONDAY, 24)])
def test_whole_day_lasts_as_long_as_the_day(day, hours):
    opening = Opening(day, dt.time(0), dt.time(0))
    assert opening.end - opening.start == dt.timedelta(hours=hours)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 7), (AUTUMN, 9), (MONDAY, 8)])
def test_night_lasts_by_the_clock(day, hours):
    opening = Opening(day - dt.timedelta(days=1), dt.time(22), dt.time(6))
    assert opening.end - opening.start == dt.timedelta(hours=hours)


def test_hour_that_comes_twice_closes_at_its_first_coming():
    schedule = Schedule([WeeklyRange(7, dt.time(1, 30), dt.time(2, 30))])
    assert schedule.is_open_at(at(AUTUMN, 2, 15))
    assert not schedule.is_open_at(at(AUTUMN, 2, 15, fold=1))
    opened = Schedule([WeeklyRange(7, dt.time(2, 30), dt.time(4))])
    assert opened.is_open_at(at(AUTUMN, 2, 45))
    assert opened.is_open_at(at(AUTUMN, 2, 15, fold=1))


def test_skipped_hour_is_the_moment_of_the_jump():
    assert instant(wall(2026, 3, 29, 2, 45)) == dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC)
    schedule = Schedule([WeeklyRange(7, dt.time(2, 15), dt.time(2, 45))])
    assert not schedule.is_open_at(at(SPRING, 3, 20))
    assert Schedule([WeeklyRange(7, dt.time(2, 30), dt.time(4))]).is_open_at(at(SPRING, 3, 10))


def test_open_until_joins_ranges_that_touch():
    schedule = Schedule([WeeklyRange(1, dt.time(8), dt.time(12)), WeeklyRange(1, dt.time(12), dt.time(0))])
    assert schedule.open_until(at(MONDAY, 9)) == at(MONDAY + dt.timedelta(days=1), 0)
    assert schedule.open_until(at(MONDAY, 7)) is None
    always = Schedule([WeeklyRange(day, dt.time(0), dt.time(0)) for day in range(1, 8)])
    assert always.is_open_at(at(MONDAY, 3))
    assert always.open_until(at(MONDAY, 3)) is None


@given(st.lists(RANGES, max_size=6), st.datetimes(wall(2020, 1, 5), wall(2035, 12, 20)))
def test_open_exactly_when_some_opening_holds_the_moment(weekly, shown):
    schedule, moment = Schedule(weekly), shown.replace(tzinfo=PARIS).astimezone(dt.UTC)
    day = moment.astimezone(PARIS).date()
    around = [o for offset in range(-2, 3) for o in schedule.openings_of(day + dt.timedelta(days=offset))]
    assert schedule.is_open_at(moment) == any(o.receives and o.start <= moment < o.end for o in around)
    until = schedule.open_until(moment)
    if until is not None:
        assert schedule.is_open_at(moment)
        assert not schedule.is_open_at(until)
    elif schedule.is_open_at(moment):
        assert all(schedule.is_open_at(moment + dt.timedelta(hours=12 * step)) for step in range(13))


@given(st.lists(RANGES, max_size=6), DATES)
def test_segments_lie_within_the_day(weekly, day):
    for start, length in Schedule(weekly).day_hours(day).segments:
        assert 0 <= start <= 24
        assert length >= 0
        assert start + length <= 24 + 1e-9


@given(st.builds(Opening, DATES, TIMES, TIMES))
def test_opening_ends_after_it_starts_and_within_a_day_and_an_hour(opening):
    assert dt.timedelta(0) <= opening.end - opening.start <= dt.timedelta(hours=25)
    if opening.day not in (SPRING, SPRING - dt.timedelta(days=1)) and opening.day.month not in (3, 10):
        assert opening.start < opening.end


@given(DATES)
def test_weeks_are_read_back(day):
    monday = week_start(day)
    assert monday.isoweekday() == 1
    assert parse_week(week_text(monday)) == monday


@given(st.text(max_size=12))
def test_any_text_is_a_week_or_nothing(text):
    assert parse_week(text) is None or isinstance(parse_week(text), dt.date)


def test_state_in_words():
    schedule = Schedule([WeeklyRange(1, dt.time(8), dt.time(19, 30)), WeeklyRange(2, dt.time(22), dt.time(6))])
    tuesday = MONDAY + dt.timedelta(days=1)
    assert open_words(schedule, at(MONDAY, 9)) == "ouvert jusqu’à 19:30"
    assert open_words(schedule, at(tuesday, 23)) == "ouvert jusqu’à 06:00"
    assert open_words(schedule, at(tuesday, 9)) == "fermé en ce moment"
    whole = [WeeklyRange(day, dt.time(0), dt.time(0)) for day in range(1, 8)]
    assert open_words(Schedule(whole[:1]), at(MONDAY, 9)) == "ouvert jusqu’à minuit"
    assert open_words(Schedule(whole[:2]), at(MONDAY, 9)) == "ouvert jusqu’au 14/08 à 00:00"
    assert open_words(Schedule(whole), at(MONDAY, 9)) == "ouvert en ce moment"


def test_a_closing_range_is_taken_off_the_hours():
    opening, lunch = WeeklyRange(1, dt.time(8), dt.time(19)), WeeklyRange(1, dt.time(12), dt.time(14))
    schedule = Schedule([opening], [], [lunch])
    assert [schedule.is_open_at(at(MONDAY, hour)) for hour in (11, 12, 13, 14)] == [True, False, False, True]
    assert schedule.open_until(at(MONDAY, 9)) == at(MONDAY, 12)
    assert schedule.open_until(at(MONDAY, 12)) is None
    assert schedule.open_until(at(MONDAY, 15)) == at(MONDAY, 19)
    day = schedule.day_hours(MONDAY)
    assert day.segments == ((8.0, 4.0), (14.0, 5.0))
    assert [(each.opens_at, each.closes_at) for each in day.closings] == [(dt.time(12), dt.time(14))]
    assert open_words(schedule, at(MONDAY, 12)) == "fermé en ce moment"


def test_a_closing_night_is_taken_off_the_next_morning():
    whole, night = WeeklyRange(2, dt.time(0), dt.time(0)), WeeklyRange(1, dt.time(20), dt.time(6))
    assert Schedule([whole], [], [night]).day_hours(MONDAY + dt.timedelta(days=1)).segments == ((6.0, 18.0),)


def test_hours_without_the_public_are_told_as_they_are():
    guard = WeeklyRange(1, dt.time(18), dt.time(22), "Horaire de garde", receives=False)
    assert not Schedule([guard]).is_open_at(at(MONDAY, 19))
    assert open_words(Schedule([guard]), at(MONDAY, 19)) == "horaire de garde en ce moment"
    assert open_words(Schedule([guard]), at(MONDAY, 9)) == ""
    both = Schedule([guard, WeeklyRange(1, dt.time(8), dt.time(12))])
    assert open_words(both, at(MONDAY, 9)) == "ouvert jusqu’à 12:00"
    assert open_words(both, at(MONDAY, 19)) == "horaire de garde en ce moment"
    assert open_words(both, at(MONDAY, 14)) == "fermé en ce moment"


def test_ordinary_hours_are_named_beside_another_kind_only():
    guard = WeeklyRange(1, dt.time(18), dt.time(22), "Horaire de garde", receives=False)
    schedule = Schedule([WeeklyRange(1, dt.time(8), dt.time(12)), WeeklyRange(2, dt.time(8), dt.time(12)), guard])
    assert [each.note for each in schedule.openings_of(MONDAY)] == ["Horaire d’ouverture", "Horaire de garde"]
    assert [each.note for each in schedule.openings_of(MONDAY + dt.timedelta(days=1))] == [""]
