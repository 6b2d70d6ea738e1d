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
    typed = ranges((1, (8,), (18,), "", SUMMER), (1, (9,), (17,), "", ALWAYS))
    assert pairs(overlapping_ranges(typed)) == [("n0", "n1")]


def exception(first, last, times=None, source="e"):
    opens, closes = (dt.time(times[0]), dt.time(times[1])) if times else (None, None)
    return TypedException(Validity(dt.date(2026, 8, first), dt.date(2026, 8, last)), opens, closes, source)


def test_exceptions_that_contradict_each_other():
    closed, morning, evening = exception(1, 10), exception(10, 12, (8, 12)), exception(11, 11, (11, 14), "late")
    assert len(list(overlapping_exceptions([closed, morning]))) == 1
    assert [second.source for _, second in overlapping_exceptions([morning, evening])] == ["late"]
    assert list(overlapping_exceptions([exception(1, 1, (8, 12)), exception(1, 1, (14, 18))])) == []
    assert list(overlapping_exceptions([closed, exception(11, 12)])) == []


def test_hours_in_words():
    assert hours_words(dt.time(8), dt.time(19, 30)) == "08:00 – 19:30"
    assert hours_words(dt.time(20), dt.time(6)) == "20:00 – 06:00 (le lendemain)"
    assert hours_words(dt.time(14), dt.time(0)) == "14:00 – 00:00"
    assert hours_words(dt.time(0), dt.time(0)) == "24\u00a0h/24"
