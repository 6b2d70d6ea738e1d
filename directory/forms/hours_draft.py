"""Hours as a person types them: what the form of the block « Horaires » shows, before anything is checked.

A draft comes from a kept state (``directory.snapshots``) or from what was sent, takes the steps of the form (a line
more, a day copied on others), and gives the values of its fields under their names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..hours.timetable import WEEKDAYS as DAY_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..snapshots import State

WEEKDAYS = range(1, 8)
MAX_WEEKS, MAX_RANGES, MAX_EXCEPTIONS = 20, 12, 200
MIDNIGHT = "00:00"

_WEEK = re.compile(r"p(\d{1,3})-(type|du|au|source|vers)", re.ASCII)
_DAY = re.compile(r"p(\d{1,3})-j([1-7])-(24h|ferme)", re.ASCII)
_RANGE = re.compile(r"p(\d{1,3})-j([1-7])-(\d{1,3})-(de|a)", re.ASCII)
_EXCEPTION = re.compile(r"e(\d{1,3})-(du|au|de|a|motif)", re.ASCII)
_STEP = re.compile(r"(plage|copier|semaine|exception|retirer-semaine|retirer-exception)((?:-\d{1,3}){0,2})", re.ASCII)


@dataclass
class DraftRange:
    """Two times as typed."""

    opens: str = ""
    closes: str = ""


@dataclass
class DraftDay:
    """A day of a weekly template: its ranges, or a ticked box that says more than they do."""

    all_day: bool = False
    closed: bool = False
    ranges: list[DraftRange] = field(default_factory=lambda: [DraftRange()])

    def copy(self) -> DraftDay:
        """The same hours, for another day."""
        return DraftDay(self.all_day, self.closed, [DraftRange(each.opens, each.closes) for each in self.ranges])


@dataclass
class DraftWeek:
    """A weekly template with its kind of hours and its validity; ``source`` and ``targets``: a copy being asked."""

    kind: str = ""
    first: str = ""
    last: str = ""
    days: dict[int, DraftDay] = field(default_factory=lambda: {day: DraftDay() for day in WEEKDAYS})
    source: str = "1"
    targets: list[str] = field(default_factory=list)


@dataclass
class DraftException:
    """An exception: closed when its times are empty."""

    first: str = ""
    last: str = ""
    opens: str = ""
    closes: str = ""
    label: str = ""


@dataclass
class Draft:
    """Everything that the form shows."""

    weeks: list[DraftWeek] = field(default_factory=list)
    exceptions: list[DraftException] = field(default_factory=list)

    @classmethod
    def of_state(cls, state: State, ordinary: int | None = None) -> Draft:
        """Draft of kept hours: one template by kind and validity, one empty template when there is none.

        ``ordinary``: key of the term of ordinary hours, which says the same as no kind.
        """
        draft = cls()
        by_period: dict[tuple, list[State]] = {}
        for row in state.get("weekly_hours") or []:
            kind = row["kind"]["id"] if row["kind"] and row["kind"]["id"] != ordinary else None
            by_period.setdefault((kind, row["valid_from"], row["valid_until"]), []).append(row)
        for (kind, first, last), rows in by_period.items():
            week = DraftWeek(str(kind or ""), first or "", last or "")
            for weekday, ranges in groupby(sorted(rows, key=lambda row: row["weekday"]), lambda row: row["weekday"]):
                week.days[weekday] = _day_of(list(ranges))
            draft.weeks.append(week)
        for row in state.get("hours_exceptions") or []:
            last = row["ends_on"] if row["ends_on"] != row["starts_on"] else ""
            times = (row["opens_at"] or "", row["closes_at"] or "")
            draft.exceptions.append(DraftException(row["starts_on"], last, *times, row["label"]))
        draft.weeks = draft.weeks or [DraftWeek()]
        return draft

    @classmethod
    def of_data(cls, data: Mapping[str, Any], prefix: str = "") -> Draft:
        """Draft of what was sent; names that are not those of the form are left out, numbers are closed up."""
        start = f"{prefix}-" if prefix else ""
        weeks: dict[int, DraftWeek] = {}
        ranges: dict[tuple[int, int, int], DraftRange] = {}
        exceptions: dict[int, DraftException] = {}
        for key in data:
            name = key.removeprefix(start)
            if found := _WEEK.fullmatch(name):
                _set_week(weeks.setdefault(int(found[1]), DraftWeek()), found[2], data, key)
            elif found := _DAY.fullmatch(name):
                day = weeks.setdefault(int(found[1]), DraftWeek()).days[int(found[2])]
                setattr(day, {"24h": "all_day", "ferme": "closed"}[found[3]], _ticked(data[key]))
            elif found := _RANGE.fullmatch(name):
                each = ranges.setdefault((int(found[1]), int(found[2]), int(found[3])), DraftRange())
                setattr(each, {"de": "opens", "a": "closes"}[found[4]], _text(data[key]))
            elif found := _EXCEPTION.fullmatch(name):
                exception = exceptions.setdefault(int(found[1]), DraftException())
                setattr(exception, _EXCEPTION_PARTS[found[2]], _text(data[key]))
        for (number, weekday), lines in groupby(sorted(ranges), lambda key: key[:2]):
            weeks.setdefault(number, DraftWeek()).days[weekday].ranges = [ranges[key] for key in lines]
        return cls([weeks[key] for key in sorted(weeks)], [exceptions[key] for key in sorted(exceptions)])

    @property
    def excess(self) -> str:
        """Say which limit of the form is passed; empty when none is."""
        if len(self.weeks) > MAX_WEEKS:
            return f"{MAX_WEEKS} semaines types au plus."
        if any(len(day.ranges) > MAX_RANGES for week in self.weeks for day in week.days.values()):
            return f"{MAX_RANGES} plages par jour au plus."
        return f"{MAX_EXCEPTIONS} exceptions au plus." if len(self.exceptions) > MAX_EXCEPTIONS else ""

    def values(self) -> dict[str, Any]:
        """Values of the fields by name, without the form's prefix."""
        values: dict[str, Any] = {}
        for number, week in enumerate(self.weeks):
            start = f"p{number}"
            values |= {f"{start}-type": week.kind, f"{start}-du": week.first, f"{start}-au": week.last}
            values |= {f"{start}-source": week.source, f"{start}-vers": week.targets}
            for weekday, day in week.days.items():
                values |= {f"{start}-j{weekday}-24h": day.all_day, f"{start}-j{weekday}-ferme": day.closed}
                for line, each in enumerate(day.ranges):
                    values[f"{start}-j{weekday}-{line}-de"] = each.opens
                    values[f"{start}-j{weekday}-{line}-a"] = each.closes
        for number, exception in enumerate(self.exceptions):
            for part, attribute in _EXCEPTION_PARTS.items():
                values[f"e{number}-{part}"] = getattr(exception, attribute)
        return values

    def after(self, step: str) -> str:
        """Take the step that a button « etape » names and say what it did, when that is not plain to see.

        What names nothing known changes nothing.
        """
        found = _STEP.fullmatch(step)
        if found is None:
            return ""
        numbers = [int(number) for number in found[2].split("-")[1:]]
        if found[1] == "semaine" and len(self.weeks) < MAX_WEEKS:
            self.weeks.append(DraftWeek())
        elif found[1] == "exception" and len(self.exceptions) < MAX_EXCEPTIONS:
            self.exceptions.append(DraftException())
        elif found[1] == "retirer-exception" and numbers[:1] and numbers[0] < len(self.exceptions):
            del self.exceptions[numbers[0]]
        elif numbers and numbers[0] < len(self.weeks):
            return self._after_week_step(found[1], *numbers)
        return ""

    def _after_week_step(self, step: str, number: int, weekday: int = 0) -> str:
        week = self.weeks[number]
        if step == "retirer-semaine":
            del self.weeks[number]
            self.weeks = self.weeks or [DraftWeek()]
        elif step == "plage" and weekday in WEEKDAYS and len(week.days[weekday].ranges) < MAX_RANGES:
            week.days[weekday].ranges.append(DraftRange())
        elif step == "copier" and week.source in {str(day) for day in WEEKDAYS}:
            return _copy(week)
        return ""


_EXCEPTION_PARTS = {"du": "first", "au": "last", "de": "opens", "a": "closes", "motif": "label"}


def _copy(week: DraftWeek) -> str:
    """Copy the source day of a template on the ticked ones, and say it."""
    source = int(week.source)
    targets = [day for day in WEEKDAYS if str(day) in week.targets and day != source]
    for target in targets:
        week.days[target] = week.days[source].copy()
    week.targets = []
    if not targets:
        return "Cochez les jours qui reçoivent la copie."
    names = ", ".join(DAY_NAMES[target - 1] for target in targets)
    return f"Horaires du {DAY_NAMES[source - 1]} copiés\u00a0: {names}."


def _day_of(rows: list[State]) -> DraftDay:
    """A day with its kept ranges; the whole day, alone, is a ticked box."""
    if [(row["opens_at"], row["closes_at"]) for row in rows] == [(MIDNIGHT, MIDNIGHT)]:
        return DraftDay(all_day=True)
    return DraftDay(ranges=[DraftRange(row["opens_at"], row["closes_at"]) for row in rows])


def _set_week(week: DraftWeek, part: str, data: Mapping[str, Any], key: str) -> None:
    if part == "vers":
        sent = data.getlist(key) if hasattr(data, "getlist") else data[key]
        week.targets = [str(target) for target in sent]
    else:
        setattr(week, {"type": "kind", "du": "first", "au": "last", "source": "source"}[part], _text(data[key]))


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _ticked(value: Any) -> bool:
    return value not in {"", None, False, "False", "false", "0"}
