"""Opening hours of a unit: weekly template, exceptions, nights, clock changes. Pure functions, no query.

Rules: a range belongs to the day on which it opens; when it closes at or before its opening time it runs into the next
day, and 00:00 – 00:00 is the whole day (RG_EXP_014). Weekly ranges stay valid until replaced (RG_EXP_016): on the days
of its period, a dated week replaces the undated hours of its kind, also on the weekdays for which it has none. An
exception replaces the template on its days; a night begun the evening before it still runs to its end. A closing range
is taken off the hours when the public is received; on the days of an exception, no closing range begins.
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
ORDINARY_NOTE = "Horaire d’ouverture"


class WeeklyRange(NamedTuple):
    """A range of the weekly template; ``weekday`` is 1 (Monday) to 7; validity dates are inclusive and optional.

    ``receives``: the public is received during these hours (``directory.records.schedule_of`` tells which kinds do).
    """

    weekday: int
    opens_at: time
    closes_at: time
    kind: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    receives: bool = True

    @property
    def is_dated(self) -> bool:
        """Tell whether the range belongs to a period, whose week replaces the undated one."""
        return self.valid_from is not None or self.valid_until is not None

    def is_valid_on(self, day: date) -> bool:
        """Tell whether ``day`` lies within the period of the range, whatever its weekday."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


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
    receives: bool = True

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

    ``exceptional``: an exception replaces the weekly hours. ``closings``: ranges taken off the openings.
    """

    day: date
    openings: tuple[Opening, ...]
    closed_for: str | None
    segments: tuple[tuple[float, float], ...]
    exceptional: bool = False
    closings: tuple[Opening, ...] = ()

    @property
    def short_name(self) -> str:
        """Short name of the day: « Lu », « Ma »."""
        return DAYS[self.day.weekday()]


@dataclass(frozen=True)
class Schedule:
    """The hours of one unit. ``closings``: weekly ranges during which the public is not received, whatever opens."""

    weekly: Sequence[WeeklyRange] = ()
    exceptions: Sequence[ExceptionRange] = ()
    closings: Sequence[WeeklyRange] = ()

    def __bool__(self) -> bool:
        return bool(self.weekly or self.exceptions or self.closings)

    @property
    def receives(self) -> bool:
        """Tell whether some hours tell when the public is received or not."""
        return bool(self.exceptions or self.closings or any(rule.receives for rule in self.weekly))

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
        rules = _in_force(self.weekly, day)
        # Ordinary hours are named only beside hours of another kind.
        unnamed = ORDINARY_NOTE if any(rule.kind for rule in rules) else ""
        return tuple(
            sorted(Opening(day, rule.opens_at, rule.closes_at, rule.kind or unnamed, rule.receives) for rule in rules)
        )

    def closings_of(self, day: date) -> tuple[Opening, ...]:
        """Closing ranges that begin on ``day``, in order."""
        if self._exceptions_on(day):
            return ()
        return tuple(sorted(Opening(day, rule.opens_at, rule.closes_at) for rule in _in_force(self.closings, day)))

    def closed_for(self, day: date) -> str | None:
        """Reason of an exceptional closure (may be empty), ``None`` when the day has no such closure."""
        special = self._exceptions_on(day)
        if not special or any(rule.opens_at is not None for rule in special):
            return None
        return next((rule.label for rule in special if rule.label), "")

    def _exceptions_on(self, day: date) -> list[ExceptionRange]:
        return [rule for rule in self.exceptions if rule.starts_on <= day <= rule.ends_on]

    def is_open_at(self, moment: datetime) -> bool:
        """Tell whether the public is received at ``moment`` (aware)."""
        days = _days_around(moment)
        return _holds((o for d in days for o in self.openings_of(d) if o.receives), moment) and not _holds(
            (c for d in days for c in self.closings_of(d)), moment
        )

    def other_hours_at(self, moment: datetime) -> str:
        """Kind of the hours that run at ``moment`` without the public being received; empty when none does."""
        others = (o for d in _days_around(moment) for o in self.openings_of(d) if not o.receives)
        return next((o.note for o in others if o.start <= moment < o.end), "")

    def open_until(self, moment: datetime) -> datetime | None:
        """When the unit, open at ``moment``, next closes; ``None`` when it is closed or stays open for a week."""
        if not self.is_open_at(moment):
            return None
        until = moment
        today = moment.astimezone(PARIS).date()
        days = [today + DAY * offset for offset in range(-1, LOOK_AHEAD_DAYS)]
        for opening in sorted((o for d in days for o in self.openings_of(d) if o.receives), key=lambda o: o.start):
            if opening.start <= until < opening.end:
                until = opening.end
        closings = (c for d in days for c in self.closings_of(d) if moment < c.start < c.end)
        until = min([until, *(closing.start for closing in closings)])
        return until if until < moment + timedelta(days=LOOK_AHEAD_DAYS - 1) else None

    def day_hours(self, day: date) -> DayHours:
        """What the page shows for one day."""
        exceptional = bool(self._exceptions_on(day))
        return DayHours(
            day,
            self.openings_of(day),
            self.closed_for(day),
            self._segments(day),
            exceptional,
            self.closings_of(day),
        )

    def week_hours(self, monday: date) -> tuple[DayHours, ...]:
        """The seven days of a week."""
        return tuple(self.day_hours(monday + DAY * offset) for offset in range(7))

    def _segments(self, day: date) -> tuple[tuple[float, float], ...]:
        closed = [_span_within(closing, day) for d in (day - DAY, day) for closing in self.closings_of(d)]
        found: list[tuple[float, float]] = []
        for opening in (o for d in (day - DAY, day) for o in self.openings_of(d)):
            pieces = [_span_within(opening, day)]
            for start, end in closed if opening.receives else ():
                pieces = [cut for first, last in pieces for cut in ((first, min(last, start)), (max(first, end), last))]
            found += [(first, last - first) for first, last in pieces if first < last]
        return tuple(found)


def _in_force(rules: Sequence[WeeklyRange], day: date) -> list[WeeklyRange]:
    """Ranges that begin on ``day``, exceptions aside: the dated ones of a kind, else the undated ones."""
    replaced = {rule.kind for rule in rules if rule.is_dated and rule.is_valid_on(day)}
    return [
        rule
        for rule in rules
        if rule.weekday == day.isoweekday() and rule.is_valid_on(day) and (rule.is_dated or rule.kind not in replaced)
    ]


def _days_around(moment: datetime) -> tuple[date, date]:
    """Days on which a range that holds ``moment`` may begin."""
    today = moment.astimezone(PARIS).date()
    return today - DAY, today


def _holds(ranges: Iterable[Opening], moment: datetime) -> bool:
    return any(each.start <= moment < each.end for each in ranges)


def _span_within(each: Opening, day: date) -> tuple[float, float]:
    """Hours of ``day`` at which a range begun on that day or on the eve starts and ends (24 at most)."""
    if each.day < day:
        return 0.0, _hours(each.closes_at) if each.overnight else 0.0
    return _hours(each.opens_at), 24.0 if each.closes_at <= each.opens_at else _hours(each.closes_at)


def open_words(schedule: Schedule, moment: datetime) -> str:
    """« ouvert jusqu’à 19:30 », « ouvert jusqu’à minuit », « ouvert en ce moment », « fermé en ce moment ».

    Hours during which the public is not received are told as they are: « horaire de garde en ce moment ». Nothing is
    said of the other moments of a unit whose hours never receive the public.
    """
    if not schedule.is_open_at(moment):
        other = schedule.other_hours_at(moment)
        if other:
            return f"{other[0].lower()}{other[1:]} en ce moment"
        return "fermé en ce moment" if schedule.receives else ""
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
