"""« Où ? »: a place, else an establishment, else an address asked of the geocoder. Nothing is guessed (spec 40)."""

from typing import Any, Literal, NamedTuple

from accounts.roles import Permission
from common.geo import Point
from common.round_trip import Rows, Statement, rows_together
from common.text import fold
from directory.scopes import Scope
from directory.territory.geocoding import Address, GeocoderAway, locate
from directory.territory.place_names import parse_place
from directory.territory.places import Place, Resolution, places_like, resolve_place

from ..models import Suggestion
from ..sight import place_visible
from .areas import REGION, area_named, begins_region, names_region, unled
from .ending import places_told
from .matching import Word, text_query
from .spelling import words_of

PROPOSALS = 8
TIMEOUT = 0.8  # seconds the geocoder may take before the page goes on without it
SHORTEST = 3  # letters; a shorter text names no establishment
_DASH = " – "
_REMEMBERED = 5000  # texts known to name places
LIKENESS = 0.4  # share of trigrams in common from which a commune is proposed for a misspelt name
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
_COLUMNS = "s.geographic_entity_id, s.label, s.detail, s.key, s.commune_id, s.department_id, s.lat, s.lon"
# EGs that were merged into others bear their own name and place still, and stand where the last of the chain stands.
_TAKEN_IN = f"""
FROM (
    WITH RECURSIVE followed (gone, kept) AS (
        SELECT merge.merged_entity_id, merge.kept_entity_id
        FROM directory_merge merge
        JOIN directory_geographicentity old ON old.id = merge.merged_entity_id
        WHERE left(ror_fold(old.name), 255) = ANY(%(keys)s::varchar[])
        UNION
        SELECT followed.gone, merge.kept_entity_id
        FROM followed JOIN directory_merge merge ON merge.merged_entity_id = followed.kept
    )
    SELECT s.geographic_entity_id, s.label, s.detail, left(ror_fold(old.name), 255) AS key, s.commune_id,
           s.department_id, s.lat, s.lon, s.hides_place, s.words, s.legal_entity_id,
           town.list_name || ' (' || town.department_id || ')' AS was_at
    {_ENTITIES}
    JOIN followed ON followed.kept = s.geographic_entity_id
    JOIN directory_geographicentity old ON old.id = followed.gone
    JOIN directory_commune town ON town.insee = old.commune_id
) s
"""  # noqa: S608 (no value of a request)


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
    return f"{name}{_DASH}{place}"


# Texts for which this process read no establishments: none are read beside them, and are after if it was wrong.
_PLACES: set[str] = set()


def may_be_entity(text: str) -> bool:
    """Tell whether a text may well name an establishment: chosen among those proposed, or words without a number."""
    if _DASH in text:
        return True
    is_of_words = len(fold(text).split()) > 1 and not any(sign.isdigit() for sign in text)
    return is_of_words and fold(text) not in _PLACES


def _remember(text: str) -> None:
    if len(_PLACES) >= _REMEMBERED:
        _PLACES.clear()
    _PLACES.add(fold(text))


def resolve_where(text: str, scope: Scope, found: Resolution | None = None, entities: Rows | None = None) -> Resolution:
    """Find the starting point that ``text`` names, or what it may name. One to four queries, five for an address.

    ``found``: what ``resolve_place`` says of it, when that is known: one query less. ``entities``: the rows of
    ``entities_statement``, when they are read.
    A commune or a department first, then an establishment whose place this person may be told, then an address when a
    geocoder is set. Several are all offered. The whole region is no place, and no problem; several departments are one.
    """
    text = unled(text)
    if names_region(text):
        return Resolution()
    if area := area_named(text):
        return Resolution(area)
    if found is None:
        found = resolve_place(text) if text else Resolution()
    statement = entities_statement(text, scope) if found.problem == "unknown" else None
    if statement is None:
        _remember(text)
        return found
    named, holding = _entities(text, rows_together([statement])[0] if entities is None else entities)
    if named:
        places = tuple(entity.place for entity in named)
        return Resolution(places[0]) if len(places) == 1 else Resolution(problem="several", choices=places)
    address, is_unanswered = _located(text)
    if address:
        place = Place(address.label, address.label, address.department, insee=address.insee, point=address.point)
        return Resolution(place)
    region = (REGION,) if begins_region(text) else ()
    choices = (*region, *found.choices, *(entity.place for entity in holding))
    listed, at_end = places_told(text) if not choices and fold(text).count(" ") else ((), None)
    if not choices and not listed:
        told = (at_end[1],) if at_end else ()  # « evri 91 » is nearly a commune, not the department
        is_address = bool(told and (told[0].insee or fold(text)[:1].isdigit()))
        choices = told if is_address else _within_code(text) or near_places(text) or told
    problem: Literal["several", "unknown"] = "several" if listed else "unknown"
    return Resolution(problem=problem, choices=(listed or choices)[:PROPOSALS], is_unanswered=is_unanswered)


def _within_code(text: str) -> tuple[Place, ...]:
    """What the code of an address names, else its department: « bd Voltaire 75011 », « 94010 ». Two queries at most."""
    code = parse_place(text).code
    if not code:
        return ()
    found = resolve_place(code)
    if found.problem == "unknown":
        found = resolve_place(code[:2])
    return (found.place,) if found.place else found.choices


def _located(text: str) -> tuple[Address | None, bool]:
    """The address that the geocoder finds, and whether it did not answer."""
    try:
        return locate(text, TIMEOUT), False
    except GeocoderAway:
        return None, True


def near_places(text: str) -> tuple[Place, ...]:
    """Communes whose name looks like the text, the likest first: what a misspelt name may stand for."""
    return tuple(places_like(text, LIKENESS, PROPOSALS))


def entities_statement(text: str, scope: Scope) -> Statement | None:
    """Establishments that the text may name and whose place this person may be told; ``None`` when it names none."""
    text = unled(text)
    words = words_of(text)
    if names_region(text) or area_named(text) or not any(len(word) >= SHORTEST for word in words):
        return None
    typed = fold(text).split()
    parameters: dict[str, Any] = {
        "group": Suggestion.Group.ENTITY,
        "limit": PROPOSALS,
        "keys": [" ".join(typed[:count]) for count in range(1, len(typed) + 1)],
    }
    visible = place_visible(scope.coverage(Permission.SENSITIVE_READ), parameters, row="s")
    last = len(words) - 1
    holding = text_query([Word(word, place == last) for place, word in enumerate(words)], parameters)
    sources = (
        ("s.detail", _ENTITIES, "s.key = ANY(%(keys)s::varchar[])"),
        ("s.was_at", _TAKEN_IN, "true"),
        ("''", _ENTITIES, f"s.words @@ {holding}"),
    )
    lists = " UNION ALL ".join(
        f"(SELECT {rank}, {at}, {_COLUMNS} {source} WHERE {condition} AND {visible}"
        " ORDER BY s.key, s.detail LIMIT %(limit)s)"
        for rank, (at, source, condition) in enumerate(sources)
    )
    return lists, parameters


def _entities(text: str, rows: Rows) -> tuple[list[_Entity], list[_Entity]]:
    """Establishments of the rows of ``entities_statement``.

    Those whose whole name is the text, or its beginning with the place after it, else what became of those that bore it
    and were merged; then those whose name holds all the words.
    """
    found = [(rank, at, _Entity(*row)) for rank, at, *row in rows]
    whole = " ".join(fold(text).split())
    bearing: list[dict[int, _Entity]] = [
        {row.id: row for found_in, at, row in found if found_in == rank and whole in _names(row.key, at)}
        for rank in (0, 1)
    ]
    return list((bearing[0] or bearing[1]).values()), [row for rank, _, row in found if rank == len(bearing)]


def _names(key: str, place: str) -> tuple[str, str, str]:
    """What names an establishment whole, folded: its name, with its place, with its place but not the department."""
    return key, f"{key} {fold(place)}", f"{key} {fold(place.rpartition(' (')[0])}"
