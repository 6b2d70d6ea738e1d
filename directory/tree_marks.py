"""What the lines of the tree show of higher apps, beside an EG (DESIGN: a lower page never imports a higher app)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from django.http import HttpRequest

    from .models import GeographicEntity

    Provider = Callable[[HttpRequest, Sequence[GeographicEntity]], Mapping[int, "TreeMark"]]
    Annotations = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True)
class TreeMark:
    """A link beside the name of an EG. ``icon``: an id of the sprite."""

    label: str
    url: str
    icon: str


_providers: dict[str, Provider] = {}
_annotations: dict[str, Annotations] = {}


def register(key: str, provider: Provider, annotations: Annotations) -> None:
    """Add a provider: it gives the marks of the EGs of a page by their id, from what ``annotations`` read with them.

    ``annotations`` gets the path to the key of the EG, and returns annotations by name: no query of its own.
    """
    _providers[key], _annotations[key] = provider, annotations


def line_annotations() -> dict[str, Any]:
    """What the lines of EGs read for the providers."""
    return {name: value for read in _annotations.values() for name, value in read("pk").items()}


def mark(
    request: HttpRequest, entities: Sequence[GeographicEntity], taken_in: Mapping[int, list[str]] | None = None
) -> None:
    """Put on each EG its ``mark``, of the first provider that has one, or ``None``.

    Also ``took_in``: names of the merged EGs for which it answers (``taken_in``, by key).
    """
    found: dict[int, TreeMark] = {}
    for provider in _providers.values():
        if entities:
            found = {**provider(request, entities), **found}
    for entity in entities:
        entity.mark = found.get(entity.pk)
        entity.took_in = (taken_in or {}).get(entity.pk, [])
