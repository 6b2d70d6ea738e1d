"""A place typed with the need, at the end of the text: « csapa 93 », « ehpad à Nanterre » (spec 40)."""

from collections.abc import Collection
from typing import Any

from django.db import connection

from common.text import fold
from directory.territory.place_names import PlaceQuery, parse_place
from directory.territory.places import Place, Resolution, resolve_place

PLACE_WORDS = 5  # words at the end of a text that may name a place
# Rows of one column: keys of communes, postal codes, codes and keys of departments.
NAMES_OF_PLACES = """
SELECT key FROM directory_commune WHERE key = ANY(%(place_keys)s::varchar[])
UNION
SELECT code FROM unnest(%(place_codes)s::varchar[]) AS code
WHERE EXISTS (SELECT 1 FROM directory_commune WHERE postal_codes @> ARRAY[code])
UNION
SELECT code FROM directory_department WHERE code = ANY(%(place_departments)s::varchar[])
UNION
SELECT key FROM directory_department JOIN unnest(%(place_keys)s::varchar[]) AS key ON key = ror_fold(name)
"""
_BEFORE_PLACE = frozenset("a au aux dans de departement des du d en l la le les pres proche secteur sur vers".split())


def names_parameters(text: str) -> dict[str, Any]:
    """What ``NAMES_OF_PLACES`` names, for the last words of a text; empty when it has no words before a place."""
    queries = _endings(text).values()
    if not queries:
        return {}
    return {
        "place_keys": sorted({key for query in queries for key in query.keys}),
        "place_codes": sorted({query.code for query in queries if query.code}),
        "place_departments": sorted({query.department for query in queries if query.department}),
    }


def split_place(text: str, met: Collection[str]) -> tuple[str, Resolution] | None:
    """What a text asks for, and what its last words name or may name: « ehpad à Nanterre » gives « ehpad », Nanterre.

    ``met``: the names of places that ``NAMES_OF_PLACES`` finds at its end. The longest name wins; ``None`` without any.
    One or two queries, none when ``met`` is empty.
    """
    if not met:
        return None
    words = text.split()
    for ending, query in _endings(text).items():
        names = {*query.keys, query.code} if query.keys or query.code else {query.department}
        if not names & set(met):
            continue
        found = resolve_place(ending)
        before = words[: len(words) - len(ending.split())]
        while before and fold(before[-1]) in _BEFORE_PLACE:
            before.pop()
        if before and (found.place or found.problem == "several"):
            return " ".join(before), found
    return None


def place_at_end(text: str) -> tuple[str, Place] | None:
    """What a text asks for and the one place that its last words name. One to three queries."""
    parameters = names_parameters(text)
    if not parameters:
        return None
    with connection.cursor() as cursor:
        cursor.execute(NAMES_OF_PLACES, parameters)
        met = {name for (name,) in cursor.fetchall()}
    found = split_place(text, met)
    return (found[0], found[1].place) if found and found[1].place else None


def _endings(text: str) -> dict[str, PlaceQuery]:
    """Each run of last words, the longest first, as a place would be read; at least one word stands before it."""
    words = text.split()
    starts = range(max(1, len(words) - PLACE_WORDS), len(words))
    endings = [" ".join(words[start:]) for start in starts]
    return {ending: parse_place(ending) for ending in endings if fold(ending)}
