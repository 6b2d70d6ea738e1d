"""Importers by kind, registered at start (``directory.imports.kinds``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .contract import Importer

_importers: dict[str, type[Importer]] = {}


def register(importer: type[Importer]) -> None:
    """Add an importer; registering the same kind again replaces it."""
    _importers[importer.kind] = importer


def importer_of(kind: str) -> type[Importer]:
    """Importer of one kind. Raises ``KeyError`` when none is registered."""
    return _importers[kind]


def importers() -> list[type[Importer]]:
    """Every importer, in the order of registration."""
    return list(_importers.values())
