"""Writing the new units of a batch with what one creation keeps: identifiers, lists, history, signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..enums import UNIT_TERM_LISTS
from ..history import change_line
from ..models import Commune, GeographicEntity, InterventionArea, OperationalUnit, RecordChange, UnitTerm
from ..records import without_outlines
from ..services import give_national_id
from ..signals import units_changed
from ..snapshots import State, differences, kept_fields, values_of
from .bulk import Signature
from .unit_rows import UnitCells


@dataclass(frozen=True)
class NewUnit:
    """A unit to create: what its line says, and its establishment (its commune and department loaded)."""

    cells: UnitCells
    entity: GeographicEntity


def create_units(new: Sequence[NewUnit], signature: Signature) -> None:
    """Create units of open establishments, in a number of statements that does not grow with them."""
    if not new:
        return
    units = [_unit(one, signature) for one in new]
    OperationalUnit.objects.bulk_create(units, batch_size=500)
    for unit in units:
        give_national_id(unit)
    OperationalUnit.objects.bulk_update(units, ["national_id"], batch_size=500)
    pairs = list(zip(units, (one.cells for one in new), strict=True))
    UnitTerm.objects.bulk_create(
        [UnitTerm(unit=unit, term=term) for unit, cells in pairs for term in cells.terms], batch_size=1000
    )
    InterventionArea.objects.bulk_create(
        [InterventionArea(unit=unit, commune_id=insee) for unit, cells in pairs for insee in cells.area],
        batch_size=1000,
    )
    _write_history(pairs, signature)
    units_changed.send(sender=OperationalUnit, unit_ids=[unit.pk for unit in units])


def _unit(one: NewUnit, signature: Signature) -> OperationalUnit:
    unit = OperationalUnit(
        geographic_entity=one.entity,
        name=one.cells.name,
        unit_type=one.cells.unit_type,
        discipline=one.cells.discipline,
        care_mode=one.cells.care_mode,
        created_by=signature.by,
        updated_by=signature.by,
        updated_role=signature.role,
        **one.cells.values,
    )
    unit.derive()
    return unit


def _write_history(pairs: Sequence[tuple[OperationalUnit, UnitCells]], signature: Signature) -> None:
    wanted = {insee for _, cells in pairs for insee in cells.area}
    communes = list(Commune.objects.filter(insee__in=wanted).order_by("key", "insee").defer(*without_outlines()))
    RecordChange.objects.bulk_create(
        [
            change_line(
                record=unit,
                action=RecordChange.Action.CREATED,
                changes=differences({}, _state(unit, cells, communes)),
                by=signature.by,
                role=signature.role,
                now=signature.now,
                reason=signature.reason,
            )
            for unit, cells in pairs
        ],
        batch_size=500,
    )


def _state(unit: OperationalUnit, cells: UnitCells, communes: Sequence[Commune]) -> State:
    """What ``snapshots.state_of`` reads of a unit just created, without a query."""
    terms = sorted(cells.terms, key=lambda term: (term.order, term.label, term.pk))
    lists = {str(name): _labelled([term for term in terms if term.nomenclature == name]) for name in UNIT_TERM_LISTS}
    area = _labelled([commune for commune in communes if commune.insee in cells.area])
    fields = values_of(unit, [field.name for field in kept_fields(OperationalUnit)])
    return {**fields, **lists, "intervention_communes": area}


def _labelled(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"id": row.pk, "label": str(row)} for row in rows]
