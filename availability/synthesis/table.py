"""The regional synthesis as its page and its workbook show it: rows, cells in words, changes in a week. No request."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from common.french import THIN, counted, number, plural

from ..cells import Cell, CellKind
from ..freshness import HOUR, AgeBand, age_band
from ..models import Grouping
from ..moments import week_before
from ..summary import default_cells
from ..wording import capacity_noun, figure_words
from .catalogue import Catalogue, Column
from .totals import REGION, Criteria, Totals, live_totals, with_row_totals

REGION_KEY = "region"  # of the column « Total », in addresses


@dataclass(frozen=True, kw_only=True)
class ShownCell:
    """A cell at ``now``; ``before`` is the same a week earlier, when asked. ``column`` is a code or ``REGION_KEY``."""

    cell: Cell
    grouping: Grouping
    column: str
    now: datetime.datetime
    before: Cell | None = None
    criteria: Criteria = field(default_factory=Criteria)

    @property
    def key(self) -> str:
        """Id of its link in the page."""
        return f"case-{self.grouping.code}-{self.column}"

    @property
    def path(self) -> str:
        """Last part of the address of what is behind it."""
        return f"{self.grouping.code}/{self.column}/"

    @property
    def kind(self) -> str:
        return self.cell.kind.value

    @property
    def band(self) -> AgeBand | None:
        """Freshness of the oldest figure counted, ``None`` when none is."""
        return age_band(max(self.now - self.cell.oldest, 0 * HOUR)) if self.cell.oldest else None

    @property
    def counts_until(self) -> datetime.datetime | None:
        """Until when all that is counted counts if nothing is said of it; ``None`` when age does not matter."""
        if self.criteria.any_age or not self.cell.oldest:
            return None
        return self.cell.oldest + self.criteria.max_age if self.criteria.max_age else self.cell.expires_at

    @property
    def expired_word(self) -> str:
        """What is said under the number from then on: of several figures, only the first to expire is known."""
        word = "trop ancien" if self.criteria.max_age else "périmé"
        return word if self.cell.counted == 1 else f"au moins en partie {word}"

    @property
    def change(self) -> int | None:
        """Beds and places more than a week earlier, ``None`` when one of the two is not known."""
        if self.before is None or not self.before.counted or not self.cell.counted:
            return None
        return self.cell.free - self.before.free

    @property
    def change_sign(self) -> str:
        """« +3 », « −2 », « = »; « ? » when it is not known."""
        if self.change is None:
            return "?"
        return f"{'+' if self.change > 0 else '−'}{number(abs(self.change))}" if self.change else "="

    @property
    def change_words(self) -> str:
        """« 3 de plus qu’une semaine avant », « …, mais pas sur les mêmes unités »."""
        if self.change is None:
            return "écart inconnu"
        words = "autant qu’une semaine avant"
        if self.change:
            more = "plus" if self.change > 0 else "moins"
            words = f"{number(abs(self.change))} de {more} qu’une semaine avant"
        return words if self.is_same_units else f"{words}, mais pas sur les mêmes unités"

    @property
    def is_same_units(self) -> bool:
        """Whether the units counted are those that were counted a week earlier; else the change is not of places."""
        return self.before is not None and self.before.counted_key == self.cell.counted_key

    @property
    def before_words(self) -> str:
        """« 0 libre sur 1 unité comptée », « inconnu »."""
        if self.before is None or not self.before.counted:
            return "inconnu"
        coverage = counted(self.before.counted, "unité comptée", "unités comptées")
        return f"{counted(self.before.free, 'libre')} sur {coverage}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A grouping: its cells in the order of the columns, and its total."""

    grouping: Grouping
    cells: Sequence[ShownCell]
    total: ShownCell

    @property
    def all_cells(self) -> list[ShownCell]:
        return [*self.cells, self.total]


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """The table at ``moment``. ``overall``: everything that was asked for, each unit once, when something was.

    ``empty`` are the groupings asked for without any unit: they have no row.
    """

    moment: datetime.datetime
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: Sequence[Grouping]
    overall: Cell | None
    is_filtered: bool


def read_synthesis(
    catalogue: Catalogue,
    criteria: Criteria,
    now: datetime.datetime,
    *,
    only_places: bool = False,
    compares: bool = False,
) -> Synthesis:
    """Table of ``criteria`` at ``now``, or at their moment: two queries at most.

    ``only_places`` keeps the rows where a place is free.
    """
    moment = criteria.at or now
    is_filtered = (
        len(criteria.grouping_ids) < len(catalogue.groupings)
        or replace(criteria, grouping_ids=(), at=None) != Criteria()
    )
    totals = _totals(criteria, now, is_filtered=is_filtered, compares=compares)
    before = live_totals(replace(criteria, at=week_before(moment)), now) if compares else None
    columns = [
        row for row in catalogue.departments if not criteria.department_codes or row.code in criteria.department_codes
    ]
    rows = [
        _row(grouping, columns, totals, before, criteria, moment)
        for grouping in catalogue.groupings
        if grouping.pk in criteria.grouping_ids
    ]
    return Synthesis(
        moment=moment,
        columns=columns,
        rows=[row for row in rows if row.total.cell.units and (row.total.cell.free or not only_places)],
        empty=[row.grouping for row in rows if not row.total.cell.units],
        overall=totals.overall,
        is_filtered=is_filtered,
    )


def _totals(criteria: Criteria, now: datetime.datetime, *, is_filtered: bool, compares: bool) -> Totals:
    """The summary answers the page that everybody opens; what is asked is counted live."""
    if is_filtered or compares or criteria.at:
        return live_totals(criteria, now, overall=is_filtered)
    shown = set(criteria.grouping_ids)
    cells = {key: cell for key, cell in default_cells(now).items() if key[0] in shown}
    return with_row_totals(cells, criteria, now)


def _row(
    grouping: Grouping,
    columns: Sequence[Column],
    totals: Totals,
    before: Totals | None,
    criteria: Criteria,
    moment: datetime.datetime,
) -> Row:
    def shown(column: str, code: str) -> ShownCell:
        key = grouping.pk, code
        empty = Cell(grouping.pk, code)
        found, earlier = (
            (part.cells.get(key) if code else part.rows.get(grouping.pk)) or empty if part else None
            for part in (totals, before)
        )
        return ShownCell(
            cell=found or empty, grouping=grouping, column=column, now=moment, before=earlier, criteria=criteria
        )

    return Row(
        grouping=grouping,
        cells=[shown(column.code, column.code) for column in columns],
        total=shown(REGION_KEY, REGION),
    )


def coverage_words(cell: Cell) -> str:
    """« 7 unités comptées sur 9 »; what is left out of the count when no unit is asked."""
    if not cell.open:
        return f"{counted(cell.units, 'unité')}, {plural(cell.units, 'aucune')} saisie ouverte ou en cours"
    return f"{counted(cell.counted, 'unité comptée', 'unités comptées')} sur {number(cell.open)}"


def places_words(cell: Cell, kind: str = "place") -> str:
    """« 8 places », « 0 lit, complet », « nombre de places inconnu », « aucune unité »; ``kind`` of what is counted."""
    return {
        CellKind.ABSENT: "aucune unité",
        CellKind.UNKNOWN: f"nombre de {capacity_noun(2, kind)} inconnu",
        CellKind.ZERO: f"0{THIN}{capacity_noun(0, kind)}, complet",
        CellKind.KNOWN: figure_words(cell.free, kind),
    }[cell.kind]
