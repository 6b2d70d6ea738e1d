"""Disponibilités › Consultation: the regional synthesis, its filters, its workbook (spec 20, Consulting)."""

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from common.xlsx import xlsx_response

from .. import uses
from ..criteria_words import criteria_line
from ..freshness import AgeBand
from ..permissions import may_state_somewhere
from ..synthesis.catalogue import Catalogue, read_catalogue
from ..synthesis.export import sheets_of
from ..synthesis.form import SynthesisForm
from ..synthesis.table import REGION_KEY, Synthesis, coverage_words, read_synthesis
from ..synthesis.totals import Criteria
from ..synthesis.units import read_behind
from .access import readers_only


@dataclass(frozen=True)
class Asked:
    """What the address asks for: the filters as typed, what they mean, and the query string that says them again."""

    catalogue: Catalogue
    form: SynthesisForm
    criteria: Criteria
    query: str


def read_asked(request: HttpRequest) -> Asked:
    """Read the filters of the address (one query)."""
    catalogue = read_catalogue()
    form = SynthesisForm(request.GET, catalogue)
    return Asked(catalogue, form, form.criteria(), query_of(request.GET))


def query_of(parameters: QueryDict, *left_out: str) -> str:
    """Query string of what was asked, without what is empty, the page, and ``left_out``."""
    kept = parameters.copy()
    for name in ["page", *left_out]:
        kept.pop(name, None)
    for name in list(kept):
        if values := [value for value in kept.getlist(name) if value]:
            kept.setlist(name, values)
        else:
            del kept[name]
    return kept.urlencode()


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def synthesis(request: HttpRequest) -> HttpResponseBase:
    """Table of groupings by department, as filtered."""
    now = timezone.now()
    asked = read_asked(request)
    table = _table(asked, now)
    column = request.GET.get("colonne", "")
    shown = [row.code for row in table.columns]
    context = {
        "asked": asked,
        "form": asked.form,
        "table": table,
        "column_kept": column if column in shown else "",
        "column": column if column in shown else shown[0] if len(shown) == 1 else REGION_KEY,
        "column_query": query_of(request.GET, "colonne"),
        "query": asked.query,
        "coverage": coverage_words(table.overall) if table.overall else "",
        "bands": [band for band in AgeBand if band is not AgeBand.NEVER],
        "states": [],
        "now": now,
        "is_past": asked.criteria.at is not None,
        "criteria": criteria_line(asked.form.applied()),
        "compares": bool(asked.form.cleaned_data.get("comparer")),
        "can_state": may_state_somewhere(request.scope),
    }
    return render(request, "availability/synthesis.html", context)


@require_safe
@readers_only
def synthesis_export(request: HttpRequest) -> HttpResponseBase:
    """Excel of the same table, with the units behind it and the criteria."""
    now = timezone.now()
    asked = read_asked(request)
    only_places = bool(asked.form.cleaned_data.get("places"))
    behind = read_behind(asked.criteria, request.scope, now, only_places=only_places)
    units = behind.units(behind.listed)
    uses.count_exports([row.unit.pk for row in units])
    name = f"synthese-disponibilites-{timezone.localtime(asked.criteria.at or now):%Y-%m-%d-%H%M}.xlsx"
    return xlsx_response(name, sheets_of(_table(asked, now), units, asked.form, now))


def _table(asked: Asked, now) -> Synthesis:
    data = asked.form.cleaned_data
    return read_synthesis(
        asked.catalogue,
        asked.criteria,
        now,
        only_places=bool(data.get("places")),
        compares=bool(data.get("comparer")),
    )
