"""What higher apps say before a record is closed (DESIGN: a lower page never imports a higher app).

Registered in ``AppConfig.ready()``::

    closing_notes.register("dossiers", dossiers_under_way)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scopes import Scope

    Provider = Callable[[Scope, Any], list["ClosingNote"]]


@dataclass(frozen=True)
class ClosingNote:
    """What the closure of a record touches elsewhere, in a sentence. ``url`` and ``link`` lead there."""

    text: str
    url: str = ""
    link: str = ""


_providers: dict[str, Provider] = {}


def register(key: str, provider: Provider) -> None:
    """Add a provider; it gets who closes and the record (EJ, EG, structure, UO). The same key again replaces it."""
    _providers[key] = provider


def notes_on(scope: Scope, record: Any) -> list[ClosingNote]:
    """What there is to say of the closure of ``record``: as many queries as there are providers."""
    return [note for provider in _providers.values() for note in provider(scope, record)]
