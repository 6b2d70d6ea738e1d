"""« Fusionner… » among what support may do with a record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from ..enums import RecordKind
from ..panels import Panel
from ..panels import register as register_panel
from .merging import merges_records

if TYPE_CHECKING:
    from django.http import HttpRequest


def tool(kind: RecordKind) -> Any:
    """Provider of the link on records of a kind: no query."""

    def provided(request: HttpRequest, record: Any) -> dict[str, Any] | None:
        if record.is_closed or not merges_records(request.scope):
            return None
        return {"url": f"{reverse('directory:merge_start')}?nature={kind}&premier={record.pk}"}

    return provided


def register() -> None:
    """Register it for EGs and UOs; called once, when the app is ready."""
    for kind in (RecordKind.GEOGRAPHIC_ENTITY, RecordKind.UNIT):
        register_panel(Panel("merge", kind, "tools", tool(kind), "directory/merge_tool.html", order=90))
