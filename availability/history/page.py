"""What the history page of a unit shows: period, moment, statements of a page, chart, calls. Five queries."""

import datetime
from dataclasses import dataclass

from django import forms
from django.core.paginator import Page, Paginator

from accounts.roles import Permission
from directory.models import OperationalUnit
from directory.scopes import Scope

from ..models import CallOutcome, CurrentFigure
from ..moments import MomentField
from ..shown import ShownFigure
from .sharing import memberships_of, statements_of
from .statements import (
    CALLS_SHOWN,
    Chart,
    Line,
    Period,
    Trace,
    calls_known,
    chart_of,
    closures_known,
    in_force,
    lines_of,
    shown_at,
    span_of,
    traces,
    whole,
)

STATEMENTS_A_PAGE = 25


class MomentForm(forms.Form):
    """« À la date du »: a day and an hour of Paris, past. The period is a link: an unknown one is the usual one."""

    au = MomentField()

    @property
    def moment(self) -> datetime.datetime | None:
        """Moment asked for, when it can be read."""
        return self.cleaned_data["au"] if self.is_valid() else None

    @property
    def period(self) -> Period:
        """Period asked for; 30 days when none is, or another word."""
        value = self.data.get("periode", "")
        return Period(value) if value in Period else Period.MONTH


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """All that the template reads; ``row`` is the figure, now or at the moment asked for."""

    unit: OperationalUnit
    period: Period
    known: datetime.datetime
    row: ShownFigure
    page: Page
    lines: list[Line]
    chart: Chart | None
    calls: list[CallOutcome]
    shows_calls: bool


def states_unit(scope: Scope, unit: OperationalUnit) -> bool:
    """Tell whether the unit's places are this person's to state, now or not: he reads who called."""
    return scope.coverage(Permission.STATEMENT_WRITE).holds_unit(unit)


def history_page(
    unit: OperationalUnit, *, period: Period, number: str | None, scope: Scope, known: datetime.datetime, is_past: bool
) -> HistoryPage:
    """History of ``unit`` as known at ``known``: now, unless ``is_past``.

    The unit has its figure, by and pool loaded, and its ``shared_places``.
    """
    figure: CurrentFigure | None = getattr(unit, "current_figure", None)
    viewer_id = scope.user_id or 0
    memberships = memberships_of(unit, known)
    entries = statements_of(unit.pk, memberships)
    start = None if period is Period.ALL else span_of(period, known).start
    found = traces(entries, start, known)
    page, on_page = _paged(found, start, number)
    last = in_force(found, memberships) if is_past else None
    entries_shown = whole([*(one.pk for one in on_page), *([last] if last else [])])
    closures = closures_known(unit, known)
    calls = calls_known(unit, memberships, known)
    lines = lines_of(unit, on_page, entries_shown, viewer_id)[: len(page.object_list)]
    row = ShownFigure(unit=unit, figure=figure, viewer_id=viewer_id, now=known, closures=closures)
    if is_past:
        row = shown_at(unit, figure, entries_shown.get(last or 0), closures, calls, memberships, known, viewer_id)
    drawn = None
    if figure and start:
        drawn = chart_of(period, found, closures, figure, known, row.capacity_kind, memberships)
    shows_calls = states_unit(scope, unit)
    return HistoryPage(
        unit=unit,
        period=period,
        known=known,
        row=row,
        page=page,
        lines=lines,
        chart=drawn,
        calls=calls[:CALLS_SHOWN] if shows_calls else [],
        shows_calls=shows_calls,
    )


def _paged(found: list[Trace], start: datetime.datetime | None, number: str | None) -> tuple[Page, list[Trace]]:
    """A page of the statements of the period, and that page with the statement before it."""
    inside = [one for one in found if start is None or one.point.at >= start]
    page = Paginator(inside, STATEMENTS_A_PAGE).get_page(number)
    first = page.start_index() - 1 if inside else 0
    return page, found[first : first + len(page.object_list) + 1]
