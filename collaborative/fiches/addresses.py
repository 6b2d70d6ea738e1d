"""Where a unit that a fiche moves to another EG will stand (spec 10, Rules: a moved unit keeps its address).

Unless the fiche says otherwise, publishing leaves it the address of the EG that it left (``directory.services``,
``keep_address``). Its form shows that one as the unit's own, beside « Même adresse que l’établissement », which is then
the address of the EG where it goes: ticked, the fiche proposes no address of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from directory.enums import RecordKind
from directory.models import GeographicEntity, Structure
from directory.services import same_address
from directory.snapshots import values_of

from ..enums import FicheAction

if TYPE_CHECKING:
    from directory.snapshots import State

    from ..models import Fiche

ADDRESS_NAMES = (
    *("street_number", "street_extension", "street_name", "address_complement", "postal_code"),
    *("commune", "lat", "lon", "position_source"),
)


class KeptAddress(NamedTuple):
    """Address that a move leaves a unit with: that of ``entity`` as its own, or none of its own."""

    entity: GeographicEntity | None

    @property
    def state(self) -> State:
        """Kept values of the address."""
        if self.entity is None:
            return dict.fromkeys(ADDRESS_NAMES)
        return values_of(self.entity, ADDRESS_NAMES)


def kept_address(fiche: Fiche, there: Any) -> KeptAddress | None:
    """Address that moving ``fiche`` below the record ``there`` leaves its unit with; ``None`` when it changes none.

    The record of the fiche is as the directory holds it.
    """
    if fiche.kind != RecordKind.UNIT or fiche.action != FicheAction.MOVE or there is None:
        return None
    entity = there.geographic_entity if isinstance(there, Structure) else there
    unit: Any = fiche.unit
    if entity.pk == unit.geographic_entity_id:
        return None
    if unit.has_own_address:
        return KeptAddress(None) if same_address(unit, entity) else None
    left = unit.geographic_entity
    return None if same_address(left, entity) else KeptAddress(left)


def is_inherited(values: State) -> bool:
    """Tell whether proposed values ask for the address of the EG."""
    return "commune" in values and not any(values.get(name) for name in ADDRESS_NAMES)


def whole_address(proposed: State, base: State, typed: State, shown: State) -> None:
    """Propose the whole address of a moved unit when some of it is: publishing would keep the rest otherwise."""
    names = [name for name in ADDRESS_NAMES if name in typed]
    if not any(name in proposed for name in names):
        return
    for name in names:
        proposed[name] = typed[name]
        base.setdefault(name, shown.get(name))


def without_kept(fiche: Fiche, state: State) -> State:
    """State of a fiche without the address that its move keeps: nobody typed it, nothing of it is asked for. Pure."""
    is_kept = fiche.action == FicheAction.MOVE and fiche.unit is not None and not fiche.unit.has_own_address
    return state if not is_kept or "commune" in fiche.values else state | dict.fromkeys(ADDRESS_NAMES)


def forget_inherited(fiche: Fiche) -> None:
    """Drop what asks for the address of the EG, of a unit that has no other: it stays in its EG. Nothing is written."""
    unit: Any = fiche.unit
    if unit is None or unit.has_own_address or not is_inherited(fiche.values):
        return
    for name in ADDRESS_NAMES:
        fiche.values.pop(name, None)
        fiche.base.pop(name, None)
