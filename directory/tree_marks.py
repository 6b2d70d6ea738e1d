"""What the lines of the tree show of higher apps, beside an EG (DESIGN: a lower page never imports a higher app)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.http import HttpRequest

    from .models import GeographicEntity

    Provider = Callable[[HttpRequest, Sequence[GeographicEntity]], Mapping[int, "TreeMark"]]


@dataclass(frozen=True)
class TreeMark:
    """A link beside the name of an EG. ``icon``: an id of the sprite."""

    label: str
    url: str
    icon: str


_providers: dict[str, Provider] = {}


def register(key: str, provider: Provider) -> None:
    """Add a provider: it gives the marks of the EGs of a page by their id, in one query at most."""
    _providers[key] = provider


def mark(request: HttpRequest, entities: Sequence[GeographicEntity]) -> None:
    """Put on each EG its ``mark``, of the first provider that has one, or ``None``."""
    found: dict[int, TreeMark] = {}
    for provider in _providers.values():
        if entities:
            found = {**provider(request, entities), **found}
    for entity in entities:
        entity.mark = found.get(entity.pk)
