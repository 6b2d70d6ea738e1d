"""Starting points (« Où ? »): commune, arrondissement, postal or INSEE code, department. Nothing is guessed."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db import connection

from common.geo import Point
from common.text import place_key

from ..models import Department
from .department_names import NAMES
from .likeness import either_vowel, errors_in_name, tolerance
from .place_names import PlaceQuery, parse_place

PROPOSALS = 8
SHORTEST_SINGULAR = 5  # letters of a name whose last one may be left out
TOWN = 10_000  # inhabitants from which a commune only begun may be meant
DEPARTMENT_DIGITS = 3
SHORTEST_PART = 3  # letters; a shorter part of a name proposes nothing
SHORTEST_INSIDE = 5  # letters; a shorter part of a word, « evri » of « chevrie », is rather misspelt
LOOKED_AT = 0.25  # share of trigrams in common from which the errors that separate two names are counted
MOST_LIKE = 40  # names that look like a text, before the likest are kept

_EXCLUDING = re.compile(r"(?<=\w)\s+(?:except[ée]|hormis|hors|sauf)\s", re.IGNORECASE)
_FIELDS = "insee, list_name, key, postal_codes, parent_id, department_id, lat, lon"
_COMMUNES = f"SELECT {_FIELDS} FROM directory_commune WHERE "  # noqa: S608

_BY_DIGITS = (
    "EXISTS (SELECT 1 FROM unnest(postal_codes) AS code WHERE code LIKE %(start)s) OR insee LIKE %(start)s"
    " ORDER BY parent_id IS NULL, population DESC, insee LIMIT %(limit)s"
)
_BY_NAME = (
    "(key = ANY(%(keys)s::varchar[]) OR position(%(name)s in key) > 0) AND %(within)s IN ('', department_id)"
    " ORDER BY key = ANY(%(keys)s::varchar[]) DESC, key LIKE %(start)s DESC, key LIKE %(word)s DESC,"
    " population DESC, insee LIMIT %(limit)s"
)
_LIKE = f"""
SET LOCAL pg_trgm.similarity_threshold = {LOOKED_AT};
SELECT similarity(key, %(name)s) >= %(likeness)s, {_FIELDS} FROM directory_commune
WHERE key %% %(name)s OR key = ANY(%(alike)s::varchar[]) OR key LIKE ANY(%(begun)s::varchar[])
ORDER BY similarity(key, %(name)s) DESC, population DESC, insee LIMIT {MOST_LIKE}
"""  # noqa: S608
_DEPARTMENTS = (
    "SELECT 'department' AS kind, '' AS insee, name AS list_name, '' AS key, '{}'::varchar[] AS postal_codes,"
    " NULL AS parent_id, code AS department_id, NULL::float8 AS lat, NULL::float8 AS lon FROM directory_department "
)
_BY_CODE = (
    f"SELECT 'whole' AS kind, {_FIELDS} FROM directory_commune"  # noqa: S608
    " WHERE postal_codes @> ARRAY[%(code)s]::varchar[] OR insee = %(code)s ORDER BY key, insee"
)
_BY_DEPARTMENT = f"{_DEPARTMENTS} WHERE code = %(code)s"
# Three lists in one query: a page that resolves a place has few to spare.
_NAMED = f"""
WITH whole AS (SELECT * FROM directory_commune WHERE key = ANY(%(keys)s::varchar[]))
(SELECT 'whole' AS kind, {_FIELDS} FROM whole ORDER BY key, insee)
UNION ALL
({_DEPARTMENTS} WHERE NOT EXISTS (SELECT 1 FROM whole) ORDER BY "order", code)
UNION ALL
(SELECT 'near', {_FIELDS} FROM directory_commune
 WHERE position(%(part)s in key) > 0 AND %(within)s IN ('', department_id) AND NOT EXISTS (SELECT 1 FROM whole)
 ORDER BY population DESC, insee LIMIT %(limit)s)
"""  # noqa: S608
NAMED_PLACES = f"""
SELECT 'whole' AS kind, {_FIELDS} FROM directory_commune WHERE key = ANY(%(place_keys)s::varchar[])
{{coded}}
UNION ALL
{_DEPARTMENTS.replace("{}", "{{}}")}
WHERE code = ANY(%(place_departments)s::varchar[]) OR ror_fold(name) = ANY(%(place_keys)s::varchar[])
ORDER BY key, insee
"""  # noqa: S608
_BEGUN = (
    f"SELECT CASE WHEN population >= %(town)s THEN 'town' ELSE 'begun' END, {_FIELDS} FROM directory_commune"  # noqa: S608
    " WHERE key LIKE ANY(%(begun)s::varchar[]) OR key = ANY(%(plural)s::varchar[])"
    " ORDER BY population DESC, insee LIMIT %(limit)s"
)
_NEAR = f"""
(SELECT alike.typed, {_FIELDS} FROM unnest(%(alike_to)s::text[], %(alike)s::text[]) AS alike (typed, word)
 JOIN directory_commune ON key = alike.word OR starts_with(key, alike.word || ' ')
 ORDER BY population DESC, insee)
UNION ALL
SELECT typed.word, near.* FROM unnest(%(near)s::text[]) AS typed (word) CROSS JOIN LATERAL (
    SELECT {_FIELDS} FROM directory_commune WHERE key %% typed.word AND similarity(key, typed.word) >= %(near_likeness)s
    ORDER BY similarity(key, typed.word) DESC, population DESC, insee LIMIT %(near_limit)s
) AS near
"""  # noqa: S608
_CODED = f"""
UNION
SELECT 'whole' AS kind, {_FIELDS} FROM directory_commune WHERE postal_codes && %(place_codes)s::varchar[]
"""  # noqa: S608


class _Row(NamedTuple):
    insee: str
    list_name: str
    key: str
    postal_codes: list[str]
    parent_id: str | None
    department_id: str
    lat: float
    lon: float


@dataclass(frozen=True)
class Place:
    """A commune with its starting point, or a whole department (no ``insee``, no point). ``text`` names it for sure.

    ``departments``: those of a place that is several, which has no ``department_code``. The whole region has neither.
    """

    label: str
    text: str
    department_code: str
    insee: str = ""
    point: Point | None = None
    departments: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Departments that it is in, or is; none for the whole region."""
        return self.departments or tuple(filter(None, [self.department_code]))


@dataclass(frozen=True)
class Resolution:
    """The place meant, or what is wrong with the text and the places to choose from.

    ``is_unanswered``: unknown as long as the geocoder does not answer.
    """

    place: Place | None = None
    problem: Literal["", "several", "unknown"] = ""
    choices: tuple[Place, ...] = ()
    is_unanswered: bool = False


def resolve_place(text: str) -> Resolution:
    """Find the place that ``text`` names. One query.

    Several communes (a postal code, a name met twice) are all offered, and so are those whose name holds the text.
    """
    query = parse_place(text)
    with connection.cursor() as cursor:
        cursor.execute(*place_statement(query))
        return settle_place(query, cursor.fetchall())


def place_statement(query: PlaceQuery) -> tuple[str, dict[str, Any]]:
    """The statement whose rows ``settle_place`` reads."""
    if query.code:
        return _BY_CODE, {"code": query.code}
    if not query.keys:
        return _BY_DEPARTMENT, {"code": query.department}
    if query.is_department:
        return f"{_DEPARTMENTS} WHERE ror_fold(name) = ANY(%(keys)s::varchar[])", {"keys": list(query.keys)}
    within = query.department if query.department in NAMES else ""
    part = query.keys[-1] if within else query.keys[0]
    is_enough = len(part) >= SHORTEST_PART
    asked = {"keys": list(query.keys), "part": part if is_enough else None, "within": within, "limit": PROPOSALS}
    return _NAMED, asked


def settle_place(query: PlaceQuery, found: Iterable[Sequence[Any]]) -> Resolution:
    """The place that a query names, among rows of ``place_statement`` or of ``NAMED_PLACES``. Pure."""
    rows: dict[str, list[_Row]] = {"whole": [], "department": [], "near": []}
    for kind, *values in found:
        rows[kind].append(_Row(*values))
    if query.code:
        return _by_code(query, rows["whole"])
    if not query.keys:
        named = [row for row in rows["department"] if row.department_id == query.department]
        return Resolution(_department_row(named[0])) if named else Resolution(problem="unknown")
    return _by_name(query, rows)


def named_places(queries: Iterable[PlaceQuery]) -> tuple[str, dict[str, Any]]:
    """The statement of the communes and departments that any of these queries names whole, for ``settle_place``."""
    asked = list(queries)
    codes = {query.code for query in asked if query.code}
    return NAMED_PLACES.format(coded=_CODED if codes else ""), {
        "place_keys": sorted({key for query in asked for key in query.keys}),
        "place_codes": sorted(codes),
        "place_departments": sorted({query.department for query in asked if query.department}),
    }


def places_begun(words: Sequence[str], limit: int) -> tuple[str, dict[str, Any]]:
    """The statement of the communes whose name begins by one of these keys, others after it: « Vitry »-sur-Seine.

    And of those that one of them is but for its last letter: « versaille ».

    The first column of its rows tells a « town » from others.
    """
    plurals = [name for word in words for name in plurals_of(word)]
    return _BEGUN, {"begun": [f"{word} %" for word in words], "plural": plurals, "limit": limit, "town": TOWN}


def plurals_of(word: str) -> tuple[str, ...]:
    """Keys of communes that a word nearly is, its last letter left out: « versaille », « mureau ». Pure."""
    return (f"{word}s", f"{word}x") if len(word) >= SHORTEST_SINGULAR else ()


def places_of(rows: Iterable[Sequence[Any]]) -> list[Place]:
    """The communes of rows of ``places_begun``. Pure."""
    return [_commune(_Row(*values)) for _, *values in rows]


def near_statement(
    words: Sequence[str], alike: Sequence[tuple[str, str]], likeness: float, limit: int
) -> tuple[str, dict[str, Any]]:
    """The statement of the communes whose name looks like one of these words: each row has the word first.

    ``alike``: a word and another way to write it, which names a commune or begins its name. ``likeness``: share of
    trigrams in common, no less than ``pg_trgm.similarity_threshold``.
    """
    return _NEAR, {
        "near": list(words),
        "near_likeness": likeness,
        "near_limit": limit,
        "alike_to": [typed for typed, _ in alike],
        "alike": [word for _, word in alike],
    }


def propose_places(text: str, limit: int = PROPOSALS) -> list[Place]:
    """Departments and communes that a text being typed may name, the likeliest first. One or two queries.

    Digits begin a postal or an INSEE code; letters stand anywhere in a name (spec 01-settled, Directory).
    """
    query = parse_place(text)
    digits = text.strip()
    if query.code:
        return _by_code_and_beginning(query)[:limit]
    if digits.isascii() and digits.isdigit():
        return _by_digits(digits, limit)
    if not query.keys:
        return _departments(lambda one: one.code == query.department)
    within = query.department if query.department in NAMES else ""
    name = query.keys[-1] if within else query.keys[0]
    asked = {"name": name, "start": f"{name}%", "word": f"% {name}%", "within": within, "limit": limit}
    rows = _rows(_BY_NAME, keys=list(query.keys), **asked)
    first, *others = [*map(_commune, rows), None]
    departments = _departments(
        lambda one: (
            place_key(one.name).startswith(name) or (one.code == query.department and place_key(one.name) in query.keys)
        )
    )
    return [place for place in (first, *departments, *others) if place][:limit]


def _by_code_and_beginning(query: PlaceQuery) -> list[Place]:
    """Communes of a code, a name beside it being typed (« 92000 n »)."""
    with connection.cursor() as cursor:
        cursor.execute(*place_statement(query))
        found = settle_place(query._replace(keys=()), cursor.fetchall())
    places = list(found.choices or filter(None, [found.place]))
    named = [place for place in places if _agree(place_key(place.label), query.keys)]
    return named or [place for place in places if place_key(place.label).startswith(query.keys or "")]


def _by_digits(digits: str, limit: int) -> list[Place]:
    """A department, then the communes one of whose codes begins so."""
    departments = [] if len(digits) > DEPARTMENT_DIGITS else _departments(lambda one: one.code.startswith(digits))
    rows = _rows(_BY_DIGITS, start=f"{digits}%", limit=limit)
    codes = {row.insee: next((code for code in row.postal_codes if code.startswith(digits)), "") for row in rows}
    return [*departments, *(_commune(row, codes[row.insee]) for row in _without_parents(rows))][:limit]


def places_like(text: str, likeness: float, limit: int = PROPOSALS) -> list[Place]:
    """Communes whose name looks like the text, the likest first: what a misspelt name may stand for. One query.

    Those that few typing errors separate from it, or from the beginning of their name (« evri »), then those that have
    ``likeness`` of their trigrams in common, from 0 to 1. Of the department told beside it, if there are any. A place
    that is excluded is not proposed: « paris sauf 16 ».
    """
    query = parse_place(_EXCLUDING.split(text)[0])
    department = query.department if query.department in NAMES else ""
    name = (query.keys[-1] if department else query.keys[0]) if query.keys else place_key(text)
    alike = either_vowel(name)
    with connection.cursor() as cursor:
        begun = [f"{one} %" for one in alike]
        cursor.execute(_LIKE, {"name": name, "likeness": likeness, "alike": list(alike), "begun": begun})
        while cursor.nextset():
            pass
        found = [(is_alike, _Row(*row)) for is_alike, *row in cursor.fetchall()]
    likest = _likest(name, found)
    located = [row for row in likest if row.department_id == department]
    return [_commune(row) for row in located or likest][:limit]


def _likest(name: str, found: Sequence[tuple[bool, _Row]]) -> list[_Row]:
    """Those that may be meant, the fewest errors first; those that bear this very name alone, if there are any."""
    ranked = sorted(((errors_in_name(name, row.key), is_alike, row) for is_alike, row in found), key=lambda one: one[0])
    if named := [row for _, _, row in ranked if row.key == name]:
        return named
    near = [row for errors, _, row in ranked if errors <= tolerance(name) and (errors <= 1 or row.key[0] == name[0])]
    return [*near, *(row for is_alike, row in found if is_alike and row not in near)]


def _departments(chosen: Callable[[Department], bool]) -> list[Place]:
    departments = Department.objects.only("code", "name", "order")
    return [_department(department) for department in departments if chosen(department)]


def _by_code(query: PlaceQuery, rows: Iterable[_Row]) -> Resolution:
    rows = [row for row in rows if query.code in (*row.postal_codes, row.insee)]
    postal = [row for row in rows if query.code in row.postal_codes]
    named = [row for row in postal or rows if not query.keys or _agree(row.key, query.keys)]
    return _settle(_without_parents(named), code=query.code)


def _agree(key: str, keys: Iterable[str]) -> bool:
    """Whether a name typed beside a code fits the commune (« paris » and « paris 10 »)."""
    return any(key == typed or key.startswith(f"{typed} ") or typed.startswith(f"{key} ") for typed in keys)


def _by_name(query: PlaceQuery, found: Mapping[str, Sequence[_Row]]) -> Resolution:
    rows = [row for row in found["whole"] if row.key in query.keys and not query.is_department]
    whole = [row for row in rows if row.key in query.whole]
    located = [row for row in rows if row.key not in query.whole and row.department_id == query.department]
    if best := located or whole:
        return _settle(best)
    if rows:  # the name is right, the department beside it is not
        return Resolution(problem="unknown", choices=tuple(_commune(row) for row in rows))
    for department in found["department"]:
        key = place_key(department.list_name)
        if key == query.keys[0] or (key in query.keys and department.department_id == query.department):
            return Resolution(_department_row(department))
    if query.department in NAMES:
        begun = [row for row in found["near"] if row.key.startswith(f"{query.keys[-1]} ")]
        if len(begun) == 1:  # « Neuilly 92 »
            return Resolution(_commune(begun[0]))
    near = [row for row in found["near"] if len(query.keys[0]) >= SHORTEST_INSIDE or _begins_a_word(row, query.keys)]
    return Resolution(problem="unknown", choices=tuple(_commune(row) for row in near))


def _begins_a_word(row: _Row, keys: Iterable[str]) -> bool:
    return any(f" {key}" in f" {row.key}" for key in keys)


def _rows(condition: str, **parameters: Any) -> list[_Row]:
    """Communes under a condition written in this module."""
    with connection.cursor() as cursor:
        cursor.execute(_COMMUNES + condition, parameters)
        return [_Row(*row) for row in cursor.fetchall()]


def _without_parents(rows: list[_Row]) -> list[_Row]:
    """A postal code of an arrondissement is also one of its commune: keep the narrower."""
    parents = {row.parent_id for row in rows}
    return [row for row in rows if row.insee not in parents]


def _settle(rows: list[_Row], code: str = "") -> Resolution:
    places = tuple(_commune(row, code) for row in rows)
    if len(places) == 1:
        return Resolution(places[0])
    return Resolution(problem="several" if places else "unknown", choices=places)


def _commune(row: _Row, code: str = "") -> Place:
    codes = row.postal_codes if code not in row.postal_codes else [code]
    precision = codes[0] if len(codes) == 1 else row.department_id  # « Paris (75) », not one of its arrondissements
    return Place(
        label=row.list_name,
        text=f"{row.list_name} ({precision})",
        department_code=row.department_id,
        insee=row.insee,
        point=Point(row.lat, row.lon),
    )


def _department(department: Department) -> Place:
    return _whole_department(department.code, department.name)


def _department_row(row: _Row) -> Place:
    return _whole_department(row.department_id, row.list_name)


def _whole_department(code: str, name: str) -> Place:
    return Place(label=f"{name} ({code})", text=code, department_code=code)
