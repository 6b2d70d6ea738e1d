"""Units of the entry page: which, in what order, and what their rows need beside them. Queries, no write."""

import datetime
from collections.abc import Collection, Iterable

from django.contrib.postgres.fields import ArrayField
from django.core.paginator import Page, Paginator
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL, Window

from accounts.roles import Permission
from common.text import fold
from directory.enums import PublicationStatus
from directory.models import OperationalUnit
from directory.scopes import Scope

from ..expected.services import awaited_places, read_awaited
from ..groupings import in_force, offered_counts, read_offered
from ..models import CurrentFigure, GroupedUnit, UnitClosure
from ..services import UNDO_DELAY
from ..standing import closures_of
from .rows import EntryRow, shown_row

TEXT_LENGTH, MOST_WORDS = 100, 10  # of a filter by name; the rest is left out
PAGE_SIZE = 20  # units; beyond, the page is split and may be filtered (spec 20)
_JOINED = ("unit_type", "geographic_entity__commune", "current_figure__by", "current_figure__pool")
_SHOWN = (
    *("name", "status", "closed_on", "reopens_on", "capacity_kind", "installed_places", "unit_type__label"),
    *("secretary_phone", "medical_phone", "medical_extension", "nursing_phone"),
    *(f"geographic_entity__{name}" for name in ("name", "phone", "legal_entity", "commune__list_name")),
    *(f"current_figure__{field.name}" for field in CurrentFigure._meta.concrete_fields),  # noqa: SLF001
    *(f"current_figure__by__{name}" for name in ("first_name", "last_name", "username")),
    *(f"current_figure__pool__{name}" for name in ("installed_places", "capacity_kind", "created_at")),
)
# In SQL: the ORM takes longer to write them, at each save, than PostgreSQL to answer.
_SHARING = RawSQL(
    """ARRAY(
        SELECT other.name
        FROM availability_currentfigure shared JOIN directory_operationalunit other ON other.id = shared.unit_id
        WHERE shared.pool_id = availability_currentfigure.pool_id
          AND shared.unit_id <> availability_currentfigure.unit_id
        ORDER BY other.sort_name
    )""",
    (),
    ArrayField(CharField()),
)
_UNDOABLE = """
SELECT max(entry.recorded_at) FROM availability_availabilityentry entry
WHERE entry.version = availability_currentfigure.version AND entry.by_id = %s AND entry.undoes_id IS NULL
  AND entry.recorded_at >= %s
  AND (entry.pool_id = availability_currentfigure.pool_id
       OR availability_currentfigure.pool_id IS NULL AND entry.pool_id IS NULL
          AND entry.unit_id = availability_currentfigure.unit_id)
"""


def units_to_state(scope: Scope, now: datetime.datetime, text: str = "") -> QuerySet[OperationalUnit]:
    """Units that the person states: never stated, oldest figure, then blocked ones. Hidden records are left out.

    So are, for whoever states the whole region, those that nobody can state: of no grouping, and never opened to entry.
    ``text`` keeps those whose name, or whose establishment's or commune's name, holds each of its words.
    """
    found = _mine(scope)
    if scope.coverage(Permission.STATEMENT_WRITE).region:
        grouped = GroupedUnit.objects.filter(in_force("grouping__"), unit=OuterRef("pk"))
        found = found.filter(Q(current_figure__isnull=False) | Exists(grouped))
    for word in fold(text[:TEXT_LENGTH].replace("\x00", " ")).split()[:MOST_WORDS]:
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


def for_rows(units: QuerySet[OperationalUnit]) -> QuerySet[OperationalUnit]:
    """The same units with what a row shows, and ``sharing``, the names of the others in their pool.

    Columns are named one by one: records are wide, and most of them is on no row.
    """
    return units.select_related(*_JOINED).only(*_SHOWN).annotate(sharing=_SHARING)


def rows_of(scope: Scope, unit_ids: Iterable[int], now: datetime.datetime) -> list[EntryRow]:
    """Rows of the person's units among ``unit_ids``, in that order (two queries)."""
    return _rows(_mine(scope), scope, unit_ids, now)


def lost_rows(scope: Scope, unit_ids: Collection[int], now: datetime.datetime) -> list[EntryRow]:
    """Rows of units that were on the page and are the person's no more, those that he still sees: blocked."""
    visible = OperationalUnit.objects.visible_to(scope).exclude(status=PublicationStatus.HIDDEN)
    return _rows(visible, scope, sorted(unit_ids), now) if unit_ids else []


def _rows(
    among: QuerySet[OperationalUnit], scope: Scope, unit_ids: Iterable[int], now: datetime.datetime
) -> list[EntryRow]:
    wanted = list(dict.fromkeys(unit_ids))
    units = (
        for_rows(among.order_by())
        .annotate(awaited=awaited_places(), offered=offered_counts(), undoable_since=_undoable(scope.user_id or 0, now))
        .in_bulk(wanted)
    )
    closures = closures_of(wanted, now)
    return [
        shown_row(
            units[pk],
            scope,
            now,
            closures=closures.get(pk, ()),
            offered=read_offered(units[pk].offered),
            awaited=read_awaited(units[pk]),
        )
        for pk in wanted
        if pk in units
    ]


def stored_figures(unit_ids: Iterable[int], viewer_id: int, now: datetime.datetime) -> dict[int, CurrentFigure]:
    """Current figures as stored, with what their rows need (one query)."""
    figures = CurrentFigure.objects.select_related("by", "pool").filter(pk__in=list(unit_ids))
    return {row.pk: row for row in figures.annotate(undoable_since=_undoable(viewer_id, now))}


def _mine(scope: Scope) -> QuerySet[OperationalUnit]:
    """Units that the person states. Hidden records are left out."""
    units = OperationalUnit.objects.for_permission(scope, Permission.STATEMENT_WRITE)
    return units.exclude(status=PublicationStatus.HIDDEN)


def _undoable(viewer_id: int, now: datetime.datetime) -> RawSQL:
    """When the last statement was recorded, if ``viewer_id`` may still take it back; of a query on current figures."""
    return RawSQL(_UNDOABLE, (viewer_id, now - UNDO_DELAY), DateTimeField())  # noqa: S611 - nothing typed in it
