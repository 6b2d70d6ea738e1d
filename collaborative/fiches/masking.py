"""Whether the address of an EG will be hidden once a dossier is published (spec 01-settled, Directory).

The rule is that of ``directory.querysets.address_shown`` for a person without any right, over what the dossier
proposes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, ExpressionWrapper, Q

from accounts.roles import Permission
from directory.enums import RecordKind
from directory.models import OperationalUnit

from ..enums import FicheAction, FicheState
from ..models import Fiche

if TYPE_CHECKING:
    from directory.scopes import Scope

FIELD = "sensitive_unit"


@dataclass(frozen=True)
class Masking:
    """Address of ``entity`` and of its units for those without the right: ``today`` and once published (``after``).

    ``own``: the fiche looked at is itself a sensitive unit.
    """

    entity: Any
    today: bool
    after: bool
    own: bool

    @property
    def begins(self) -> bool:
        """Tell whether publishing hides an address that everybody reads today."""
        return self.after and not self.today and bool(self.entity.pk)


def masking_of(fiche: Fiche, entity: Any) -> Masking:
    """Say it of the EG ``entity``, maybe in memory, that the record of ``fiche`` will be, or where it will stand.

    Two queries; a unit that is closed, or removed by the dossier, hides the address of its EG as before.
    """
    held = OperationalUnit.objects.filter(geographic_entity=entity.pk, **{FIELD: True})
    today = set(held.values_list("pk", flat=True)) if entity.pk else set()
    rows = {row.pk: row for row in _rows(fiche)}
    top, inside, known = _top(fiche.pk, rows), set(), set()
    for row in rows.values():
        if row.kind != RecordKind.UNIT:
            continue
        known.add(row.unit_id)
        is_gone = row.action == FicheAction.CREATE and row.state == FicheState.REMOVED
        if not is_gone and _is_sensitive(row, fiche) and _top(row.pk, rows) == top:
            inside.add(row.pk)
    return Masking(entity, bool(today), bool(inside or today - known), fiche.pk in inside)


def reads_masked(scope: Scope, masking: Masking) -> bool:
    """Tell whether a person who may open the dossier reads an address that is hidden from others.

    That of an EG that is only in the dossier is read by all of these.
    """
    coverage = scope.coverage(Permission.SENSITIVE_READ)
    return not masking.entity.pk or coverage.holds_geographic_entity(masking.entity)


def _rows(fiche: Fiche) -> list[Any]:
    is_said = ExpressionWrapper(Q(values__has_key=FIELD), output_field=BooleanField())
    rows = Fiche.objects.filter(dossier=fiche.dossier_id).annotate(is_said=is_said)
    named = ("pk", "parent_id", "kind", "action", "state", "unit_id", f"unit__{FIELD}", f"values__{FIELD}", "is_said")
    return list(rows.values_list(*named, named=True).order_by())


def _is_sensitive(row: Any, fiche: Fiche) -> bool:
    if row.pk == fiche.pk and FIELD in fiche.values:
        return bool(fiche.values[FIELD])
    return bool(getattr(row, f"values__{FIELD}") if row.is_said else getattr(row, f"unit__{FIELD}"))


def _top(pk: int, rows: dict[int, Any]) -> int:
    while (above := rows[pk].parent_id) in rows:
        pk = above
    return pk
