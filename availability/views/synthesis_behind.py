"""Disponibilités › Consultation: what is behind a cell, and direct access to one establishment."""

from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from common.pages import Crumb
from common.text import fold, visible
from directory.duplicates.replaced import refer_on_miss
from directory.models import GeographicEntity
from directory.territory.places import Resolution, resolve_place

from ..criteria_words import criteria_line
from ..freshness import AgeBand, ContractState
from ..groupings import COUNT_LABELS
from ..synthesis.table import REGION_KEY, coverage_words, places_words
from ..synthesis.totals import Criteria
from ..synthesis.units import PAGE_SIZE, entities_to_open, read_behind
from .access import readers_only
from .synthesis import Asked, query_of, read_asked

START_LENGTH = 120  # characters
LARGEST_ID = 2**63 - 1
TEMPLATE = "availability/synthesis_behind.html"


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def cell(request: HttpRequest, grouping: str, column: str) -> HttpResponseBase:
    """Establishments and units behind a cell, with the filters of the table."""
    asked = read_asked(request)
    row = asked.catalogue.grouping(grouping)
    department = asked.catalogue.department(column)
    if row is None or (department is None and column != REGION_KEY):
        raise Http404
    criteria = replace(
        asked.criteria,
        grouping_ids=(row.pk,),
        department_codes=(department.code,) if department else asked.criteria.department_codes,
    )
    place = f"{department.name} ({department.code})" if department else "toute la région"
    if not department and asked.criteria.department_codes:
        place = "départements choisis"
    back = reverse("availability:synthesis") + f"?{query_of(request.GET, 'depuis')}#case-{grouping}-{column}"
    measure = COUNT_LABELS[row.counted] if row.counted else ""
    context = {
        "title": f"{row.name}, {place}",
        "back": back,
        "own_path": request.path,
        "measure": measure,
        "criteria": criteria_line(asked.form.applied("comparer", "departement" if department else "")),
        "crumbs": [Crumb("Synthèse régionale", back), Crumb(f"{row.name}, {place}")],
    }
    return render(request, TEMPLATE, _behind(request, asked, criteria) | context)


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def entity(request: HttpRequest, entity_id: int) -> HttpResponseBase:
    """Units of one establishment that belong to a grouping (« Accès direct établissement »)."""
    if entity_id > LARGEST_ID:
        raise Http404
    asked = read_asked(request)
    behind = _behind(request, asked, replace(asked.criteria, entity_id=entity_id))
    listed = behind["page"].object_list
    published = GeographicEntity.objects.visible_to(request.scope).published()
    found = listed[0].entity if listed else published.filter(pk=entity_id).first()
    if found is None:
        refer_on_miss(request, GeographicEntity, entity_id)
        raise Http404
    query = _query(query_of(request.GET, "depuis"))
    context = {
        "title": found.name,
        "back": reverse("availability:synthesis_entities") + query,
        "entity": found,
        "criteria": criteria_line(asked.form.applied("comparer")),
        "crumbs": [Crumb("Synthèse régionale", reverse("availability:synthesis") + query), Crumb(found.name)],
    }
    return render(request, TEMPLATE, behind | context)


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def entities(request: HttpRequest) -> HttpResponseBase:
    """Establishments with a unit open to entry, by name; the only one that is named opens at once."""
    text = visible(request.GET.get("etablissement", "").replace("\x00", "")).strip()[:START_LENGTH]
    found = entities_to_open(fold(text).split(), request.scope)
    page = Paginator(found, PAGE_SIZE * 2).get_page(request.GET.get("page"))
    if text and page.paginator.count == 1:
        address = reverse("availability:synthesis_entity", args=[page.object_list[0].pk])
        return redirect(address + _query(query_of(request.GET, "etablissement", "colonne")))
    asked = read_asked(request)
    context = {
        "page": page,
        "text": text,
        "criteria": criteria_line(asked.form.applied("comparer", "etablissement")),
        "kept": _kept(request, "etablissement"),
        "query": query_of(request.GET, "etablissement", "colonne"),
        "table_query": asked.query,
    }
    return render(request, "availability/synthesis_entities.html", context)


def _query(text: str) -> str:
    return f"?{text}" if text else ""


def _kept(request: HttpRequest, *left_out: str) -> list[tuple[str, str]]:
    """Parameters that a small form sends again, without the page and ``left_out``."""
    names = [name for name in request.GET if name not in ("page", *left_out)]
    return [(name, value) for name in names for value in request.GET.getlist(name) if value]


def _behind(request: HttpRequest, asked: Asked, criteria: Criteria) -> dict[str, Any]:
    """What both pages show of the units behind ``criteria``."""
    now = timezone.now()
    text = visible(request.GET.get("depuis", "").replace("\x00", "")).strip()[:START_LENGTH]
    start = resolve_place(text) if text else Resolution()
    only_places = bool(asked.form.cleaned_data.get("places"))
    point = start.place.point if start.place else None
    behind = read_behind(criteria, request.scope, now, start=point, only_places=only_places)
    return {
        "page": behind.page(request.GET.get("page")),
        "total": behind.total,
        "places_words": places_words(behind.total, behind.capacity_kind),
        "coverage": coverage_words(behind.total),
        "oldest": now - behind.total.oldest if behind.total.oldest and criteria.at is None else None,
        "is_past": criteria.at is not None,
        "moment": criteria.at or now,
        "form": asked.form,
        "query": asked.query,
        "only_places": only_places,
        "listed_count": len(behind.listed),
        "start": start,
        "start_text": text,
        "kept": _kept(request, "depuis"),
        "unfiltered": request.path,
        "choices": [(place, f"?{_with_start(request, place.text)}") for place in start.choices],
        "bands": list(AgeBand),
        "states": [state for state in ContractState if state is not ContractState.NEVER],
        "now": now,
    }


def _with_start(request: HttpRequest, text: str) -> str:
    """Query string with another starting point."""
    parameters = request.GET.copy()
    parameters["depuis"] = text
    return query_of(parameters)
