"""The default totals of the region, from a summary that always equals the live query (01-settled, Availability).

``CellDelta`` lines, written by triggers, are added up. What depends on more than the hour is read from its rows in the
same query, hence at the same moment: figures that expire within the hour, units with a closure, shared places.
"""

import datetime
import random
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from .cells import Cell
from .models.summary import COUNTS, DELTA_COLUMNS, IS_SETTLED, delta_lines

# A reader whose clock is late still finds the hours that it looks at.
_CLOCKS_APART = datetime.timedelta(hours=1)
WRITES_A_MERGE = 1000
_MERGE_LOCK = 0x4D455247  # any number of our own

_CELLS = f"""
WITH settled AS MATERIALIZED (
    SELECT grouping_id, department_code, rhythm,
           sum(free) FILTER (WHERE hour > %(hour)s) AS free, sum(counted) FILTER (WHERE hour > %(hour)s) AS counted,
           sum(opened) AS opened, sum(units) AS units
    FROM availability_celldelta GROUP BY grouping_id, department_code, rhythm
),
judged AS (
    SELECT row.grouping_id, row.department_code, row.pool_id, row.unit_id, row.free, row.confirmed_at,
           row.expires_at, row.is_open,
           closed.now IS NOT TRUE AS is_there,
           {COUNTS} AND row.expires_at >= %(now)s AND closed.now IS NOT TRUE AND closed.since IS NOT TRUE AS counts
    FROM availability_groupedunit row
    LEFT JOIN LATERAL (
        SELECT bool_or(closure.ends_at IS NULL OR closure.ends_at > %(now)s) AS now,
               bool_or(closure.ends_at <= %(now)s AND closure.ends_at > row.confirmed_at) AS since
        FROM availability_unitclosure closure
        WHERE row.is_volatile AND closure.unit_id = row.unit_id
          AND closure.withdrawn_at IS NULL AND closure.starts_at <= %(now)s
    ) AS closed ON true
    WHERE row.is_volatile OR row.pool_id IS NOT NULL
),
holders AS (
    SELECT grouping_id, department_code, max(free) FILTER (WHERE counts) AS free,
           count(*) FILTER (WHERE counts) AS counted, count(*) FILTER (WHERE is_open AND is_there) AS opened,
           count(*) AS units, min(confirmed_at) FILTER (WHERE counts) AS oldest,
           min(expires_at) FILTER (WHERE counts) AS expires_at
    FROM judged GROUP BY grouping_id, department_code, coalesce(-pool_id, unit_id)
),
parts AS (
    SELECT grouping_id, department_code, free, counted, opened, units, oldest, expires_at FROM holders
    UNION ALL
    SELECT settled.grouping_id, settled.department_code, free, counted, opened, units, NULL, NULL FROM settled
    UNION ALL
    SELECT grouping_id, department_code, sum(free), count(*), 0, 0, NULL, NULL
    FROM availability_groupedunit
    WHERE {COUNTS} AND {IS_SETTLED} AND expires_at >= %(now)s AND expires_at < %(next)s
    GROUP BY grouping_id, department_code
    UNION ALL
    SELECT settled.grouping_id, settled.department_code, 0, 0, 0, 0, first.confirmed_at, first.expires_at
    FROM settled CROSS JOIN LATERAL (
        SELECT row.confirmed_at, row.expires_at FROM availability_groupedunit row
        WHERE row.grouping_id = settled.grouping_id AND row.department_code = settled.department_code
          AND row.rhythm = settled.rhythm AND {COUNTS} AND {IS_SETTLED} AND row.expires_at >= %(now)s
        ORDER BY row.expires_at LIMIT 1
    ) AS first
)
SELECT grouping_id, department_code, coalesce(sum(free), 0)::int, coalesce(sum(counted), 0)::int,
       sum(opened)::int, sum(units)::int, min(oldest), min(expires_at)
FROM parts GROUP BY grouping_id, department_code HAVING sum(units) > 0
"""  # noqa: S608
# Lines of one key become one; those of past hours count no place any more. Writers only add lines: nobody waits.
_MERGE = f"""
WITH line AS (
    SELECT id, count(*) OVER (
               PARTITION BY grouping_id, department_code,
                            CASE WHEN hour >= %(hour)s THEN rhythm END, CASE WHEN hour >= %(hour)s THEN hour END
           ) AS alike, hour < %(hour)s AS is_past
    FROM availability_celldelta
),
taken AS (
    DELETE FROM availability_celldelta delta USING line
    WHERE delta.id = line.id AND (line.alike > 1 OR line.is_past)
    RETURNING delta.*
),
kept AS (
    SELECT grouping_id, department_code, CASE WHEN hour >= %(hour)s THEN rhythm END AS rhythm,
           CASE WHEN hour >= %(hour)s THEN hour END AS hour,
           CASE WHEN hour >= %(hour)s THEN free ELSE 0 END AS free,
           CASE WHEN hour >= %(hour)s THEN counted ELSE 0 END AS counted, opened, units
    FROM taken
)
INSERT INTO availability_celldelta ({DELTA_COLUMNS})
SELECT grouping_id, department_code, rhythm, hour, sum(free), sum(counted), sum(opened), sum(units)
FROM kept GROUP BY grouping_id, department_code, rhythm, hour
HAVING sum(free) <> 0 OR sum(counted) <> 0 OR sum(opened) <> 0 OR sum(units) <> 0
"""  # noqa: S608


def default_cells(now: datetime.datetime) -> dict[tuple[int, str], Cell]:
    """Totals at ``now`` of each grouping in each department where it has a published unit (one query).

    ``now`` may not be earlier than an hour before the last merge. The cost grows with the cells and the hours of their
    rhythms, hardly with the units.
    """
    hour = _hour(now)
    with connection.cursor() as cursor:
        cursor.execute(_CELLS, {"now": now, "hour": hour, "next": hour + datetime.timedelta(hours=1)})
        return {
            (grouping_id, department_code): Cell(grouping_id, department_code, *numbers, expires_at=expires_at)
            for grouping_id, department_code, *numbers, expires_at in cursor.fetchall()
        }


@transaction.atomic
def merge_lines(*, now: datetime.datetime) -> None:
    """Merge the lines of the summary, in one transaction: a reader never sees a double or a hole.

    Does nothing while another merge is under way.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_MERGE_LOCK])
        if cursor.fetchone()[0]:
            cursor.execute(_MERGE, {"hour": _hour(now - _CLOCKS_APART)})


def merge_now_and_then(sender: Any, **kwargs: Any) -> None:
    """After one write in ``WRITES_A_MERGE``, drawn by lot, merge the lines once it is committed.

    So the totals stay quick to read even where no scheduler runs ``merge_availability``.
    """
    if random.randrange(WRITES_A_MERGE) == 0:  # noqa: S311 (no secret)
        transaction.on_commit(lambda: merge_lines(now=timezone.now()), robust=True)


@transaction.atomic
def rebuild() -> None:
    """Write the summary from nothing but the rows of totals; savers wait meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE availability_groupedunit IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MERGE_LOCK])
        cursor.execute("DELETE FROM availability_celldelta")
        lines = delta_lines("SELECT 1 AS sign, * FROM availability_groupedunit")
        cursor.execute(f"INSERT INTO availability_celldelta ({DELTA_COLUMNS}) {lines}")


def _hour(moment: datetime.datetime) -> datetime.datetime:
    """Start of the UTC hour of ``moment``."""
    return moment.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0)
