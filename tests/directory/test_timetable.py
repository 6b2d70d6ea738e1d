"""Hours as typed: spellings of times, overlaps."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.hours.timetable import (
    TypedException,
    TypedRange,
    Validity,
    hours_words,
    overlapping_exceptions,
    overlapping_ranges,
    parse_time,
)

ALWAYS = Validity()
SUMMER = Validity(dt.date(2026, 7, 1), dt.date(2026, 8, 31))
AUTUMN = Validity(dt.date(2026, 9, 1))


@pytest.mark.parametrize("text", ["8:30", "08:30", "8h30", "8 h 30", "8H30", "0830", "830", " 08.30 "])
def test_usual_spellings_of_a_time(text):
    assert parse_time(text) == dt.time(8, 30)


@pytest.mark.parametrize(("text", "hour"), [("8", 8), ("8h", 8), ("20 h", 20), ("24:00", 0), ("2400", 0), ("0", 0)])
def test_whole_hours(text, hour):
    assert parse_time(text) == dt.time(hour)


@pytest.mark.parametrize(
    "text", ["25:00", "24:01", "8:60", "8:3", "midi", "", "08:30:00", "-1", "8h30h", "٨:٣٠", "12345"]
)
def test_what_is_no_time(text):
    assert parse_time(text) is None


@given(st.text(max_size=12))
def test_any_text_is_a_time_or_nothing(text):
    assert parse_time(text) is None or isinstance(parse_time(text), dt.time)


@given(st.times())
def test_times_are_read_back(value):
    value = value.replace(second=0, microsecond=0)
    assert parse_time(f"{value:%H:%M}") == parse_time(f"{value:%Hh%M}") == parse_time(f"{value:%H%M}") == value


def ranges(*typed):
    return [
        TypedRange(day, dt.time(*opens), dt.time(*closes), kind, validity, f"n{number}")
        for number, (day, opens, closes, kind, validity) in enumerate(typed)
    ]


def pairs(found):
    return [(first.source, second.source) for first, second in found]


def test_ranges_that_touch_do_not_overlap():
    typed = ranges((1, (8,), (12,), "", ALWAYS), (1, (12,), (18,), "", ALWAYS), (2, (0,), (0,), "", ALWAYS))
    assert pairs(overlapping_ranges(typed)) == []


def test_ranges_of_one_day_overlap():
    typed = ranges((1, (11,), (14,), "", ALWAYS), (1, (8,), (12,), "", ALWAYS))
    assert pairs(overlapping_ranges(typed)) == [("n1", "n0")]


def test_a_night_overlaps_the_next_morning_even_from_sunday_to_monday():
    typed = ranges((7, (20,), (6,), "", ALWAYS), (1, (5,), (9,), "", ALWAYS), (1, (20,), (6,), "", ALWAYS))
    assert pairs(overlapping_ranges(typed)) == [("n1", "n0")]


def test_other_kinds_and_other_periods_do_not_overlap():
    typed = ranges((1, (8,), (18,), "", SUMMER), (1, (9,), (17,), "", AUTUMN), (1, (10,), (12,), "7", ALWAYS))
    assert pairs(overlapping_ranges(typed)) == []
    august = Validity(dt.date(2026, 8, 1), dt.date(2026, 8, 15))
    typed = ranges((1, (8,), (18,), "", SUMMER), (1, (9,), (17,), "", august))
    assert pairs(overlapping_ranges(typed)) == [("n0", "n1")]


def test_a_dated_week_replaces_the_undated_one_of_its_kind():
    typed = ranges((1, (8,), (18,), "", SUMMER), (1, (9,), (17,), "", ALWAYS))
    assert pairs(overlapping_ranges(typed)) == []
    typed = ranges((1, (8,), (18,), "", ALWAYS), (1, (9,), (17,), "", ALWAYS), (3, (8,), (9,), "", SUMMER))
    assert pairs(overlapping_ranges(typed)) == [("n0", "n1")]


def test_a_night_overlaps_the_next_morning_of_another_period():
    until_tuesday, from_wednesday = Validity(None, dt.date(2027, 8, 31)), Validity(dt.date(2027, 9, 1))
    night, morning = (2, (20,), (10,), "", until_tuesday), (3, (8,), (12,), "", from_wednesday)
    assert pairs(overlapping_ranges(ranges(night, morning))) == [("n0", "n1")]
    assert pairs(overlapping_ranges(ranges(night, (4, (8,), (12,), "", from_wednesday)))) == []
    assert pairs(overlapping_ranges(ranges((1, (20,), (10,), "", until_tuesday), morning))) == []
    # The undated week gives way on the Wednesday, and not on the Tuesday before.
    always = (2, (20,), (10,), "", ALWAYS)
    assert pairs(overlapping_ranges(ranges(always, morning))) == [("n0", "n1")]
    assert pairs(overlapping_ranges(ranges(always, (2, (8,), (9,), "", from_wednesday)))) == []


DATES = st.dates(dt.date(2026, 1, 1), dt.date(2026, 3, 1))
PERIODS = st.one_of(
    st.just(ALWAYS),
    DATES.map(lambda day: Validity(day, None)),
    DATES.map(lambda day: Validity(None, day)),
    st.tuples(DATES, DATES).map(lambda days: Validity(*sorted(days))),
)
TYPED = st.tuples(
    st.integers(1, 7), st.tuples(st.integers(0, 23)), st.tuples(st.integers(0, 23)), st.sampled_from("ab"), PERIODS
)


@given(st.lists(TYPED, max_size=5))
def test_overlaps_are_those_of_a_walk_over_the_days(typed):
    found = ranges(*typed)
    expected = set()
    for kind in "ab":
        begun = []  # (hour at which it begins, at which it ends, source), days in a row
        for number in range(-20, 90):
            day = dt.date(2026, 1, 1) + dt.timedelta(days=number)
            valid = [r for r in found if r.kind == kind and holds(r.validity, day)]
            shown = [r for r in valid if r.validity != ALWAYS] or valid
            for each in (r for r in shown if r.weekday == day.isoweekday()):
                length = (each.closes_at.hour - each.opens_at.hour) % 24 or 24
                begun.append((number * 24 + each.opens_at.hour, length, each.source))
        expected |= {
            frozenset((a, b))
            for start, length, a in begun
            for other, other_length, b in begun
            if a != b and start < other + other_length and other < start + length
        }
    assert {frozenset(pair) for pair in pairs(overlapping_ranges(found))} == expected


def holds(validity, day):
    return (validity.first or dt.date.min) <= day <= (validity.last or dt.date.max)


def exception(first, last, times=None, source="e"):
    opens, closes = (dt.time(times[0]), dt.time(times[1])) if times else (None, None)
    return TypedException(Validity(dt.date(2026, 8, first), dt.date(2026, 8, last)), opens, closes, source)


def test_exceptions_that_contradict_each_other():
    closed, morning, evening = exception(1, 10), exception(10, 12, (8, 12)), exception(11, 11, (11, 14), "late")
    assert len(list(overlapping_exceptions([closed, morning]))) == 1
    assert [second.source for _, second in overlapping_exceptions([morning, evening])] == ["late"]
    assert list(overlapping_exceptions([exception(1, 1, (8, 12)), exception(1, 1, (14, 18))])) == []
    assert list(overlapping_exceptions([closed, exception(11, 12)])) == []


def test_a_night_overlaps_the_exception_of_the_next_morning():
    night, morning = exception(10, 12, (20, 10)), exception(13, 14, (8, 12), "next")
    assert [second.source for _, second in overlapping_exceptions([night, morning])] == ["next"]
    assert len(list(overlapping_exceptions([morning, night]))) == 1
    assert list(overlapping_exceptions([night, exception(14, 14, (8, 12))])) == []
    assert list(overlapping_exceptions([night, exception(13, 13)])) == []  # it runs to its end


def test_hours_in_words():
    assert hours_words(dt.time(8), dt.time(19, 30)) == "08:00 – 19:30"
    assert hours_words(dt.time(20), dt.time(6)) == "20:00 – 06:00 (le lendemain)"
    assert hours_words(dt.time(14), dt.time(0)) == "14:00 – 00:00"
    assert hours_words(dt.time(0), dt.time(0)) == "24\u00a0h/24"
