"""`/recherche/`: where and what, then the establishments found (spec 40)."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import PERMISSION_LABELS, Permission
from common.french import counted
from common.pages import PAGE_SIZE

from ..criteria import SearchCriteria, Sort
from ..outcome import SHOWN_LIMIT, Outcome
from ..query import documents_of, run_search
from ..results import lines_of

EXAMPLES = ("ACT", "LHSS", "équipe mobile précarité", "soins palliatifs", "psychiatrie")


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show the form, and what was found when something was asked."""
    if not request.scope.may(Permission.DIRECTORY_READ):
        raise PermissionDenied(
            f"Votre rôle ne permet pas de « {PERMISSION_LABELS[Permission.DIRECTORY_READ].lower()} »."
        )
    criteria = SearchCriteria.from_query(request.GET)
    context = {"criteria": criteria, "examples": EXAMPLES, "outcome": None}
    if criteria.given:
        context |= _found(request, criteria)
    return render(request, "search/search_results.html", context)


def _found(request: HttpRequest, criteria: SearchCriteria) -> dict:
    now = timezone.now()
    outcome = run_search(criteria, request.scope, now)
    page = Paginator(outcome.groups, PAGE_SIZE).get_page(criteria.page)
    groups = list(page.object_list)
    rows = documents_of(groups, outcome, request.scope) if groups else []
    return {
        "outcome": outcome,
        "page": page,
        "lines": lines_of(groups, rows, now),
        "title": _title(criteria, outcome),
        "totals": _totals(outcome),
        "limit": SHOWN_LIMIT,
        "sorts": list(Sort),
        "noun": "résultat" if outcome.practitioners else "établissement",
        "choices": [(place, _query(place.text, criteria.what)) for place in outcome.resolution.choices],
        "variants": [(variant, _query(variant.where, variant.what)) for variant in outcome.variants],
    }


def _query(where: str, what: str) -> str:
    return "?" + urlencode({name: value for name, value in (("ou", where), ("quoi", what)) if value})


def _title(criteria: SearchCriteria, outcome: Outcome) -> str:
    """« ACT à Paris 10, 9 établissements »."""
    what = criteria.what or "Établissements"
    where = f" – {outcome.place.label}" if outcome.place else ""
    return f"{what}{where}, {_totals(outcome)}"


def _totals(outcome: Outcome) -> str:
    """« 9 établissements, 9 UO »; practitioners when there are some."""
    parts = []
    if outcome.establishments or not outcome.practitioners:
        parts.append(f"{counted(outcome.establishments, 'établissement')}, {counted(outcome.units, 'UO', 'UO')}")
    if outcome.practitioners:
        parts.append(counted(outcome.practitioners, "professionnel"))
    return ", ".join(parts)
