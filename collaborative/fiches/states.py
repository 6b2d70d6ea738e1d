"""What a fiche says: the record of the directory with its proposal over it (kept states, ``directory.snapshots``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from directory.enums import RecordKind
from directory.fixed import fixed_fields
from directory.forms import editable_blocks, named_lines, required_fields
from directory.history import KINDS
from directory.models import GeographicEntity, OperationalUnit, RecordChange, Structure
from directory.services import take_address
from directory.snapshots import differences, reverted, state_of
from directory.states import put_fields

from ..enums import FicheAction
from .addresses import kept_address

if TYPE_CHECKING:
    from collections.abc import Collection

    from directory.snapshots import State

    from ..models import Fiche
    from .addresses import KeptAddress

MODELS: dict[str, type[GeographicEntity | Structure | OperationalUnit]] = {
    RecordKind.GEOGRAPHIC_ENTITY: GeographicEntity,
    RecordKind.STRUCTURE: Structure,
    RecordKind.UNIT: OperationalUnit,
}
# Where a fiche stands is told by the tree (« Déplacer »); files have their own rows (``FicheFile``).
PLACE_NAMES = frozenset({"geographic_entity", "structure", "parent", "photo", "attachments"})
# What a copy does not take over.
IDENTITY_NAMES = frozenset({"finess", "siret", "national_id", *PLACE_NAMES})


def held_state(fiche: Fiche, names: Collection[str] | None = None) -> State:
    """What the directory says today of a fiche's record; empty for a creation. One query a list."""
    record = fiche.record
    if record is None or fiche.is_creation:
        return {}
    state = state_of(record, names)
    if (kept := kept_address_of(fiche)) is not None:
        state |= kept.state
    return state if names is None else {name: state[name] for name in names if name in state}


def kept_address_of(fiche: Fiche) -> KeptAddress | None:
    """Address that a move to another EG leaves a unit with when its fiche says nothing (``fiches.addresses``)."""
    if fiche.action != FicheAction.MOVE or fiche.kind != RecordKind.UNIT or fiche.parent is None:
        return None
    return kept_address(fiche, record_of(fiche.parent))


def whole_state(fiche: Fiche) -> State:
    """What the record will say once the fiche is published."""
    return held_state(fiche) | fiche.values


def state_at(fiche: Fiche, version: int, names: Collection[str]) -> State:
    """What the record said of ``names`` at ``version``; as today when a line of its history is missing."""
    state = held_state(fiche, names)
    record = fiche.record
    if record is None or fiche.is_creation or record.version == version:
        return state
    later = RecordChange.objects.filter(
        record_kind=KINDS[type(record)], record_id=record.pk, version__gt=version
    ).order_by("-version")
    for changes in later.values_list("changes", flat=True):
        state = reverted({name: pair for name, pair in changes.items() if name in names}, state)
    return state


def same(before: Any, after: Any) -> bool:
    """Tell whether two kept values of a field say the same."""
    return not differences({"value": before}, {"value": after})


def missing_of(kind: str, state: State) -> list[dict[str, str]]:
    """What « Enr. et finaliser » would still ask of ``state``, in the order of the blocks (spec 10, `*`)."""
    return [
        {"block": field.block, "name": field.name, "label": field.label}
        for field in required_fields(kind, state)
        if state.get(field.name) in (None, "", [])
    ]


def waiting_rows(fiche: Fiche, left: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Rows of ``Fiche.missing`` for what waits: ``left`` by block and field, as the fiche has it for other blocks."""
    kept = [row for row in fiche.missing if "waiting" in row and row["block"] not in left]
    for block, fields in left.items():
        if lines := fields.get("reste", "").splitlines():
            label = f"Lignes du territoire en attente\u00a0: {named_lines(lines)}"
            kept.append({"block": block, "name": "reste", "label": label, "waiting": fields})
    return kept


def record_of(fiche: Fiche) -> Any:
    """The record as the fiche would make it, in memory: never saved, for forms and previews.

    A creation stands below the record of its parent, itself maybe in memory.
    """
    record: Any = fiche.record
    if record is None:
        record = MODELS[fiche.kind]()
    if (kept := kept_address_of(fiche)) is not None:
        take_address(record, kept.entity)
    put_fields(record, {name: value for name, value in fiche.values.items() if name not in PLACE_NAMES})
    parent = fiche.parent
    if parent is not None:
        put_below(record, parent)
    return record


def fixed_names(fiche: Fiche) -> frozenset[str]:
    """Fields that a fiche may not change, as the directory holds them (``directory.fixed``).

    What it proposes already, it proposed when the directory held nothing.
    """
    record = fiche.record
    return frozenset() if record is None or fiche.is_creation else fixed_fields(record) - fiche.values.keys()


def put_below(record: Any, parent: Fiche) -> None:
    """Hang a record in memory from the record of the fiche ``parent``."""
    above = record_of(parent)
    if isinstance(above, Structure):
        record.geographic_entity = above.geographic_entity
        if isinstance(record, Structure):
            record.parent = above
        else:
            record.structure = above
        return
    record.geographic_entity = above
    if isinstance(record, OperationalUnit):
        record.structure = None


__all__ = ["editable_blocks", "held_state", "missing_of", "record_of", "same", "state_at", "whole_state"]
