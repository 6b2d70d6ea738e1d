"""Lambert-93 (EPSG:2154), the projection of metropolitan France, to degrees of WGS84 (EPSG:4326)."""

import functools

from pyproj import Transformer

METROPOLIS = (41.0, 51.6, -5.7, 9.8)  # degrees: south, north, west, east of metropolitan France, Corsica included


@functools.cache
def _transformer() -> Transformer:
    return Transformer.from_crs("EPSG:2154", "EPSG:4326", always_xy=True)


def to_wgs84(x: float, y: float) -> tuple[float, float] | None:
    """Latitude and longitude (degrees, six decimals: 0.1 m) of a point in metres.

    ``None`` when it is not in metropolitan France.
    """
    lon, lat = _transformer().transform(x, y)
    south, north, west, east = METROPOLIS
    if not (south <= lat <= north and west <= lon <= east):
        return None
    return round(lat, 6), round(lon, 6)
