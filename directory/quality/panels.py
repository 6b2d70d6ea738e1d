"""What record pages, the home page and the Menu show of the completeness of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accounts import home
from accounts.roles import Permission
from common import navigation

from .. import panels
from ..enums import RecordKind
from ..models import GeographicEntity, OperationalUnit, RecordQuality
from ..permissions import covers, follows_quality
from . import services
from .lines import links, quality_lines, read_lines, shown_lines
from .rules import RECENCY, known

if TYPE_CHECKING:
    from django.http import HttpRequest

SHOWN_AT_HOME = 5


def register() -> None:
    """Follow the records, and show their completeness to those who may put it right."""
    services.connect()
    template = "directory/quality_panel.html"
    unit, entity = RecordKind.UNIT, RecordKind.GEOGRAPHIC_ENTITY
    panels.register(panels.Panel("quality", unit, "side", unit_panel, template, order=50))
    panels.register(panels.Panel("quality", entity, "side", entity_panel, template, order=50))
    navigation.register(
        navigation.NavItem(
            "Qualité des fiches", "directory:quality_list", section="menu", order=45, visible=follows_quality
        )
    )
    home.register(
        home.HomeCard(
            key="quality",
            template="directory/quality_home.html",
            context=records_to_complete,
            visible=follows_quality,
            order=40,
        )
    )


def unit_panel(request: HttpRequest, unit: OperationalUnit) -> dict[str, Any] | None:
    """Completeness of a unit, for whoever may edit it: no query where ``records.find_unit`` read the unit."""
    if unit.is_closed or not covers(request.scope.coverage(Permission.DIRECTORY_EDIT), unit):
        return None
    line: RecordQuality | None = getattr(unit, "quality", None)
    return panel(RecordKind.UNIT, unit.pk, line, line.advice) if line else None


def entity_panel(request: HttpRequest, entity: GeographicEntity) -> dict[str, Any] | None:
    """Completeness of an EG and recency of its units, for whoever may edit it: ``records`` read both with the EG."""
    if entity.is_closed or not covers(request.scope.coverage(Permission.DIRECTORY_EDIT), entity):
        return None
    line: RecordQuality | None = getattr(entity, "quality", None)
    if line is None:
        return None
    advice = [*line.advice, *([RECENCY.key] if getattr(entity, "units_stale", False) else [])]
    return panel(RecordKind.GEOGRAPHIC_ENTITY, entity.pk, line, advice)


def panel(kind: RecordKind, record_id: int, line: RecordQuality, advice: list[str]) -> dict[str, Any]:
    """What the panel shows: percentage, what is missing, advice, each with where it is put right."""
    return {
        "percent": line.percent,
        "missing": links(kind, record_id, known(line.missing)),
        "advice": links(kind, record_id, known(advice)),
    }


def records_to_complete(request: HttpRequest) -> dict[str, Any] | None:
    """One's own records that are not complete, the first ones named; nothing for whoever follows the whole region."""
    if request.scope.coverage(Permission.DIRECTORY_EDIT).region or request.scope.may(Permission.QUALITY_READ):
        return None
    lines = quality_lines(request.scope, {"moins_de": 100}, now=timezone.now())
    first = list(read_lines(shown_lines(lines)[: SHOWN_AT_HOME + 1]))
    if not first:
        return None
    count = lines.count() if len(first) > SHOWN_AT_HOME else len(first)
    return {"lines": first[:SHOWN_AT_HOME], "count": count}
