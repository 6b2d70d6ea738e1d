"""`/recherche/`: where and what, then the establishments found (spec 40)."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import PERMISSION_LABELS, Permission
from common.geo import Point, distance_km
from common.pages import PAGE_SIZE

from ..criteria import SearchCriteria
from ..criteria_words import labels_in, labels_of, labels_statement, words_of
from ..engine.conditions import USUAL_RADIUS_KM
from ..engine.outcome import SHOWN_LIMIT, Outcome
from ..engine.proposals import counted, proposed
from ..engine.query import DocumentRow, run_search, shown_of
from ..kept.tools import kept_tools
from ..log.counting import log_search
from ..results import page as around
from ..results.figures import notes_in
from ..results.lines import lines_of
from ..results.merged import names_taken_in
from ..results.reading_words import advice
from ..results.renewed import BEFORE, asked_again, kept_pairs, lifted_filters, lifted_words
from ..routing.services import durations as durations_to
from .access import asked_today

BEYOND = "Cette page n’existe pas : voici la dernière."
ESTIMATED = " est."
EXAMPLES = ("ACT", "LHSS", "équipe mobile précarité", "soins palliatifs", "psychiatrie")


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show the form, and what was found when something was asked."""
    if not request.scope.may(Permission.DIRECTORY_READ):
        raise PermissionDenied(
            f"Votre rôle ne permet pas de « {PERMISSION_LABELS[Permission.DIRECTORY_READ].lower()} »."
        )
    criteria = asked_today(request)
    criteria = asked_again(request.GET.get(BEFORE, ""), criteria)
    context = {
        "criteria": criteria,
        "examples": EXAMPLES,
        "outcome": None,
        "kept_pairs": kept_pairs(criteria),
    }
    lifted = lifted_filters(request.GET.get(BEFORE, ""), criteria)
    if criteria.given:
        context |= _found(request, criteria, lifted)
    else:
        context["lifted"] = lifted_words(lifted, criteria, labels_of(lifted))
    return render(request, "search/search_results.html", context)


def _found(request: HttpRequest, criteria: SearchCriteria, lifted: SearchCriteria) -> dict[str, Any]:
    """What was found; ``lifted``: filters of the last search that this new one lifted, named in the same trip."""
    now = timezone.now()
    outcome = run_search(criteria, request.scope, now, labels_statement(lifted))
    log_search(criteria, outcome, now)
    words_lifted = lifted_words(lifted, criteria, labels_in(outcome.beside))
    if not outcome.resolution.problem:
        criteria = criteria.measured(has_start=outcome.has_start)
    page = Paginator(outcome.groups, PAGE_SIZE).get_page(criteria.page)
    criteria = _on_page(criteria, page)
    groups = list(page.object_list)
    others = proposed(criteria, outcome, request.scope, now) if groups else []
    rows, judgements, counts = shown_of(groups, outcome, request.scope, [asked for _, asked in others])
    notes = notes_in(rows, now)
    durations = _durations(outcome, rows)
    return {
        "criteria": criteria,
        "outcome": outcome,
        "lifted": words_lifted,
        "now": now,
        "page": page,
        "lines": lines_of(groups, rows, now, notes=notes, judgements=judgements, durations=durations),
        "fits": outcome.fits,
        "taken_in": names_taken_in(outcome),
        "has_estimates": any(words.endswith(ESTIMATED) for words in durations.values()),
        "limit": SHOWN_LIMIT,
        "title": around.title(criteria, outcome),
        "heading": around.heading(outcome),
        "sorts": around.sort_options(outcome),
        "sort_pairs": around.sort_pairs(criteria),
        "tabs": around.tabs(criteria),
        "noun": "résultat" if outcome.practitioners else "établissement",
        "proposals": [
            (proposal, "?" + proposal.criteria.to_query())
            for proposal in (counted(others, counts) if groups else outcome.proposals)
        ],
        **_criteria(request, criteria, outcome),
        **_links(criteria, outcome),
        **_map(criteria, outcome),
    }


def _criteria(request: HttpRequest, criteria: SearchCriteria, outcome: Outcome) -> dict[str, Any]:
    """What is asked, to be changed, dropped, saved."""
    labels = around.labels_in_sight(outcome)
    if outcome.asked is None and around.lacks_labels(criteria, labels):  # else a value without a label has none
        labels = (labels_in(outcome.labels) if outcome.labels else labels_of(criteria)) | labels
    return {
        "refine": around.refine_form(criteria, outcome),
        "chips": around.chips(criteria, labels),
        "kept": kept_tools(criteria, words_of(criteria, labels), request.scope, outcome.kept),
    }


def _on_page(criteria: SearchCriteria, page: Page) -> SearchCriteria:
    """The criteria of the page shown: the last one, which is said, when the one asked is beyond the end."""
    if criteria.page == page.number:
        return criteria
    warnings = (*criteria.warnings, BEYOND) if page.object_list else criteria.warnings
    return criteria.replaced(page=page.number, warnings=warnings)


def _links(criteria: SearchCriteria, outcome: Outcome) -> dict[str, Any]:
    """The same search, but for one thing, and what to try when nothing is found."""
    nearest = outcome.unpublished.variants if outcome.unpublished else ()
    is_final = outcome.unpublished and not nearest and not outcome.variants
    return {
        "empty_title": "Rien de publié" if is_final else "Élargir la recherche",
        "advice": advice(outcome.reading),
        "query": criteria.to_query(),
        "cleared": around.cleared(criteria),
        "nearby": "?" + criteria.to_query(distance_km=USUAL_RADIUS_KM),
        "usual_radius": USUAL_RADIUS_KM,
        "everywhere": "?" + criteria.to_query(anywhere=True, distance_km=None),
        "exactly": "?" + criteria.to_query(exact=True),
        "without_place": "?" + criteria.to_query(where="", distance_km=None, anywhere=False),
        "choices": [(place, "?" + criteria.to_query(where=place.text)) for place in outcome.resolution.choices],
        "nearest": [(variant, "?" + variant.criteria.to_query()) for variant in nearest],
        "variants": [(variant, "?" + variant.criteria.to_query()) for variant in outcome.variants],
    }


def _map(criteria: SearchCriteria, outcome: Outcome) -> dict[str, Any]:
    """What ``search/result_map.html`` asks for: nothing to draw without a result."""
    if not outcome.groups:
        return {}
    return {
        "outlines": reverse("directory:department_outlines"),
        "points": f"{reverse('search:map_data')}?{criteria.to_query()}",
        "zone_query": criteria.to_query(zone=None),
    }


def _durations(outcome: Outcome, rows: Iterable[DocumentRow]) -> dict[int, str]:
    """« 00:13 est. » by line, to its nearest place; nothing without a starting point, nor for a hidden place."""
    start = outcome.place.point if outcome.place else None
    if start is None:
        return {}
    nearest: dict[int, Point] = {}
    for row in rows:
        if row.lat is not None and row.lon is not None:
            point = Point(row.lat, row.lon)
            nearest[row.group_id] = min(nearest.get(row.group_id, point), point, key=lambda at: distance_km(start, at))
    found = zip(nearest, durations_to(start, list(nearest.values())), strict=True)
    return {group_id: f"{each.clock}{ESTIMATED * each.is_estimated}" for group_id, each in found if each}
