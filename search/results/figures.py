"""Figures of the units of a page and what they amount to: one rule for the list, the map and the files.

What a figure is worth follows ``availability.standing``. Unknown is never a zero.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from availability import wording
from availability.freshness import ContractState, Freshness, freshness_at
from availability.shown import TO_CONFIRM, UNAVAILABLE, Badge
from availability.standing import Standing
from common import french

from ..engine.notes import NO_NOTE, UnitNote, notes_of, read_note
from ..engine.query import DocumentRow

__all__ = ["NO_NOTE", "Count", "UnitNote", "notes_in", "notes_of", "total_count", "unit_count"]

FigureKind = Literal["known", "unknown", "expired", "to_confirm", "closed", "inactive"]


def notes_in(rows: Iterable[DocumentRow], now: datetime.datetime) -> dict[int, UnitNote]:
    """Notes that came with the documents of a page."""
    return {row.unit_id: read_note(row.note, now) for row in rows if row.unit_id and row.note}


@dataclass(frozen=True)
class Count:
    """Free places of one unit or of several, ready for ``{% places %}``; unknown is never a zero.

    ``counted`` of the ``open`` units have a figure that counts; a closed unit is in neither (01-settled, coverage).
    ``freshness`` is that of the oldest figure counted, or of the figure shown struck out. ``pool_id``: the figure is
    shared by the units of a pool. ``capacity_kind``: « bed » when all that is counted is called « lits ».
    """

    kind: FigureKind
    figure: int | None = None
    installed: int | None = None
    freshness: Freshness | None = None
    detail: str = ""
    counted: int = 0
    open: int = 0
    pool_id: int | None = None
    capacity_kind: str = "place"

    @property
    def state(self) -> Badge | ContractState | None:
        """What ``{% state %}`` shows of one unit; empty when there is no figure."""
        if self.kind == "closed":
            return UNAVAILABLE
        if self.kind == "to_confirm":
            return TO_CONFIRM
        return self.freshness.state if self.freshness and self.figure is not None else None


def unit_count(row: DocumentRow, now: datetime.datetime, note: UnitNote = NO_NOTE) -> Count:
    """Figure of one unit at ``now``: closed, not activated, never stated, to confirm, expired (struck out) or counted.

    ``note``: without it, closures and pools are not known.
    """
    if note.standing is Standing.UNAVAILABLE:
        return Count("closed", detail="indisponible")
    if not row.is_open or row.rhythm is None:
        return Count("inactive")
    freshness = freshness_at(row.stated_at, row.rhythm, now)
    if row.stated_at is None:
        return Count("unknown", freshness=freshness, open=1)
    installed = note.pool_installed if note.pool_id else row.installed_places
    told = (row.figure, installed, freshness)
    held: dict[str, Any] = {"open": 1, "pool_id": note.pool_id, "capacity_kind": note.capacity_kind}
    if note.standing is Standing.TO_CONFIRM:
        return Count("to_confirm", *told, **held)
    if not freshness.counts:
        return Count("expired", *told, f"périmé, {french.day(row.stated_at)}", **held)
    return Count("known", *told, counted=1, **held)


def total_count(counts: Sequence[Count]) -> Count:
    """Sum of the figures that count, a pool once; without any, what is known of the others: unknown is not zero."""
    opened = [count for count in counts if count.kind not in ("inactive", "closed")]
    if not opened:
        closed = any(count.kind == "closed" for count in counts)
        return Count("closed", detail="indisponible") if closed else Count("inactive")
    known = [count for count in opened if count.kind == "known"]
    if not known:
        return _unknown_total(opened)
    held = list(_pools_once(known))
    installed = [count.installed for count in held if count.installed is not None]
    return Count(
        "known",
        sum(count.figure or 0 for count in held),
        sum(installed) if len(installed) == len(held) else None,
        max((count.freshness for count in known if count.freshness), key=_age_of),
        counted=len(known),
        open=len(opened),
        capacity_kind=wording.common_kind(count.capacity_kind for count in held),
    )


def _unknown_total(opened: Sequence[Count]) -> Count:
    """No figure counts: the one there is, else how things stand."""
    pools = {count.pool_id for count in opened}
    if len(opened) == 1 or (len(pools) == 1 and None not in pools):
        return replace(opened[0], open=len(opened))
    kinds = {count.kind for count in opened}
    told = [count for count in opened if count.kind != "unknown"] or list(opened)
    newest = min((count.freshness for count in told if count.freshness), key=_age_of)
    detail = "à confirmer" if "to_confirm" in kinds else "chiffres périmés" if "expired" in kinds else "inconnu"
    return Count("unknown", freshness=newest, detail=detail, open=len(opened))


def _pools_once(counts: Iterable[Count]) -> Iterable[Count]:
    """The counts, one for all the units of a pool."""
    seen: set[int] = set()
    for count in counts:
        if count.pool_id not in seen:
            yield count
        if count.pool_id:
            seen.add(count.pool_id)


def _age_of(freshness: Freshness) -> datetime.timedelta:
    return freshness.age or datetime.timedelta(0)


def figure_words(count: Count, kind: str = "place") -> str:
    """« 8 places / 35 », « complet », « 3 lits »; empty when no figure is known."""
    if count.figure is None:
        return ""
    words = "complet" if count.kind == "known" and not count.figure else wording.figure_words(count.figure, kind)
    return words if count.installed is None else f"{words} / {french.number(count.installed)}"


def counts_of(rows: Iterable[DocumentRow], notes: Mapping[int, UnitNote], now: datetime.datetime) -> list[Count]:
    """Figure of each unit, in their order."""
    return [unit_count(row, now, notes.get(row.unit_id or 0, NO_NOTE)) for row in rows]
