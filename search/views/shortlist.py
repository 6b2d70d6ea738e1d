"""« Ma sélection »: units kept for one orientation, the sheet made of them, their comparison (spec 40)."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.french import NBSP, counted
from common.pages import Crumb, posted_from

from ..kept.compare import MOST, compare_units
from ..kept.shortlist import (
    LIMIT,
    ShortlistRefused,
    drop_unit,
    empty_shortlist,
    keep_unit,
    kept_ids,
    kept_offers,
    move_unit,
)
from ..kept.unit_facts import UnitFacts, letter_of, mail_link
from .access import back_to, read_id, readers_only

ASKED_LIMIT = 50  # units of one address
UP, DOWN = "haut", "bas"


def crumbs(*steps: str) -> list[Crumb]:
    """« Recherche › Ma sélection › … »."""
    first = [Crumb("Recherche", reverse("search:results"))]
    if not steps:
        return [*first, Crumb("Ma sélection")]
    return [*first, Crumb("Ma sélection", reverse("search:shortlist")), *map(Crumb, steps)]


def _list_page() -> str:
    return reverse("search:shortlist")


@require_safe
@readers_only
def shortlist(request: HttpRequest) -> HttpResponse:
    """The units that I keep, in my order, with their places as they stand now."""
    rows = kept_offers(request.scope, timezone.now())
    shown = [row for row in rows if row.offer is not None]
    context = {
        "rows": rows,
        "shown": len(shown),
        "most": MOST,
        "limit": LIMIT,
        "compared": [row.kept.unit_id for row in shown[:MOST]],
        "crumbs": crumbs(),
    }
    return render(request, "search/shortlist.html", context)


@posted_from(_list_page)
@readers_only
def keep(request: SignedInRequest) -> HttpResponseBase:
    """« Retenir » a unit, then back to where one came from, at its button."""
    unit_id = read_id(request.POST.get("uo", ""))
    try:
        unit, is_new = keep_unit(unit_id=unit_id, by=request.user, scope=request.scope, now=timezone.now())
    except ShortlistRefused as error:
        messages.error(request, error.words)
    else:
        unit_id = unit.pk
        said = "est retenue dans" if is_new else "est déjà dans"
        messages.success(request, f"«{NBSP}{unit.name}{NBSP}» {said} votre sélection.")
    return _back(request, unit_id)


@posted_from(_list_page)
@readers_only
def unkeep(request: SignedInRequest) -> HttpResponseBase:
    """Take a unit off the list, then back to where one came from."""
    unit_id = read_id(request.POST.get("uo", ""))
    if drop_unit(unit_id=unit_id, by=request.user):
        messages.success(request, "L’unité est retirée de votre sélection.")
    else:
        messages.info(request, "Cette unité n’était plus dans votre sélection.")
    return _back(request, unit_id)


def _back(request: SignedInRequest, unit_id: int) -> HttpResponseBase:
    """Go back to the button that was pressed, when the page is another one than the list."""
    back = back_to(request, "search:shortlist").partition("#")[0]
    return redirect(back if back == _list_page() else f"{back}#retenir-{unit_id}")


@posted_from(_list_page)
@readers_only
def move(request: SignedInRequest) -> HttpResponseBase:
    """Move a unit one place up or down."""
    unit_id = read_id(request.POST.get("uo", ""))
    move_unit(unit_id=unit_id, up=request.POST.get("sens") == UP, by=request.user)
    return redirect(f"{_list_page()}#retenue-{unit_id}")


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def empty(request: SignedInRequest) -> HttpResponse:
    """Ask, then forget the whole list."""
    if request.method == "POST":
        gone = empty_shortlist(by=request.user)
        told = f" ({counted(gone, 'unité retirée', 'unités retirées')})" if gone else ""
        messages.success(request, f"Votre sélection est vide{told}.")
        return redirect("search:shortlist")
    count = len(kept_ids(request.scope.user_id))
    return render(request, "search/shortlist_empty.html", {"count": count, "crumbs": crumbs("Vider")})


@require_safe
@readers_only
def orientation_sheet(request: HttpRequest) -> HttpResponse:
    """« Fiche d’orientation » of the units kept: to print, to copy or to send. Nothing about the patient."""
    now = timezone.now()
    rows = kept_offers(request.scope, now, whole=True)
    facts = [UnitFacts(row.offer, now, row.is_place_kept_quiet) for row in rows if row.offer is not None]
    base_url = request.build_absolute_uri("/")
    context: dict[str, Any] = {
        "facts": facts,
        "missing": len(rows) - len(facts),
        "closed": [row.name for row in rows if row.name],
        "now": now,
        "has_quiet_place": any(one.is_place_kept_quiet and one.offer.is_address_shown for one in facts),
        "crumbs": crumbs("Fiche d’orientation"),
    }
    if facts:
        context |= {"letter": letter_of(facts, now, base_url), "mail": mail_link(facts, now, base_url)}
    return render(request, "search/orientation_sheet.html", context)


@require_safe
@readers_only
def compare(request: HttpRequest) -> HttpResponse:
    """Up to four units side by side (``uo``, once a unit); of more, asks which; what cannot be compared is said."""
    asked = {text: read_id(text) for text in request.GET.getlist("uo")[:ASKED_LIMIT]}
    unreadable = list(asked.values()).count(0)
    comparison = compare_units([unit_id for unit_id in asked.values() if unit_id], request.scope, timezone.now())
    context = {
        "comparison": comparison,
        "missing": comparison.missing + unreadable,
        "most": MOST,
        "crumbs": crumbs("Comparer"),
    }
    return render(request, "search/compare.html", context)
