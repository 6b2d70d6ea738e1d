"""What record pages show of higher apps (DESIGN: a lower page never imports a higher app).

A higher app registers a panel in ``AppConfig.ready()``::

    panels.register(Panel("places", RecordKind.UNIT, "head", unit_places, "availability/unit_panel.html", order=10))

The template is included with ``panel`` (what the provider returned), ``record`` and ``request``.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.http import HttpRequest

from .enums import RecordKind

Place = Literal["head", "tools", "main", "side"]
Provider = Callable[[HttpRequest, Any], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """One panel of the pages of one kind of record.

    ``place``: « head » beside the title, « tools » among what may be done with the record, « main » after the blocks,
    « side » in the right column. ``provider`` gets the
    request and the record, and returns what the template needs, or ``None`` when there is nothing to show; it makes as
    few queries as it can (a whole record page makes 12 at most). ``annotations``: what it reads with the EG or the UO
    itself, by the names that the record then carries.
    """

    key: str
    kind: RecordKind
    place: Place
    provider: Provider
    template: str
    order: int = 100
    annotations: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ShownPanel:
    """A panel ready for one page."""

    key: str
    template: str
    context: Mapping[str, Any]


_panels: dict[tuple[RecordKind, str], Panel] = {}


def register(panel: Panel) -> None:
    """Add a panel; registering the same key for the same kind again replaces it."""
    _panels[panel.kind, panel.key] = panel


def annotations_of(kind: RecordKind) -> dict[str, Any]:
    """What the panels of a kind read with the record."""
    return {
        name: value for panel in _panels.values() if panel.kind == kind for name, value in panel.annotations.items()
    }


def panels_for(request: HttpRequest, kind: RecordKind, record: Any) -> dict[str, list[ShownPanel]]:
    """Panels of a record by place, in order, the empty ones left out."""
    shown: dict[str, list[ShownPanel]] = defaultdict(list)
    wanted = [panel for panel in _panels.values() if panel.kind == kind]
    for panel in sorted(wanted, key=lambda panel: (panel.order, panel.key)):
        context = panel.provider(request, record)
        if context is not None:
            shown[panel.place].append(ShownPanel(panel.key, panel.template, context))
    return {place: shown[place] for place in ("head", "tools", "main", "side")}
