"""Disponibilités › Guichet unique: where a person could go today, and why (spec 20, Guichet unique)."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from common.xlsx import xlsx_response

from .. import line_actions, uses
from ..criteria_words import criteria_line
from ..freshness import AgeBand, ContractState
from ..guichet.form import GuichetForm
from ..guichet.lines import GROUPING, read_guichet, sheets_of, with_reliability
from .access import readers_only

PAGE_SIZE = 25  # units


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def guichet(request: HttpRequest) -> HttpResponseBase:
    """Units of Santé Précarité in the order they suit the needs of the address, each with why."""
    now = timezone.now()
    found = read_guichet(request.GET, request.scope, now, timezone.localdate(now))
    page = Paginator(found.lines, PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "guichet": found,
        "form": found.form,
        "page": page,
        "criteria": criteria_line(found.applied),
        "lines": with_reliability(page.object_list, now),
        "choices": [(place, _with(query, "depuis", place.text)) for place in found.resolution.choices],
        "query": query.urlencode(),
        "map_query": _map_query(found.form),
        "bands": list(AgeBand),
        "states": [state for state in ContractState if state is not ContractState.NEVER],
        "now": now,
        "actions": line_actions.actions_for(request) if page.object_list else [],
    }
    return render(request, "availability/guichet.html", context)


@require_safe
@readers_only
def guichet_export(request: HttpRequest) -> HttpResponseBase:
    """Excel of the same units in the same order, every page of them, with the criteria."""
    now = timezone.now()
    found = read_guichet(request.GET, request.scope, now, timezone.localdate(now))
    uses.count_exports([line.offer.unit.pk for line in found.lines])
    return xlsx_response(f"guichet-unique-{timezone.localtime(now):%Y-%m-%d-%H%M}.xlsx", sheets_of(found, now))


def _with(query, name: str, value: str) -> str:
    """Address of the same page with one criterion changed."""
    changed = query.copy()
    changed[name] = value
    return "?" + changed.urlencode()


def _map_query(form: GuichetForm) -> str:
    """The same grouping on the map, with the departments and the age of the figures that were asked for."""
    asked: dict[str, Any] = {"regroupement": GROUPING, "departement": form.departments}
    if form.ceiling:
        asked["fraicheur"] = form.ceiling.value
    return urlencode(asked, doseq=True)
