"""« Tout confirmer »: the units of a person listed with their values, confirmed at once (spec 20, Beyond the seeds)."""

import datetime
import re
import uuid
from dataclasses import dataclass

from django.http import QueryDict

from directory.scopes import Scope

from ..standing import closures_of
from .rows import EntryRow, Outcome, shown_row
from .saving import confirm_row, show_stored
from .units import for_rows, units_to_state

LISTED = 500  # units; whoever states more filters by name
_TICKED = re.compile(r"([1-9][0-9]{0,17}):(?:([1-9][0-9]{0,17})p)?([0-9]{1,9}):([0-9a-f-]{36})(?::([0-9]{1,18}))?")


@dataclass(frozen=True)
class Ticked:
    """What the page showed of a unit that was ticked: pool, version, contest (``services.contest_key``), request."""

    pool_id: int | None
    version: int
    request_id: str
    contest: int


def confirmable(scope: Scope, now: datetime.datetime, text: str = "") -> tuple[list[EntryRow], int]:
    """Rows of the person's units that have a figure and whose entry is open, oldest first; and how many in all.

    Units that share their places come once, under the first of them. Three queries, whatever their number.
    """
    stated = units_to_state(scope, now, text).filter(current_figure__is_open=True, current_figure__figure__isnull=False)
    units = for_rows(stated)
    found = list(units[: LISTED + 1])
    count = units.count() if len(found) > LISTED else len(found)
    closures = closures_of([unit.pk for unit in found], now)
    rows, pools = [], set()
    for unit in found[:LISTED]:
        unit.undoable_since = None
        row = shown_row(unit, scope, now, closures=closures.get(unit.pk, ()))
        pool_id = unit.current_figure.pool_id
        if row.is_blocked or pool_id in pools:
            count -= 1
            continue
        pools |= {pool_id} if pool_id else set()
        rows.append(row)
    return rows, count


def read_confirmed(data: QueryDict) -> dict[int, Ticked]:
    """What was ticked, by unit.

    What is not « unit:version:request », or « unit:pool p version:request » where places are shared, then « :contest »
    where the figure was contested, is left out.
    """
    found = (_TICKED.fullmatch(value) for value in data.getlist("unit"))
    return {
        int(match[1]): Ticked(
            pool_id=int(match[2]) if match[2] else None,
            version=int(match[3]),
            request_id=str(uuid.UUID(match[4])),
            contest=int(match[5] or 0),
        )
        for match in found
        if match and _is_uuid(match[4])
    }


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def confirm_all(rows: list[EntryRow], ticked: dict[int, Ticked], *, by, scope: Scope) -> None:
    """Confirm the rows ticked as they were shown, one transaction each; each row then says what became of it."""
    chosen = [row for row in rows if row.unit.pk in ticked]
    for row in chosen:
        shown = ticked[row.unit.pk]
        row.pool_id, row.version = shown.pool_id, shown.version
        row.request_id, row.contest = shown.request_id, shown.contest
        confirm_row(row, by=by, scope=scope)
    show_stored([row for row in chosen if row.outcome is Outcome.SAVED], by.pk)
