"""What the page of a unit shows of its hours: one week or one month, its periods, its next exceptions. No query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from common import french

from .schedule import (
    DAYS,
    FIRST_YEAR,
    LAST_YEAR,
    PARIS,
    DayHours,
    ExceptionRange,
    Schedule,
    open_words,
    parse_week,
    week_start,
    week_text,
)
from .timetable import hours_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
EXCEPTIONS_SHOWN = 5
WEEK = timedelta(days=7)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True)
class Link:
    """Link to another week or month: its name and its parameter."""

    name: str
    query: str


@dataclass(frozen=True)
class MonthWeek:
    """A week of a month: its number, the link that shows it, its seven days; those of other months are ``None``."""

    number: int
    query: str
    days: tuple[DayHours | None, ...]


class Held(Enum):
    """How much of the days shown a period holds."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


@dataclass(frozen=True)
class Period:
    """Days on which some of the weekly hours hold, when they do not hold always.

    ``current``: it holds today. ``held``: its part of the days shown, « cette semaine » or « ce mois » (``span``).
    ``kinds``: kinds of hours other than the ordinary ones, when it has these alone.
    """

    first: date | None
    last: date | None
    current: bool
    held: Held = Held.ALL
    span: str = ""
    kinds: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """« du 01/07/2024 au 31/08/2024 », « à partir du … », « jusqu’au … »."""
        if self.first and self.last:
            return f"du {french.day(self.first)} au {french.day(self.last)}"
        if self.first:
            return f"à partir du {french.day(self.first)}"
        return f"jusqu’au {french.day(self.last)}" if self.last else ""

    @property
    def sentence(self) -> str:
        """« Horaires valables du … au … », « …, pour une partie de cette semaine », « Autres horaires du … au … »."""
        kinds = f" ({', '.join(self.kinds).lower()})" if self.kinds else ""
        if self.held is Held.NONE:
            return f"Autres horaires{kinds} {self.words}"
        part = f", pour une partie de {self.span}" if self.held is Held.SOME else ""
        return f"Horaires{kinds} valables {self.words}{part}"

    @property
    def query(self) -> str:
        """Link to a week of the period, when nothing of it is shown."""
        day = self.first or self.last
        return f"?semaine={week_text(week_start(day))}" if day and self.held is Held.NONE else ""


def hours_context(
    schedule: Schedule, asked: Mapping[str, str], now: datetime, *, is_closed: bool = False
) -> dict[str, Any]:
    """Hours for the page: the week asked (``semaine``), the month asked (``mois``), else the current week.

    What cannot be read asks for nothing. Without hours ``week`` is ``None``. ``is_closed``: the unit is, whatever its
    hours say, so nothing is said of this moment.
    """
    if not schedule:
        return {"week": None, "month": None, "open_now": ""}
    today = now.astimezone(PARIS).date()
    first = parse_month(asked.get("mois", ""))
    monday = parse_week(asked.get("semaine", "")) or week_start(today)
    if first:
        shown, span = (first, next_month(first) - timedelta(days=1)), "ce mois"
    else:
        shown, span = (monday, monday + timedelta(days=6)), "cette semaine"
    return {
        "week": week_context(schedule, monday, today),
        "month": month_context(schedule, first, today) if first else None,
        "open_now": "" if is_closed else open_words(schedule, now),
        "periods": periods(schedule, today, shown, span),
        "exceptions": [exception_words(rule) for rule in next_exceptions(schedule, today)],
    }


def week_context(schedule: Schedule, monday: date, today: date) -> dict[str, Any]:
    """Seven days, the weeks around them, the month that holds their Thursday (that of the week's number)."""
    return {
        "days": schedule.week_hours(monday),
        "today": today,
        "first": monday,
        "last": monday + timedelta(days=6),
        "number": monday.isocalendar().week,
        "previous": week_link(monday - WEEK),
        "next": week_link(monday + WEEK),
        "is_current": monday == week_start(today),
        "own_query": f"?semaine={week_text(monday)}",
        "month_query": f"?mois={month_text(monday + timedelta(days=3))}",
    }


def month_context(schedule: Schedule, first: date, today: date) -> dict[str, Any]:
    """Weeks of a month, the months around it, and the week that « Semaine » shows."""
    weeks = month_weeks(schedule, first)
    shown = today if month_text(today) == month_text(first) else first
    return {
        "name": month_name(first),
        "weeks": weeks,
        "day_names": DAYS,
        "today": today,
        "previous": month_link(first - timedelta(days=1)),
        "next": month_link(next_month(first)),
        "is_current": shown == today,
        "own_query": f"?mois={month_text(first)}",
        "current_query": f"?mois={month_text(today)}",
        "week_query": f"?semaine={week_text(week_start(shown))}",
    }


def month_weeks(schedule: Schedule, first: date) -> list[MonthWeek]:
    """Weeks that hold a day of the month that begins on ``first``."""
    weeks = []
    monday = week_start(first)
    while monday < first or (monday.year, monday.month) == (first.year, first.month):
        days = (monday + timedelta(days=offset) for offset in range(7))
        shown = tuple(schedule.day_hours(day) if day.month == first.month else None for day in days)
        weeks.append(MonthWeek(monday.isocalendar().week, f"?semaine={week_text(monday)}", shown))
        monday += WEEK
    return weeks


def week_link(monday: date) -> Link:
    """Link to a week."""
    return Link(str(monday.isocalendar().week), f"?semaine={week_text(monday)}")


def month_link(day: date) -> Link:
    """Link to the month of a day."""
    return Link(month_name(day), f"?mois={month_text(day)}")


def next_month(first: date) -> date:
    """First day of the month after the one that begins on ``first``."""
    return (first + timedelta(days=31)).replace(day=1)


def month_name(day: date) -> str:
    """« août 2024 »."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def month_text(day: date) -> str:
    """« 2024-08 », which ``parse_month`` reads back."""
    return f"{day:%Y-%m}"


def parse_month(text: str) -> date | None:
    """First day of a month written « 2024-08 » (2000 to 2100); ``None`` when it cannot be read."""
    found = _MONTH.fullmatch(text)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR or not 1 <= int(found[2]) <= len(MONTHS):
        return None
    return date(int(found[1]), int(found[2]), 1)


def periods(schedule: Schedule, today: date, shown: tuple[date, date], span: str = "cette semaine") -> list[Period]:
    """Periods of the weekly hours, by date: those under way, to come, or seen on the days ``shown`` (first, last).

    Hours without dates are not told. ``span``: the days shown, in words.
    """
    kinds: dict[tuple[date | None, date | None], set[str]] = {}
    for rule in (*schedule.weekly, *schedule.closings):
        if rule.is_dated:
            kinds.setdefault((rule.valid_from, rule.valid_until), set()).add(rule.kind)
    found = []
    for (first, last), names in kinds.items():
        start, end = first or date.min, last or date.max
        whole = start <= shown[0] and shown[1] <= end
        held = Held.ALL if whole else Held.SOME if start <= shown[1] and shown[0] <= end else Held.NONE
        if held is not Held.NONE or end >= today:
            named = () if "" in names else tuple(sorted(names))
            found.append(Period(first, last, start <= today <= end, held, span, named))
    return sorted(found, key=lambda period: (period.first or date.min, period.last or date.max))


def next_exceptions(schedule: Schedule, today: date) -> list[ExceptionRange]:
    """Exceptions under way or to come, the next ones first."""
    coming = [rule for rule in schedule.exceptions if rule.ends_on >= today]
    return sorted(coming, key=lambda rule: (rule.starts_on, rule.opens_at or time(0)))[:EXCEPTIONS_SHOWN]


def exception_words(rule: ExceptionRange) -> str:
    """« le 25/12/2024 : fermé (Noël) », « du 01/08/2024 au 15/08/2024 : 09:00 – 12:00 »."""
    if rule.starts_on == rule.ends_on:
        days = f"le {french.day(rule.starts_on)}"
    else:
        days = f"du {french.day(rule.starts_on)} au {french.day(rule.ends_on)}"
    hours = "fermé"
    if rule.opens_at is not None and rule.closes_at is not None:
        hours = hours_words(rule.opens_at, rule.closes_at)
    return f"{days}\u00a0: {hours}{f' ({rule.label})' if rule.label else ''}"
