"""« Ouvertures de saisie » and « Mode crise »: what support decides for the region (spec 20, Entering)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.client_address import client_address
from common.french import counted
from common.pages import posted_from

from ..groupings import switch_crisis_mode
from ..locks import SharedMeanwhile
from ..models import CrisisMode
from ..openings import services as openings
from ..openings.crisis_form import CrisisForm
from ..openings.listing import OpeningFilter, Order, Verb, counts_of, read_order, shown_units
from ..permissions import may_manage_openings

PER_PAGE = 50
NAMED = 20  # units named before confirming
SWITCHES_SHOWN = 20
FOR_SUPPORT = "Cette page est réservée au support du ROR."


def support_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to whoever does not manage the openings of the region."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_manage_openings(request.scope):
            raise PermissionDenied(FOR_SUPPORT)
        return view(request, *args, **kwargs)

    return guarded


class _Counted(Paginator):
    """Pages of a list whose length is known."""

    def __init__(self, units: Any, total: int) -> None:
        super().__init__(units, PER_PAGE)
        self.total = total

    @property
    def count(self) -> int:
        return self.total


@require_safe
@support_only
def opening_list(request: SignedInRequest) -> HttpResponse:
    """Units that may be opened to entry, fifty a page, with what may be done about them."""
    form = OpeningFilter(request.GET)
    units = form.units()
    counts = counts_of(units)
    page = _Counted(shown_units(units), counts["total"]).get_page(request.GET.get("page"))
    lines = [(unit, getattr(unit, "current_figure", None)) for unit in page]
    may_do_all = form.is_valid() and bool(form.kept)
    context = {"form": form, "page": page, "lines": lines, "counts": counts, "may_do_all": may_do_all}
    return render(request, "availability/opening_list.html", context)


@posted_from(lambda: reverse("availability:opening_list"))
@support_only
def opening_change(request: SignedInRequest) -> HttpResponse:
    """Open or close the entry of units. Several are counted and named first, then confirmed."""
    try:
        order = read_order(request.POST)
    except ValueError as error:
        raise BadRequest("submit button") from error
    form = OpeningFilter(request.POST)
    back = reverse("availability:opening_list") + form.query
    if order.is_empty:
        messages.error(request, "Cochez d’abord au moins une unité.")
        return redirect(back)
    units = order.units(form.units())
    count = units.count()
    if not count:
        messages.info(request, f"Rien à {order.verb.value}\u00a0: ces unités le sont déjà, ou sont hors regroupement.")
        return redirect(back)
    if order.is_for_one or (order.is_confirmed and order.expected == count):
        _apply(request, order, list(units.values_list("pk", flat=True)))
        return redirect(back)
    context = {
        "order": order,
        "form": form,
        "count": count,
        "units": shown_units(units)[:NAMED],
        "left": max(count - NAMED, 0),
        "back": back,
    }
    return render(request, "availability/opening_confirm.html", context)


def _apply(request: SignedInRequest, order: Order, unit_ids: list[int]) -> None:
    who = {"scope": request.scope, "by": request.user, "request_ip": client_address(request)}
    if order.verb is Verb.OPEN:
        done = openings.open_entry(unit_ids=unit_ids, now=timezone.now(), **who)
        messages.success(request, f"Saisie ouverte pour {counted(len(done), 'unité')}.")
    else:
        done = openings.close_entry(unit_ids=unit_ids, **who)
        messages.success(request, f"Saisie fermée pour {counted(len(done), 'unité')}.")


@require_http_methods(["GET", "HEAD", "POST"])
@support_only
def crisis_mode(request: SignedInRequest) -> HttpResponse:
    """Switch crisis mode on or off, with its reason; past switches."""
    switches = list(CrisisMode.objects.select_related("by")[:SWITCHES_SHOWN])
    is_on = bool(switches and switches[0].is_on)
    form = CrisisForm(request.POST if request.method == "POST" else None, is_on=is_on)
    if request.method == "POST" and form.is_valid():
        try:
            _switch(request, form)
        except SharedMeanwhile:
            form.add_error(None, "Des lits mutualisés viennent de changer\u00a0: validez de nouveau.")
        else:
            return redirect("availability:crisis_mode")
    context = {"form": form, "is_on": is_on, "switches": switches}
    return render(request, "availability/crisis_mode.html", context, status=422 if form.errors else 200)


def _switch(request: SignedInRequest, form: CrisisForm) -> None:
    """Switch, and say so. Raises ``SharedMeanwhile``."""
    switched = switch_crisis_mode(
        is_on=form.cleaned_data["vers"] == "on",
        reason=form.cleaned_data["reason"],
        scope=request.scope,
        by=request.user,
        now=timezone.now(),
        request_ip=client_address(request),
    )
    if switched is None:
        messages.info(request, "Le mode crise était déjà dans cet état.")
    else:
        messages.success(request, f"Mode crise {switched}.")
