"""« Où ? »: a place, else an establishment, else an address asked of the geocoder. Nothing is guessed (spec 40)."""

from typing import Any, NamedTuple

from django.db import connection

from accounts.roles import Permission
from common.geo import Point
from common.text import fold, place_key
from directory.scopes import Scope
from directory.territory.geocoding import locate
from directory.territory.places import Place, Resolution, places_of, resolve_place

from ..models import Suggestion
from ..sight import place_visible
from .ending import place_at_end
from .matching import Word, text_query, words_of

PROPOSALS = 8
TIMEOUT = 0.8  # seconds the geocoder may take before the page goes on without it
SHORTEST = 3  # letters; a shorter text names no establishment
LIKENESS = 0.4  # share of trigrams in common from which a commune is proposed for a misspelt name
_NEAR = """
SELECT insee FROM directory_commune WHERE similarity(key, %(name)s) >= %(likeness)s
ORDER BY similarity(key, %(name)s) DESC, population DESC, insee LIMIT %(limit)s
"""

_ENTITIES = """
SELECT s.geographic_entity_id, s.label, s.detail, s.key, s.commune_id, s.department_id, s.lat, s.lon
FROM (
    SELECT suggestion.geographic_entity_id, suggestion.label, suggestion.detail, suggestion.key,
           suggestion.hides_place, suggestion.words, eg.legal_entity_id, eg.commune_id, commune.department_id,
           coalesce(eg.lat, commune.lat) AS lat, coalesce(eg.lon, commune.lon) AS lon
    FROM search_suggestion suggestion
    JOIN directory_geographicentity eg ON eg.id = suggestion.geographic_entity_id
    JOIN directory_commune commune ON commune.insee = eg.commune_id
    WHERE suggestion."group" = %(group)s
) s
"""


class _Entity(NamedTuple):
    id: int
    label: str
    detail: str
    key: str
    insee: str
    department: str
    lat: float
    lon: float

    @property
    def place(self) -> Place:
        text = entity_text(self.label, self.detail)
        return Place(self.label, text, self.department, insee=self.insee, point=Point(self.lat, self.lon))


def entity_text(name: str, place: str) -> str:
    """What names an establishment for sure: « ACT ALTAIR VESTA – Nanterre (92) »."""
    return f"{name} – {place}"


def resolve_where(text: str, scope: Scope) -> Resolution:
    """Find the starting point that ``text`` names, or what it may name. Two or three queries.

    A commune or a department first, then an establishment whose place this person may be told, then an address when a
    geocoder is set. Several are all offered.
    """
    found = resolve_place(text) if text else Resolution()
    words = words_of(text)
    if found.problem != "unknown" or not any(len(word) >= SHORTEST for word in words):
        return found
    if named := _named(text, scope):
        places = tuple(entity.place for entity in named)
        return Resolution(places[0]) if len(places) == 1 else Resolution(problem="several", choices=places)
    if address := locate(text, TIMEOUT):
        place = Place(address.label, address.label, address.department, insee=address.insee, point=address.point)
        return Resolution(place)
    choices = (*found.choices, *(entity.place for entity in _holding(words, scope)))
    if not choices:
        at_end = place_at_end(text) if fold(text)[:1].isdigit() else None  # of an address
        choices = (at_end[1],) if at_end else near_places(text)
    return Resolution(problem="unknown", choices=choices[:PROPOSALS])


def near_places(text: str) -> tuple[Place, ...]:
    """Communes whose name looks like the text, the likest first: what a misspelt name may stand for."""
    with connection.cursor() as cursor:
        cursor.execute(_NEAR, {"name": place_key(text), "likeness": LIKENESS, "limit": PROPOSALS})
        return tuple(places_of(insee for (insee,) in cursor.fetchall()))


def _named(text: str, scope: Scope) -> list[_Entity]:
    """Establishments whose whole name is the text, or its beginning with the place after it."""
    words = fold(text).split()
    keys = [" ".join(words[:count]) for count in range(1, len(words) + 1)]
    rows = _entities("s.key = ANY(%(keys)s::varchar[])", scope, keys=keys)
    typed = " ".join(words)
    exact = [row for row in rows if typed in (row.key, f"{row.key} {fold(row.detail)}", _without_department(row))]
    return exact[:PROPOSALS]


def _without_department(row: _Entity) -> str:
    return f"{row.key} {fold(row.detail.rpartition(' (')[0])}"


def _holding(words: tuple[str, ...], scope: Scope) -> list[_Entity]:
    """Establishments whose name holds all the words."""
    parameters: dict[str, Any] = {}
    last = len(words) - 1
    condition = "s.words @@ " + text_query([Word(word, place == last) for place, word in enumerate(words)], parameters)
    return _entities(condition, scope, **parameters)


def _entities(condition: str, scope: Scope, **parameters: Any) -> list[_Entity]:
    """Establishments under a condition written in this module, whose place this person may be told."""
    visible = place_visible(scope.coverage(Permission.SENSITIVE_READ), parameters, row="s")
    statement = f"{_ENTITIES} WHERE {condition} AND {visible} ORDER BY s.key, s.detail LIMIT %(limit)s"
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | {"group": Suggestion.Group.ENTITY, "limit": PROPOSALS})
        return [_Entity(*row) for row in cursor.fetchall()]
