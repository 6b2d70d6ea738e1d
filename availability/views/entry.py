"""Disponibilités › Mise à jour: the units whose places I state, oldest figure first (spec 20, Entering)."""

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from common.french import counted
from directory.models import OperationalUnit

from ..entry import Order, read_order, read_row, save_rows, sent_ids
from ..freshness import AgeBand, ContractState
from ..permissions import REFUSAL_WORDS, Refusal, may_state_somewhere
from ..querysets import units_to_state
from ..rows import EntryRow, Outcome, shown_row
from ..standing import closures_of

PAGE_SIZE = 20  # units; beyond, the page is split and may be filtered (spec 20)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)  # never no-store: going back would lose what was typed
def entry(request: HttpRequest) -> HttpResponse:
    """My units and their figures; saves one row, or all of them."""
    if not may_state_somewhere(request.scope):
        raise PermissionDenied("La saisie des places est faite par les responsables de disponibilités.")
    now = timezone.now()
    if request.method != "POST":
        page = _asked_page(request)
        return _page(request, page, _rows(request, page.object_list, now))
    order = _order(request)
    rows = _sent_rows(request, order, now)
    save_rows(order, rows, by=request.user, scope=request.scope)
    if request.htmx and order.unit_id:
        row = next(row for row in rows if row.unit.pk == order.unit_id)
        return render(request, "availability/figure_row.html", {"row": row})
    return _page(request, _asked_page(request), rows)


def _asked_page(request: HttpRequest) -> Page:
    """Page of the ids of my units that the address asks for: ``q`` filters by name, ``page`` is its number.

    Sorting ids alone is what keeps the page quick for support, who states the places of the whole region.
    """
    units = units_to_state(OperationalUnit.objects.all(), request.scope, request.GET.get("q", ""))
    return Paginator(units.select_related(None).values_list("pk", flat=True), PAGE_SIZE).get_page(
        request.GET.get("page")
    )


def _rows(request: HttpRequest, unit_ids: Iterable[int], now: datetime) -> list[EntryRow]:
    """Rows of my units among ``unit_ids``, in that order."""
    wanted = list(dict.fromkeys(unit_ids))
    units = units_to_state(OperationalUnit.objects.all(), request.scope).in_bulk(wanted)
    closures = closures_of(wanted, now)
    return [shown_row(units[pk], request.scope, now, closures.get(pk, ())) for pk in wanted if pk in units]


def _order(request: HttpRequest) -> Order:
    """Read the submit button; 400 when it names nothing."""
    try:
        return read_order(request.POST)
    except ValueError as error:
        raise BadRequest("submit button") from error


def _sent_rows(request: HttpRequest, order: Order, now: datetime) -> list[EntryRow]:
    """Rows that were on the page, in its order, with what was typed. 403 or 404 when ordered about another unit."""
    sent = sent_ids(request.POST)[:PAGE_SIZE]
    if order.unit_id and order.unit_id not in sent:
        sent.append(order.unit_id)
    rows = _rows(request, sent, now)
    if order.unit_id and order.unit_id not in {row.unit.pk for row in rows}:
        if OperationalUnit.objects.visible_to(request.scope).filter(pk=order.unit_id).exists():
            raise PermissionDenied(REFUSAL_WORDS[Refusal.NOT_HELD])
        raise Http404
    for row in rows:
        read_row(row, request.POST)
    return rows


def _page(request: HttpRequest, page: Page, rows: list[EntryRow]) -> HttpResponse:
    """Whole page; 422 when a row was not saved."""
    text = request.GET.get("q", "").strip()
    wrong = [row for row in rows if row.outcome is Outcome.WRONG]
    context = {
        "page": page,
        "rows": rows,
        "text": text,
        "is_filtered": bool(text) or page.paginator.num_pages > 1,
        "saved": [row for row in rows if row.outcome is Outcome.SAVED],
        "wrong": wrong,
        "errors": [error for row in wrong for error in row.errors],
        "error_title": f"{counted(len(wrong), 'ligne')} non enregistrée{'s' if len(wrong) > 1 else ''}",
        "pending": [row for row in rows if row.outcome is Outcome.PENDING],
        "can_save": any(not row.is_blocked for row in rows),
        "bands": list(AgeBand),
        "states": [state for state in ContractState if state is not ContractState.NEVER],
        "now": timezone.now(),
    }
    return render(request, "availability/figures_update.html", context, status=422 if wrong else 200)
