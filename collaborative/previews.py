"""Where higher apps show how they will present a fiche once it is published (its line in the search results).

A provider gets the request, the kind of record and the record in memory (``fiches.preview``), and returns the context
of its template, or ``None`` when there is nothing to show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest

Provider = Callable[["HttpRequest", str, Any], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Preview:
    """A part of « Aperçu »: its key, its title, its template and what fills it."""

    key: str
    title: str
    template: str
    provider: Provider
    order: int = 100


@dataclass(frozen=True)
class ShownPreview:
    """A part that has something to show."""

    key: str
    title: str
    template: str
    context: Mapping[str, Any]


_previews: dict[str, Preview] = {}


def register(preview: Preview) -> None:
    """Add a part; registering the same key again replaces it."""
    _previews[preview.key] = preview


def previews_for(request: HttpRequest, kind: str, record: Any) -> list[ShownPreview]:
    """Parts that have something to show of a record, in order."""
    found = []
    for preview in sorted(_previews.values(), key=lambda each: (each.order, each.key)):
        context = preview.provider(request, kind, record)
        if context is not None:
            found.append(ShownPreview(preview.key, preview.title, preview.template, context))
    return found
