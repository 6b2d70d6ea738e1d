"""A place typed with the need, at the end of the text first: « csapa 93 », « ehpad à Nanterre » (spec 40)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from common.round_trip import Statement, rows_together
from common.text import fold, place_key
from directory.territory.place_names import PlaceQuery, parse_place
from directory.territory.places import Place, Resolution, named_places, places_begun, places_of, settle_place

PLACE_WORDS = 5  # words of a text that may name a place
BEGINNING_WORDS = 2  # words of a text that may begin the name of a place
PLACE_TOKENS = 30  # words of a text looked at
SHORTEST_NAME = 4  # letters of a place named inside a text
SHORTEST_BEGINNING = 3  # letters of a word that begins the name of a place: « Bry », « Gif »
MOST_BEGUN = 4  # places that words of a text begin, to be offered
MOST_NAMED_ALIKE = 12  # places that begin alike; with more, the words name none: « villiers »
MOST_ALONE = 6  # places that a text alone names or begins: with more, it is the name of none
OFFERED_ALONE = 3  # of them: everything around each is counted
MOST_ROWS = 60  # places that the words of a text begin
_COUNTED = frozenset("an ans mois jour jours semaine semaines sa h heure heures kg lit lits place places".split())
_SAINTS = frozenset(("saint", "sainte", "saints", "saintes"))
_BEFORE_PLACE = frozenset("a au aux dans de departement des du d en l la le les pres proche secteur sur vers".split())


class Gazette(NamedTuple):
    """Communes and departments that words of a text name: rows of ``places_statement``, and their ``names``.

    ``begun``: the communes whose name the text or one of its words begins (``begun_statement``).
    """

    rows: tuple[tuple[Any, ...], ...] = ()
    names: frozenset[str] = frozenset()
    begun: tuple[Place, ...] = ()

    @classmethod
    def of(cls, text: str, rows: Iterable[tuple[Any, ...]], begun: Iterable[tuple[Any, ...]] = ()) -> "Gazette":
        """What these rows name in ``text``: keys of communes and of departments, postal codes, codes of departments."""
        found = tuple(rows)
        queries = _queries(text) if found else []
        keys, codes, departments = set(), set(), set()
        for kind, _, name, key, postal_codes, _, department, *_ in found:
            if kind == "department":
                departments.add(department)
                keys.add(place_key(name))
            else:
                keys.add(key)
                codes |= set(postal_codes)
        asked = {key for query in queries for key in query.keys} & keys
        asked |= {query.code for query in queries} & codes
        names = frozenset(asked | ({query.department for query in queries} & departments))
        return cls(found, names, tuple(places_of(begun)))

    def within(self, department: str) -> "Gazette":
        """The same, of the communes begun those of a department alone: « Neuilly 92 »."""
        return self._replace(begun=tuple(place for place in self.begun if place.department_code == department))


NOWHERE = Gazette()


def places_statement(text: str) -> Statement | None:
    """The statement of the rows of a ``Gazette``; ``None`` when the text has no word."""
    queries = _queries(text)
    return named_places(queries) if queries else None


def split_place(text: str, met: Gazette) -> tuple[str, Resolution] | None:
    """What a text asks for, and what its last words name or may name: « ehpad à Nanterre » gives « ehpad », Nanterre.

    ``met``: the places named in it. The longest name wins; ``None`` without any. Pure.
    """
    if not met.names:
        return None
    words = text.split()
    for start, end, query in _runs(text):
        if end < len(words) or not _names(query) & met.names:
            continue
        found = settle_place(query, met.rows)
        before = without_links(words[:start])
        if before and (found.place or found.problem == "several"):
            return " ".join(before), found
    return None


def whole_places(text: str, met: Gazette, *, begins: bool) -> tuple[Place, ...]:
    """The places that a text is the name of: « Juziers », « 75010 »; or, if it ``begins`` one, « Vitry ». Pure.

    A few, those named whole first, then the most populated; none when the text begins the name of many.
    """
    found = Resolution()
    if met.names and len(text.split()) <= PLACE_WORDS:
        found = settle_place(parse_place(text), met.rows)
    named = (found.place,) if found.place else found.choices if found.problem == "several" else ()
    begun = tuple(place for place in met.begun if place_key(place.label).startswith(f"{place_key(text)} "))
    begun = begun if begins and len(begun) <= MOST_ALONE else ()
    return tuple(dict.fromkeys((*named, *begun)))[:OFFERED_ALONE]


def place_inside(text: str, met: Gazette) -> tuple[list[str], Resolution] | None:
    """The words of a text without the place named among them, and that place: « lits à Saint-Denis ce soir ».

    The longest name wins, then the last. A number followed by what it counts is no department. Pure.
    """
    if not met.names:
        return None
    words = text.split()
    for start, end, query in sorted(_runs(text), key=lambda run: (run[0] - run[1], -run[0])):
        if not _names(query) & met.names or not _may_be_place(words, start, end):
            continue
        found = settle_place(query, met.rows)
        if found.place or found.problem == "several":
            return [*without_links(words[:start]), *words[end:]], found
    return None


def begun_statement(text: str) -> Statement | None:
    """The statement of the places whose name a short text, or one word of a longer one, begins: « Vitry ».

    ``None`` when no word is long enough.
    """
    words = text.split()[:PLACE_TOKENS]
    keys = {key for start, end in _beginnings(words) if (key := _beginning(words[start:end]))}
    whole = place_key(text)
    if len(whole.split()) <= BEGINNING_WORDS and len(whole) >= SHORTEST_BEGINNING and whole.replace(" ", "").isalpha():
        keys.add(whole)
    return places_begun(sorted(keys), MOST_ALONE + 1 if len(words) == 1 else MOST_ROWS) if keys else None


class Begun(NamedTuple):
    """Words of a text that begin the name of places, from ``start`` to ``end`` (excluded), and these places."""

    start: int
    end: int
    found: Resolution


def place_begun(words: Sequence[str], allowed: Collection[str], met: Gazette) -> Begun | None:
    """The last words that begin the name of a few places, others beside them: « Vitry », « Saint Maur ».

    Of several, the most populated are those to offer.
    ``allowed``: the folded words that may. Pure.
    """
    for start, end in _beginnings(words):
        key = _beginning(words[start:end])
        if not key or end - start == len(words) or key.split()[-1] not in allowed:
            continue
        begun = tuple(place for place in met.begun if place_key(place.label).startswith(f"{key} "))
        if begun and len(begun) <= MOST_NAMED_ALIKE:
            several = Resolution(problem="several", choices=begun[:MOST_BEGUN])
            found = Resolution(begun[0]) if len(begun) == 1 else several
            return Begun(start, end, found)
    return None


def _beginnings(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the beginning of a name may stand, the last first: two words, « Saint Maur », then one."""
    for end in range(len(words), 0, -1):
        if end > 1 and place_key(words[end - 2]) in _SAINTS:
            yield end - 2, end
        yield end - 1, end


def _beginning(words: Sequence[str]) -> str:
    """The key of words that may begin the name of a place; empty for others: « saint » begins too many."""
    key = place_key(" ".join(words))
    return key if len(key) >= SHORTEST_BEGINNING and key.replace(" ", "").isalpha() and key not in _SAINTS else ""


def without_links(words: list[str]) -> list[str]:
    """Words without « à », « près de », « dans le » at their end."""
    while words and fold(words[-1]) in _BEFORE_PLACE:
        words = words[:-1]
    return words


def _names(query: PlaceQuery) -> set[str]:
    return {*query.keys, query.code} if query.keys or query.code else {query.department}


def _may_be_place(words: list[str], start: int, end: int) -> bool:
    folded = fold(" ".join(words[start:end]))
    if folded.isdigit():
        return end == len(words) or fold(words[end]) not in _COUNTED
    return len(folded) >= SHORTEST_NAME


def place_at_end(text: str) -> tuple[str, Place] | None:
    """What a text asks for and the one place that its last words name. One query."""
    statement = places_statement(text)
    if statement is None:
        return None
    (rows,) = rows_together([statement])
    found = split_place(text, Gazette.of(text, rows))
    return (found[0], found[1].place) if found and found[1].place else None


def _queries(text: str) -> list[PlaceQuery]:
    """The text, when it is short enough to be a place, then its runs of words, as places would be read."""
    whole = [parse_place(text)] if fold(text) and len(text.split()) <= PLACE_WORDS else []
    return [*whole, *(query for _, _, query in _runs(text))]


def _runs(text: str) -> list[tuple[int, int, PlaceQuery]]:
    """Runs of words with others beside them, as a place would be read: those at the end first, the longest first."""
    words = text.split()[:PLACE_TOKENS]
    count = len(words)
    found = []
    for end in range(count, 0, -1):
        for start in range(max(0, end - PLACE_WORDS), end):
            run = " ".join(words[start:end])
            if end - start < count and fold(run):
                found.append((start, end, parse_place(run)))
    return found
