"""Starting points (« Où ? »): commune, arrondissement, postal or INSEE code, department. Nothing is guessed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db import connection

from common.geo import Point
from common.text import place_key

from ..models import Department
from .place_names import PlaceQuery, parse_place

PROPOSALS = 8
DEPARTMENT_DIGITS = 3
SHORTEST_PART = 3  # letters; a shorter part of a name proposes nothing

_FIELDS = "insee, list_name, key, postal_codes, parent_id, department_id, lat, lon"
_COMMUNES = f"SELECT {_FIELDS} FROM directory_commune WHERE "  # noqa: S608

_BY_DIGITS = (
    "EXISTS (SELECT 1 FROM unnest(postal_codes) AS code WHERE code LIKE %(start)s) OR insee LIKE %(start)s"
    " ORDER BY parent_id IS NULL, population DESC, insee LIMIT %(limit)s"
)
_BY_NAME = (
    "key = ANY(%(keys)s::varchar[]) OR position(%(name)s in key) > 0"
    " ORDER BY key = ANY(%(keys)s::varchar[]) DESC, key LIKE %(start)s DESC, key LIKE %(word)s DESC,"
    " population DESC, insee LIMIT %(limit)s"
)
_BY_LIKENESS = (
    "key %% %(name)s ORDER BY similarity(key, %(name)s) DESC, population DESC, insee LIMIT %(limit)s"  # by trigrams
)
# Three lists in one query: a page that resolves a place has few to spare.
_NAMED = f"""
WITH whole AS (SELECT * FROM directory_commune WHERE key = ANY(%(keys)s::varchar[]))
(SELECT 'whole' AS kind, {_FIELDS} FROM whole ORDER BY key, insee)
UNION ALL
(SELECT 'department', '', name, '', '{{}}'::varchar[], NULL, code, NULL, NULL
 FROM directory_department WHERE NOT EXISTS (SELECT 1 FROM whole) ORDER BY "order", code)
UNION ALL
(SELECT 'near', {_FIELDS} FROM directory_commune
 WHERE position(%(part)s in key) > 0 AND NOT EXISTS (SELECT 1 FROM whole)
 ORDER BY population DESC, insee LIMIT %(limit)s)
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
    """A commune with its starting point, or a whole department (no ``insee``, no point). ``text`` names it for sure."""

    label: str
    text: str
    department_code: str
    insee: str = ""
    point: Point | None = None


@dataclass(frozen=True)
class Resolution:
    """The place meant, or what is wrong with the text and the places to choose from."""

    place: Place | None = None
    problem: Literal["", "several", "unknown"] = ""
    choices: tuple[Place, ...] = ()


def resolve_place(text: str) -> Resolution:
    """Find the place that ``text`` names. One query.

    Several communes (a postal code, a name met twice) are all offered, and so are those whose name holds the text.
    """
    query = parse_place(text)
    if query.code:
        return _by_code(query)
    if not query.keys:
        return _by_department(query.department)
    return _by_name(query)


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
        return []
    name = query.keys[0]
    rows = _rows(_BY_NAME, keys=list(query.keys), name=name, start=f"{name}%", word=f"% {name}%", limit=limit)
    first, *others = [*map(_commune, rows), None]
    departments = _departments(lambda one: place_key(one.name).startswith(name))
    return [place for place in (first, *departments, *others) if place][:limit]


def _by_code_and_beginning(query: PlaceQuery) -> list[Place]:
    """Communes of a code, a name beside it being typed (« 92000 n »)."""
    found = _by_code(query._replace(keys=()))
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

    ``likeness``: share of trigrams in common, from 0 to 1.
    """
    parameters: dict[str, Any] = {"name": place_key(text), "likeness": likeness, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL pg_trgm.similarity_threshold = %(likeness)s; {_COMMUNES}{_BY_LIKENESS}", parameters)
        while cursor.nextset():
            pass
        return [_commune(_Row(*row)) for row in cursor.fetchall()]


def _departments(chosen: Callable[[Department], bool]) -> list[Place]:
    departments = Department.objects.only("code", "name", "order")
    return [_department(department) for department in departments if chosen(department)]


def _by_code(query: PlaceQuery) -> Resolution:
    rows = _rows("postal_codes @> ARRAY[%(code)s]::varchar[] OR insee = %(code)s ORDER BY key, insee", code=query.code)
    postal = [row for row in rows if query.code in row.postal_codes]
    named = [row for row in postal or rows if not query.keys or _agree(row.key, query.keys)]
    return _settle(_without_parents(named), code=query.code)


def _agree(key: str, keys: Iterable[str]) -> bool:
    """Whether a name typed beside a code fits the commune (« paris » and « paris 10 »)."""
    return any(key == typed or key.startswith(f"{typed} ") or typed.startswith(f"{key} ") for typed in keys)


def _by_name(query: PlaceQuery) -> Resolution:
    name = query.keys[0]
    rows, departments, near = _named(query.keys, name if len(name) >= SHORTEST_PART else None)
    whole = [row for row in rows if row.key in query.whole]
    located = [row for row in rows if row.key not in query.whole and row.department_id == query.department]
    if found := located or whole:
        return _settle(found)
    if rows:  # the name is right, the department beside it is not
        return Resolution(problem="unknown", choices=tuple(_commune(row) for row in rows))
    for department in departments:
        if place_key(department.name) == name:
            return Resolution(_department(department))
    return Resolution(problem="unknown", choices=tuple(_commune(row) for row in near))


def _named(keys: Iterable[str], part: str | None) -> tuple[list[_Row], list[Department], list[_Row]]:
    """Communes of one of these names; without any, the departments, and communes whose name holds ``part``."""
    parameters = {"keys": list(keys), "part": part, "limit": PROPOSALS}
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, parameters)
        found = cursor.fetchall()
    rows, near = ([_Row(*row[1:]) for row in found if row[0] == kind] for kind in ("whole", "near"))
    departments = [Department(code=row[6], name=row[2]) for row in found if row[0] == "department"]
    return rows, departments, near


def _by_department(code: str) -> Resolution:
    department = Department.objects.only("code", "name", "order").filter(code=code).first()
    return Resolution(_department(department)) if department else Resolution(problem="unknown")


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
    label = f"{department.name} ({department.code})"
    return Place(label=label, text=department.code, department_code=department.code)
