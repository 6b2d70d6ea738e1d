"""A cell of the regional synthesis: the places of one grouping in one department, and what they are worth. Pure."""

import datetime
from dataclasses import dataclass, field
from enum import StrEnum


class CellKind(StrEnum):
    """How a cell is shown, told apart in words too (01-settled, Availability: Cells)."""

    ABSENT = "absent"  # solid grey: no published unit of the grouping there
    UNKNOWN = "unknown"  # dashed, « ? inconnu »: units, and no figure that counts
    ZERO = "zero"  # white, « 0 complet »
    KNOWN = "known"


@dataclass(frozen=True, slots=True)
class Cell:
    """Totals of a grouping (by its primary key) in a department, or of several cells when a part is empty.

    ``free``: places of the figures that count, shared ones once. ``counted``: units whose figure counts. ``open``:
    units open to entry, those in indisponibilité totale left out. ``units``: published units of the grouping there.
    ``oldest``: when the oldest of the figures counted was confirmed. ``counted_key``: the same for the same units
    counted, 0 when it was not asked for. ``expires_at``: when the first of them goes past three rhythms.
    """

    grouping_id: int
    department_code: str
    free: int = 0
    counted: int = 0
    open: int = 0
    units: int = 0
    oldest: datetime.datetime | None = None
    counted_key: int = field(default=0, compare=False)
    expires_at: datetime.datetime | None = field(default=None, compare=False)

    @property
    def kind(self) -> CellKind:
        if not self.units:
            return CellKind.ABSENT
        if not self.counted:
            return CellKind.UNKNOWN
        return CellKind.KNOWN if self.free else CellKind.ZERO
