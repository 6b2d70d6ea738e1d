"""Conflicts about a record as a whole: the directory moved it, or closed it, since it is in the dossier (spec 30).

They are settled as those of a field are: « Prendre le proposé » or « Garder le répertoire ». Words, not kept values.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from common import french
from directory.enums import ClosureKind, PublicationStatus, RecordKind

from ..enums import FicheAction, FieldDecision
from .meanwhile import Conflict
from .parts import PLACE, STATUS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from directory.models import RecordChange

    from ..models import Fiche, FieldReview

PLACE_FIELDS = ("geographic_entity", "structure", "parent")
CLOSURE_FIELDS = frozenset({"status", "closure_kind", "closed_on"})
NO_STRUCTURE = "directement sous l’établissement"


def whole_conflicts(fiche: Fiche, lines: Iterable[RecordChange], record: Any = None) -> dict[str, Conflict]:
    """Conflicts of a fiche about its record as a whole, given its lines since it is in the dossier, the oldest first.

    ``record`` is the record as the directory holds it, ``fiche.record`` when it is not given. A query for the place
    that the fiche proposes, when the record was moved.
    """
    record = record or fiche.record
    if record is None or fiche.is_creation:
        return {}
    lines = list(lines)
    found = {PLACE: _place(fiche, lines, record), STATUS: _status(fiche, lines, record)}
    return {name: conflict for name, conflict in found.items() if conflict is not None}


def why_left(
    fiche: Fiche,
    lines: Iterable[RecordChange],
    whole: Mapping[str, Conflict],
    reviews: Mapping[str, FieldReview],
    record: Any = None,
) -> str:
    """Why publishing a fiche leaves its record as the directory has it; empty when it writes it. Pure.

    « déjà fermée le … par … » for a removal that was made meanwhile; else what the validator chose to keep. ``lines``,
    ``record`` and ``whole`` are those of ``whole_conflicts``, ``reviews`` the decisions by field.
    """
    record = record or fiche.record
    is_removal = fiche.action == FicheAction.DELETE
    if is_removal and record is not None and record.is_closed and record.closure_kind == ClosureKind.FINAL:
        closings = [line for line in lines if CLOSURE_FIELDS & line.changes.keys()]
        by = closings[-1].by if closings else None
        return f"déjà fermée le {french.day(_day(record.closed_on))}{f' par {by.short_name}' if by else ''}"
    name = PLACE if is_removal else STATUS
    review = reviews.get(name)
    if name not in whole or review is None or review.decision != FieldDecision.KEEP:
        return ""
    if not whole[name].is_settled(review):
        return ""
    return "reste ouverte, là où le répertoire l’a déplacée" if is_removal else "reste fermée dans le répertoire"


def _place(fiche: Fiche, lines: list[RecordChange], record: Any) -> Conflict | None:
    """The directory moved the record elsewhere than where the dossier has it, or before the dossier removes it."""
    moves = [line for line in lines if set(PLACE_FIELDS) & line.changes.keys()]
    if not moves or fiche.kind == RecordKind.GEOGRAPHIC_ENTITY:
        return None
    names = [name for name in PLACE_FIELDS if any(name in line.changes for line in moves)]
    before = {name: next(line.changes[name][0] for line in moves if name in line.changes) for name in names}
    after = {name: next(line.changes[name][1] for line in reversed(moves) if name in line.changes) for name in names}
    if before == after:
        return None
    is_removal = fiche.action == FicheAction.DELETE
    if not is_removal and (fiche.parent is None or _stands_below(record, fiche.parent)):
        return None
    proposed = "Fermeture définitive" if is_removal else f"«\u00a0{fiche.parent}\u00a0»"
    last = moves[-1]
    return Conflict(PLACE, _words(before), _words(after), proposed, last.version, last.at, last.by)


def _stands_below(record: Any, parent: Fiche) -> bool:
    """Tell whether the record stands right below the record of a fiche."""
    above = getattr(record, "parent_id" if hasattr(record, "parent_id") else "structure_id")
    if parent.kind == RecordKind.STRUCTURE:
        return parent.structure_id is not None and above == parent.structure_id
    return above is None and record.geographic_entity_id == parent.geographic_entity_id


def _words(place: dict[str, Any]) -> str:
    """« ACT Vesta, Pôle adultes »: what a place names."""
    named = [f"«\u00a0{value['label']}\u00a0»" for value in place.values() if value]
    return ", ".join(named) or NO_STRUCTURE


def _status(fiche: Fiche, lines: list[RecordChange], record: Any) -> Conflict | None:
    """The directory closed the record that the dossier changes or moves."""
    if fiche.action == FicheAction.DELETE or record.status != PublicationStatus.CLOSED:
        return None
    closings = [line for line in lines if line.changes.get("status", [""])[-1] == PublicationStatus.CLOSED]
    if not closings:
        return None
    last = closings[-1]
    before = last.changes["status"][0]
    kind = ClosureKind(record.closure_kind).label.lower() if record.closure_kind else ""
    closed = f"Fermée le {french.day(_day(record.closed_on))}{f', fermeture {kind}' if kind else ''}"
    base = PublicationStatus(before).label if before else PublicationStatus.PUBLISHED.label
    return Conflict(STATUS, base, closed, "Reste ouverte, avec ce que propose la fiche", last.version, last.at, last.by)


def _day(value: Any) -> datetime.date:
    return value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
