"""Communes that touch one another, worked out of their outlines, and the holes of a territory."""

from __future__ import annotations

import functools
import itertools
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

Edge = tuple[tuple[float, float], tuple[float, float]]

_FINGERPRINT = """
    SELECT count(*), sum(pg_column_size(outline)), md5(string_agg(insee, ',' ORDER BY insee))
    FROM directory_commune WHERE outline IS NOT NULL
"""
_OUTLINES = "SELECT insee, outline::text FROM directory_commune WHERE outline IS NOT NULL"
_PARTS = "SELECT parent_id, array_agg(insee) FROM directory_commune WHERE parent_id IS NOT NULL GROUP BY parent_id"


class Neighbours(NamedTuple):
    """INSEE codes that touch each code, and those on the outer border of the reference list.

    ``parts``: arrondissements of each commune that has some; they have outlines, it has none.
    """

    around: Mapping[str, frozenset[str]]
    at_border: frozenset[str]
    parts: Mapping[str, frozenset[str]]

    def leaves(self, codes: Collection[str]) -> set[str]:
        """Codes with each commune that has arrondissements replaced by them."""
        return {leaf for code in codes for leaf in self.parts.get(code, (code,))}


def holes_in(codes: Collection[str], neighbours: Neighbours) -> list[list[str]]:
    """Groups of communes that the territory ``codes`` surrounds without serving them, the largest last. Pure.

    A commune is in a hole when no way leads from it to the border of the reference list without crossing the territory.
    """
    inside = neighbours.leaves(codes)
    outside = _reached(neighbours.at_border - inside, inside, neighbours)
    left = neighbours.around.keys() - inside - outside
    found = []
    while left:
        hole = _reached({min(left)}, inside, neighbours)
        found.append(sorted(hole))
        left -= hole
    return sorted(found, key=lambda hole: (len(hole), hole))


def _reached(start: Collection[str], walls: Collection[str], neighbours: Neighbours) -> set[str]:
    """Communes that lead to one another from ``start`` without crossing ``walls``."""
    found, waiting = set(start), list(start)
    while waiting:
        for code in neighbours.around.get(waiting.pop(), ()):
            if code not in walls and code not in found:
                found.add(code)
                waiting.append(code)
    return found


def neighbours_of(
    outlines: Mapping[str, Mapping[str, Any]], parts: Mapping[str, Collection[str]] | None = None
) -> Neighbours:
    """Neighbours told by outlines (GeoJSON geometries by INSEE code) that share their edges exactly. Pure."""
    owners: dict[Edge, set[str]] = defaultdict(set)
    for code, geometry in outlines.items():
        for edge in _edges(geometry):
            owners[edge].add(code)
    around: dict[str, set[str]] = {code: set() for code in outlines}
    border = set()
    for codes in owners.values():
        border |= codes if len(codes) == 1 else set()
        for code in codes:
            around[code] |= codes - {code}
    return Neighbours(
        {code: frozenset(others) for code, others in around.items()},
        frozenset(border),
        {code: frozenset(inside) for code, inside in (parts or {}).items()},
    )


def _edges(geometry: Mapping[str, Any]) -> Iterator[Edge]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        for ring in polygon:
            points = [tuple(point[:2]) for point in ring]
            for start, end in itertools.pairwise(points):
                yield (start, end) if start < end else (end, start)


def load_neighbours() -> Neighbours:
    """Neighbours of the reference list: one query, two more in a process that has not read these outlines yet."""
    with connection.cursor() as cursor:
        cursor.execute(_FINGERPRINT)
        return _loaded(cursor.fetchone())


@functools.lru_cache(maxsize=1)
def _loaded(_fingerprint: tuple[Any, ...]) -> Neighbours:
    with connection.cursor() as cursor:
        cursor.execute(_OUTLINES)
        outlines = {insee: json.loads(outline) for insee, outline in cursor.fetchall()}
        cursor.execute(_PARTS)
        return neighbours_of(outlines, dict(cursor.fetchall()))
