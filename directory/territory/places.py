"""Starting points (« Où ? »): commune, arrondissement, postal or INSEE code, department. Nothing is guessed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.db import connection

from common.geo import Point
from common.text import place_key

from ..models import Department
from .place_names import PlaceQuery, parse_place

PROPOSALS = 8
TOWN = 10_000  # inhabitants from which a commune only begun may be meant
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
 WHERE position(%(part)s in key) > 0 AND NOT EXISTS (SELECT 1 FROM whole)
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
    " WHERE key LIKE ANY(%(begun)s::varchar[]) ORDER BY population DESC, insee LIMIT %(limit)s"
)
_NEAR = f"""
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
    part = query.keys[0] if len(query.keys[0]) >= SHORTEST_PART else None
    return _NAMED, {"keys": list(query.keys), "part": part, "limit": PROPOSALS}


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

    The first column of its rows tells a « town » from others.
    """
    return _BEGUN, {"begun": [f"{word} %" for word in words], "limit": limit, "town": TOWN}


def places_of(rows: Iterable[Sequence[Any]]) -> list[Place]:
    """The communes of rows of ``places_begun``. Pure."""
    return [_commune(_Row(*values)) for _, *values in rows]


def near_statement(words: Sequence[str], likeness: float, limit: int) -> tuple[str, dict[str, Any]]:
    """The statement of the communes whose name looks like one of these words: each row has the word first.

    ``likeness``: share of trigrams in common, no less than ``pg_trgm.similarity_threshold``.
    """
    return _NEAR, {"near": list(words), "near_likeness": likeness, "near_limit": limit}


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
    name = query.keys[0]
    rows = _rows(_BY_NAME, keys=list(query.keys), name=name, start=f"{name}%", word=f"% {name}%", limit=limit)
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
    return Resolution(problem="unknown", choices=tuple(_commune(row) for row in found["near"]))


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
