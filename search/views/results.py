"""`/recherche/`: where and what, then the establishments found (spec 40)."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import PERMISSION_LABELS, Permission
from common.pages import PAGE_SIZE

from .. import page as around
from ..criteria import SearchCriteria
from ..criteria_words import labels_of
from ..outcome import SHOWN_LIMIT
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


def _found(request: HttpRequest, criteria: SearchCriteria) -> dict[str, Any]:
    now = timezone.now()
    outcome = run_search(criteria, request.scope, now)
    page = Paginator(outcome.groups, PAGE_SIZE).get_page(criteria.page)
    groups = list(page.object_list)
    rows = documents_of(groups, outcome, request.scope) if groups else []
    labels = around.labels_in_sight(outcome)
    if around.lacks_labels(criteria, labels):
        labels = labels_of(criteria) | labels
    return {
        "outcome": outcome,
        "now": now,
        "page": page,
        "lines": lines_of(groups, rows, now),
        "title": around.title(criteria, outcome),
        "heading": around.heading(outcome),
        "limit": SHOWN_LIMIT,
        "sorts": around.sort_options(outcome),
        "sort_pairs": around.sort_pairs(criteria),
        "refine": around.refine_form(criteria, outcome),
        "chips": around.chips(criteria, labels),
        "cleared": around.cleared(criteria),
        "everywhere": "?" + criteria.to_query(anywhere=True, distance_km=None),
        "without_place": "?" + criteria.to_query(where="", distance_km=None, anywhere=False),
        "tabs": around.tabs(criteria),
        "noun": "résultat" if outcome.practitioners else "établissement",
        "choices": [(place, "?" + criteria.to_query(where=place.text)) for place in outcome.resolution.choices],
        "variants": [(v, "?" + criteria.to_query(where=v.where, what=v.what)) for v in outcome.variants],
    }
