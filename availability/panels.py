"""What record pages and the home page show of availability (registries of the lower apps, filled in ``apps.ready``)."""

import datetime
from collections.abc import Collection
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.roles import Permission, Role
from directory.models import GeographicEntity, OperationalUnit

from . import uses
from .calls.reliability import reliability_of
from .calls.services import prompt_of
from .expected.services import expected_of, expected_words, kind_of
from .freshness import AgeBand, ContractState
from .models import CurrentFigure, UnitClosure
from .permissions import may_state_somewhere, statement_refusal
from .shown import ShownFigure


def figures_for(unit_ids: Collection[int], *, viewer_id: int = 0) -> dict[int, ShownFigure]:
    """Figures of units by unit id; a unit that was never opened to entry is absent (one query)."""
    now = timezone.now()
    rows = _figures().filter(unit__in=unit_ids).select_related("unit__unit_type")
    return {
        row.pk: ShownFigure(unit=row.unit, figure=row, viewer_id=viewer_id, now=now, closures=_closures(row))
        for row in rows
    }


def _figures() -> QuerySet[CurrentFigure]:
    """Current figures with who stated them, their pool, and the closures of the unit as JSON."""
    closures = UnitClosure.objects.held().filter(unit=OuterRef("pk")).order_by("starts_at", "pk")
    read = closures.values_list(
        JSONObject(starts_at="starts_at", ends_at="ends_at", reason="reason", comment="comment"), flat=True
    )
    return CurrentFigure.objects.select_related("by", "pool").annotate(closures_held=ArraySubquery(read))


def _closures(figure: Any) -> list[UnitClosure]:
    """Closures read with a figure of ``_figures``."""
    found = []
    for values in figure.closures_held:
        ends_at = values["ends_at"] and datetime.datetime.fromisoformat(values["ends_at"])
        starts_at = datetime.datetime.fromisoformat(values["starts_at"])
        found.append(UnitClosure(**values | {"unit_id": figure.pk, "starts_at": starts_at, "ends_at": ends_at}))
    return found


def badges() -> dict[str, Any]:
    """What the template copied by static/js/freshness.js needs."""
    states = [state for state in ContractState if state is not ContractState.NEVER]
    return {"bands": list(AgeBand), "states": states, "now": timezone.now()}


def shown_unit(request: HttpRequest, unit: OperationalUnit) -> ShownFigure:
    """Figure of one unit as this person is shown it now (one query)."""
    figure = _figures().filter(unit=unit).first()
    if figure is not None:
        figure.unit = unit  # already read, with its EG
    closures = _closures(figure) if figure is not None else []
    viewer_id = request.scope.user_id or 0
    return ShownFigure(unit=unit, figure=figure, viewer_id=viewer_id, now=timezone.now(), closures=closures)


def unit_panel(request: HttpRequest, unit: OperationalUnit) -> dict[str, Any]:
    """Places of one unit: free, installed, age, breakdown, comment, reliability; or « Saisie non activée »."""
    shown = shown_unit(request, unit)
    figure = shown.figure
    can_state = statement_refusal(request.scope, unit, figure, shown.closure) is None
    entry_url = reverse("availability:entry") + "?" + urlencode({"q": unit.name})
    if not request.scope.coverage(Permission.STATEMENT_WRITE).holds_unit(unit):
        uses.count_views([unit.pk])
    followed = figure is not None and figure.is_open and unit.is_published
    return {
        "shown": shown,
        "entry_url": entry_url if can_state else "",
        "has_history": figure is not None,
        "reliability": reliability_of([unit.pk], shown.now).get(unit.pk) if followed else None,
        "expected": _expected_words(unit, shown.now) if followed else [],
        "call": prompt_of(unit, figure, request.get_full_path()),
        **badges(),
    }


def _expected_words(unit: OperationalUnit, now: datetime.datetime) -> list[str]:
    """What is announced for the days to come."""
    today = timezone.localdate(now)
    return [expected_words(place, today, kind_of(unit)) for place in expected_of([unit.pk], today).get(unit.pk, ())]


def entity_panel(request: HttpRequest, entity: GeographicEntity) -> dict[str, Any] | None:
    """Places of the establishment's units opened to entry; nothing when there is none."""
    units = OperationalUnit.objects.visible_to(request.scope).published().filter(geographic_entity=entity)
    found = figures_for(units.values("pk"), viewer_id=request.scope.user_id or 0).values()
    shown = sorted((row for row in found if row.figure.is_open), key=lambda row: (row.unit.sort_name, row.unit.pk))
    if not shown:
        return None
    reliabilities = reliability_of([row.unit.pk for row in shown], shown[0].now)
    lines = [{"row": row, "reliability": reliabilities.get(row.unit.pk)} for row in shown]
    return {"lines": lines, **badges()}


def states_places(request: HttpRequest) -> bool:
    """Tell whether the entry page is this person's."""
    scope = getattr(request, "scope", None)
    return scope is not None and may_state_somewhere(scope)


def entry_page(request: HttpRequest) -> str | None:
    """Where somebody whose only role is Responsable de disponibilités arrives after signing in (spec 00)."""
    return reverse("availability:entry") if request.scope.roles == {Role.AVAILABILITY_MANAGER} else None
