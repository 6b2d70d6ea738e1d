"""A place typed with the need, at the end of the text or first: « csapa 93 », « Nanterre ehpad » (spec 40)."""

import re
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from common.round_trip import rows_together
from common.text import fold, place_key
from directory.territory.department_names import NAMES
from directory.territory.place_names import parse_place
from directory.territory.places import Place, Resolution, plurals_of, settle_place

from .areas import BETWEEN, REGION, area_named, department_run, departments_place, tells_region
from .gazette import (
    BEGINNING_WORDS,
    EXCLUDES,
    LANGUAGES,
    MOST_ALONE,
    NO_NAME,
    PLACE_TOKENS,
    PLACE_WORDS,
    SHORTEST_BEGINNING,
    SHORTEST_NAME,
    THAN,
    Gazette,
    after_links,
    beginning,
    beginnings,
    is_counted,
    is_excluded,
    is_name,
    is_spoken_of_as_place,
    may_be_place,
    names_of,
    places_statement,
    runs_of,
    without_links,
)

MOST_BEGUN = 4  # places that words of a text begin, to be offered
MOST_NAMED_ALIKE = 12  # places that begin alike; with more, the words name none: « villiers »
LONGEST_STREET = 9  # words, its number among them
OFFERED_ALONE = 3  # of them: everything around each is counted
_AND_OR = frozenset(("et", "ou"))
_CODE = r"(?:7[578]|9[1-5])"
_GLUED = re.compile(
    rf"(?<=[^\W\d_][^\W\d_])/(?=[^\W\d_]{{2}}|{_CODE}\b)|(?<=\b{_CODE})(?:[/,]|-(?!\d\d ?ans))(?={_CODE}\b)"
    rf"|(?<=[^\W_])(?=\({_CODE}\))|(?<=[^\W\d_]{{3}})(?={_CODE}\b)|(?<=[^\W\d_][^\W\d_]),(?=[^\W_])"
)
_HOUSE = re.compile(r"\d{1,4}(?:bis|ter)?,?", re.IGNORECASE)
_STREETS = frozenset("allee av avenue bd boulevard chemin impasse passage quai rue square villa".split())
_POSTAL_CODE = re.compile(r"\b\d{5}\b")
_DOTTED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.){2,}[^\W\d_]?(?!\w)")


def split_place(text: str, met: Gazette) -> tuple[str, Resolution] | None:
    """What a text asks for, and what its last words name or may name: « ehpad à Nanterre » gives « ehpad », Nanterre.

    ``met``: the places named in it. The longest name wins; ``None`` without any. Pure.
    """
    words = text.split()
    if whole_places(text, met, begins=False):
        return None
    if listed := _listed(words, met):
        before = without_links(words[: listed.start])
        return (" ".join(before), listed.found) if before and listed.end == len(words) else None
    for start, end, query in runs_of(text) if met.names else ():
        if end < len(words) or not names_of(query) & met.names:
            continue
        found = settle_place(query, met.rows)
        if is_excluded(words, start) or not is_name(words, start, end, found):
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
    if whole_places(text, met, begins=False):
        return None
    if listed := _listed(words, met):
        rest = after_links(words[listed.end :])
        return (" ".join(rest), listed.found) if rest and not without_links(words[: listed.start]) else None
    starts = (start for start in range(len(words) if met.names else 0) if not without_links(words[:start]))
    runs = ((start, end) for start in starts for end in range(min(len(words) - 1, start + PLACE_WORDS), start, -1))
    for start, end in runs:
        query = parse_place(" ".join(words[start:end]))
        if not names_of(query) & met.names or not may_be_place(words, start, end):
            continue
        found, rest = settle_place(query, met.rows), after_links(words[end:])
        is_meant = (found.place or found.problem == "several") and is_name(words, start, end, found)
        if is_meant and rest and fold(rest[0]) not in EXCLUDES:
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
    if len(text.split()) <= PLACE_WORDS and names_of(query := parse_place(text)) & met.names:
        found = settle_place(query, met.rows)
    named = (found.place,) if found.place else found.choices if found.problem == "several" else ()
    begun = tuple(place for place in met.begun if _starts(place, place_key(text)))
    begun = begun if begins and len(begun) <= MOST_ALONE else ()
    return tuple(dict.fromkeys((*named, *begun)))[:OFFERED_ALONE]


def place_inside(text: str, met: Gazette) -> tuple[list[str], Resolution] | None:
    """The words of a text without the place named among them, and that place: « lits à Saint-Denis ce soir ».

    The longest name wins, then the last. A number followed by what it counts is no department. Pure.
    """
    words = text.split()
    if whole_places(text, met, begins=False):
        return None
    if listed := _listed(words, met):
        return [*without_links(words[: listed.start]), *words[listed.end :]], listed.found
    for start, end, query in sorted(runs_of(text) if met.names else (), key=lambda run: (run[0] - run[1], -run[0])):
        if not names_of(query) & met.names or is_excluded(words, start) or not may_be_place(words, start, end):
            continue
        found = settle_place(query, met.rows)
        if (found.place or found.problem == "several") and is_name(words, start, end, found):
            return [*without_links(words[:start]), *words[end:]], found
    return None


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
    for start, end in beginnings(words):
        key = beginning(words[start:end])
        if not key or end - start == len(words) or key.split()[-1] not in allowed:
            continue
        begun = tuple(place for place in met.begun if _starts(place, key))
        several = Resolution(problem="several", choices=begun[:MOST_BEGUN])
        if begun and len(begun) <= MOST_NAMED_ALIKE and is_name(words, start, end, several):
            is_doubtful = all(place.insee not in met.towns for place in begun)
            found = Resolution(begun[0]) if len(begun) == 1 and not is_doubtful else several
            return Begun(start, end, found, is_doubtful)
    return None


def language_named(words: Sequence[str], met: Gazette) -> Begun | None:
    """A language spoken that is also a commune: « psychiatre parlant persan ». Pure."""
    for at, word in enumerate(words):
        query = parse_place(word)
        if fold(word) in LANGUAGES and names_of(query) & met.names and not is_spoken_of_as_place(words, at):
            found = settle_place(query, met.rows)
            several = Resolution(problem="several", choices=tuple(filter(None, [found.place])))
            return Begun(at, at + 1, several, is_doubtful=True)
    return None


def misaccented(words: Sequence[str], met: Gazette) -> Begun | None:
    """The last word that names a commune but for its accents: « Mélun », not « tombé ». Pure."""
    for at, word in reversed(list(enumerate(words))):
        if word.isascii() or fold(word) in NO_NAME or len(fold(word)) < SHORTEST_NAME:
            continue
        query = parse_place(word)
        found = settle_place(query, met.rows) if names_of(query) & met.names else Resolution()
        if found.place and not is_name(words, at, at + 1, found):
            return Begun(at, at + 1, Resolution(problem="several", choices=(found.place,)), is_doubtful=True)
    return None


def without_excluded(text: str, met: Gazette) -> tuple[str, str] | None:
    """A text without the place that it excludes, and the words that do: « lhss hors Paris ». Pure."""
    words = text.split()
    for at, word in enumerate(words[:-1]):
        if fold(word) not in EXCLUDES:
            continue
        start = at + 1
        while start < len(words) and fold(words[start]) in BETWEEN | THAN:
            start += 1
        if item := _item(words, start, met) or _arrondissement(words, start, met):
            end = item.end
            while more := _next_item(words, end, met):
                end = more.end
            if rest := [*words[:at], *words[end:]] if at else after_links(words[end:]):
                return " ".join(rest), " ".join(words[at:end])
    return None


def without_street(text: str, met: Gazette) -> tuple[str, str] | None:
    """A text without the number and the street told before a place: « ehpad 12 rue de Rivoli Paris ». Pure."""
    words = text.split()
    for at, pair in enumerate(pairwise(words)):
        if not (_HOUSE.fullmatch(pair[0]) and fold(pair[1]) in _STREETS):
            continue
        ends = (end for end in range(at + 2, min(len(words), at + LONGEST_STREET)) if _item(words, end, met))
        if end := next(ends, 0):
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
        if item is None or is_excluded(words, start):
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
        if fold(run).isdigit() and end < len(words) and is_counted(fold(run), fold(words[end])):
            continue
        reached, codes = department_run(words[:end], start)
        if codes and reached == end:
            return _Item(end, codes=codes)
        query = parse_place(run)
        folded = fold(run)
        is_number = folded.isdigit() and not _POSTAL_CODE.fullmatch(folded)
        if len(_POSTAL_CODE.findall(folded)) > 1:  # « 75010 ou 75011 » is two places
            continue
        if names_of(query) & met.names and len(folded) >= SHORTEST_BEGINNING and not is_number:
            found = settle_place(query, met.rows)
            places = (found.place,) if found.place else found.choices if found.problem == "several" else ()
            if places and is_name(words, start, end, found):
                return _Item(end, places)
    return None


def _town_begun(words: Sequence[str], start: int, met: Gazette) -> _Item | None:
    """Towns whose name begins here: « Ivry ou Vitry »."""
    for end in range(min(len(words), start + BEGINNING_WORDS), start, -1):
        key = beginning(words[start:end])
        towns = tuple(place for place in met.begun if place.insee in met.towns and _starts(place, key)) if key else ()
        if towns and len(towns) <= MOST_ALONE and is_name(words, start, end, Resolution(choices=towns)):
            return _Item(end, towns, is_begun=True)
    return None


def _starts(place: Place, key: str) -> bool:
    name = place_key(place.label)
    return name.startswith(f"{key} ") or name in plurals_of(key)


def _department(code: str) -> Place:
    return Place(f"{NAMES[code]} ({code})", code, code)


def places_told(text: str) -> tuple[tuple[Place, ...], tuple[str, Place] | None]:
    """The places that a text lists and nothing else, « 75010 ou 75011 »; what it asks for and the one at its end.

    One query.
    """
    statement = places_statement(text)
    if statement is None:
        return (), None
    (rows,) = rows_together([statement])
    words, met = text.split(), Gazette.of(text, rows)
    listed = _listed(words, met)
    is_list = listed is not None and (listed.start, listed.end) == (0, len(words))
    found = split_place(text, met)
    return (
        listed.found.choices if listed and is_list else (),
        (found[0], found[1].place) if found and found[1].place else None,
    )


def around_begun(words: list[str], begun: Begun) -> tuple[str, Resolution] | None:
    """What stands before or after the beginning of a name, when nothing stands on both sides."""
    before, after = without_links(words[: begun.start]), words[begun.end :]
    if before and after:
        return None
    return " ".join(before or after_links(after)), begun.found
