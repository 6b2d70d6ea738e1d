"""Where things are: communes drawn by population, points inside their outline, and their neighbours."""

import heapq
import itertools
import random
from typing import Any

from common.geo import Point
from directory.reference.files import CommuneRow, read_communes, read_outlines

SPREAD = 0.75  # share of the way from the centre to the edges of the outline's rectangle
Ring = list[list[float]]


class Geography:
    """Communes of the reference files, the ones divided into arrondissements left out of draws."""

    def __init__(self) -> None:
        """Read the files."""
        rows = read_communes()
        parents = {row.parent for row in rows}
        self.rows = {row.insee: row for row in rows}
        self.drawn = [row for row in rows if row.insee not in parents]
        self._weights = list(itertools.accumulate(row.population + 50 for row in self.drawn))
        self._outlines = read_outlines("communes", "insee")
        self._near: dict[str, list[str]] = {}

    def draw(self, rng: random.Random) -> CommuneRow:
        """A commune, the more often the more people live there."""
        return rng.choices(self.drawn, cum_weights=self._weights)[0]

    def point(self, row: CommuneRow, rng: random.Random) -> Point | None:
        """A point inside the commune's outline; ``None`` when ten draws missed it."""
        outline = self._outlines.get(row.insee)
        if outline is None:
            return None
        rings = _outer_rings(outline)
        lons = [lon for ring in rings for lon, _ in ring]
        lats = [lat for ring in rings for _, lat in ring]
        for _ in range(10):
            lon = row.lon + (rng.uniform(min(lons), max(lons)) - row.lon) * SPREAD
            lat = row.lat + (rng.uniform(min(lats), max(lats)) - row.lat) * SPREAD
            if any(_inside(ring, lon, lat) for ring in rings):
                return Point(round(lat, 6), round(lon, 6))
        return None

    def near(self, row: CommuneRow, count: int) -> list[str]:
        """INSEE codes of the commune and its nearest neighbours, ``count`` in all (60 at most), nearest first."""
        if row.insee not in self._near:
            self._near[row.insee] = [
                other.insee
                for other in heapq.nsmallest(
                    60, self.drawn, key=lambda other: (other.lat - row.lat) ** 2 + ((other.lon - row.lon) * 0.66) ** 2
                )
            ]
        return self._near[row.insee][:count]


def _outer_rings(geometry: dict[str, Any]) -> list[Ring]:
    if geometry["type"] == "Polygon":
        return [geometry["coordinates"][0]]
    return [polygon[0] for polygon in geometry["coordinates"]]


def _inside(ring: Ring, lon: float, lat: float) -> bool:
    """Tell whether a point is inside a ring (a ray to the east crosses it an odd number of times)."""
    inside = False
    for (lon1, lat1), (lon2, lat2) in itertools.pairwise([*ring, ring[0]]):
        if (lat1 > lat) != (lat2 > lat) and lon < (lon2 - lon1) * (lat - lat1) / (lat2 - lat1) + lon1:
            inside = not inside
    return inside
