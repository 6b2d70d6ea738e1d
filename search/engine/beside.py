"""Counts written beside the distances, « Ouvert maintenant » and the needs: more of the page's one query.

Each tells how many documents the choice would find, all the other filters kept, like the counts of the facets. What
would have to be read besides ``base`` is not counted: a distance beyond the radius in force.
"""

import math
from dataclasses import replace
from typing import Any

from availability.guichet.needs import Needs, Who
from availability.shown import local_day
from common.geo import EARTH_RADIUS_KM, chord_sql

from ..criteria import DISTANCES, Opening, SearchCriteria
from .conditions import OPEN_BIT, Asked, nearby_cte
from .fit_sql import fitting_sql
from .opening_hours import open_count

OPEN_COUNTED = 400  # documents; hours of more are read only once asked for


def distances_of(asked: Asked) -> tuple[int, ...]:
    """Distances to choose from, in kilometres: none without a starting point."""
    return tuple(sorted({*DISTANCES, *filter(None, (asked.criteria.distance_km,))})) if asked.start else ()


def reached_cte(asked: Asked, parameters: dict[str, Any]) -> str:
    """``reached``: one row, ``counts`` of the documents within each of ``distances_of``.

    From ``base``, and from ``found`` for the units that stand at the address of their EG. The rules are those of
    ``radius_condition``: who goes to the person counts at any distance, a hidden place by its department.
    """
    steps = distances_of(asked)
    if not steps:
        return "reached AS (SELECT NULL::int[] AS counts)"
    within = []
    for step in steps:
        parameters[f"step_{step}"] = math.sin(min(step / (2 * EARTH_RADIUS_KM), math.pi / 2)) ** 2
        within.append(f"coalesce(sum(n) FILTER (WHERE chord <= %(step_{step})s), 0)::int")
    is_read = not asked.may_widen and nearby_cte(asked, parameters)
    hidden, joined, more = (_NEARBY, "", "") if is_read else (_JOINED, _JOIN, _HIDDEN_NEAR)
    return f"""
        {more}
        reached AS (
            SELECT ARRAY[{", ".join(within)}] AS counts
            FROM (
                SELECT at_chord AS chord, at_units AS n FROM found WHERE at_units > 0
                UNION ALL
                SELECT CASE WHEN b.serves THEN 0 WHEN b.hidden THEN {hidden}
                       ELSE {chord_sql("b.lat", "b.lon")} END, 1
                FROM base b {joined}
                WHERE b.failed = 0 AND (b.serves OR b.hidden OR b.has_own_place)
            ) AS measured
        )
    """  # noqa: S608 (columns and conditions are written in these modules)


# The few departments within reach are read for the first hidden place only: mostly there is none.
_NEARBY = "(SELECT nearby.chord FROM nearby WHERE nearby.code = b.department_code)"
_JOINED, _JOIN = "hidden_near.chord", "LEFT JOIN hidden_near ON b.hidden AND hidden_near.code = b.department_code"
_HIDDEN_NEAR = f"""
    hidden_near AS (
        SELECT commune.department_id AS code, min({chord_sql("commune.lat", "commune.lon")}) AS chord
        FROM directory_commune commune
        WHERE commune.department_id IN (SELECT department_code FROM base WHERE hidden AND failed = 0)
        GROUP BY commune.department_id
    ),
"""  # noqa: S608 (columns are written here)
STANDS_THERE = "NOT b.has_own_place AND NOT b.serves AND NOT b.hidden"


def open_now_sql(asked: Asked, parameters: dict[str, Any]) -> str:
    """Number of units open now; NULL when ``base`` holds too many to read their hours for it."""
    if asked.criteria.open_on == Opening.NOW:
        return f"(SELECT count(*) FROM base WHERE failed IN (0, {OPEN_BIT}) AND failed & {OPEN_BIT} = 0)"  # noqa: S608
    parameters["open_counted"] = OPEN_COUNTED
    units = f"ARRAY(SELECT unit_id FROM base WHERE failed IN (0, {OPEN_BIT}))"  # noqa: S608 (as above)
    opened = open_count(units, asked.now, parameters)
    return f"CASE WHEN (SELECT count(*) FROM base) <= %(open_counted)s THEN {opened} END"  # noqa: S608 (as above)


def fits_sql(asked: Asked) -> str:
    """Number of units of each class, as JSON by rank."""
    if not asked.criteria.has_needs:
        return "NULL"
    return """
        (SELECT json_object_agg(fit, n) FROM (
            SELECT fit, count(*) AS n FROM base WHERE failed = 0 AND unit_id IS NOT NULL GROUP BY fit
        ) AS classed)
    """


def tried_needs(criteria: SearchCriteria) -> dict[str, Needs]:
    """The needs with each box of the form ticked, or each person chosen, by the name of the box or of the person.

    Another person than the one chosen may suit units that are hidden: it is left out when they are.
    """
    needs, persons = criteria.needs, [Who.WOMAN, Who.MAN, Who.COUPLE]
    if criteria.hides_unfit and needs.who:
        persons = [needs.who]
    return {
        **{who.value: replace(needs, who=who) for who in persons},
        "pmr": replace(needs, accessible=True),
        "chambre": replace(needs, single_room=True),
        "animal": replace(needs, animal=True),
    }


def fitting_counts_sql(asked: Asked, parameters: dict[str, Any]) -> str:
    """Array: how many units would fit each of ``tried_needs`` for sure.

    NULL while no need is asked: it would cost every page a fifth of its time, for boxes that few of them use. NULL
    too for a day beyond tomorrow: nothing is sure then.
    """
    if not asked.criteria.has_needs or asked.criteria.needs.is_ahead(local_day(asked.now)):
        return "NULL"
    rows = """
        SELECT b.unit_id, b.figure, b.counts, s.sex, s.min_age_days, s.max_age_days
        FROM base b JOIN search_searchdocument s ON s.id = b.id WHERE b.failed = 0 AND b.free
    """
    return fitting_sql(list(tried_needs(asked.criteria).values()), rows, asked.now, parameters)
