"""Figures of the units of a page: closures, pools, calls that contest them, places awaited; what they amount to.

What a figure is worth follows ``availability.standing``; what is read here adds to a document of search what time
alone may change. Unknown is never a zero.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.db import connection
from django.utils.dateparse import parse_datetime

from availability import wording
from availability.expected.services import expected_words
from availability.freshness import ContractState, Freshness, freshness_at
from availability.models import CurrentFigure, ExpectedPlace, UnitClosure
from availability.shown import TO_CONFIRM, UNAVAILABLE, Badge, local_day
from availability.standing import Standing, active_closure, standing_at
from common import french

from .query import DocumentRow

FigureKind = Literal["known", "unknown", "expired", "to_confirm", "closed", "inactive"]

_NOTES = """
    SELECT current.unit_id, unit.capacity_kind, current.pool_id, pool.installed_places, current.contested_at,
           current.confirmed_at, current.rhythm, current.to_confirm_since,
           (SELECT json_agg(json_build_array(starts_at, ends_at, reason) ORDER BY starts_at, id)
            FROM availability_unitclosure WHERE unit_id = current.unit_id AND withdrawn_at IS NULL),
           (SELECT json_agg(json_build_array(count, expected_on, comment) ORDER BY expected_on, id)
            FROM availability_expectedplace
            WHERE unit_id = current.unit_id AND settled_at IS NULL AND expected_on >= %(today)s)
    FROM availability_currentfigure current
    JOIN directory_operationalunit unit ON unit.id = current.unit_id
    LEFT JOIN availability_pool pool ON pool.id = current.pool_id
    WHERE current.unit_id = ANY(%(units)s::bigint[])
"""


@dataclass(frozen=True, kw_only=True)
class UnitNote:
    """What is to be known of the figure of one unit besides its document.

    ``standing``: empty when age alone decides. ``closure``: the indisponibilité totale that holds, ``closure_words``
    its reason and dates. ``pool_id``: lits mutualisés, whose ``pool_installed`` places are theirs. ``awaited``: places
    expected, in words, the soonest first. ``capacity_kind``: « place » or « bed ».
    """

    capacity_kind: str = "place"
    standing: Standing | None = None
    closure: UnitClosure | None = None
    contested_at: datetime.datetime | None = None
    pool_id: int | None = None
    pool_installed: int | None = None
    awaited: tuple[str, ...] = ()

    @property
    def closure_words(self) -> str:
        """« travaux, du 01/08/2024 au 31/08/2024 inclus »."""
        if self.closure is None:
            return ""
        return f"{self.closure.get_reason_display()}, " + wording.period_words(
            self.closure.starts_at, self.closure.ends_at
        )

    @property
    def closed_until(self) -> str:
        """« fermée jusqu’au 31/08/2024 inclus », « fermée, sans date de fin »; empty when it is not closed."""
        if self.closure is None:
            return ""
        words = wording.period_words(self.closure.starts_at, self.closure.ends_at)
        return (
            "fermée, sans date de fin"
            if self.closure.ends_at is None
            else f"fermée jusqu’{words[words.index('au ') :]}"
        )


NO_NOTE = UnitNote()


def notes_of(unit_ids: Collection[int], now: datetime.datetime) -> dict[int, UnitNote]:
    """Notes of the units that were opened to entry one day: one query, none without units."""
    if not unit_ids:
        return {}
    today = local_day(now)
    with connection.cursor() as cursor:
        cursor.execute(_NOTES, {"units": list(unit_ids), "today": today})
        rows = cursor.fetchall()
    return {row[0]: _note(row, today, now) for row in rows}


def _note(row: Sequence[Any], today: datetime.date, now: datetime.datetime) -> UnitNote:
    unit_id, kind, pool_id, installed, contested_at, confirmed_at, rhythm, since, closures, awaited = row
    held = [
        UnitClosure(unit_id=unit_id, starts_at=_moment(start), ends_at=_moment(end), reason=reason)
        for start, end, reason in closures or ()
    ]
    standing = None
    if held or since:
        figure = CurrentFigure(confirmed_at=confirmed_at, rhythm=rhythm, to_confirm_since=since)
        standing = standing_at(figure, held, now)
    return UnitNote(
        capacity_kind=kind,
        standing=standing,
        closure=active_closure(held, now),
        contested_at=contested_at,
        pool_id=pool_id,
        pool_installed=installed,
        awaited=tuple(_awaited(pair, today, kind) for pair in awaited or ()),
    )


def _moment(text: str | None) -> datetime.datetime | None:
    return parse_datetime(text) if text else None


def _awaited(told: Sequence[Any], today: datetime.date, kind: str) -> str:
    """« 1 place attendue le 20/08/2024 – femme »."""
    count, day, comment = told
    place = ExpectedPlace(count=count, expected_on=datetime.date.fromisoformat(day))
    return " – ".join(filter(None, (expected_words(place, today, kind), comment)))


@dataclass(frozen=True)
class Count:
    """Free places of one unit or of several, ready for ``{% places %}``; unknown is never a zero.

    ``counted`` of the ``open`` units have a figure that counts; a closed unit is in neither (01-settled, coverage).
    ``freshness`` is that of the oldest figure counted, or of the figure shown struck out. ``pool_id``: the figure is
    shared by the units of a pool.
    """

    kind: FigureKind
    figure: int | None = None
    installed: int | None = None
    freshness: Freshness | None = None
    detail: str = ""
    counted: int = 0
    open: int = 0
    pool_id: int | None = None

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
    if note.standing is Standing.TO_CONFIRM:
        return Count("to_confirm", *told, open=1, pool_id=note.pool_id)
    if not freshness.counts:
        return Count("expired", *told, f"périmé, {french.day(row.stated_at)}", open=1, pool_id=note.pool_id)
    return Count("known", *told, counted=1, open=1, pool_id=note.pool_id)


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
