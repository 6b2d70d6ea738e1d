"""A place typed with the need, at the end of the text or first: « csapa 93 », « Nanterre ehpad » (spec 40)."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from common.round_trip import Statement, rows_together
from common.text import fold, place_key
from directory.territory.department_names import NAMES
from directory.territory.place_names import PlaceQuery, parse_place
from directory.territory.places import Place, Resolution, named_places, places_begun, places_of, settle_place

from .areas import BETWEEN, REGION, area_named, department_run, departments_place, tells_region
from .spelling import is_linking

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
_NO_NAME = frozenset("doue mere pin tombe vert".split())  # words of a sentence before they are communes
_LANGUAGES = frozenset(("persan",))
_SPEAKS = frozenset("langue langues parle parlent parlant".split())
_LEADS = frozenset("a commune vers ville".split())  # before a name
_EXCLUDES = frozenset("ailleurs excepte hormis hors pas sans sauf".split())
_THAN = frozenset(("qu", "qu a", "que"))  # after « ailleurs »
_AND_OR = frozenset(("et", "ou"))
_ORDINAL = re.compile("er|ère|[eè]me|è")  # « 10ème »
_LETTERS = re.compile(r"[^\W\d_]+")
_CODE = r"(?:7[578]|9[1-5])"
_GLUED = re.compile(
    rf"(?<=[^\W\d_][^\W\d_])/(?=[^\W\d_]{{2}}|{_CODE}\b)|(?<=\b{_CODE})(?:[/,]|-(?!\d\d ?ans))(?={_CODE}\b)"
    rf"|(?<=[^\W_])(?=\({_CODE}\))|(?<=[^\W\d_][^\W\d_]),(?=[^\W_])"
)
_DOTTED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.){2,}[^\W\d_]?(?!\w)")
_SAINTS = frozenset(("saint", "sainte", "saints", "saintes"))
_BEFORE_PLACE = frozenset(
    "a au aux d dans de dep departement dept des dpt du en l la le les pres proche secteur sur vers".split()
)


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


def split_place(text: str, met: Gazette) -> tuple[str, Resolution] | None:
    """What a text asks for, and what its last words name or may name: « ehpad à Nanterre » gives « ehpad », Nanterre.

    ``met``: the places named in it. The longest name wins; ``None`` without any. Pure.
    """
    words = text.split()
    if listed := _listed(words, met):
        before = without_links(words[: listed.start])
        return (" ".join(before), listed.found) if before and listed.end == len(words) else None
    for start, end, query in _runs(text) if met.names else ():
        if end < len(words) or not _names(query) & met.names:
            continue
        found = settle_place(query, met.rows)
        if _is_excluded(words, start) or not _is_name(words, start, end, found):
            continue
        before = without_links(words[:start])
        if before and (found.place or found.problem == "several"):
            return " ".join(before), found
    return None


def place_first(text: str, met: Gazette) -> tuple[str, Resolution] | None:
    """What a text asks for after the place that it begins by: « Montreuil lhss », « dans le 94, ssr ». Pure.

    The longest name wins.
    """
    words = text.split()
    if listed := _listed(words, met):
        rest = after_links(words[listed.end :])
        return (" ".join(rest), listed.found) if rest and not without_links(words[: listed.start]) else None
    starts = (start for start in range(len(words) if met.names else 0) if not without_links(words[:start]))
    runs = ((start, end) for start in starts for end in range(min(len(words) - 1, start + PLACE_WORDS), start, -1))
    for start, end in runs:
        query = parse_place(" ".join(words[start:end]))
        if not _names(query) & met.names or not _may_be_place(words, start, end):
            continue
        found, rest = settle_place(query, met.rows), after_links(words[end:])
        is_meant = (found.place or found.problem == "several") and _is_name(words, start, end, found)
        if is_meant and rest and fold(rest[0]) not in _EXCLUDES:
            return " ".join(rest), found
    return None


def names_department(text: str, rest: str, place: Place | None) -> bool:
    """Whether ``place``, told beside ``rest`` in a text, is a department by its name: « ehpad val de marne ». Pure."""
    left = fold(rest).split()
    told = [word for word in fold(text).split() if word not in left]
    is_department = place is not None and bool(place.department_code) and not place.insee
    return is_department and not any(word.isdigit() for word in told)


def whole_places(text: str, met: Gazette, *, begins: bool) -> tuple[Place, ...]:
    """The places that a text is the name of: « Juziers », « 75010 »; or, if it ``begins`` one, « Vitry ». Pure.

    A few, those named whole first, then the most populated; none when the text begins the name of many.
    """
    if area := REGION if tells_region(text) else area_named(text):
        return (area,)
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
    words = text.split()
    if listed := _listed(words, met):
        return [*without_links(words[: listed.start]), *words[listed.end :]], listed.found
    for start, end, query in sorted(_runs(text) if met.names else (), key=lambda run: (run[0] - run[1], -run[0])):
        if not _names(query) & met.names or _is_excluded(words, start) or not _may_be_place(words, start, end):
            continue
        found = settle_place(query, met.rows)
        if (found.place or found.problem == "several") and _is_name(words, start, end, found):
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
    """Words of a text that name or begin the name of places, from ``start`` to ``end`` (excluded), and these places.

    ``is_doubtful``: too small to be meant, they are offered beside what the other words find.
    """

    start: int
    end: int
    found: Resolution
    is_doubtful: bool = False


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
        several = Resolution(problem="several", choices=begun[:MOST_BEGUN])
        if begun and len(begun) <= MOST_NAMED_ALIKE and _is_name(words, start, end, several):
            is_doubtful = all(place.insee not in met.towns for place in begun)
            found = Resolution(begun[0]) if len(begun) == 1 and not is_doubtful else several
            return Begun(start, end, found, is_doubtful)
    return None


def language_named(words: Sequence[str], met: Gazette) -> Begun | None:
    """A language spoken that is also a commune: « psychiatre parlant persan ». Pure."""
    for at, word in enumerate(words):
        query = parse_place(word)
        if fold(word) in _LANGUAGES and _names(query) & met.names and not _is_spoken_of_as_place(words, at):
            found = settle_place(query, met.rows)
            several = Resolution(problem="several", choices=tuple(filter(None, [found.place])))
            return Begun(at, at + 1, several, is_doubtful=True)
    return None


def misaccented(words: Sequence[str], met: Gazette) -> Begun | None:
    """The last word that names a commune but for its accents: « Mélun », not « tombé ». Pure."""
    for at, word in reversed(list(enumerate(words))):
        if word.isascii() or fold(word) in _NO_NAME or len(fold(word)) < SHORTEST_NAME:
            continue
        query = parse_place(word)
        found = settle_place(query, met.rows) if _names(query) & met.names else Resolution()
        if found.place and not _is_name(words, at, at + 1, found):
            return Begun(at, at + 1, Resolution(problem="several", choices=(found.place,)), is_doubtful=True)
    return None


def without_excluded(text: str, met: Gazette) -> tuple[str, str] | None:
    """A text without the place that it excludes, and the words that do: « lhss hors Paris ». Pure."""
    words = text.split()
    for at, word in enumerate(words[:-1]):
        if not at or fold(word) not in _EXCLUDES:
            continue
        start = at + 1
        while start < len(words) and fold(words[start]) in BETWEEN | _THAN:
            start += 1
        if item := _item(words, start, met) or _arrondissement(words, start, met):
            end = item.end
            while more := _next_item(words, end, met):
                end = more.end
            return " ".join([*words[:at], *words[end:]]), " ".join(words[at:end])
    return None


def separated(text: str) -> str:
    """The same text with spaces between what is glued: « lhss/nanterre », « 92/93 », « act(92) »; « L.H.S.S. » is LHSS.

    Pure.
    """
    text = _DOTTED.sub(lambda acronym: acronym[0].replace(".", ""), text)
    return _GLUED.sub(lambda glue: " / " if glue[0] == "/" else f"{glue[0].replace('-', '')} ", text)


class _Item(NamedTuple):
    """One name of a list of places, that ends at ``end`` (excluded): places or codes of departments."""

    end: int
    places: tuple[Place, ...] = ()
    codes: tuple[str, ...] = ()
    is_begun: bool = False


def _listed(words: Sequence[str], met: Gazette) -> Begun | None:
    """The first list of places of a text, or area wider than a department: « Melun ou Fontainebleau », « 92 et 93 ».

    Departments are one place together; of communes, none is guessed.
    """
    for start in range(min(len(words), PLACE_TOKENS)):
        item = _item(words, start, met) or _town_begun(words, start, met)
        if item is None or _is_excluded(words, start):
            continue
        items, end, links = [item], item.end, [""]
        while item := _next_item(words, end, met, after=items[-1]):
            links.append(fold(" ".join(words[end : item.end])).split(" ")[0])
            items.append(item)
            end = item.end
        if _is_list(words, items, links) and (found := _settled(items, links)):
            return Begun(start, end, found)
    return None


def _is_list(words: Sequence[str], items: Sequence[_Item], links: Sequence[str]) -> bool:
    """Whether these places make a list; names only begun do with « et », « ou », a comma, or beside a whole one."""
    if not any(item.is_begun for item in items):
        return True
    pairs = zip(items, items[1:], links[1:], strict=False)
    return len(items) > 1 and all(
        link in _AND_OR
        or (bool(one.places and other.places) and (words[one.end - 1].endswith(",") or one.is_begun != other.is_begun))
        for one, other, link in pairs
    )


def _settled(items: Sequence[_Item], links: Sequence[str]) -> Resolution | None:
    """What a list of places names; ``None`` for one commune or department alone."""
    places: list[Place] = []
    codes: list[str] = []
    for item, link in zip(items, links, strict=True):
        if REGION in item.places:
            return Resolution(REGION)
        inside = [place for place in places[-1:] if item.codes == (place.department_code,)]
        if inside and link not in _AND_OR:  # « Nanterre, Hauts-de-Seine »
            continue
        places += [place for place in item.places if place not in places]
        codes += [code for code in item.codes if code not in codes]
    if area := departments_place(codes):
        return Resolution(area) if not places else Resolution(problem="several", choices=(*places, area))
    choices = (*places, *map(_department, codes))
    if len(items) == 1:
        return None
    return Resolution(choices[0]) if len(choices) == 1 else Resolution(problem="several", choices=choices)


def _next_item(words: Sequence[str], end: int, met: Gazette, after: _Item | None = None) -> _Item | None:
    """The place that follows another in a list; « et 11e », « et 11 » follow an arrondissement."""
    start = end
    while start < len(words) and (fold(words[start]) in BETWEEN or not fold(words[start])):
        start += 1
    item = _item(words, start, met)
    is_arrondissement = after and after.places and after.places[0].label.startswith("Paris ")
    if item is None and is_arrondissement:
        item = _arrondissement(words, start, met)
    return item or _town_begun(words, start, met)


def _arrondissement(words: Sequence[str], start: int, met: Gazette) -> _Item | None:
    """The arrondissement that a number alone names: « 11 » after « Paris 10 ou », « Paris sauf »."""
    if start >= len(words) or not fold(words[start]).isdigit():
        return None
    found = settle_place(parse_place(f"paris {fold(words[start])}"), met.rows)
    return _Item(start + 1, (found.place,)) if found.place else None


def _item(words: Sequence[str], start: int, met: Gazette) -> _Item | None:
    """The longest name of a place that begins here."""
    if start >= len(words) or fold(words[start]) in BETWEEN or not fold(words[start]):
        return None
    for end in range(min(len(words), start + PLACE_WORDS), start, -1):
        run = " ".join(words[start:end])
        if fold(words[end - 1]) in BETWEEN or not fold(words[end - 1]):
            continue
        if tells_region(run):
            return _Item(end, (REGION,))
        if fold(run).isdigit() and end < len(words) and fold(words[end]) in _COUNTED:
            continue
        reached, codes = department_run(words[:end], start)
        if codes and reached == end:
            return _Item(end, codes=codes)
        query = parse_place(run)
        if _names(query) & met.names and len(fold(run)) >= SHORTEST_BEGINNING and not fold(run).isdigit():
            found = settle_place(query, met.rows)
            places = (found.place,) if found.place else found.choices if found.problem == "several" else ()
            if places and _is_name(words, start, end, found):
                return _Item(end, places)
    return None


def _town_begun(words: Sequence[str], start: int, met: Gazette) -> _Item | None:
    """Towns whose name begins here: « Ivry ou Vitry »."""
    for end in range(min(len(words), start + BEGINNING_WORDS), start, -1):
        key = _beginning(words[start:end])
        towns = tuple(place for place in met.begun if place.insee in met.towns and _starts(place, key)) if key else ()
        if towns and len(towns) <= MOST_ALONE and _is_name(words, start, end, Resolution(choices=towns)):
            return _Item(end, towns, is_begun=True)
    return None


def _starts(place: Place, key: str) -> bool:
    return place_key(place.label).startswith(f"{key} ")


def _is_excluded(words: Sequence[str], start: int) -> bool:
    """Whether the words before say that no such place is wanted: « hors Paris », « sauf à Paris »."""
    while start and fold(words[start - 1]) in BETWEEN | _THAN:
        start -= 1
    return bool(start) and fold(words[start - 1]) in _EXCLUDES


def _department(code: str) -> Place:
    return Place(f"{NAMES[code]} ({code})", code, code)


def _is_name(words: Sequence[str], start: int, end: int, found: Resolution) -> bool:
    """Whether words may name these places: with the accents of their names if any, and as no word of a sentence.

    « mère » is not Méré, nor « tombé » La Tombe, but after « à ».
    """
    if _is_led(words, start):
        return True
    run = " ".join(words[start:end])
    places = (found.place,) if found.place else found.choices
    written = {word for place in places for word in _LETTERS.findall(place.label.lower())}
    accented = [word for word in _LETTERS.findall(run.lower()) if not word.isascii() and not _ORDINAL.fullmatch(word)]
    if any(word not in written for word in accented):
        return False
    is_spoken = end - start == 1 and fold(run) in _LANGUAGES and not _is_spoken_of_as_place(words, start)
    return not is_spoken and (bool(accented) or fold(run) not in _NO_NAME)


def _is_led(words: Sequence[str], start: int) -> bool:
    """Whether a word that comes before a place stands here: « à », « vers », « près de »."""
    before = fold(words[start - 1]) if start else ""
    return before in _LEADS or (before == "de" and start > 1 and fold(words[start - 2]) in {"pres", *_LEADS})


def _is_spoken_of_as_place(words: Sequence[str], at: int) -> bool:
    """Whether the name of a language stands where a commune does: after « à », or last and after no verb."""
    return _is_led(words, at) or (at == len(words) - 1 and (not at or fold(words[at - 1]) not in _SPEAKS))


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
    while words and (fold(words[-1]) in _BEFORE_PLACE or not fold(words[-1])):
        words = words[:-1]
    return words


def after_links(words: list[str]) -> list[str]:
    """Words without the small ones at their beginning: « pour un lhss »."""
    while words and (is_linking(words[0]) or not fold(words[0])):
        words = words[1:]
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
    words = fold(text).split()[:PLACE_TOKENS] if "paris" in fold(text) else ()
    beside = [parse_place(f"paris {word}") for word in words if word.isdigit() and len(word) <= len("20")]
    return [*whole, *beside, *(query for _, _, query in _runs(text))]


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
