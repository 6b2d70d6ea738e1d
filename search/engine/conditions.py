"""What documents ``d`` must hold, as SQL conditions and their parameters (spec 40; 01-settled, Search).

Everything the text of the SQL holds is written here; what comes from a request is a parameter.
"""

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

from availability.freshness import DUE_SOON_SHARE
from common.geo import EARTH_RADIUS_KM, Point, chord_sql, distance_km
from directory.scopes import Coverage
from directory.territory.places import Place

from ..criteria import Facet, Opening, SearchCriteria, Sort, Zone
from ..indexing.documents_sql import SQUARES
from ..sight import place_visible
from ..words.matching import Match
from ..words.matching_sql import match_conditions
from .opening_hours import open_condition

USUAL_RADIUS_KM = 50  # when a starting point is given and no distance is asked
SQUARES_LIMIT = 600  # looked up at once; a larger zone is most of the country
ENOUGH_LINES = 15  # within the usual radius, filters and needs apart; with fewer, there is no limit
_KM_A_DEGREE = math.radians(1) * EARTH_RADIUS_KM
# FINESS, SIRET and national identifier give the address in public registers: hidden with the place. So do those of an
# EG that was merged into another.
_NAMES_PLACE = (
    "SELECT 1 FROM directory_geographicentity place WHERE place.id = d.geographic_entity_id"
    " AND ARRAY[place.finess, place.siret, place.national_id] && %(identifiers)s::varchar[]"
    " UNION ALL SELECT 1 FROM directory_merge merge"
    " JOIN directory_geographicentity gone ON gone.id = merge.merged_entity_id"
    " WHERE ARRAY[gone.finess, gone.siret, gone.national_id] && %(identifiers)s::varchar[]"
)
# A closure that holds now, or that ended after the figure was confirmed (availability.standing).
_CLOSED = (
    "SELECT 1 FROM availability_unitclosure closure WHERE closure.unit_id = d.unit_id"
    " AND closure.withdrawn_at IS NULL AND closure.starts_at <= %(now)s"
    " AND (closure.ends_at IS NULL OR closure.ends_at > d.stated_at)"
)
# Same rule as availability.standing.counting; ``expires_at`` is empty for a figure to be confirmed.
COUNTS = f"(d.is_open AND d.figure IS NOT NULL AND d.expires_at >= %(now)s AND NOT EXISTS ({_CLOSED}))"
FREE = "(d.counts AND d.figure > 0)"
FRESH = "(d.counts AND d.stated_at >= %(now)s - d.rhythm * %(fresh_share)s)"
# A document of another kind, or without a commune served, passes neither.
SERVES = "(d.goes_to_person AND d.territory @> ARRAY[%(insee)s]::varchar[])"


@dataclass(frozen=True)
class Asked:
    """A search once its texts are read: what every statement about it needs.

    ``coverage`` is that of ``sensitive:read``. ``radius_km``: greatest distance from ``place``; ``may_widen``: unless
    it holds fewer than ``ENOUGH_LINES`` lines before any filter or need; ``was_widened``: it did, and is lifted.
    """

    criteria: SearchCriteria
    match: Match
    place: Place | None
    coverage: Coverage
    now: datetime.datetime
    sort: Sort = Sort.RELEVANCE
    radius_km: int | None = None
    may_widen: bool = False
    was_widened: bool = False

    @classmethod
    def of(
        cls, criteria: SearchCriteria, match: Match, place: Place | None, coverage: Coverage, now: datetime.datetime
    ) -> Self:
        """With the order and the radius that these criteria ask for, or the usual ones."""
        asked = cls(criteria, match, place, coverage, now)
        if asked.start is None:
            return replace(asked, sort=Sort.PLACES) if criteria.sort == Sort.PLACES else asked
        asked = replace(asked, sort=criteria.sort or Sort.DISTANCE)
        if criteria.anywhere:
            return asked
        if criteria.distance_km:
            return replace(asked, radius_km=criteria.distance_km)
        return asked if criteria.zone else replace(asked, radius_km=USUAL_RADIUS_KM, may_widen=True)

    @property
    def start(self) -> Point | None:
        """Where distances are measured from."""
        return self.place.point if self.place else None


class Filter(NamedTuple):
    """A condition that may be lifted to count what it leaves out. ``bit`` stands for it in ``d.failed``."""

    bit: int
    condition: str


FACET_BITS: dict[Facet, int] = {facet: 1 << place for place, facet in enumerate(Facet)}
FREE_BIT, FRESH_BIT, OPEN_BIT = (1 << (len(Facet) + place) for place in range(3))


def base_parameters(asked: Asked) -> dict[str, Any]:
    """Parameters that the conditions of this module name."""
    parameters: dict[str, Any] = {"now": asked.now, "fresh_share": DUE_SOON_SHARE, "insee": ""}
    if asked.place:
        parameters |= {"insee": asked.place.insee, "in_departments": list(asked.place.codes)}
    if start := asked.start:
        parameters |= {"lat": start.lat, "lon": start.lon}
    return parameters


def base_conditions(asked: Asked, parameters: dict[str, Any]) -> list[str]:
    """Conditions that no filter lifts, the radius and what does not fit apart: text, place, zone.

    Without words, units only: the whole directory of practitioners is not an answer.
    """
    match, place, zone = asked.match, asked.place, asked.criteria.zone
    parts = match_conditions(match, parameters)
    if match.identifiers:
        parts.append("d.identifiers && %(identifiers)s::varchar[]")
        parameters["identifiers"] = list(match.identifiers)
        parts.append(f"({place_visible(asked.coverage, parameters)} OR NOT EXISTS ({_NAMES_PLACE}))")
    if not parts:
        parts.append("d.group_id > 0")  # an index says so
    if place and not place.point and place.codes:
        parts.append("d.department_code = ANY(%(in_departments)s::varchar[])")
    if zone:
        parts.append(
            f"({_squares(zone, 'zone_squares', parameters)} d.lat BETWEEN %(zone_s)s AND %(zone_n)s"
            f" AND d.lon BETWEEN %(zone_w)s AND %(zone_e)s"
            f" AND {place_visible(asked.coverage, parameters)})"
        )
        parameters |= {"zone_s": zone.south, "zone_w": zone.west, "zone_n": zone.north, "zone_e": zone.east}
    return parts


def radius_condition(asked: Asked, parameters: dict[str, Any], *, looks_up: bool = True) -> str:
    """Condition on the distance, empty without a radius; ``looks_up`` the squares around first.

    Units that go to the person and serve the commune pass. A hidden place gives no distance away: it passes when its
    department, which is public, has a commune within the radius.
    """
    if asked.radius_km is None or asked.start is None:
        return ""
    box = _box(asked.start, asked.radius_km)
    parameters |= box
    visible = place_visible(asked.coverage, parameters)
    serves = asked.place is not None and asked.place.insee != ""
    extra = [*(["d"] if visible != "true" else []), *([f"c{asked.place.insee}"] if asked.place and serves else [])]
    zone = Zone(box["box_s"], box["box_w"], box["box_n"], box["box_e"])
    looked_up = _squares(zone, "squares", parameters, extra) if looks_up else ""
    within = _within_sql("d.lat", "d.lon")
    parts = [within if visible == "true" else f"({within} AND {visible})"]
    if visible != "true":
        parts.append(f"(d.hides_place AND NOT {visible} AND d.department_code = ANY({_NEARBY}))")
    if serves:
        parts.append(SERVES)
    return f"({looked_up} ({' OR '.join(parts)}))"


def nearby_cte(asked: Asked, parameters: dict[str, Any]) -> str:
    """``nearby``: the departments of the communes around, ``chord`` to the nearest, where places are hidden from some.

    Those within the radius are all there. Empty when no department has to be looked at.
    """
    if asked.radius_km is None or asked.start is None or place_visible(asked.coverage, parameters) == "true":
        return ""
    return _NEARBY_CTE


_NEARBY = "ARRAY(SELECT code FROM nearby WHERE chord <= %(radius_chord)s)"
_NEARBY_CTE = f"""
    nearby AS MATERIALIZED (
        SELECT commune.department_id AS code, min({chord_sql("commune.lat", "commune.lon")}) AS chord
        FROM directory_commune commune
        WHERE commune.lat BETWEEN %(box_s)s AND %(box_n)s AND commune.lon BETWEEN %(box_w)s AND %(box_e)s
        GROUP BY commune.department_id
    ),
"""  # noqa: S608 (columns are written here)


def _squares(zone: Zone, name: str, parameters: dict[str, Any], extra: Sequence[str] = ()) -> str:
    """Condition, ended by AND, on the squares that a rectangle meets and other keys of ``around``; empty when vast."""
    south, north, west, east = (math.floor(value * SQUARES) for value in (zone.south, zone.north, zone.west, zone.east))
    if (north - south + 1) * (east - west + 1) > SQUARES_LIMIT:
        return ""
    squares = [f"{lat}:{lon}" for lat in range(south, north + 1) for lon in range(west, east + 1)]
    parameters[name] = [*squares, *extra]
    return f"d.around && %({name})s::varchar[] AND"


def filters_of(asked: Asked, parameters: dict[str, Any]) -> list[Filter]:
    """Filters in force: the ticked values of each facet, free places, fresh figures, opening."""
    criteria, found = asked.criteria, []
    for facet, values in criteria.chosen:
        name = f"chosen_{facet.value}"
        parameters[name] = list(values) if facet == Facet.DEPARTMENT else [int(value) for value in values]
        found.append(Filter(FACET_BITS[facet], _facet_condition(facet, name)))
    if criteria.free:
        found.append(Filter(FREE_BIT, FREE))
    if criteria.fresh:
        found.append(Filter(FRESH_BIT, FRESH))
    if criteria.open_on:
        at = asked.now if criteria.open_on == Opening.NOW else criteria.open_on
        found.append(Filter(OPEN_BIT, open_condition(at, parameters)))
    return found


def _facet_condition(facet: Facet, name: str) -> str:
    if facet == Facet.DEPARTMENT:
        return f"d.department_code = ANY(%({name})s::varchar[])"
    if facet == Facet.LEGAL_ENTITY:
        return f"d.legal_entity_id = ANY(%({name})s::bigint[])"
    return f"d.facet_ids && %({name})s::bigint[]"


def _within_sql(lat: str, lon: str) -> str:
    """Within the radius: inside the box that holds the circle, and inside the one it holds, or measured."""
    return (
        f"({lat} BETWEEN %(box_s)s AND %(box_n)s AND {lon} BETWEEN %(box_w)s AND %(box_e)s"
        f" AND ({lat} BETWEEN %(in_s)s AND %(in_n)s AND {lon} BETWEEN %(in_w)s AND %(in_e)s"
        f" OR {chord_sql(lat, lon)} <= %(radius_chord)s))"
    )


def _box(start: Point, radius_km: int) -> dict[str, float]:
    """Degrees of the box around a circle and of a box inside it, and the chord of its radius."""
    reach = min(radius_km / _KM_A_DEGREE * 1.0001, 180.0)
    widest = math.sin(min(math.radians(reach), math.pi / 2)) / max(math.cos(math.radians(start.lat)), 1e-9)
    across = math.degrees(math.asin(widest)) * 1.0001 if widest < 1 else 360.0
    if abs(start.lon) + across > 180:
        across = 360.0  # over the antimeridian: every longitude
    inner = 0.7 * reach
    half = inner / max(math.cos(math.radians(start.lat)), 1e-9)
    corners = [Point(start.lat + inner * side, start.lon + half) for side in (-1, 1)]
    if half >= 90 or any(distance_km(start, corner) > radius_km for corner in corners):
        inner = half = 0.0  # a box that holds the starting point alone: everything is measured
    return {
        "box_s": start.lat - reach,
        "box_n": start.lat + reach,
        "box_w": start.lon - across,
        "box_e": start.lon + across,
        "in_s": start.lat - inner,
        "in_n": start.lat + inner,
        "in_w": start.lon - half,
        "in_e": start.lon + half,
        "radius_chord": math.sin(min(radius_km / (2 * EARTH_RADIUS_KM), math.pi / 2)) ** 2,
    }
