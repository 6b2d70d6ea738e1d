"""Opening hours of a unit: weekly template, exceptions, nights, clock changes. Pure functions, no query.

Rules: a range belongs to the day on which it opens; when it closes at or before its opening time it runs into the next
day, and 00:00 – 00:00 is the whole day (RG_EXP_014). Weekly ranges stay valid until replaced (RG_EXP_016). An exception
replaces the template on its days; a night begun the evening before it still runs to its end.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)
DAYS = ("Lu", "Ma", "Me", "Je", "Ve", "Sa", "Di")
FIRST_YEAR, LAST_YEAR = 2000, 2100
LOOK_AHEAD_DAYS = 8


class WeeklyRange(NamedTuple):
    """A range of the weekly template; ``weekday`` is 1 (Monday) to 7; validity dates are inclusive and optional."""

    weekday: int
    opens_at: time
    closes_at: time
    kind: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


class ExceptionRange(NamedTuple):
    """Other hours, or a closure (no times), from one day to another, both inclusive."""

    starts_on: date
    ends_on: date
    opens_at: time | None = None
    closes_at: time | None = None
    label: str = ""


@dataclass(frozen=True, order=True)
class Opening:
    """A range that opens on ``day``. ``note``: the kind of hours or the reason of the exception."""

    day: date
    opens_at: time
    closes_at: time
    note: str = ""

    @property
    def overnight(self) -> bool:
        """Tell whether it runs past midnight."""
        return self.closes_at <= self.opens_at and self.closes_at != time(0)

    @property
    def whole_day(self) -> bool:
        """Tell whether it is « 24 h/24 »."""
        return self.opens_at == self.closes_at == time(0)

    @property
    def start(self) -> datetime:
        """When it opens, in UTC."""
        return instant(datetime.combine(self.day, self.opens_at))

    @property
    def end(self) -> datetime:
        """When it closes, in UTC."""
        closing_day = self.day + DAY if self.closes_at <= self.opens_at else self.day
        return instant(datetime.combine(closing_day, self.closes_at))


@dataclass(frozen=True)
class DayHours:
    """What a displayed day shows. ``segments``: (start, length) in hours of the day, for a drawing.

    ``exceptional``: an exception replaces the weekly hours.
    """

    day: date
    openings: tuple[Opening, ...]
    closed_for: str | None
    segments: tuple[tuple[float, float], ...]
    exceptional: bool = False

    @property
    def short_name(self) -> str:
        """Short name of the day: « Lu », « Ma »."""
        return DAYS[self.day.weekday()]


@dataclass(frozen=True)
class Schedule:
    """The hours of one unit."""

    weekly: Sequence[WeeklyRange] = ()
    exceptions: Sequence[ExceptionRange] = ()

    def __bool__(self) -> bool:
        return bool(self.weekly or self.exceptions)

    def openings_of(self, day: date) -> tuple[Opening, ...]:
        """Ranges that open on ``day``, by opening time."""
        if special := self._exceptions_on(day):
            return tuple(
                sorted(
                    Opening(day, rule.opens_at, rule.closes_at, rule.label)
                    for rule in special
                    if rule.opens_at is not None and rule.closes_at is not None
                )
            )
        return tuple(
            sorted(
                Opening(day, rule.opens_at, rule.closes_at, rule.kind)
                for rule in self.weekly
                if rule.weekday == day.isoweekday()
                and (rule.valid_from is None or rule.valid_from <= day)
                and (rule.valid_until is None or day <= rule.valid_until)
            )
        )

    def closed_for(self, day: date) -> str | None:
        """Reason of an exceptional closure (may be empty), ``None`` when the day has no such closure."""
        special = self._exceptions_on(day)
        if not special or any(rule.opens_at is not None for rule in special):
            return None
        return next((rule.label for rule in special if rule.label), "")

    def _exceptions_on(self, day: date) -> list[ExceptionRange]:
        return [rule for rule in self.exceptions if rule.starts_on <= day <= rule.ends_on]

    def is_open_at(self, moment: datetime) -> bool:
        """Tell whether the unit is open at ``moment`` (aware)."""
        return any(opening.start <= moment < opening.end for opening in self._around(moment))

    def open_until(self, moment: datetime) -> datetime | None:
        """When the unit, open at ``moment``, next closes; ``None`` when it is closed or stays open for a week."""
        until: datetime | None = None
        day = moment.astimezone(PARIS).date()
        days = (day + DAY * offset for offset in range(-1, LOOK_AHEAD_DAYS))
        for opening in sorted((o for d in days for o in self.openings_of(d)), key=lambda o: o.start):
            reached = until or moment
            if opening.start <= reached and opening.end > reached:
                until = opening.end
        return until if until and until < moment + timedelta(days=LOOK_AHEAD_DAYS - 1) else None

    def _around(self, moment: datetime) -> Iterable[Opening]:
        day = moment.astimezone(PARIS).date()
        return (*self.openings_of(day - DAY), *self.openings_of(day))

    def day_hours(self, day: date) -> DayHours:
        """What the page shows for one day."""
        exceptional = bool(self._exceptions_on(day))
        return DayHours(day, self.openings_of(day), self.closed_for(day), self._segments(day), exceptional)

    def week_hours(self, monday: date) -> tuple[DayHours, ...]:
        """The seven days of a week."""
        return tuple(self.day_hours(monday + DAY * offset) for offset in range(7))

    def _segments(self, day: date) -> tuple[tuple[float, float], ...]:
        found = [(0.0, _hours(o.closes_at)) for o in self.openings_of(day - DAY) if o.overnight]
        for opening in self.openings_of(day):
            start = _hours(opening.opens_at)
            end = 24.0 if opening.closes_at <= opening.opens_at else _hours(opening.closes_at)
            found.append((start, end - start))
        return tuple(found)


def open_words(schedule: Schedule, moment: datetime) -> str:
    """« ouvert jusqu’à 19:30 », « ouvert jusqu’à minuit », « ouvert en ce moment », « fermé en ce moment »."""
    if not schedule.is_open_at(moment):
        return "fermé en ce moment"
    until = schedule.open_until(moment)
    if until is None:
        return "ouvert en ce moment"
    today, closing = moment.astimezone(PARIS).date(), until.astimezone(PARIS)
    if closing.date() == today + DAY and closing.time() == time(0):
        return "ouvert jusqu’à minuit"
    if closing.date() == today or closing < moment + timedelta(hours=12):
        return f"ouvert jusqu’à {closing:%H:%M}"
    return f"ouvert jusqu’au {closing:%d/%m à %H:%M}"


def instant(wall: datetime) -> datetime:
    """UTC moment of a naive Paris wall-clock time.

    An hour that comes twice is read as its first coming; one that the clocks skip is read as the moment they jump
    (European changes: one hour, at 01:00 UTC).
    """
    moment = wall.replace(tzinfo=PARIS).astimezone(UTC)
    if moment.astimezone(PARIS).replace(tzinfo=None) == wall:
        return moment
    return moment.replace(minute=0, second=0, microsecond=0)


def week_start(day: date) -> date:
    """Return the Monday of the week of ``day``."""
    return day - DAY * day.weekday()


def parse_week(text: str) -> date | None:
    """Monday of an ISO week written « 2024-W34 » (2000 to 2100); ``None`` when it cannot be read."""
    year, separator, week = text.partition("-W")
    if not (separator and year.isascii() and week.isascii() and year.isdigit() and week.isdigit()):
        return None
    try:
        monday = date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        return None
    return monday if FIRST_YEAR <= monday.year <= LAST_YEAR else None


def week_text(monday: date) -> str:
    """Return « 2024-W34 », which ``parse_week`` reads back."""
    year, week, _ = monday.isocalendar()
    return f"{year}-W{week:02d}"


def _hours(value: time) -> float:
    return value.hour + value.minute / 60
