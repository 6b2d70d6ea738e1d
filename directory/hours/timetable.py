"""Hours as they are typed: times in any usual spelling, overlaps of ranges and of exceptions. Pure, no query.

A range that closes at or before its opening time runs into the next day; 00:00 – 00:00 is the whole day (RG_EXP_014).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MINUTES_A_DAY = 24 * 60
Days = tuple[int, int]  # first and last day of a period, as ordinals of dates
ALL_DAYS = FIRST_DAY, LAST_DAY = date.min.toordinal(), date.max.toordinal()
_TIME = re.compile(r"(\d{1,2})(?:\s*[:hH.]\s*(\d{2})?|(\d{2}))?\s*", re.ASCII)


def parse_time(text: str) -> time | None:
    """Time of « 8:30 », « 08:30 », « 8h30 », « 8 h », « 0830 » or « 8 »; « 24:00 » is midnight. ``None`` otherwise."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes = int(found[1]), int(found[2] or found[3] or 0)
    if (hours, minutes) == (24, 0):
        return time(0)
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def runs_overnight(opens_at: time, closes_at: time) -> bool:
    """Tell whether a range ends on the day after the one on which it opens, later than midnight."""
    return closes_at <= opens_at and closes_at != time(0)


def hours_words(opens_at: time, closes_at: time) -> str:
    """« 08:00 – 19:30 », « 20:00 – 06:00 (le lendemain) », « 24 h/24 »."""
    if opens_at == closes_at == time(0):
        return "24\u00a0h/24"
    following = " (le lendemain)" if runs_overnight(opens_at, closes_at) else ""
    return f"{opens_at:%H:%M} – {closes_at:%H:%M}{following}"


class Validity(NamedTuple):
    """Days on which something holds, both included; ``None``: without limit."""

    first: date | None = None
    last: date | None = None

    @property
    def is_dated(self) -> bool:
        """Tell whether it has a limit: the week of a period replaces the undated one."""
        return self.first is not None or self.last is not None

    @property
    def days(self) -> Days:
        """First and last day, as ordinals."""
        return (
            FIRST_DAY if self.first is None else self.first.toordinal(),
            LAST_DAY if self.last is None else self.last.toordinal(),
        )


@dataclass(frozen=True)
class TypedRange:
    """A range of a weekly template; ``source`` names the field it was typed in."""

    weekday: int
    opens_at: time
    closes_at: time
    kind: str
    validity: Validity
    source: str

    @property
    def words(self) -> str:
        """« lundi 08:00 – 19:30 »."""
        return f"{WEEKDAYS[self.weekday - 1]} {hours_words(self.opens_at, self.closes_at)}"


@dataclass(frozen=True)
class TypedClosure:
    """A day of a weekly template said to be closed; ``source`` names its box."""

    weekday: int
    kind: str
    validity: Validity
    source: str


@dataclass(frozen=True)
class TypedException:
    """An exception: closed without times. ``source`` names the field of its first day."""

    validity: Validity
    opens_at: time | None
    closes_at: time | None
    source: str


def overlapping_ranges(ranges: Sequence[TypedRange]) -> Iterator[tuple[TypedRange, TypedRange]]:
    """Pairs (earlier, later in the week) of one kind of hours that share some time.

    Two kinds of hours may overlap: consultations are within the opening hours. Undated hours give way to the dated ones
    of their kind on the days of these (RG_EXP_016), so that only the night before and the night after may meet them.
    """
    dated: dict[str, set[Days]] = {}
    for each in ranges:
        if each.validity.is_dated:
            dated.setdefault(each.kind, set()).add(each.validity.days)
    undated = {kind: _days_outside(periods) for kind, periods in dated.items()}

    def held(each: TypedRange) -> list[Days]:
        return [each.validity.days] if each.validity.is_dated else undated.get(each.kind, [ALL_DAYS])

    ordered = sorted(ranges, key=lambda each: (each.weekday, each.opens_at))
    for position, first in enumerate(ordered):
        for second in ordered[position + 1 :]:
            if first.kind == second.kind and _meet(first, held(first), second, held(second)):
                yield first, second


def contradicted_closures(
    closures: Sequence[TypedClosure], ranges: Sequence[TypedRange]
) -> Iterator[tuple[TypedClosure, TypedRange]]:
    """Days said to be closed that another week, which does not give way, opens; a range each."""
    for closure in closures:
        for each in ranges:
            if (
                (each.kind, each.weekday) == (closure.kind, closure.weekday)
                and each.validity.is_dated == closure.validity.is_dated
                and _shared(each.validity.days, closure.validity.days, 0)
            ):
                yield closure, each
                break


def _meet(first: TypedRange, first_days: list[Days], second: TypedRange, second_days: list[Days]) -> bool:
    """Tell whether a range that begins on some of its days runs into the other one, begun on the same or a near day."""
    for shift in (-1, 0, 1):
        near = (second.weekday - first.weekday - shift) % 7 == 0
        if near and _hours_meet(first.opens_at, first.closes_at, second.opens_at, second.closes_at, shift):
            common = (_shared(one, other, shift) for one in first_days for other in second_days)
            if any(days and _holds_weekday(days, first.weekday) for days in common):
                return True
    return False


def _shared(one: Days, other: Days, shift: int) -> Days | None:
    """Days of ``one`` such that the day ``shift`` later is of ``other``."""
    first, last = max(one[0], other[0] - shift), min(one[1], other[1] - shift)
    return (first, last) if first <= last else None


def _holds_weekday(days: Days, weekday: int) -> bool:
    first, last = days
    return first + (weekday - first) % 7 <= last  # ordinal 1 is a Monday


def _days_outside(periods: set[Days]) -> list[Days]:
    """Days that are in none of the periods."""
    found, start = [], FIRST_DAY
    for first, last in sorted(periods):
        if start < first:
            found.append((start, first - 1))
        start = max(start, last + 1)
    return [*found, (start, LAST_DAY)] if start <= LAST_DAY else found


def _hours_meet(opens_at: time, closes_at: time, other_opens_at: time, other_closes_at: time, shift: int) -> bool:
    """Tell whether a range meets one that begins ``shift`` days later."""
    start, end = _span(opens_at, closes_at)
    other_start, other_end = _span(other_opens_at, other_closes_at)
    return start < other_end + shift * MINUTES_A_DAY and other_start + shift * MINUTES_A_DAY < end


def _span(opens_at: time, closes_at: time) -> tuple[int, int]:
    """Minutes of the day at which a range starts and ends (more than a day's when it ends on the next)."""
    start, end = _minutes(opens_at), _minutes(closes_at)
    return start, (end if end > start else end + MINUTES_A_DAY)


def _minutes(value: time) -> int:
    return value.hour * 60 + value.minute


def overlapping_exceptions(
    exceptions: Sequence[TypedException],
) -> Iterator[tuple[TypedException, TypedException]]:
    """Pairs of exceptions that contradict each other, on one day or on two that follow each other.

    Two exceptions with other hours may share a day (two ranges of that day), unless their hours overlap. A night runs
    to its end, into a closed day too, but not into the hours of the next day's exception.
    """
    for position, first in enumerate(exceptions):
        for second in exceptions[position + 1 :]:
            if any(_contradict(first, second, shift) for shift in (-1, 0, 1)):
                yield first, second


def _contradict(first: TypedException, second: TypedException, shift: int) -> bool:
    if _shared(first.validity.days, second.validity.days, shift) is None:
        return False
    if first.opens_at is None or first.closes_at is None or second.opens_at is None or second.closes_at is None:
        return shift == 0
    return _hours_meet(first.opens_at, first.closes_at, second.opens_at, second.closes_at, shift)
