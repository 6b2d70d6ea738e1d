"""What higher apps add to the lists of orphans (DESIGN: a lower page never imports a higher app).

Registered in ``AppConfig.ready()``::

    registries.register_sign(Sign("Dernière saisie de places", figures))
    registries.register_remedy(OrphanKind.ENTITY_EMPTY, Remedy("Décrire ses unités", url_of))
    registries.register_entry("places", units_that_enter_places)
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from .kinds import OrphanKind


@dataclass(frozen=True)
class Sign:
    """A sign of life of establishments, ``label`` in French. ``rows`` gives a query with ``entity`` and ``at``.

    One row or more an EG, of which the latest counts; read inside the query of the list.
    """

    label: str
    rows: Callable[[], QuerySet]


@dataclass(frozen=True)
class Remedy:
    """What mends a kind of orphan: a link with its French label, and its address from the key of the EG."""

    label: str
    url: Callable[[int], str]


_entries: dict[str, Callable[[], QuerySet]] = {}
_signs: dict[str, Sign] = {}
_remedies: dict[OrphanKind, dict[str, Remedy]] = defaultdict(dict)


def register_sign(sign: Sign) -> None:
    """Add a sign of life; registering the same label again replaces it."""
    _signs[sign.label] = sign


def signs() -> list[Sign]:
    """Signs of life, in the order they came."""
    return list(_signs.values())


def register_entry(key: str, units: Callable[[], QuerySet]) -> None:
    """Add what a Responsable does for a unit: ``units`` gives a query of the keys of those of which it is asked."""
    _entries[key] = units


def entries() -> list[QuerySet]:
    """Keys of the units for which a Responsable has something to do, one query an app."""
    return [units() for units in _entries.values()]


def register_remedy(kind: OrphanKind, remedy: Remedy) -> None:
    """Add a remedy to a kind; registering the same label again replaces it."""
    _remedies[kind][remedy.label] = remedy


def remedies(kind: OrphanKind) -> list[Remedy]:
    """Remedies of a kind, in the order they came."""
    return list(_remedies[kind].values())
