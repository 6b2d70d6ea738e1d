"""What never changes of a record once it is published: discipline and mode of a UO (RG_EXP_010, RG_EXP_011).

A unit whose discipline or mode is another is another unit: it is created, and the former one closed. A value that was
never given may be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from .models import OperationalUnit

if TYPE_CHECKING:
    from .snapshots import State

FIXED_FIELDS: dict[type, frozenset[str]] = {OperationalUnit: frozenset({"discipline", "care_mode"})}
WHY = "Ne change plus une fois l’unité publiée\u00a0: créez une autre unité, et fermez celle-ci."
WHY_IN_DOSSIER = "Ne change plus une fois l’unité publiée\u00a0: créez une autre unité, et supprimez celle-ci."


def fixed_fields(record: Any) -> frozenset[str]:
    """Fields of a record that nobody changes any more: those that the directory holds. Pure."""
    if record.pk is None:
        return frozenset()
    names = FIXED_FIELDS.get(type(record), frozenset())
    return frozenset(name for name in names if getattr(record, f"{name}_id") is not None)


def refuse_fixed(record: Any, before: State) -> None:
    """Raise ``ValidationError`` when ``record`` changes a fixed field of its stored state ``before``. Pure."""
    names = FIXED_FIELDS.get(type(record), frozenset())
    held = {name: before[name]["id"] for name in names if before.get(name)}
    changed = [name for name, pk in held.items() if getattr(record, f"{name}_id") != pk]
    if changed:
        raise ValidationError(dict.fromkeys(sorted(changed), WHY), code="fixed")
