"""What record pages and the home page show of availability (registries of the lower apps, filled in ``apps.ready``)."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.roles import Permission, Role
from directory.models import GeographicEntity, OperationalUnit

from .freshness import AgeBand, ContractState
from .models import CurrentFigure
from .permissions import may_state_somewhere, statement_refusal
from .shown import ShownFigure
from .standing import closures_of

WAITING_SHOWN = 5  # units named on the home page


def figures_for(unit_ids: Collection[int], *, viewer_id: int = 0) -> dict[int, ShownFigure]:
    """Figures of units by unit id; a unit that was never opened to entry is absent (two queries)."""
    now = timezone.now()
    rows = CurrentFigure.objects.filter(unit__in=unit_ids).select_related("unit__unit_type", "by")
    closures = closures_of(unit_ids, now)
    return {
        row.pk: ShownFigure(unit=row.unit, figure=row, viewer_id=viewer_id, now=now, closures=closures.get(row.pk, ()))
        for row in rows
    }


def badges() -> dict[str, Any]:
    """What the template copied by static/js/freshness.js needs."""
    states = [state for state in ContractState if state is not ContractState.NEVER]
    return {"bands": list(AgeBand), "states": states, "now": timezone.now()}


def unit_panel(request: HttpRequest, unit: OperationalUnit) -> dict[str, Any]:
    """Places of one unit: free, installed, age, breakdown, comment; or « Saisie non activée »."""
    figure = CurrentFigure.objects.select_related("by").filter(unit=unit).first()
    viewer_id = request.scope.user_id or 0
    now = timezone.now()
    closures = closures_of([unit.pk], now).get(unit.pk, ())
    shown = ShownFigure(unit=unit, figure=figure, viewer_id=viewer_id, now=now, closures=closures)
    can_state = statement_refusal(request.scope, unit, figure, shown.closure) is None
    entry_url = reverse("availability:entry") + "?" + urlencode({"q": unit.name})
    return {"shown": shown, "entry_url": entry_url if can_state else "", **badges()}


def entity_panel(request: HttpRequest, entity: GeographicEntity) -> dict[str, Any] | None:
    """Places of the establishment's units opened to entry; nothing when there is none."""
    units = OperationalUnit.objects.visible_to(request.scope).published().filter(geographic_entity=entity)
    found = figures_for(units.values("pk"), viewer_id=request.scope.user_id or 0).values()
    shown = sorted((row for row in found if row.figure.is_open), key=lambda row: (row.unit.sort_name, row.unit.pk))
    return {"figures": shown, **badges()} if shown else None


def waiting_figures(request: HttpRequest) -> dict[str, Any] | None:
    """My units never stated or past their rhythm (« À mettre à jour »); not for whoever states the whole region."""
    coverage = request.scope.coverage(Permission.STATEMENT_WRITE)
    if coverage.empty or coverage.region:
        return None
    now = timezone.now()
    due = CurrentFigure.objects.writable_by(request.scope).due(now)
    first = due.select_related("unit__unit_type", "unit__geographic_entity__commune", "by").oldest_first()
    rows = [
        ShownFigure(unit=row.unit, figure=row, viewer_id=request.scope.user_id or 0, now=now)
        for row in first[: WAITING_SHOWN + 1]
    ]
    if not rows:
        return None
    count = due.count() if len(rows) > WAITING_SHOWN else len(rows)
    return {"waiting": rows[:WAITING_SHOWN], "count": count}


def states_places(request: HttpRequest) -> bool:
    """Tell whether the entry page is this person's."""
    scope = getattr(request, "scope", None)
    return scope is not None and may_state_somewhere(scope)


def entry_page(request: HttpRequest) -> str | None:
    """Where somebody whose only role is Responsable de disponibilités arrives after signing in (spec 00)."""
    return reverse("availability:entry") if request.scope.roles == {Role.AVAILABILITY_MANAGER} else None
