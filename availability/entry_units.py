"""Units of the entry page: which, in what order, and what their rows need beside them. Queries, no write."""

import datetime
from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, SmallIntegerField, Subquery, Value, When
from django.db.models.expressions import Window
from django.db.models.lookups import IsNull

from accounts.roles import Permission
from common.text import fold
from directory.enums import PublicationStatus
from directory.models import OperationalUnit
from directory.scopes import Scope

from .expected import awaited_places, read_awaited
from .groupings import offered_counts_of
from .models import AvailabilityEntry, CurrentFigure, UnitClosure
from .rows import EntryRow, shown_row
from .services import UNDO_DELAY
from .standing import closures_of

PAGE_SIZE = 20  # units; beyond, the page is split and may be filtered (spec 20)


def units_to_state(scope: Scope, now: datetime.datetime, text: str = "") -> QuerySet[OperationalUnit]:
    """Units that the person states: never stated, oldest figure, then blocked ones. Hidden records are left out.

    ``text`` keeps those whose name, or whose establishment's or commune's name, holds each of its words.
    """
    units = OperationalUnit.objects.for_permission(scope, Permission.STATEMENT_WRITE)
    found = units.exclude(status=PublicationStatus.HIDDEN)
    for word in fold(text.replace("\x00", " ")).split():
        found = found.filter(
            Q(sort_name__contains=word)
            | Q(geographic_entity__sort_name__contains=word)
            | Q(geographic_entity__commune__key__contains=word)
        )
    unavailable = Exists(UnitClosure.objects.active_at(now).filter(unit=OuterRef("pk")))
    open_now = Q(status=PublicationStatus.PUBLISHED, current_figure__is_open=True) & ~unavailable
    blocked = Case(When(open_now, then=Value(0)), default=Value(1), output_field=SmallIntegerField())
    return found.order_by(blocked, F("current_figure__confirmed_at").asc(nulls_first=True), "sort_name", "pk")


def page_of_ids(units: QuerySet[OperationalUnit], asked: str | None) -> Page:
    """Page of the ids of ``units``: sorting ids alone keeps it quick for support, who states the whole region.

    One query, for the ids and for how many there are in all; three when the page asked for is not there.
    """
    ids = units.values_list("pk", flat=True)
    paginator = Paginator(ids, PAGE_SIZE)
    number = int(asked) if asked and asked.isascii() and asked.isdigit() and len(asked) < 8 else 1
    start = (max(number, 1) - 1) * PAGE_SIZE
    counted = units.annotate(total=Window(Count("pk"))).values_list("pk", "total")
    found = list(counted[start : start + PAGE_SIZE])
    if not found:
        return paginator.get_page(asked)
    paginator.count = found[0][1]
    return Page([pk for pk, _ in found], max(number, 1), paginator)


def rows_of(scope: Scope, unit_ids: Iterable[int], now: datetime.datetime) -> list[EntryRow]:
    """Rows of the person's units among ``unit_ids``, in that order (three queries)."""
    wanted = list(dict.fromkeys(unit_ids))
    mine = CurrentFigure.objects.filter(pool=OuterRef("current_figure__pool")).exclude(unit=OuterRef("pk"))
    units = (
        units_to_state(scope, now)
        .with_place()
        .select_related("current_figure__by", "current_figure__pool")
        .annotate(
            sharing=ArraySubquery(mine.order_by("unit__sort_name").values("unit__name")),
            awaited=awaited_places(),
            undoable_since=_undoable("current_figure__", scope.user_id or 0, now),
        )
        .in_bulk(wanted)
    )
    closures, offered = closures_of(wanted, now), offered_counts_of(wanted)
    return [
        shown_row(
            units[pk],
            scope,
            now,
            closures=closures.get(pk, ()),
            offered=offered[pk],
            awaited=read_awaited(units[pk]),
        )
        for pk in wanted
        if pk in units
    ]


def stored_figures(unit_ids: Iterable[int], viewer_id: int, now: datetime.datetime) -> dict[int, CurrentFigure]:
    """Current figures after a save, with what their rows need (one query)."""
    figures = CurrentFigure.objects.select_related("by", "pool").filter(pk__in=list(unit_ids))
    return {row.pk: row for row in figures.annotate(undoable_since=_undoable("", viewer_id, now))}


def _undoable(prefix: str, viewer_id: int, now: datetime.datetime) -> Subquery:
    """When the last statement was recorded, if ``viewer_id`` may still take it back; ``prefix`` leads to the figure."""
    pool = OuterRef(f"{prefix}pool")
    last = AvailabilityEntry.objects.filter(
        Q(IsNull(pool, rhs=True), pool=None, unit=OuterRef("pk")) | Q(pool=pool),
        version=OuterRef(f"{prefix}version"),
        by=viewer_id,
        undoes=None,
        recorded_at__gte=now - UNDO_DELAY,
    )
    return Subquery(last.order_by("-recorded_at").values("recorded_at")[:1])
