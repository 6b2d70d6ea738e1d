"""« Où ? »: a place, else an establishment, else an address asked of the geocoder. Nothing is guessed (spec 40)."""

from typing import Any, NamedTuple

from django.db import connection

from accounts.roles import Permission
from common.geo import Point
from common.text import fold
from directory.scopes import Scope
from directory.territory.geocoding import locate
from directory.territory.places import Place, Resolution, places_like, resolve_place

from ..models import Suggestion
from ..sight import place_visible
from .ending import place_at_end
from .matching import Word, text_query, words_of

PROPOSALS = 8
TIMEOUT = 0.8  # seconds the geocoder may take before the page goes on without it
SHORTEST = 3  # letters; a shorter text names no establishment
SHORTEST_REGION = 3  # letters of a text that begins to name the whole region
REGION = Place("Toute la région", "Toute la région", "")  # to be chosen; once chosen it is no place
LIKENESS = 0.4  # share of trigrams in common from which a commune is proposed for a misspelt name
_REGION = frozenset(
    "tout|partout|ror|le ror|tout le ror|idf|l idf|toute l idf|region|la region|toute la region|region idf"
    "|ile de france|l ile de france|toute l ile de france|region ile de france|la region ile de france"
    "|toute la region ile de france|toute la region idf|peu importe|n importe ou".split("|")
)
_REGION_BEGUN = _REGION - {"partout"}  # « par » begins Paris
_ENTITIES = """
FROM (
    SELECT suggestion.geographic_entity_id, suggestion.label, suggestion.detail, suggestion.key, eg.commune_id,
           commune.department_id, coalesce(eg.lat, commune.lat) AS lat, coalesce(eg.lon, commune.lon) AS lon,
           suggestion.hides_place, suggestion.words, eg.legal_entity_id
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


def names_region(text: str) -> bool:
    """Whether « Où ? » asks for no place: « Tout le ROR », « Île-de-France », « toute la région », « IDF ». Pure."""
    return _region_key(text) in _REGION


def begins_region(text: str) -> bool:
    """Whether a text being typed may come to ask for no place: « toute la r », « ile de ». Pure."""
    key = _region_key(text)
    return len(key.replace(" ", "")) >= SHORTEST_REGION and any(name.startswith(key) for name in _REGION_BEGUN)


def _region_key(text: str) -> str:
    return fold(text).removeprefix("en ").removeprefix("dans ")


def resolve_where(text: str, scope: Scope, found: Resolution | None = None) -> Resolution:
    """Find the starting point that ``text`` names, or what it may name. One to three queries, five for an address.

    ``found``: what ``resolve_place`` says of it, when that is known: one query less.
    A commune or a department first, then an establishment whose place this person may be told, then an address when a
    geocoder is set. Several are all offered. The whole region is no place, and no problem.
    """
    if names_region(text):
        return Resolution()
    if found is None:
        found = resolve_place(text) if text else Resolution()
    words = words_of(text)
    if found.problem != "unknown" or not any(len(word) >= SHORTEST for word in words):
        return found
    named, holding = _entities(text, words, scope)
    if named:
        places = tuple(entity.place for entity in named)
        return Resolution(places[0]) if len(places) == 1 else Resolution(problem="several", choices=places)
    if address := locate(text, TIMEOUT):
        place = Place(address.label, address.label, address.department, insee=address.insee, point=address.point)
        return Resolution(place)
    region = (REGION,) if begins_region(text) else ()
    choices = (*region, *found.choices, *(entity.place for entity in holding))
    if not choices:
        at_end = place_at_end(text) if fold(text)[:1].isdigit() else None  # of an address
        choices = (at_end[1],) if at_end else near_places(text)
    return Resolution(problem="unknown", choices=choices[:PROPOSALS])


def near_places(text: str) -> tuple[Place, ...]:
    """Communes whose name looks like the text, the likest first: what a misspelt name may stand for."""
    return tuple(places_like(text, LIKENESS, PROPOSALS))


def _entities(text: str, words: tuple[str, ...], scope: Scope) -> tuple[list[_Entity], list[_Entity]]:
    """Establishments whose place this person may be told, in one query.

    Those whose whole name is the text, or its beginning with the place after it; then those whose name holds all the
    words.
    """
    typed = fold(text).split()
    parameters: dict[str, Any] = {
        "group": Suggestion.Group.ENTITY,
        "limit": PROPOSALS,
        "keys": [" ".join(typed[:count]) for count in range(1, len(typed) + 1)],
    }
    visible = place_visible(scope.coverage(Permission.SENSITIVE_READ), parameters, row="s")
    last = len(words) - 1
    holding = text_query([Word(word, place == last) for place, word in enumerate(words)], parameters)
    lists = " UNION ALL ".join(
        f"(SELECT {is_named}, s.* {_ENTITIES} WHERE {condition} AND {visible} ORDER BY s.key, s.detail LIMIT %(limit)s)"
        for is_named, condition in (("true", "s.key = ANY(%(keys)s::varchar[])"), ("false", f"s.words @@ {holding}"))
    )
    with connection.cursor() as cursor:
        cursor.execute(lists, parameters)
        found = [(row[0], _Entity(*row[1:9])) for row in cursor.fetchall()]
    whole = " ".join(typed)
    named = [
        row
        for is_named, row in found
        if is_named and whole in (row.key, f"{row.key} {fold(row.detail)}", _without_department(row))
    ]
    return named, [row for is_named, row in found if not is_named]


def _without_department(row: _Entity) -> str:
    return f"{row.key} {fold(row.detail.rpartition(' (')[0])}"
