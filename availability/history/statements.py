"""The history of a unit's places: its statements, as known at a moment, and what its page shows of them (spec 20).

While it shares its places a unit has the statements of the pool (availability.sharing).
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from common.french import PARIS, THIN, counted, moment, number
from directory.models import OperationalUnit

from .. import wording
from ..breakdown import counts_of
from ..lines import read_lines
from ..models import AvailabilityEntry, CallOutcome, CurrentFigure, PoolMembership, UnitClosure
from ..shown import ShownFigure, local_day
from .chart import MAX_POINTS, Day, Drawing, Point, Span, Stretch, days_of, draw, last_of_days, stretches
from .sharing import calls_about, comings_and_goings

CALLS_READ, CALLS_SHOWN = 200, 20
_STATED = ("figure", "version", "stated_at", "confirmed_at", "comment", "lines", "is_over_capacity", "source")
IS_UNDONE = Exists(AvailabilityEntry.objects.filter(undoes=OuterRef("pk")))
LATE = datetime.timedelta(minutes=1)  # between a statement and its arrival: beyond, it is told


class Period(StrEnum):
    """How far back the page looks. The value is that of the address."""

    DAY = "24h"
    WEEK = "7j"
    MONTH = "30j"
    YEAR = "1an"
    ALL = "tout"

    @property
    def label(self) -> str:
        return PERIODS[self].label

    @property
    def columns(self) -> int:
        return PERIODS[self].columns


@dataclass(frozen=True)
class _Length:
    label: str
    days: int  # 0: no limit
    columns: int  # of the chart


PERIODS: dict[Period, _Length] = {
    Period.DAY: _Length("24\u00a0h", 1, 8),
    Period.WEEK: _Length("7\u00a0jours", 7, 7),
    Period.MONTH: _Length("30\u00a0jours", 30, 6),
    Period.YEAR: _Length("1\u00a0an", 365, 5),
    Period.ALL: _Length("Tout", 0, 0),
}


def span_of(period: Period, now: datetime.datetime) -> Span:
    """Window of a period that ends at ``now``: whole hours for a day, whole days of Paris beyond."""
    if period is Period.DAY:
        end = now.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0) + datetime.timedelta(hours=1)
        return Span(end - datetime.timedelta(days=1), end, now)
    tomorrow = now.astimezone(PARIS).date() + datetime.timedelta(days=1)
    first = tomorrow - datetime.timedelta(days=PERIODS[period].days)
    return Span(_midnight(first), _midnight(tomorrow), now)


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day, tzinfo=PARIS)


@dataclass(frozen=True)
class Trace:
    """A statement in brief, as the chart and the pages count them."""

    pk: int
    point: Point
    version: int
    pool_id: int | None


def traces(
    entries: QuerySet[AvailabilityEntry], start: datetime.datetime | None, known: datetime.datetime
) -> list[Trace]:
    """Statements recorded by ``known``, the last first; from ``start`` on, with the one in force then (one query)."""
    found = entries.filter(recorded_at__lte=known)
    if start is not None:
        before = found.filter(stated_at__lt=start).values("stated_at")[:1]
        found = found.filter(stated_at__gte=Coalesce(Subquery(before), Value(start)))
    rows = found.values_list("pk", "stated_at", "figure", "confirmed_at", "version", "pool_id")
    return [Trace(pk, Point(at, figure, confirmed), *rest) for pk, at, figure, confirmed, *rest in rows]


def in_force(found: Sequence[Trace], memberships: Sequence[PoolMembership]) -> int | None:
    """Id of the statement in force, from the last statements and the memberships, both as known then."""
    last = memberships[-1] if memberships else None
    pool_id = last.pool_id if last is not None and last.until is None else None
    said = [(one.point.at, one.version, one.pk) for one in found if one.pool_id == pool_id]
    other = last and (last.found if pool_id else last.kept)
    if other:
        said.append((other["stated_at"], other["version"], other["pk"]))
    return max(said)[2] if said else None


def whole(pks: Sequence[int]) -> dict[int, AvailabilityEntry]:
    """Statements in full, by id (one query)."""
    rows = AvailabilityEntry.objects.filter(pk__in=pks).annotate(is_undone=IS_UNDONE)
    return {row.pk: row for row in rows.select_related("by", "unit", "pool")}


@dataclass(frozen=True)
class Line:
    """A statement as the table shows it; ``previous`` is the figure before it."""

    entry: AvailabilityEntry
    unit: OperationalUnit
    previous: int | None
    viewer_id: int = 0

    @property
    def change(self) -> int | None:
        """Places more or fewer than before; ``None`` when one of the two is unknown."""
        if self.entry.figure is None or self.previous is None:
            return None
        return self.entry.figure - self.previous

    @property
    def change_words(self) -> str:
        """« + 3 », « − 2 », « inchangé », empty for a first statement."""
        change = self.change
        if change is None:
            return ""
        if change == 0:
            return "inchangé"
        return f"{'+' if change > 0 else '−'}{THIN}{number(abs(change))}"

    @property
    def author(self) -> str:
        if self.entry.by_id is None:
            return "–"
        return "vous" if self.entry.by_id == self.viewer_id else self.entry.by.short_name

    @property
    def capacity_kind(self) -> str:
        """As the pool stated counts, or the unit."""
        return (self.entry.pool or self.unit).capacity_kind

    @property
    def sentence(self) -> str:
        """Sentence of the lines, or of the counts, as on the day of the statement."""
        lines = read_lines(self.entry.lines)
        if lines:
            return wording.lines_sentence(lines, self.capacity_kind, local_day(self.entry.stated_at))
        return wording.breakdown_sentence(counts_of(self.entry), self.capacity_kind)

    @property
    def is_late(self) -> bool:
        """Whether it reached us after it was made."""
        return self.entry.recorded_at - self.entry.stated_at >= LATE

    @property
    def is_undone(self) -> bool:
        return self.entry.is_undone

    @property
    def marks(self) -> list[str]:
        """What kind of statement it is, in words."""
        entry = self.entry
        found = ["confirmation sans changement"] if entry.is_confirmation else []
        found += ["annulation de la saisie précédente"] if entry.undoes_id else []
        found += ["annulée ensuite"] if self.is_undone else []
        found += ["surcapacité confirmée"] if entry.is_over_capacity else []
        found += [f"lits mutualisés ({entry.pool.name})"] if entry.pool_id else []
        found += [f"saisie depuis {entry.unit.name}"] if entry.unit_id != self.unit.pk else []
        return [*found, f"reçue le {moment(entry.recorded_at)}"] if self.is_late else found


def lines_of(
    unit: OperationalUnit, found: Sequence[Trace], entries: dict[int, AvailabilityEntry], viewer_id: int
) -> list[Line]:
    """Lines of the table; ``found`` holds one more than is shown when something comes before."""
    before = {one.pk: other.point.figure for one, other in pairwise(found) if one.pool_id == other.pool_id}
    return [Line(entries[one.pk], unit, before.get(one.pk), viewer_id) for one in found]


def closures_known(unit: OperationalUnit, known: datetime.datetime) -> list[UnitClosure]:
    """Closures of the unit as recorded by ``known``, in order: one withdrawn since stands as it did (one query)."""
    found = list(UnitClosure.objects.recorded_by(known).filter(unit=unit.pk).order_by("starts_at", "pk"))
    for closure in found:
        closure.withdrawn_at = None  # later than `known`
    return found


def calls_known(
    unit: OperationalUnit, memberships: Sequence[PoolMembership], known: datetime.datetime
) -> list[CallOutcome]:
    """Last calls reported by ``known`` to the unit, or to those that shared its places (one query)."""
    mine = calls_about(unit.pk, memberships)
    return list(CallOutcome.objects.filter(mine, at__lte=known).select_related("by", "unit")[:CALLS_READ])


def shown_at(
    unit: OperationalUnit,
    figure: CurrentFigure | None,
    entry: AvailabilityEntry | None,
    closures: Sequence[UnitClosure],
    calls: Sequence[CallOutcome],
    memberships: Sequence[PoolMembership],
    known: datetime.datetime,
    viewer_id: int,
) -> ShownFigure:
    """The unit's figure as it was at ``known``; its opening, rhythm and installed places are those of today."""
    if figure is None:
        return ShownFigure(unit=unit, figure=None, viewer_id=viewer_id, now=known, closures=closures)
    last = memberships[-1] if memberships else None
    pool = last.pool if last is not None and last.until is None else None
    waits = _waits_since(figure, last)
    then = CurrentFigure(
        unit=unit,
        rhythm=figure.rhythm,
        is_open=figure.is_open,
        opened_at=figure.opened_at,
        to_confirm_since=waits if waits and waits <= known else None,
        pool=pool,
    )
    if entry is not None:
        for name in _STATED:
            setattr(then, name, getattr(entry, name))
        for name, value in vars(counts_of(entry)).items():
            setattr(then, name, value)
        then.by = entry.by
        then.contested_at = _contested_at(entry, calls)
    return ShownFigure(unit=unit, figure=then, viewer_id=viewer_id, now=known, closures=closures)


def _waits_since(figure: CurrentFigure, last: PoolMembership | None) -> datetime.datetime | None:
    """Since when the figure of that time has to be confirmed: asked of it, or since the unit left a pool."""
    pool_id = last.pool_id if last is not None and last.until is None else None
    if pool_id is not None and pool_id != figure.pool_id and last is not None:
        return last.pool.to_confirm_since
    asked = figure.to_confirm_since if pool_id == figure.pool_id else None
    left = last.until if last is not None else None
    return max(filter(None, (asked, left)), default=None)


def _contested_at(entry: AvailabilityEntry, calls: Sequence[CallOutcome]) -> datetime.datetime | None:
    """When somebody was last told, in front of this figure, that there is no place left."""
    full = (
        call.at
        for call in calls
        if call.outcome == CallOutcome.Outcome.FULL
        and call.version == entry.version
        and call.figure
        and call.at >= entry.stated_at
    )
    return max(full, default=None)


@dataclass(frozen=True)
class Chart:
    """What the page draws of a period, and the table that says the same."""

    drawing: Drawing
    labels: list[str]
    held: list[Stretch]  # one line each, when the statements are drawn one by one
    days: list[Day]  # one line a day otherwise
    title: str
    summary: str


def chart_of(
    period: Period,
    found: Sequence[Trace],
    closures: Sequence[UnitClosure],
    figure: CurrentFigure,
    known: datetime.datetime,
    kind: str,
    memberships: Sequence[PoolMembership] = (),
) -> Chart:
    """Chart of a period that ends at ``known``; beyond MAX_POINTS statements, a day at a time."""
    span = span_of(period, known)
    said = [one.point for one in reversed(found)]
    inside = [point for point in said if point.at >= span.start]
    points = sorted([*comings_and_goings(memberships), *said], key=lambda point: point.at)
    drawn = points if len(inside) <= MAX_POINTS else last_of_days(points)
    held = stretches(drawn, closures, figure.rhythm, span, figure.to_confirm_since)
    days = days_of(points, held, span) if drawn is not points else []
    moments = () if days else [point.at for point in inside]
    return Chart(
        drawing=draw(held, span, moments=moments, days=days, columns=period.columns),
        labels=_labels(period, span),
        held=[] if days else held,
        days=days,
        title=f"Évolution sur {period.label}",
        summary=_summary(inside, held, days, kind),
    )


def _labels(period: Period, span: Span) -> list[str]:
    """Words under each vertical rule, the first included."""
    step = (span.end - span.start) / period.columns
    moments = [(span.start + step * index).astimezone(PARIS) for index in range(period.columns)]
    form = {Period.DAY: "%H:%M", Period.YEAR: "%d/%m/%y"}.get(period, "%d/%m")
    return [at.strftime(form) for at in moments]


def _summary(inside: Sequence[Point], held: Sequence[Stretch], days: Sequence[Day], kind: str) -> str:
    """Range of the figures and number of statements: « De 3 à 12 places, 5 saisies. »."""
    shown = [one.shown for one in held if one.shown is not None]
    shown += [figure for one in days for figure in (one.low, one.high) if figure is not None]
    said = counted(len(inside), "saisie")
    if not shown:
        return f"Aucun chiffre, {said}."
    low, high = min(shown), max(shown)
    if low == high:
        return f"{wording.figure_words(low, kind).capitalize()} sur toute la période, {said}."
    return f"De {number(low)} à {wording.figure_words(high, kind)}, {said}."
