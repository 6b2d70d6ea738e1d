"""What time alone may change of a unit's figure: closures, pools, calls that contest it, places awaited.

A document of search holds the figure as it was stated; these are read with the documents of a page.
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_datetime

from availability import wording
from availability.expected.services import expected_words
from availability.models import CurrentFigure, ExpectedPlace, UnitClosure
from availability.shown import local_day
from availability.standing import Standing, active_closure, standing_at

# One value for the unit of a row ``d``, for ``read_note``; null when it was never opened to entry.
NOTE = """(
    SELECT json_build_array(
        coalesce(pool.capacity_kind, unit.capacity_kind), current.pool_id, pool.installed_places, current.contested_at,
        current.confirmed_at, extract(epoch FROM current.rhythm), current.to_confirm_since,
        (SELECT json_agg(json_build_array(starts_at, ends_at, reason) ORDER BY starts_at, id)
         FROM availability_unitclosure WHERE unit_id = current.unit_id AND withdrawn_at IS NULL),
        (SELECT json_agg(json_build_array(count, expected_on, comment) ORDER BY expected_on, id)
         FROM availability_expectedplace WHERE unit_id = current.unit_id AND settled_at IS NULL)
    )
    FROM availability_currentfigure current
    JOIN directory_operationalunit unit ON unit.id = current.unit_id
    LEFT JOIN availability_pool pool ON pool.id = current.pool_id
    WHERE current.unit_id = d.unit_id
)"""
_NOTES = f"SELECT d.unit_id, {NOTE} FROM unnest(%(units)s::bigint[]) AS d (unit_id)"  # noqa: S608 (written above)


@dataclass(frozen=True, kw_only=True)
class UnitNote:
    """What is to be known of the figure of one unit besides its document.

    ``standing``: empty when age alone decides. ``closure``: the indisponibilité totale that holds, ``closure_words``
    its reason and dates. ``pool_id``: lits mutualisés, whose ``pool_installed`` places are theirs. ``awaited``: places
    expected, in words, the soonest first. ``capacity_kind``: « place » or « bed », as its pool counts when it has one.
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
        return f"{self.closure.get_reason_display()}, {self._period}" if self.closure else ""

    @property
    def closed_until(self) -> str:
        """« fermée jusqu’au 31/08/2024 inclus », « fermée, sans date de fin »; empty when it is not closed."""
        if self.closure is None:
            return ""
        if self.closure.ends_at is None:
            return "fermée, sans date de fin"
        return f"fermée jusqu’au {self._period.partition(' au ')[2]}"

    @property
    def _period(self) -> str:
        return wording.period_words(self.closure.starts_at, self.closure.ends_at) if self.closure else ""


NO_NOTE = UnitNote()


def notes_of(unit_ids: Collection[int], now: datetime.datetime) -> dict[int, UnitNote]:
    """Notes of the units that were opened to entry one day: one query, none without units."""
    if not unit_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NOTES, {"units": list(unit_ids)})
        rows = cursor.fetchall()
    return {unit_id: read_note(told, now) for unit_id, told in rows if told}


def read_note(told: Sequence[Any], now: datetime.datetime) -> UnitNote:
    """Note of a unit at ``now``, from the value of ``NOTE``."""
    kind, pool_id, installed, contested_at, confirmed_at, rhythm, since, closures, awaited = told
    held = [
        UnitClosure(starts_at=_moment(start), ends_at=_moment(end), reason=reason)
        for start, end, reason in closures or ()
    ]
    standing = None
    if held or since:
        figure = CurrentFigure(
            confirmed_at=_moment(confirmed_at),
            rhythm=datetime.timedelta(seconds=float(rhythm)),
            to_confirm_since=_moment(since),
        )
        standing = standing_at(figure, held, now)
    today = local_day(now)
    return UnitNote(
        capacity_kind=kind,
        standing=standing,
        closure=active_closure(held, now),
        contested_at=_moment(contested_at),
        pool_id=pool_id,
        pool_installed=installed,
        awaited=tuple(_awaited(pair, today, kind) for pair in awaited or () if pair[1] >= today.isoformat()),
    )


def _moment(text: str | None) -> datetime.datetime | None:
    return parse_datetime(text) if text else None


def _awaited(told: Sequence[Any], today: datetime.date, kind: str) -> str:
    """« 1 place attendue le 20/08/2024 – femme »."""
    count, day, comment = told
    place = ExpectedPlace(count=count, expected_on=datetime.date.fromisoformat(day))
    return " – ".join(filter(None, (expected_words(place, today, kind), comment)))
