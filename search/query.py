"""Running a search: one query for the groups and the totals, one for the units of a page (spec 40, Results).

Everything the text of the SQL holds is written here; what comes from a request is a parameter.
"""

import datetime
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import connection

from accounts.roles import Permission
from common.geo import distance_sql
from directory.scopes import Coverage, Scope
from directory.territory.places import Place

from .criteria import SearchCriteria, Sort
from .matching import Known, Match, known_keys, read_text, words_of
from .matching_sql import match_conditions, match_rank
from .outcome import SHOWN_LIMIT, Group, Outcome, Variant
from .sight import place_visible
from .where import resolve_where

VARIANTS_LIMIT = 6
# FINESS, SIRET and national identifier give the address in public registers: hidden with the place.
_NAMES_PLACE = (
    "SELECT 1 FROM directory_geographicentity place WHERE place.id = d.geographic_entity_id"
    " AND ARRAY[place.finess, place.siret, place.national_id] && %(identifiers)s::varchar[]"
)


@dataclass(frozen=True)
class Filter:
    """A condition on documents ``d`` and its parameters."""

    condition: str
    parameters: dict[str, Any]


def run_search(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> Outcome:
    """Find the groups of results in order, 200 at most, with the true totals."""
    started = time.perf_counter()
    resolution = resolve_where(criteria.where, scope)
    known = known_keys(criteria.what, criteria.within)
    match = read_text(criteria.what, known, criteria.within)
    place = resolution.place
    started_from = place is not None and place.point is not None
    sort = (criteria.sort or Sort.DISTANCE) if started_from else Sort.RELEVANCE
    found: dict[str, Any] = {}
    if not resolution.problem and not match.nothing:
        coverage = scope.coverage(Permission.SENSITIVE_READ)
        found = _find_groups(match, place, sort, coverage, now)
        if not found["groups"]:
            found["variants"] = _variants(criteria, place, known, coverage)
    elapsed = round((time.perf_counter() - started) * 1000)
    return Outcome(place, resolution, match, sort, elapsed_ms=max(elapsed, 1), **found)


def document_filter(match: Match, place: Place | None, coverage: Coverage) -> Filter:
    """Condition of a search, for the ``coverage`` of ``sensitive:read``.

    Without words, units only: the whole directory of practitioners is not an answer.
    """
    parameters: dict[str, Any] = {}
    parts = match_conditions(match, parameters)
    if match.identifiers:
        parts.append("d.identifiers && %(identifiers)s::varchar[]")
        parameters["identifiers"] = list(match.identifiers)
        parts.append(f"({place_visible(coverage, parameters)} OR NOT EXISTS ({_NAMES_PLACE}))")
    if not parts:
        parts.append("d.kind = 'uo'")
    if place and not place.insee:
        parts.append("d.department_code = %(department)s")
        parameters["department"] = place.department_code
    return Filter(" AND ".join(parts), parameters)


def text_rank(match: Match, parameters: dict[str, Any]) -> str:
    """Best relevance of the documents of a group, by the weight of what holds the words. Terms all weigh the same."""
    return f"max({match_rank(match, parameters)})"


def _find_groups(match: Match, place: Place | None, sort: Sort, coverage: Coverage, now: datetime.datetime) -> dict:
    """Groups in order and totals, in one statement."""
    rows = _select(*_groups_statement(match, place, sort, coverage, now))
    if not rows:
        return {"groups": ()}
    establishments, units, practitioners = rows[0][:3]
    return {
        "groups": tuple(Group(*row[3:]) for row in rows),
        "establishments": establishments,
        "units": units,
        "practitioners": practitioners,
    }


def _groups_statement(
    match: Match, place: Place | None, sort: Sort, coverage: Coverage, now: datetime.datetime
) -> tuple[str, dict[str, Any]]:
    """Statement and parameters of the groups.

    The units of an EG stand at its address, measured once, but for those that have their own: the nearest one counts.
    """
    chosen = document_filter(match, place, coverage)
    parameters = chosen.parameters | {"limit": SHOWN_LIMIT, "now": now}
    visible = place_visible(coverage, parameters)
    distance, apart, serves, rank = "NULL::float8", "NULL::float8", "false", "0"
    if place and place.point:
        parameters |= {"lat": place.point.lat, "lon": place.point.lon, "insee": place.insee}
        distance = f"least({distance_sql('lat', 'lon')}, apart)"
        apart = f"min(CASE WHEN d.has_own_place AND {visible} THEN {distance_sql('d.lat', 'd.lon')} END)"
        visible = f"{visible} AND NOT d.has_own_place"
        serves = "bool_or(d.goes_to_person AND d.territory @> ARRAY[%(insee)s]::varchar[])"
    order = "serves DESC, distance NULLS LAST, sort_name, group_id"
    if sort == Sort.RELEVANCE:
        order = "rank DESC, serves DESC, distance NULLS LAST, counting DESC, sort_name, group_id"
        rank = text_rank(match, parameters)
    statement = f"""
        WITH found AS (
            SELECT d.group_id, count(*) AS documents, min(d.sort_name) AS sort_name, {serves} AS serves, {rank} AS rank,
                   max(CASE WHEN {visible} THEN d.lat END) AS lat, max(CASE WHEN {visible} THEN d.lon END) AS lon,
                   {apart} AS apart,
                   coalesce(sum(d.figure) FILTER (WHERE d.is_open AND d.expires_at >= %(now)s), 0) > 0 AS counting
            FROM search_searchdocument d WHERE {chosen.condition} GROUP BY d.group_id
        ),
        totals AS (
            SELECT count(*) FILTER (WHERE group_id > 0) AS establishments,
                   coalesce(sum(documents) FILTER (WHERE group_id > 0), 0)::int AS units,
                   count(*) FILTER (WHERE group_id < 0) AS practitioners
            FROM found
        )
        SELECT establishments, units, practitioners, group_id, {distance} AS distance FROM found, totals
        ORDER BY {order} LIMIT %(limit)s
    """  # noqa: S608 (columns and conditions are written above)
    return statement, parameters


UNIT_COLUMNS = (
    "d.group_id, d.unit_id, d.name, d.entity_name, d.type_label, d.phone, d.entity_phone, d.min_age_value,"
    " d.min_age_unit, d.max_age_value, d.max_age_unit, d.min_age_days, d.max_age_days, d.sex, d.installed_places,"
    " d.is_open, d.figure, d.stated_at, d.expires_at, d.rhythm, d.department_code, d.has_own_place"
)


class DocumentRow(NamedTuple):
    """A document as a result page shows it; ``commune`` is empty when its place is hidden from this person.

    ``has_own_place``: a unit that does not stand at the address of its EG.
    """

    group_id: int
    unit_id: int | None
    name: str
    entity_name: str
    type_label: str
    phone: str
    entity_phone: str
    min_age_value: int | None
    min_age_unit: str
    max_age_value: int | None
    max_age_unit: str
    min_age_days: int | None
    max_age_days: int | None
    sex: str
    installed_places: int | None
    is_open: bool
    figure: int | None
    stated_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    rhythm: datetime.timedelta | None
    department_code: str
    has_own_place: bool
    commune: str
    is_hidden: bool
    serves: bool


def documents_of(groups: Iterable[Group], outcome: Outcome, scope: Scope) -> list[DocumentRow]:
    """Documents of these groups that match the search, by name: one query."""
    coverage = scope.coverage(Permission.SENSITIVE_READ)
    chosen = document_filter(outcome.match, outcome.place, coverage)
    insee = outcome.place.insee if outcome.place else ""
    parameters = chosen.parameters | {"groups": [group.group_id for group in groups], "insee": insee}
    visible = place_visible(coverage, parameters)
    statement = f"""
        SELECT {UNIT_COLUMNS}, CASE WHEN {visible} THEN coalesce(c.list_name, '') ELSE '' END, NOT {visible},
               d.territory @> ARRAY[%(insee)s]::varchar[]
        FROM search_searchdocument d LEFT JOIN directory_commune c ON c.insee = d.commune_insee
        WHERE {chosen.condition} AND d.group_id = ANY(%(groups)s::bigint[])
        ORDER BY d.goes_to_person AND d.territory @> ARRAY[%(insee)s]::varchar[] DESC, ror_fold(d.name), d.id
    """  # noqa: S608 (columns and conditions are written above)
    return [DocumentRow(*row) for row in _select(statement, parameters)]


def _variants(criteria: SearchCriteria, place: Place | None, known: Known, coverage: Coverage) -> tuple[Variant, ...]:
    """What finds something once one criterion is dropped: the department, the words, or one word (one query)."""
    trials: list[tuple[str, str, Filter]] = []
    if place and not place.insee and criteria.what:
        trials.append(
            ("", criteria.what, document_filter(read_text(criteria.what, known, criteria.within), None, coverage))
        )
    words = words_of(criteria.what)
    for dropped in words if len(words) > 1 else ():
        text = " ".join(word for word in words if word != dropped)
        if match := read_text(text, known, criteria.within):
            trials.append((criteria.where, text, document_filter(match, place, coverage)))
    if place and criteria.what:
        trials.append((criteria.where, "", document_filter(Match(), place, coverage)))
    counts = _counts([chosen for _, _, chosen in trials[:VARIANTS_LIMIT]])
    pairs = zip(trials, counts, strict=False)
    return tuple(Variant(where, what, count) for (where, what, _), count in pairs if count)


def _counts(filters: Sequence[Filter]) -> list[int]:
    """Number of groups of each filter, in one query."""
    parameters: dict[str, Any] = {}
    parts = []
    for place, chosen in enumerate(filters):
        renamed = {name: f"f{place}_{name}" for name in chosen.parameters}
        condition = chosen.condition % {name: f"%({new})s" for name, new in renamed.items()}
        parameters |= {renamed[name]: value for name, value in chosen.parameters.items()}
        parts.append(f"(SELECT count(DISTINCT d.group_id) FROM search_searchdocument d WHERE {condition})")  # noqa: S608
    if not parts:
        return []
    return list(_select(f"SELECT {', '.join(parts)}", parameters)[0])


def _select(statement: str, parameters: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
