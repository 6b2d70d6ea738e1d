"""Which units belong to which groupings, and the flat rows that totals read (``GroupedUnit``): one rule, in SQL.

Every function works for some units, or for all of them when ``unit_ids`` is ``None``, inside the writer's transaction.
"""

import datetime
from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db import connection

from .breakdown import COUNT_FIELDS
from .freshness import EXPIRY_RHYTHMS

IS_CRISIS_ON = "SELECT is_on FROM availability_crisismode ORDER BY at DESC, id DESC LIMIT 1"
# Units under the groupings whose rule they meet, published or not (spec 20; ages of 01-settled).
# A grouping of a crisis gives no rhythm and opens no entry out of crisis mode: it is not in force.
_MATCHED = f"""
matched AS MATERIALIZED (
    SELECT grouping_rule.id AS grouping_id, grouping_rule.counted, grouping_rule.rhythm AS grouping_rhythm,
           NOT grouping_rule.is_crisis OR coalesce(({IS_CRISIS_ON}), false) AS is_in_force,
           unit.id AS unit_id, unit.unit_type_id, commune.department_id AS department_code,
           unit.status = 'published' AND eg.status = 'published' AND ej.status = 'published' AS is_published
    FROM directory_operationalunit unit
    JOIN directory_geographicentity eg ON eg.id = unit.geographic_entity_id
    JOIN directory_legalentity ej ON ej.id = eg.legal_entity_id
    JOIN directory_commune commune ON commune.insee = coalesce(unit.commune_id, eg.commune_id)
    JOIN availability_grouping_unit_types of_type ON of_type.term_id = unit.unit_type_id
    JOIN availability_grouping grouping_rule ON grouping_rule.id = of_type.grouping_id
    WHERE (%(ids)s::bigint[] IS NULL OR unit.id = ANY(%(ids)s::bigint[]))
      AND (grouping_rule.until_days IS NULL OR coalesce(unit.min_age_days, 0) < grouping_rule.until_days)
      AND (grouping_rule.from_days IS NULL
           OR unit.max_age_days IS NULL OR unit.max_age_days >= grouping_rule.from_days)
      AND (NOT EXISTS (SELECT 1 FROM availability_grouping_modes mode WHERE mode.grouping_id = grouping_rule.id)
           OR EXISTS (SELECT 1 FROM availability_grouping_modes mode
                      WHERE mode.grouping_id = grouping_rule.id AND mode.term_id = unit.care_mode_id))
      AND (NOT EXISTS (SELECT 1 FROM availability_grouping_activities asked
                       WHERE asked.grouping_id = grouping_rule.id)
           OR EXISTS (SELECT 1 FROM availability_grouping_activities asked
                      JOIN directory_unitterm given ON given.term_id = asked.term_id
                      WHERE asked.grouping_id = grouping_rule.id AND given.unit_id = unit.id))
)
"""  # noqa: S608
_RHYTHMS = """
rhythms AS MATERIALIZED (
    SELECT matched.unit_id, coalesce(own.rhythm, min(matched.grouping_rhythm)) AS rhythm
    FROM matched LEFT JOIN availability_unittyperhythm own ON own.unit_type_id = matched.unit_type_id
    WHERE matched.is_in_force
    GROUP BY matched.unit_id, own.rhythm
)
"""
_COUNTED = "CASE matched.counted WHEN '' THEN figure.figure {} END".format(
    " ".join(f"WHEN '{name}' THEN figure.{name}" for name in COUNT_FIELDS)
)
_IS_CONFIRMED = "figure.to_confirm_since IS NULL OR figure.confirmed_at >= figure.to_confirm_since"
# A closure that ends after the figure was confirmed, of the unit or of one that shares its places.
_IS_VOLATILE = """
EXISTS (
    SELECT 1 FROM availability_unitclosure closure
    WHERE closure.withdrawn_at IS NULL
      AND (closure.ends_at IS NULL OR figure.confirmed_at IS NULL OR closure.ends_at > figure.confirmed_at)
      AND (closure.unit_id = {unit} OR figure.pool_id IS NOT NULL AND closure.unit_id IN (
          SELECT shared.unit_id FROM availability_currentfigure shared WHERE shared.pool_id = figure.pool_id))
)
"""
_COLUMNS = ("department_code", "pool_id", "is_open", "free", "confirmed_at", "expires_at", "rhythm", "is_volatile")
_WRITE_ROWS = f"""
WITH {_MATCHED}, {_RHYTHMS},
wanted AS (
    SELECT matched.grouping_id, matched.unit_id, matched.department_code, figure.pool_id,
           coalesce(figure.is_open, false) AS is_open, {_COUNTED} AS free,
           CASE WHEN {_IS_CONFIRMED} THEN figure.confirmed_at END AS confirmed_at,
           CASE WHEN {_IS_CONFIRMED} THEN figure.expires_at END AS expires_at,
           coalesce(figure.rhythm, rhythms.rhythm, matched.grouping_rhythm) AS rhythm,
           figure.unit_id IS NOT NULL AND {_IS_VOLATILE.format(unit="matched.unit_id")} AS is_volatile
    FROM matched
    LEFT JOIN rhythms ON rhythms.unit_id = matched.unit_id
    LEFT JOIN availability_currentfigure figure ON figure.unit_id = matched.unit_id
    WHERE matched.is_published
),
gone AS (
    DELETE FROM availability_groupedunit row
    WHERE (%(ids)s::bigint[] IS NULL OR row.unit_id = ANY(%(ids)s::bigint[]))
      AND NOT EXISTS (SELECT 1 FROM wanted
                      WHERE wanted.unit_id = row.unit_id AND wanted.grouping_id = row.grouping_id)
)
INSERT INTO availability_groupedunit (grouping_id, unit_id, {", ".join(_COLUMNS)})
SELECT grouping_id, unit_id, {", ".join(_COLUMNS)} FROM wanted
ON CONFLICT (grouping_id, unit_id) DO UPDATE SET {", ".join(f"{name} = EXCLUDED.{name}" for name in _COLUMNS)}
WHERE ({", ".join(f"availability_groupedunit.{name}" for name in _COLUMNS)})
    IS DISTINCT FROM ({", ".join(f"EXCLUDED.{name}" for name in _COLUMNS)})
"""  # noqa: S608
_FOLLOW = f"""
UPDATE availability_groupedunit row
SET pool_id = figure.pool_id, is_open = figure.is_open, free = {_COUNTED.replace("matched.", "rule.")},
    confirmed_at = CASE WHEN {_IS_CONFIRMED} THEN figure.confirmed_at END,
    expires_at = CASE WHEN {_IS_CONFIRMED} THEN figure.expires_at END,
    rhythm = figure.rhythm, is_volatile = {_IS_VOLATILE.format(unit="row.unit_id")}
FROM availability_currentfigure figure, availability_grouping rule
WHERE row.unit_id = ANY(%(ids)s::bigint[]) AND figure.unit_id = row.unit_id AND rule.id = row.grouping_id
"""  # noqa: S608
# The shortest rhythm of the units that share a pool is that of the pool and of each of them; they are told as beds when
# all of them are.
_BRING = f"""
WITH {_MATCHED}, {_RHYTHMS},
in_force AS (
    SELECT figure.unit_id, figure.pool_id, figure.is_open AS was_open, rhythms.rhythm AS own,
           min(rhythms.rhythm) OVER shared AS rhythm,
           CASE WHEN bool_and(unit.capacity_kind = 'bed') OVER shared THEN 'bed' ELSE 'place' END AS capacity_kind
    FROM availability_currentfigure figure
    JOIN directory_operationalunit unit ON unit.id = figure.unit_id
    LEFT JOIN rhythms ON rhythms.unit_id = figure.unit_id
    WHERE %(ids)s::bigint[] IS NULL OR figure.unit_id = ANY(%(ids)s::bigint[])
    WINDOW shared AS (PARTITION BY coalesce(-figure.pool_id, figure.unit_id))
),
pools AS (
    UPDATE availability_pool pool
    SET rhythm = coalesce(told.rhythm, pool.rhythm), capacity_kind = told.capacity_kind,
        expires_at = pool.confirmed_at + {EXPIRY_RHYTHMS} * coalesce(told.rhythm, pool.rhythm)
    FROM (SELECT DISTINCT pool_id, rhythm, capacity_kind FROM in_force WHERE pool_id IS NOT NULL) AS told
    WHERE pool.id = told.pool_id
      AND (pool.rhythm, pool.capacity_kind) IS DISTINCT FROM (coalesce(told.rhythm, pool.rhythm), told.capacity_kind)
)
UPDATE availability_currentfigure figure
SET rhythm = coalesce(in_force.rhythm, figure.rhythm),
    expires_at = figure.confirmed_at + {EXPIRY_RHYTHMS} * coalesce(in_force.rhythm, figure.rhythm),
    is_open = figure.is_allowed AND in_force.own IS NOT NULL
FROM in_force
WHERE in_force.unit_id = figure.unit_id
  AND (figure.rhythm, figure.is_open) IS DISTINCT FROM
      (coalesce(in_force.rhythm, figure.rhythm), figure.is_allowed AND in_force.own IS NOT NULL)
RETURNING figure.unit_id, in_force.was_open, figure.is_open
"""  # noqa: S608
_RHYTHMS_OF = f"WITH {_MATCHED}, {_RHYTHMS} SELECT unit_id, rhythm FROM rhythms"  # noqa: S608
_SHARING = """
SELECT DISTINCT other.unit_id
FROM availability_currentfigure mine JOIN availability_currentfigure other ON other.pool_id = mine.pool_id
WHERE mine.unit_id = ANY(%(ids)s::bigint[])
"""


class Brought(NamedTuple):
    """A unit whose current figure was brought to the rule: whether its entry was open, and is now."""

    unit_id: int
    was_open: bool
    is_open: bool


def rhythms_of(unit_ids: Iterable[int]) -> dict[int, datetime.timedelta]:
    """Expected rhythm of each unit that belongs to a grouping in force: its type's own, else the shortest.

    Source: 01-settled, Availability. Those of a crisis are in force in crisis mode alone.
    """
    return dict(_rows(_RHYTHMS_OF, list(unit_ids)))


def bring_to_rhythm(*, unit_ids: Collection[int] | None) -> list[Brought]:
    """Write the rhythm and the opening in force on current figures, then the rows of totals.

    Returns the units whose current figure changed.
    """
    wanted = None if unit_ids is None else _with_sharing(unit_ids)
    changed = [Brought(*row) for row in _rows(_BRING, wanted)]
    write_rows(unit_ids=wanted)
    return changed


def write_rows(*, unit_ids: Collection[int] | None) -> None:
    """Write the rows of totals from nothing but the directory, the rules and the current figures."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_ROWS, {"ids": None if unit_ids is None else list(unit_ids)})


def follow_figures(*, unit_ids: Collection[int]) -> None:
    """Bring the rows of totals in line with the current figures and closures of these units (one query)."""
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, {"ids": list(unit_ids)})


def _with_sharing(unit_ids: Collection[int]) -> list[int]:
    """These units, and those that share a pool with one of them."""
    wanted = set(unit_ids)
    return sorted(wanted | {pk for (pk,) in _rows(_SHARING, sorted(wanted))})


def _rows(sql: str, unit_ids: list[int] | None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"ids": unit_ids})
        return cursor.fetchall()
