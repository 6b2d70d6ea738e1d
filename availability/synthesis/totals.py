"""The totals of the regional synthesis, live: one query over the rows of totals, two-level so that a pool counts once.

The same rule as ``standing`` for what counts, for any criteria and at any recorded moment (spec 20, Consulting;
01-settled, Availability). ``summary.default_cells`` gives the same for the unfiltered page.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ..breakdown import COUNT_FIELDS
from ..cells import Cell
from ..freshness import EXPIRY_RHYTHMS

REGION = ""  # in place of a department code: all of those asked for


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What totals are asked of. Empty is everything.

    ``ages``: windows of days (both ends included, ``None`` without end) that a unit has to meet, each of them.
    ``words``: folded words of the name of the establishment or of the unit. ``max_age`` replaces the rhythm: a figure
    younger than it counts. ``any_age``: figures count whatever their age (« sans limite », or the expired ones too).
    ``at``: as recorded by that moment, pools of then, freshness judged then; groupings and openings as today.
    """

    grouping_ids: tuple[int, ...] = ()
    unit_type_id: int | None = None
    department_codes: tuple[str, ...] = ()
    ages: tuple[tuple[int, int | None], ...] = ()
    words: tuple[str, ...] = ()
    entity_id: int | None = None
    max_age: datetime.timedelta | None = None
    any_age: bool = False
    at: datetime.datetime | None = None


@dataclass(frozen=True)
class Totals:
    """Cells by (grouping, department), a total by grouping, and that of everything asked for, each unit once."""

    cells: dict[tuple[int, str], Cell] = field(default_factory=dict)
    rows: dict[int, Cell] = field(default_factory=dict)
    overall: Cell | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """A unit behind a cell: its pool at that moment if any, its free places, whether they count.

    ``is_asked``: open to entry and not in indisponibilité totale, hence in the coverage. ``entry_id``: the statement
    in force, when totals are asked of the past. ``lat``, ``lon``: where it is, when ``holdings`` was given the places.
    """

    unit_id: int
    entity_id: int
    entity_name: str
    pool_id: int | None
    free: int | None
    confirmed_at: datetime.datetime | None
    entry_id: int | None
    counts: bool
    is_asked: bool
    capacity_kind: str
    lat: float | None = None
    lon: float | None = None


_NOW_ROWS = """
SELECT row.grouping_id, row.department_code, row.unit_id, row.pool_id, row.is_open, row.free, row.confirmed_at,
       row.expires_at, row.is_volatile, NULL::bigint AS entry_id
FROM availability_groupedunit row
"""
_COUNTED = "CASE rule.counted WHEN '' THEN said.figure {} END".format(
    " ".join(f"WHEN '{name}' THEN said.{name}" for name in COUNT_FIELDS)
)
# Statements recorded by then: those of the pool that the unit was in, else its own, to be confirmed once it left one.
_PAST_ROWS = f"""
SELECT row.grouping_id, row.department_code, row.unit_id, member.pool_id, row.is_open, {_COUNTED} AS free,
       kept.confirmed_at, kept.confirmed_at + {EXPIRY_RHYTHMS} * row.rhythm AS expires_at, true AS is_volatile,
       said.id AS entry_id
FROM availability_groupedunit row
JOIN availability_grouping rule ON rule.id = row.grouping_id
LEFT JOIN availability_currentfigure figure ON figure.unit_id = row.unit_id
LEFT JOIN LATERAL (
    SELECT max(membership.pool_id) FILTER (WHERE membership.until IS NULL OR membership.until > %(now)s) AS pool_id,
           max(membership.until) FILTER (WHERE membership.until <= %(now)s) AS left_at
    FROM availability_poolmembership membership
    WHERE membership.unit_id = row.unit_id AND membership.since <= %(now)s
) AS member ON true
LEFT JOIN availability_pool pool ON pool.id = member.pool_id
LEFT JOIN LATERAL (
    (SELECT entry.* FROM availability_availabilityentry entry
     WHERE member.pool_id IS NULL AND entry.unit_id = row.unit_id AND entry.pool_id IS NULL
       AND entry.recorded_at <= %(now)s
     ORDER BY entry.stated_at DESC, entry.version DESC LIMIT 1)
    UNION ALL
    (SELECT entry.* FROM availability_availabilityentry entry
     WHERE entry.pool_id = member.pool_id AND entry.recorded_at <= %(now)s
     ORDER BY entry.stated_at DESC, entry.version DESC LIMIT 1)
) AS said ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN member.pool_id IS NULL THEN member.left_at END AS left_at,
           CASE WHEN member.pool_id IS NOT DISTINCT FROM figure.pool_id THEN figure.to_confirm_since
                ELSE pool.to_confirm_since END AS asked_at
) AS waits
CROSS JOIN LATERAL (
    SELECT CASE WHEN (waits.asked_at <= %(now)s AND waits.asked_at > said.confirmed_at) IS NOT TRUE
                 AND (waits.left_at > said.confirmed_at) IS NOT TRUE
                THEN said.confirmed_at END AS confirmed_at
) AS kept
"""  # noqa: S608
_HELD_NOW = "closure.withdrawn_at IS NULL"
_HELD_THEN = "closure.recorded_at <= %(now)s AND (closure.withdrawn_at IS NULL OR closure.withdrawn_at > %(now)s)"
_UNIT_JOINS = """
JOIN directory_operationalunit unit ON unit.id = row.unit_id
JOIN directory_geographicentity entity ON entity.id = unit.geographic_entity_id
"""


def live_totals(criteria: Criteria, now: datetime.datetime, *, overall: bool = False) -> Totals:
    """Totals at ``now``, or at ``criteria.at`` (one query). ``overall`` asks for the total of everything too."""
    sql, values = _judged(criteria, now)
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {sql} {_PARTS}{_OVERALL if overall else ''}", values)
        return _read(cursor.fetchall())


def with_row_totals(cells: dict[tuple[int, str], Cell], criteria: Criteria, now: datetime.datetime) -> Totals:
    """Totals made of ``cells`` already known: a pool whose units are in two departments counts once (one query)."""
    sql, values = _judged(criteria, now, only="row.pool_id IS NOT NULL")
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {sql} {_TWICE}", values)
        parts = [(cell.grouping_id, code, *_numbers(cell)) for (_, code), cell in cells.items()]
        return _read([*parts, *cursor.fetchall()])


def holdings(criteria: Criteria, now: datetime.datetime, places: QuerySet | None = None) -> list[Holding]:
    """Units behind totals, each once, in no order: what a cell opens on (one query).

    ``places``: unit, latitude and longitude of those whose place may be told.
    """
    sql, values = _judged(criteria, now)
    columns, join = "", ""
    if places is not None:
        asked, given = places.order_by().query.sql_with_params()
        values |= {f"place{number}": value for number, value in enumerate(given)}
        named = asked % tuple(f"%(place{number})s" for number in range(len(given)))
        columns, join = ", spot.lat, spot.lon", f"LEFT JOIN ({named}) AS spot(id, lat, lon) ON spot.id = row.unit_id"
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {sql} {_HOLDINGS.format(columns=columns, join=join)}", values)
        return [Holding(*row) for row in cursor.fetchall()]


_PARTS = """
SELECT grouping_id, department_code, sum(free), sum(counted), sum(opened), sum(units), min(oldest), sum(counted_key),
       min(expires_at)
FROM parts GROUP BY grouping_id, department_code
UNION ALL SELECT * FROM twice
"""
_TWICE = "SELECT * FROM twice"
_OVERALL = """
UNION ALL
SELECT NULL, NULL, sum(free), sum(counted), sum(opened), sum(units), min(oldest), NULL, min(expires_at) FROM (
    SELECT max(free) FILTER (WHERE counts) AS free, count(DISTINCT unit_id) FILTER (WHERE counts) AS counted,
           count(DISTINCT unit_id) FILTER (WHERE is_open AND is_there) AS opened, count(DISTINCT unit_id) AS units,
           min(confirmed_at) FILTER (WHERE counts) AS oldest, min(expires_at) FILTER (WHERE counts) AS expires_at
    FROM (SELECT * FROM settled UNION ALL SELECT * FROM judged) AS row GROUP BY coalesce(-pool_id, unit_id)
) AS holder
"""
_HOLDINGS = """
SELECT row.unit_id, entity.id, entity.sort_name, max(row.pool_id), max(row.free), min(row.confirmed_at),
       max(row.entry_id), bool_or(row.counts), bool_or(row.is_open AND row.is_there),
       coalesce(pool.capacity_kind, unit.capacity_kind){columns}
FROM (SELECT * FROM settled UNION ALL SELECT * FROM judged) AS row
JOIN directory_operationalunit unit ON unit.id = row.unit_id
JOIN directory_geographicentity entity ON entity.id = unit.geographic_entity_id
LEFT JOIN availability_pool pool ON pool.id = row.pool_id
{join}
GROUP BY row.unit_id, entity.id, pool.id, unit.id{columns}
"""


_CTES = """
    asked AS {materialised} ({asked}),
    settled AS NOT MATERIALIZED (
        SELECT {columns}, true AS is_there, ({counts}) IS TRUE AS counts
        FROM asked row WHERE row.pool_id IS NULL AND NOT row.is_volatile
    ),
    judged AS MATERIALIZED (
        SELECT {columns}, closed.now IS NOT TRUE AS is_there,
               ({counts}) IS TRUE AND closed.now IS NOT TRUE AND closed.since IS NOT TRUE AS counts
        FROM asked row
        LEFT JOIN LATERAL (
            SELECT bool_or(closure.ends_at IS NULL OR closure.ends_at > %(now)s) AS now,
                   bool_or(closure.ends_at <= %(now)s AND closure.ends_at > row.confirmed_at) AS since
            FROM availability_unitclosure closure
            WHERE row.is_volatile AND closure.unit_id = row.unit_id AND closure.starts_at <= %(now)s AND {held}
        ) AS closed ON true
        WHERE row.pool_id IS NOT NULL OR row.is_volatile
    ),
    holders AS MATERIALIZED (
        SELECT grouping_id, department_code, max(pool_id) AS pool_id, max(free) FILTER (WHERE counts) AS free,
               count(*) FILTER (WHERE counts) AS counted, count(*) FILTER (WHERE is_open AND is_there) AS opened,
               count(*) AS units, min(confirmed_at) FILTER (WHERE counts) AS oldest,
               sum(hashint8(unit_id)) FILTER (WHERE counts) AS counted_key,
               min(expires_at) FILTER (WHERE counts) AS expires_at
        FROM judged GROUP BY grouping_id, department_code, coalesce(-pool_id, unit_id)
    ),
    parts AS NOT MATERIALIZED (
        SELECT grouping_id, department_code, sum(free) FILTER (WHERE counts) AS free,
               count(*) FILTER (WHERE counts) AS counted, count(*) FILTER (WHERE is_open) AS opened,
               count(*) AS units, min(confirmed_at) FILTER (WHERE counts) AS oldest,
               sum(hashint8(unit_id)) FILTER (WHERE counts) AS counted_key,
               min(expires_at) FILTER (WHERE counts) AS expires_at
        FROM settled GROUP BY grouping_id, department_code
        UNION ALL
        SELECT grouping_id, department_code, free, counted, opened, units, oldest, counted_key, expires_at
        FROM holders
    ),
    twice AS NOT MATERIALIZED (
        SELECT grouping_id, NULL::varchar, max(free) - sum(free), 0::bigint, 0::bigint, 0::bigint,
               NULL::timestamptz, 0::bigint, NULL::timestamptz
        FROM holders WHERE pool_id IS NOT NULL AND free IS NOT NULL
        GROUP BY grouping_id, pool_id HAVING count(*) > 1
    )
    """


def _judged(criteria: Criteria, now: datetime.datetime, only: str = "") -> tuple[str, dict[str, Any]]:
    """CTEs: rows, those that count by themselves, those judged from closures and pools, what cells are made of."""
    values: dict[str, Any] = {"now": criteria.at or now}
    conditions = _conditions(criteria, values)
    if only:
        conditions.append(only)
    joins = _UNIT_JOINS if _reads_units(criteria) else ""
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    base = _NOW_ROWS if criteria.at is None else _PAST_ROWS
    materialised = "NOT MATERIALIZED" if criteria.at is None else "MATERIALIZED"
    counts = f"row.is_open AND row.free IS NOT NULL AND {_young_enough(criteria, values)}"
    columns = "row.grouping_id, row.department_code, row.unit_id, row.pool_id, row.is_open, row.free,"
    columns += " row.confirmed_at, row.entry_id, row.expires_at"
    held = _HELD_NOW if criteria.at is None else _HELD_THEN
    sql = _CTES.format(
        materialised=materialised, asked=f"{base}{joins}{where}", columns=columns, counts=counts, held=held
    )
    return sql, values


def _young_enough(criteria: Criteria, values: dict[str, Any]) -> str:
    if criteria.max_age is not None:
        values["oldest"] = values["now"] - criteria.max_age
        return "row.confirmed_at > %(oldest)s"
    return "row.confirmed_at IS NOT NULL" if criteria.any_age else "row.expires_at >= %(now)s"


def _reads_units(criteria: Criteria) -> bool:
    return bool(criteria.unit_type_id is not None or criteria.ages or criteria.words or criteria.entity_id is not None)


def _conditions(criteria: Criteria, values: dict[str, Any]) -> list[str]:
    found = []

    def add(condition: str, **given: Any) -> None:
        found.append(condition)
        values.update(given)

    if criteria.grouping_ids:
        add("row.grouping_id = ANY(%(groupings)s::bigint[])", groupings=list(criteria.grouping_ids))
    if criteria.department_codes:
        add("row.department_code = ANY(%(departments)s::varchar[])", departments=list(criteria.department_codes))
    if criteria.unit_type_id is not None:
        add("unit.unit_type_id = %(unit_type)s", unit_type=criteria.unit_type_id)
    if criteria.entity_id is not None:
        add("entity.id = %(entity)s", entity=criteria.entity_id)
    for number, (first, last) in enumerate(criteria.ages):
        add(f"(unit.max_age_days IS NULL OR unit.max_age_days >= %(first{number})s)", **{f"first{number}": first})
        if last is not None:
            add(f"coalesce(unit.min_age_days, 0) <= %(last{number})s", **{f"last{number}": last})
    for number, word in enumerate(criteria.words):
        name = f"word{number}"
        add(
            f"(position(%({name})s in entity.sort_name) > 0 OR position(%({name})s in unit.sort_name) > 0)",
            **{name: word},
        )
    return found


def _numbers(cell: Cell) -> tuple:
    return cell.free, cell.counted, cell.open, cell.units, cell.oldest, cell.counted_key, cell.expires_at


def _read(lines: Collection[tuple]) -> Totals:
    """Totals from lines (grouping, department, numbers): without department, what a row counts twice."""
    cells: dict[tuple[int, str], Cell] = {}
    rows: dict[int, Cell] = {}
    overall = None
    for grouping_id, code, free, counted, opened, units, oldest, key, expires_at in lines:
        places, known, asked, all_units = (int(number or 0) for number in (free, counted, opened, units))
        cell = Cell(grouping_id, code or REGION, places, known, asked, all_units, oldest, int(key or 0), expires_at)
        if grouping_id is None:
            overall = cell
            continue
        if code is not None:
            cells[grouping_id, code] = cell
        rows[grouping_id] = _added(rows.get(grouping_id), cell)
    return Totals(cells, rows, overall)


def _added(row: Cell | None, cell: Cell) -> Cell:
    row = row or Cell(cell.grouping_id, REGION)
    return Cell(
        cell.grouping_id,
        REGION,
        row.free + cell.free,
        row.counted + cell.counted,
        row.open + cell.open,
        row.units + cell.units,
        min(filter(None, (row.oldest, cell.oldest)), default=None),
        row.counted_key + cell.counted_key,
        min(filter(None, (row.expires_at, cell.expires_at)), default=None),
    )
