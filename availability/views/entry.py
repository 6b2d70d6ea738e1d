"""Disponibilités › Mise à jour: the units whose places I state, oldest figure first (spec 20, Entering)."""

from datetime import datetime

from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.roles import Permission
from common.french import counted
from directory.models import OperationalUnit

from ..entry.confirmation import confirm_all, confirmable, read_confirmed
from ..entry.rows import EntryRow, Outcome
from ..entry.saving import Batch, Order, read_order, read_row, save_rows, sent_ids
from ..entry.units import PAGE_SIZE, lost_rows, page_of_ids, rows_of, units_to_state
from ..freshness import AgeBand, ContractState
from ..permissions import REFUSAL_WORDS, Refusal, may_state_somewhere

NOT_YOURS = "La saisie des places est faite par les responsables de disponibilités."


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)  # never no-store: going back would lose what was typed
def entry(request: HttpRequest) -> HttpResponse:
    """My units and their figures; saves, confirms or takes back one row, or saves all of them."""
    if not may_state_somewhere(request.scope):
        raise PermissionDenied(NOT_YOURS)
    now = timezone.now()
    if request.method != "POST":
        page = _asked_page(request, now)
        return _page(request, page, rows_of(request.scope, page.object_list, now))
    order = _order(request)
    rows = _sent_rows(request, order, now)
    save_rows(order, rows, by=request.user, scope=request.scope)
    if request.htmx and order.unit_id:
        row = next(row for row in rows if row.unit.pk == order.unit_id)
        return render(request, "availability/figure_rows_saved.html", {"row": row, "beside": _beside(row, rows)})
    return _page(request, _asked_page(request, now), rows, order)


def _beside(row: EntryRow, rows: list[EntryRow]) -> list[EntryRow]:
    """Other rows of the pool that was just stated, to be shown anew unless something is typed there."""
    if row.outcome not in (Outcome.SAVED, Outcome.UNDONE) or not row.is_pooled:
        return []
    found = [
        other
        for other in rows
        if other is not row and other.is_pooled and other.figure.pool_id == row.figure.pool_id and not other.is_blocked
    ]
    beside = [other for other in found if other.outcome is Outcome.SHOWN]
    for other in beside:
        other.is_beside = True
    return beside


def _asked_page(request: HttpRequest, now: datetime) -> Page:
    """Page of the ids of my units that the address asks for: ``q`` filters by name, ``page`` is its number."""
    return page_of_ids(units_to_state(request.scope, now, request.GET.get("q", "")), request.GET.get("page"))


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
    rows = rows_of(request.scope, sent, now)
    if order.batch:
        rows += lost_rows(request.scope, set(sent) - {row.unit.pk for row in rows}, now)
    if order.unit_id and order.unit_id not in {row.unit.pk for row in rows}:
        if OperationalUnit.objects.visible_to(request.scope).filter(pk=order.unit_id).exists():
            raise PermissionDenied(REFUSAL_WORDS[Refusal.NOT_HELD])
        raise Http404
    for row in rows:
        read_row(row, request.POST)
    return rows


def _page(request: HttpRequest, page: Page, rows: list[EntryRow], order: Order | None = None) -> HttpResponse:
    """Whole page; 422 when a row was not saved."""
    changed = [row for row in rows if row.outcome is not Outcome.SHOWN]
    text = request.GET.get("q", "").strip()
    wrong = [row for row in rows if row.outcome is Outcome.WRONG]
    context = {
        "page": page,
        "rows": rows,
        "text": text,
        "states_region": request.scope.coverage(Permission.STATEMENT_WRITE).region,
        "is_filtered": bool(text) or page.paginator.num_pages > 1,
        "saved": [row for row in rows if row.outcome is Outcome.SAVED],
        "undone": [row for row in rows if row.outcome is Outcome.UNDONE],
        "errors": [error for row in wrong for error in row.errors],
        "error_title": f"{counted(len(wrong), 'ligne')} non enregistrée{'s' if len(wrong) > 1 else ''}",
        "pending": [row for row in rows if row.shown_outcome is Outcome.PENDING],
        "is_nothing_changed": order is not None and order.batch is Batch.CHANGED and not changed,
        "can_save": any(not row.is_blocked for row in rows),
        "can_confirm": any(not row.is_blocked and row.is_stated for row in rows),
        **_badges(),
    }
    return render(request, "availability/figures_update.html", context, status=422 if wrong else 200)


def _badges() -> dict[str, object]:
    """What the legend and the template copied by static/js/freshness.js need."""
    states = [state for state in ContractState if state is not ContractState.NEVER]
    return {"bands": list(AgeBand), "states": states, "now": timezone.now()}


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def confirm_figures(request: HttpRequest) -> HttpResponse:
    """« Tout confirmer »: my units listed with their values, confirmed at once, each with its own result."""
    if not may_state_somewhere(request.scope):
        raise PermissionDenied(NOT_YOURS)
    now = timezone.now()
    text = request.GET.get("q", "").strip()
    rows, count = confirmable(request.scope, now, text)
    if request.method == "POST":
        confirm_all(rows, read_confirmed(request.POST), by=request.user, scope=request.scope)
    wrong = [row for row in rows if row.outcome is Outcome.WRONG]
    context = {
        "rows": rows,
        "count": count,
        "text": text,
        "is_preselected": not request.scope.coverage(Permission.STATEMENT_WRITE).region,
        "confirmed": [row for row in rows if row.outcome is Outcome.SAVED],
        "nothing_chosen": request.method == "POST" and all(row.outcome is Outcome.SHOWN for row in rows),
        "errors": [error for row in wrong for error in row.errors],
        "error_title": f"{counted(len(wrong), 'chiffre')} non confirmé{'s' if len(wrong) > 1 else ''}",
        **_badges(),
    }
    return render(request, "availability/figures_confirm.html", context, status=422 if wrong else 200)
