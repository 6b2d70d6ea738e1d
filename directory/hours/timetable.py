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
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
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

    def meets(self, other: Validity) -> bool:
        """Tell whether some day belongs to both."""
        return not (_before(self.last, other.first) or _before(other.last, self.first))


def _before(last: date | None, first: date | None) -> bool:
    return last is not None and first is not None and last < first


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
class TypedException:
    """An exception: closed without times. ``source`` names the field of its first day."""

    validity: Validity
    opens_at: time | None
    closes_at: time | None
    source: str


def overlapping_ranges(ranges: Sequence[TypedRange]) -> Iterator[tuple[TypedRange, TypedRange]]:
    """Pairs (earlier, later in the week) of one kind of hours that share some time on some day of both validities.

    Two kinds of hours may overlap: consultations are within the opening hours.
    """
    ordered = sorted(ranges, key=lambda each: (each.weekday, each.opens_at))
    for position, first in enumerate(ordered):
        for second in ordered[position + 1 :]:
            if first.kind == second.kind and first.validity.meets(second.validity) and _share_a_minute(first, second):
                yield first, second


def _share_a_minute(first: TypedRange, second: TypedRange) -> bool:
    spans = [_span(each.weekday, each.opens_at, each.closes_at) for each in (first, second)]
    (start, end), (other_start, other_end) = spans
    # Sunday's night runs into Monday: the week is compared with the one before and the one after.
    return any(
        start < other_end + shift and other_start + shift < end for shift in (-MINUTES_A_WEEK, 0, MINUTES_A_WEEK)
    )


def _span(weekday: int, opens_at: time, closes_at: time) -> tuple[int, int]:
    """Minutes of the week at which a range starts and ends."""
    start, end = _minutes(opens_at), _minutes(closes_at)
    midnight = (weekday - 1) * MINUTES_A_DAY
    return midnight + start, midnight + (end if end > start else end + MINUTES_A_DAY)


def _minutes(value: time) -> int:
    return value.hour * 60 + value.minute


def overlapping_exceptions(
    exceptions: Sequence[TypedException],
) -> Iterator[tuple[TypedException, TypedException]]:
    """Pairs of exceptions that speak of one day and contradict each other.

    Two exceptions with other hours may share a day (two ranges of that day), unless their hours overlap.
    """
    for position, first in enumerate(exceptions):
        for second in exceptions[position + 1 :]:
            if first.validity.meets(second.validity) and _contradict(first, second):
                yield first, second


def _contradict(first: TypedException, second: TypedException) -> bool:
    if first.opens_at is None or first.closes_at is None or second.opens_at is None or second.closes_at is None:
        return True
    start, end = _span(1, first.opens_at, first.closes_at)
    other_start, other_end = _span(1, second.opens_at, second.closes_at)
    return start < other_end and other_start < end
