"""What a partial publication cannot take besides what is returned, and why: a dossier is not torn apart. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from directory.enums import RecordKind

from ..enums import FicheAction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ..models import Fiche


def held_back(fiches: Sequence[Fiche], returned: Collection[int]) -> dict[int, str]:
    """Fiches that go back with those ``returned`` (ids), by id, each with its reason; empty for those returned.

    What stands below a new fiche that goes back goes back with it. So does the removal of what would still have
    something open below it, since a closure closes all that is below (``publication.checks``). ``fiches``: those that
    propose something, with their records.
    """
    held = dict.fromkeys(returned, "")
    before = -1
    while len(held) != before:
        before = len(held)
        for fiche in fiches:
            if fiche.pk not in held and (reason := _why(fiche, fiches, held)):
                held[fiche.pk] = reason
    return held


def _why(fiche: Fiche, fiches: Sequence[Fiche], held: Collection[int]) -> str:
    """Why a fiche cannot be published while those of ``held`` are not; empty when it can."""
    if fiche.action != FicheAction.DELETE:
        above = next((one for one in fiches if one.pk == fiche.parent_id), None)
        is_torn = above is not None and above.is_creation and above.pk in held
        return f"ne peut pas être publiée sans «\u00a0{above}\u00a0», qui est nouveau et renvoyé" if is_torn else ""
    kept = [one for one in fiches if one.pk in held and _stands_below(one, fiche)]
    if not kept:
        return ""
    names = ", ".join(f"«\u00a0{one}\u00a0»" for one in kept)
    verb = "qui sont renvoyées" if len(kept) > 1 else "qui est renvoyée"
    return f"la supprimer fermerait aussi {names}, {verb}"


def _stands_below(fiche: Fiche, above: Fiche) -> bool:
    """Tell whether the directory has the record of a fiche in the EG, or right below the structure, of ``above``."""
    record: Any = fiche.record
    if record is None or fiche.pk == above.pk or fiche.kind == RecordKind.GEOGRAPHIC_ENTITY:
        return False
    if above.kind == RecordKind.GEOGRAPHIC_ENTITY:
        return record.geographic_entity_id == above.geographic_entity_id
    structure = record.structure_id if fiche.kind == RecordKind.UNIT else record.parent_id
    return above.kind == RecordKind.STRUCTURE and structure == above.structure_id
