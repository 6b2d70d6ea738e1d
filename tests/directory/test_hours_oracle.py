"""« Ouvert » and « ouvert jusqu’à » against an oracle that walks a year minute by minute on the wall clock.

The oracle knows no time-zone rule of the code under test: it lists what the clock on the wall shows at each minute, and
opens a range at the first minute that shows its opening time or later, until the first that shows its closing time.
"""

import datetime as dt
import functools
from bisect import bisect_left
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.hours.schedule import ExceptionRange, Schedule, WeeklyRange

PARIS = ZoneInfo("Europe/Paris")
YEARS = (2024, 2026)  # a leap year, and one of other weekdays
MINUTE = dt.timedelta(minutes=1)
WEEK = 7 * 24 * 60
MARGIN = 10  # days walked before and after the year


class Year:
    """The minutes of a year (and some days around it), with what the wall clock shows at each."""

    def __init__(self, year: int) -> None:
        self.start = dt.datetime(year, 1, 1, tzinfo=PARIS).astimezone(dt.UTC) - dt.timedelta(days=MARGIN)
        self.end = dt.datetime(year + 1, 1, 1, tzinfo=PARIS).astimezone(dt.UTC) + dt.timedelta(days=MARGIN)
        count = (self.end - self.start) // MINUTE
        shown = [self.shown(number) for number in range(count)]
        # What was shown at the latest: the first minute at which something was reached is found by bisection.
        self.reached = list(accumulate(shown, max))
        self.jumps = [n for n in range(1, count) if shown[n] != shown[n - 1] + 1]

    def shown(self, number: int) -> int:
        """Minutes since an origin, read on the wall."""
        wall = (self.start + number * MINUTE).astimezone(PARIS)
        return wall.toordinal() * 1440 + wall.hour * 60 + wall.minute

    def first_at(self, day: dt.date, minutes: int) -> int:
        """First minute at which the wall shows this time of this day, or a later one."""
        return bisect_left(self.reached, day.toordinal() * 1440 + minutes)

    def moment(self, number: int) -> dt.datetime:
        return self.start + number * MINUTE

    def open_minutes(self, schedule: Schedule) -> bytearray:
        """One byte a minute: 1 when the unit is open."""
        found, shut = bytearray(len(self.reached)), bytearray(len(self.reached))
        day, last = self.start.date() - dt.timedelta(days=1), self.end.date() + dt.timedelta(days=1)
        while day <= last:
            for opens, closes in day_ranges(schedule, day):
                first = self.first_at(day, opens)
                after = self.first_at(day, closes if closes > opens else closes + 1440)
                found[first:after] = b"\x01" * (after - first)
            for opens, closes in closing_ranges(schedule, day):
                first = self.first_at(day, opens)
                after = self.first_at(day, closes if closes > opens else closes + 1440)
                shut[first:after] = b"\x01" * (after - first)
            day += dt.timedelta(days=1)
        return bytearray(is_open and not is_shut for is_open, is_shut in zip(found, shut, strict=True))


def day_ranges(schedule, day):
    """Ranges that open on a day, in minutes, read from the rules one by one."""
    special = [rule for rule in schedule.exceptions if rule.starts_on <= day <= rule.ends_on]
    if special:
        rules = [rule for rule in special if rule.opens_at is not None]
    else:
        rules = [rule for rule in weekly_rules(schedule.weekly, day) if rule.receives]
    return [(minutes(rule.opens_at), minutes(rule.closes_at)) for rule in rules]


def closing_ranges(schedule, day):
    """Closing ranges of a day that no exception replaces, in minutes."""
    if any(rule.starts_on <= day <= rule.ends_on for rule in schedule.exceptions):
        return []
    return [(minutes(rule.opens_at), minutes(rule.closes_at)) for rule in weekly_rules(schedule.closings, day)]


def weekly_rules(rules, day):
    """Ranges of a day, kind by kind: those of the periods that hold it when there is one, else those without dates."""
    found = []
    for kind in {rule.kind for rule in rules}:
        always = [rule for rule in rules if rule.kind == kind and (rule.valid_from, rule.valid_until) == (None, None)]
        dated = [
            rule
            for rule in rules
            if rule.kind == kind
            and rule not in always
            and (rule.valid_from or dt.date.min) <= day <= (rule.valid_until or dt.date.max)
        ]
        found += [rule for rule in dated or always if rule.weekday == day.isoweekday()]
    return found


def minutes(value):
    return value.hour * 60 + value.minute


year_of = functools.cache(Year)

TIMES = st.one_of(
    st.sampled_from([dt.time(0), dt.time(2), dt.time(2, 30), dt.time(3), dt.time(20), dt.time(6)]),
    st.builds(dt.time, st.integers(0, 23), st.integers(0, 59)),
)


@st.composite
def schedules(draw, year):
    days = st.one_of(st.none(), st.dates(dt.date(year, 1, 1), dt.date(year, 12, 31)))
    weekly, closings = [], []
    for _ in range(draw(st.integers(0, 8))):
        first, last = draw(days), draw(days)
        if first and last and last < first:
            first, last = last, first
        into = draw(st.sampled_from([weekly, weekly, closings]))
        kind = draw(st.sampled_from(["", "", "Garde"]))
        rule = WeeklyRange(draw(st.integers(1, 7)), draw(TIMES), draw(TIMES), kind, first, last)
        into.append(rule if into is closings else rule._replace(receives=draw(st.booleans()) or draw(st.booleans())))
    exceptions = []
    for _ in range(draw(st.integers(0, 4))):
        first = draw(st.dates(dt.date(year, 1, 1), dt.date(year, 12, 31)))
        last = first + dt.timedelta(days=draw(st.integers(0, 20)))
        times = draw(st.one_of(st.none(), st.tuples(TIMES, TIMES)))
        exceptions.append(ExceptionRange(first, last, *(times or (None, None))))
    return Schedule(weekly, exceptions, closings)


def check(year, schedule, numbers):
    """Compare both answers with the oracle on some minutes of the year."""
    oracle = year.open_minutes(schedule)
    for number in numbers:
        moment = year.moment(number)
        assert schedule.is_open_at(moment) == bool(oracle[number]), moment
        closes = oracle.find(0, number)
        expected = year.moment(closes) if oracle[number] and 0 < closes - number < WEEK else None
        assert schedule.open_until(moment) == expected, moment


def around(year, schedule):
    """Minutes where something changes, and those around the clock changes."""
    oracle = year.open_minutes(schedule)
    edges = [n for n in range(1, len(oracle)) if oracle[n] != oracle[n - 1]][:40]
    jumps = [n + offset for n in year.jumps for offset in range(-130, 131, 10)]
    first, last = MARGIN * 1440, len(oracle) - MARGIN * 1440
    return [n for edge in edges for n in (edge - 1, edge) if first <= n < last] + jumps


@pytest.mark.parametrize("year", YEARS)
def test_the_oracle_sees_both_clock_changes(year):
    walked = year_of(year)
    assert [f"{walked.moment(number).astimezone(PARIS):%m %H:%M}" for number in walked.jumps] == [
        "03 03:00",
        "10 02:00",
    ]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_any_schedule_says_what_the_walk_of_the_year_says(data):
    year = data.draw(st.sampled_from(YEARS))
    schedule = data.draw(schedules(year))
    offset = data.draw(st.integers(0, 5_000))
    walked = year_of(year)
    last = len(walked.reached) - MARGIN * 1440
    spread = range(MARGIN * 1440 + offset, last, 5_003)
    check(walked, schedule, [*around(walked, schedule), *spread])


def test_every_minute_of_a_year():
    walked = year_of(2026)
    schedule = Schedule(
        [
            *(WeeklyRange(day, dt.time(8), dt.time(12)) for day in (1, 2, 3)),
            *(WeeklyRange(day, dt.time(13, 30), dt.time(19, 30), "", None, dt.date(2026, 6, 30)) for day in (1, 2, 3)),
            *(WeeklyRange(day, dt.time(20), dt.time(6), "", dt.date(2026, 3, 1)) for day in (5, 6)),
            WeeklyRange(7, dt.time(2, 30), dt.time(10)),
            WeeklyRange(4, dt.time(0), dt.time(0)),
        ],
        [
            ExceptionRange(dt.date(2026, 8, 1), dt.date(2026, 8, 16)),
            ExceptionRange(dt.date(2026, 12, 24), dt.date(2026, 12, 24), dt.time(22), dt.time(4)),
        ],
        [WeeklyRange(2, dt.time(10), dt.time(11)), WeeklyRange(6, dt.time(1), dt.time(2, 30))],
    )
    oracle = walked.open_minutes(schedule)
    numbers = range(MARGIN * 1440, len(oracle) - MARGIN * 1440)
    assert len(numbers) == 365 * 1440
    wrong = [walked.moment(n) for n in numbers if schedule.is_open_at(walked.moment(n)) != bool(oracle[n])]
    assert wrong[:5] == []
