"""Distances on the sphere, the same in Python and in SQL (spec 01-settled, Search)."""

import math
from typing import NamedTuple

EARTH_RADIUS_KM = 6371.009


class Point(NamedTuple):
    """A WGS84 position in decimal degrees."""

    lat: float
    lon: float


def distance_km(start: Point, end: Point) -> float:
    """Great-circle distance in kilometres (haversine, R = 6371.009 km, as geopy's ``great_circle``)."""
    lat1, lat2 = math.radians(start.lat), math.radians(end.lat)
    half_lat = math.sin((lat2 - lat1) / 2)
    half_lon = math.sin(math.radians(end.lon - start.lon) / 2)
    chord = half_lat**2 + math.cos(lat1) * math.cos(lat2) * half_lon**2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(chord)))


def chord_sql(lat_column: str, lon_column: str) -> str:
    """SQL expression that grows with the distance from ``%(lat)s``, ``%(lon)s`` to two columns of degrees.

    The haversine of the angle: cheaper than kilometres to sort by, and compared with the haversine of a radius. NULL
    when a column is. The column names are written by the caller in code, never taken from a request.
    """
    return (
        f"(power(sin(radians({lat_column} - %(lat)s) / 2), 2)"
        f" + cos(radians(%(lat)s)) * cos(radians({lat_column})) * power(sin(radians({lon_column} - %(lon)s) / 2), 2))"
    )


def chord_km_sql(chord: str) -> str:
    """SQL expression of the kilometres of a ``chord_sql``; NULL when it is."""
    # least() would make 1 of a NULL
    return f"CASE WHEN {chord} IS NOT NULL THEN 2 * {EARTH_RADIUS_KM} * asin(least(1.0, sqrt({chord}))) END"


def distance_sql(lat_column: str, lon_column: str) -> str:
    """SQL expression of the distance in kilometres from ``%(lat)s``, ``%(lon)s`` to two columns of degrees."""
    return chord_km_sql(chord_sql(lat_column, lon_column))
