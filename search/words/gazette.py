"""Communes and departments that words of a text name, and which words may name one (spec 40). Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from common.round_trip import Statement
from common.text import fold, place_key
from directory.territory.department_names import NAMES
from directory.territory.place_names import PlaceQuery, parse_place
from directory.territory.places import Place, Resolution, named_places, places_begun, places_of

from .areas import BETWEEN
from .spelling import is_linking

PLACE_WORDS = 5  # words of a text that may name a place
BEGINNING_WORDS = 2  # words of a text that may begin the name of a place
PLACE_TOKENS = 30  # words of a text looked at
SHORTEST_NAME = 4  # letters of a place named inside a text
SHORTEST_BEGINNING = 3  # letters of a word that begins the name of a place: « Bry », « Gif »
MOST_ALONE = 6  # places that a text alone names or begins: with more, it is the name of none
MOST_ROWS = 60  # places that the words of a text begin
LOTS = frozenset("lit lits place places".split())
COUNTED = LOTS | frozenset("an ans mois jour jours semaine semaines sa h heure heures kg".split())
NO_NAME = frozenset("doue mere pin tombe vert".split())  # words of a sentence before they are communes
LANGUAGES = frozenset(("persan",))
_SPEAKS = frozenset("langue langues parle parlent parlant".split())
_LEADS = frozenset("a commune vers ville".split())  # before a name
EXCLUDES = frozenset("ailleurs excepte hormis hors pas sans sauf".split())
THAN = frozenset(("qu", "qu a", "que"))  # after « ailleurs »
_ORDINAL = re.compile("er|ère|[eè]me|è")  # « 10ème »
_LETTERS = re.compile(r"[^\W\d_]+")
_SAINTS = frozenset(("saint", "sainte", "saints", "saintes"))
_BEFORE_PLACE = frozenset(
    "a alentours au autour aux d dans de dep departement dept des dpt du en environs l la le les pres proche secteur"
    " sur vers".split()
)
_RANKED = frozenset("degre gir grade niveau stade type".split())  # before a number that is no arrondissement


class Gazette(NamedTuple):
    """Communes and departments that words of a text name: rows of ``places_statement``, and their ``names``.

    ``begun``: the communes whose name the text or one of its words begins (``begun_statement``); ``towns``: INSEE codes
    of those populated enough to be meant.
    """

    rows: tuple[tuple[Any, ...], ...] = ()
    names: frozenset[str] = frozenset()
    begun: tuple[Place, ...] = ()
    towns: frozenset[str] = frozenset()

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
        started = tuple(begun)
        towns = frozenset(insee for kind, insee, *_ in started if kind == "town")
        return cls(found, names, tuple(places_of(started)), towns)

    def within(self, departments: Collection[str]) -> "Gazette":
        """The same, of the communes begun those of these departments alone, if there are any: « Neuilly 92 »."""
        begun = tuple(place for place in self.begun if place.department_code in departments)
        return self._replace(begun=begun) if departments else self


NOWHERE = Gazette()


def places_statement(text: str) -> Statement | None:
    """The statement of the rows of a ``Gazette``; ``None`` when the text has no word."""
    queries = _queries(text)
    return named_places(queries) if queries else None


def begun_statement(text: str) -> Statement | None:
    """The statement of the places whose name a short text, or one word of a longer one, begins: « Vitry ».

    ``None`` when no word is long enough.
    """
    words = text.split()[:PLACE_TOKENS]
    keys = {key for start, end in beginnings(words) if (key := beginning(words[start:end]))}
    whole = place_key(text)
    if len(whole.split()) <= BEGINNING_WORDS and len(whole) >= SHORTEST_BEGINNING and whole.replace(" ", "").isalpha():
        keys.add(whole)
    return places_begun(sorted(keys), MOST_ALONE + 1 if len(words) == 1 else MOST_ROWS) if keys else None


def is_name(words: Sequence[str], start: int, end: int, found: Resolution) -> bool:
    """Whether words may name these places: with the accents of their names if any, and as no word of a sentence.

    « mère » is not Méré, nor « tombé » La Tombe, but after « à »; « niveau 3 paris » is not Paris 3.
    """
    if start and words[start].isdigit() and fold(words[start - 1]) in _RANKED:
        return False
    if is_led(words, start):
        return True
    run = " ".join(words[start:end])
    places = (found.place,) if found.place else found.choices
    written = {word for place in places for word in _LETTERS.findall(place.label.lower())}
    accented = [word for word in _LETTERS.findall(run.lower()) if not word.isascii() and not _ORDINAL.fullmatch(word)]
    if any(word not in written for word in accented):
        return False
    is_spoken = end - start == 1 and fold(run) in LANGUAGES and not is_spoken_of_as_place(words, start)
    return not is_spoken and (bool(accented) or fold(run) not in NO_NAME)


def is_excluded(words: Sequence[str], start: int) -> bool:
    """Whether the words before say that no such place is wanted: « hors Paris », « sauf à Paris »."""
    while start and fold(words[start - 1]) in BETWEEN | THAN:
        start -= 1
    return bool(start) and fold(words[start - 1]) in EXCLUDES


def is_led(words: Sequence[str], start: int) -> bool:
    """Whether a word that comes before a place stands here: « à », « vers », « près de »."""
    before = fold(words[start - 1]) if start else ""
    return before in _LEADS or (before == "de" and start > 1 and fold(words[start - 2]) in {"pres", *_LEADS})


def is_spoken_of_as_place(words: Sequence[str], at: int) -> bool:
    """Whether the name of a language stands where a commune does: after « à », or last and after no verb."""
    return is_led(words, at) or (at == len(words) - 1 and (not at or fold(words[at - 1]) not in _SPEAKS))


def is_counted(number: str, following: str) -> bool:
    """Whether a number counts the word after it; « ehpad 93 places » is in a department, no need is of 93 places."""
    return following in COUNTED and not (number in NAMES and following in LOTS)


def may_be_place(words: list[str], start: int, end: int) -> bool:
    folded = fold(" ".join(words[start:end]))
    if folded.isdigit():
        return end == len(words) or not is_counted(folded, fold(words[end]))
    return len(folded) >= SHORTEST_NAME


def beginnings(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where the beginning of a name may stand, the last first: two words, « Saint Maur », then one."""
    for end in range(len(words), 0, -1):
        if end > 1 and place_key(words[end - 2]) in _SAINTS:
            yield end - 2, end
        yield end - 1, end


def beginning(words: Sequence[str]) -> str:
    """The key of words that may begin the name of a place; empty for others: « saint » begins too many."""
    key = place_key(" ".join(words))
    return key if len(key) >= SHORTEST_BEGINNING and key.replace(" ", "").isalpha() and key not in _SAINTS else ""


def without_links(words: list[str]) -> list[str]:
    """Words without « à », « près de », « dans le » at their end."""
    while words and (fold(words[-1]) in _BEFORE_PLACE or not fold(words[-1])):
        words = words[:-1]
    return words


def after_links(words: list[str]) -> list[str]:
    """Words without the small ones at their beginning: « pour un lhss »."""
    while words and (is_linking(words[0]) or not fold(words[0])):
        words = words[1:]
    return words


def names_of(query: PlaceQuery) -> set[str]:
    return {*query.keys, query.code} if query.keys or query.code else {query.department}


def _queries(text: str) -> list[PlaceQuery]:
    """The text, when it is short enough to be a place, then its runs of words, as places would be read."""
    whole = [parse_place(text)] if fold(text) and len(text.split()) <= PLACE_WORDS else []
    words = fold(text).split()[:PLACE_TOKENS] if "paris" in fold(text) else ()
    beside = [parse_place(f"paris {word}") for word in words if word.isdigit() and len(word) <= len("20")]
    return [*whole, *beside, *(query for _, _, query in runs_of(text))]


def runs_of(text: str) -> list[tuple[int, int, PlaceQuery]]:
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
