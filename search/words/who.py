"""Who a place is asked for, told in the text beside the need: « lhss couple avec chien », « cmp ado 15 ans ». Pure."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from availability.guichet.needs import Needs, Who
from common.french import age
from common.text import fold

from .spelling import words_of

OLDEST = 120  # years
ADULT = 18  # years; a younger age told with children is theirs
_AGE = re.compile(r"(?<![0-9A-Za-z])(\d{1,3})\s?ans?(?![\w])", re.IGNORECASE)
_WHO = {
    **dict.fromkeys(("couple", "couples"), (Who.COUPLE, "couple")),
    **dict.fromkeys(("femme", "femmes", "dame", "madame", "mme", "patiente"), (Who.WOMAN, "femme")),
    **dict.fromkeys(("homme", "hommes", "monsieur", "mr"), (Who.MAN, "homme")),
}
_ANIMALS = frozenset("animal animaux chien chiens chienne chat chats".split())
_WHEELCHAIR = frozenset("pmr fauteuil".split())
_YOUNG = {  # an age at which one is that, which the click shows and lets change
    **dict.fromkeys(("ado", "ados", "adolescent", "adolescente", "adolescents"), (15, "adolescent")),
    **dict.fromkeys(("mineur", "mineure", "mineurs"), (17, "mineur")),
}
_CHILDREN = frozenset(("enfant", "enfants"))  # of a couple, or whose age is told
_SAYS_NO_NEED = frozenset(  # who it is, and nothing to ask for
    "fille fils frere garcon isole isolee mamie maman mere papa papi patient patients pere seul seule soeur".split()
)
_PARENTS = frozenset("dame famille femme homme maman mere papa parent parents pere".split())
_CHILDREN_COUNTED = re.compile(
    r"(?P<before>(?:avec |et )?)(?<!\w)(?:[1-9]|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix) "
    r"(?:enfants?|b[ée]b[ée]s?|filles?|fils|gar[çc]ons?|jumeaux|jumelles|nourrissons?)(?!\w)",
    re.IGNORECASE,
)
_ROOM = re.compile(
    r"(?:sans|hors|pas de) chambres? (?:doubles?|partagees?)"
    r"|(?:en )?chambres? (?:individuelles?|seules?|simples?|particulieres?|a (?:1|un) lit)"
)
_NEED_WORDS = (
    "animal animaux chiens? chiennes? chats? pmr fauteuils? couples? femmes? hommes? mineure?s? ados? adolescente?s?"
)
_ONE_NEED = f"(?:{'|'.join(_NEED_WORDS.split())})(?: (?:de compagnie|d assistance|guides?|roulants?))?"
_ACCEPTED = "(?:accepte|admis|autorise|bienvenu)e?s?"
_ACCEPTS = "(?:accepte|acceptent|acceptant|accepter|admet|admettent|admettant|autorise|autorisant)"
_ACCEPTED_NEED = re.compile(
    rf"{_ONE_NEED} (?:sont |est )?{_ACCEPTED}"
    rf"|(?:qui )?{_ACCEPTS} (?:(?:les|des|le|la|l|un|une|d|de|mon|son|sa) )*{_ONE_NEED}"
)
_ASKS_FROM = re.compile(rf"(?:sans|hors|pas|en|qui|chambres?|{_ACCEPTS}|{_ONE_NEED})(?!\w)")
_LONGEST_ASKED = 7  # words
_PREGNANT = frozenset("enceinte enceintes grossesse".split())
_REFUSES = frozenset("hors ni non pas sans sauf".split())  # before a need: it is not asked for
_REDUCED = re.compile(r"\b(?:personnes? )?[àa] mobilit[ée] r[ée]duite\b", re.IGNORECASE)
_MONTHS = re.compile(r"(?<![0-9A-Za-z])(\d{1,2})\s?mois(?![\w])", re.IGNORECASE)
_MEASURES = frozenset("an ans mois sa semaine semaines kg".split())  # after a number: an age, a weight
_MEASURED = re.compile(r"\d{1,3}(?:an|ans|mois|sa|kg)")
_LINKS = frozenset("a age agee ans avec d de du en et l la le les pour roulant sa ses seul seule son un une".split())
_IN_ORDER = ("who", "age", "accessible", "single_room", "animal")
_ARTICLES = frozenset("d de le la un une".split())
_NEEDED = {*_WHO, *_ANIMALS, *_WHEELCHAIR, *_YOUNG}
_TELLING = {*_NEEDED, *_SAYS_NO_NEED, "roulant"}


class ForWhom(NamedTuple):
    """``text`` without the words that tell who; ``needs`` with them; ``words`` that name them to a reader.

    ``text`` is empty when nothing else is told but small words.
    """

    text: str
    needs: Needs
    words: tuple[str, ...]


def needs_in(text: str, needs: Needs, spellings: Collection[str] = ()) -> ForWhom | None:
    """Read the needs that a text tells beside what it asks for; ``None`` when it asks for nothing else, or as below."""
    told = who_in(text, needs, spellings)
    return told if told and told.text else None


def who_in(text: str, needs: Needs, spellings: Collection[str] = ()) -> ForWhom | None:
    """Read the needs that a text tells; ``None`` when it tells none, or they are all asked already.

    A word inside a spelling of several words (« femmes victimes de violences ») is part of the need itself. Of two
    persons told (« homme ou femme »), none is read, but somebody with children counted is a family; what is refused
    (« sans chien ») is left out. Months are an age in whole years.
    """
    text, is_family = _without_children(_REDUCED.sub("pmr", text))
    text, has_room = _without_asking(text)
    kept_whole = {word for key in spellings if " " in key and key in fold(text) for word in key.split()}
    found, rest = _age_told(text, needs)
    if has_room:
        found["single_room"] = (replace(needs, single_room=True), "chambre individuelle")
    left: list[str] = []
    persons: set[Who] = set()
    tokens = rest.split()
    refused = _refused([fold(token) for token in tokens])
    for at, token in enumerate(tokens):
        is_whole = fold(token) in kept_whole
        told = None if is_whole else _need_told(fold(token), needs)
        if is_whole or (told is None and at not in refused):
            left.append(token)
        elif told and at not in refused:
            name, asked, label = told
            persons |= {asked.who} if name == "who" else set()
            if name != "age" or name not in found:
                found[name] = (asked, label)
    if is_family:
        found["who"] = (replace(needs, who=Who.COUPLE), "couple ou famille")
        if "age" in found and (found["age"][0].age or 0) < ADULT:
            del found["age"]
    elif len(persons) > 1 or not found:
        return None
    return _told(left, needs, found)


def _without_children(text: str) -> tuple[str, bool]:
    """A text without the children that it counts, and whether somebody is told with them: « avec 2 enfants »."""
    counted = _CHILDREN_COUNTED.search(text)
    if counted is None:
        return text, False
    rest = f"{text[: counted.start()]} {text[counted.end() :]}"
    is_with = fold(counted["before"]) == "avec"
    return rest, is_with or not {*_PARENTS, "couple"}.isdisjoint(fold(rest).split())


def _without_asking(text: str) -> tuple[str, bool]:
    """A text whose needs are told by one word, « chien » of « chien accepté », and whether it asks for a room alone."""
    tokens = text.split()
    words = [fold(token) for token in tokens]
    kept: list[str] = []
    has_room = False
    at = 0
    while at < len(tokens):
        end = asked_until(words, at)
        if not end:
            kept.append(tokens[at])
        elif _ROOM.fullmatch(" ".join(words[at:end])):
            has_room = True
        else:
            kept += _needs_named(" ".join(words[at:end]).split())[:1]
        at = end or at + 1
    return " ".join(kept), has_room


def _needs_named(words: Iterable[str]) -> list[str]:
    """The folded words that name a need, whatever their number: « fauteuil » of « fauteuils »."""
    forms = (next((form for form in (word, word.removesuffix("s")) if form in _NEEDED), "") for word in words)
    return list(filter(None, forms))


def asked_until(words: Sequence[str], at: int) -> int:
    """Where the words that ask for a need end, « chambre individuelle », « chien accepté »; 0 when none do.

    ``words``: folded tokens.
    """
    if not _ASKS_FROM.match(words[at]):
        return 0
    for end in range(min(len(words), at + _LONGEST_ASKED), at + 1, -1):
        run = " ".join(words[at:end])
        if _ROOM.fullmatch(run) or _ACCEPTED_NEED.fullmatch(run):
            return end
    return 0


def needs_counted(counted: Collection[str], text: str) -> str:
    """What tells a need among the quantities left out of a text: « 30 ans », « avec 2 enfants ».

    Of « 2 chiens », « chiens » tells it. The months of a pregnancy are no age.
    """
    is_pregnant = not _PREGNANT.isdisjoint(fold(text).split())
    told = []
    for words in counted:
        if is_age(words):
            told += [words] * (not is_pregnant or not _MONTHS.fullmatch(words))
        elif _CHILDREN_COUNTED.search(words) or asked_until(fold(words).split(), 0):
            told.append(words)
        else:
            told += _needs_named(fold(words).split())
    return " ".join(told)


def _age_told(text: str, needs: Needs) -> tuple[dict[str, tuple[Needs, str]], str]:
    """The age told in years or in months, and the text without it."""
    if (read := _AGE.search(text)) and int(read[1]) <= OLDEST:
        years, words = int(read[1]), age(int(read[1]))
    elif read := _MONTHS.search(text):
        years = int(read[1]) // 12
        words = f"{age(int(read[1]), 'mois')} ({age(years)})"
    else:
        return {}, text
    return {"age": (replace(needs, age=years), words)}, f"{text[: read.start()]} {text[read.end() :]}"


def _need_told(word: str, needs: Needs) -> tuple[str, Needs, str] | None:
    """The need that one folded word tells, by its name, with its label."""
    if who := _WHO.get(word):
        return "who", replace(needs, who=who[0]), who[1]
    if word in _ANIMALS:
        return "animal", replace(needs, animal=True), "animal"
    if word in _WHEELCHAIR:
        return "accessible", replace(needs, accessible=True), "PMR (fauteuil)"
    if word in _YOUNG:
        years, label = _YOUNG[word]
        return "age", replace(needs, age=years), f"{label} ({age(years)})"
    return None


def tells_who(tokens: Sequence[str], kept_whole: Collection[str]) -> set[int]:
    """Places of the tokens that say who the person is: « monsieur », « 54 ans », « seul », « fauteuil »."""
    words = [fold(token) for token in tokens]
    found = _refused(words)
    for place in range(len(words) - 1):
        if words[place : place + 2] == ["mobilite", "reduite"]:
            start = place
            while start and words[start - 1] in {"a", "personne", "personnes"}:
                start -= 1
            found |= set(range(start, place + 2))
    for place, word in enumerate(words):
        if word in kept_whole:
            continue
        if word in _TELLING or _MEASURED.fullmatch(word):
            found.add(place)
        elif word in _MEASURES and place and words[place - 1].isdigit():
            found |= {place - 1, place}
            if place > 2 and words[place - 2] == "de" and words[place - 3] in {"age", "agee"}:
                found.add(place - 3)
    return found


def _refused(words: Sequence[str]) -> set[int]:
    """Places of the words that refuse a need, and of this need: « sans chien », « pas de pmr »."""
    found: set[int] = set()
    for place, word in enumerate(words):
        if word not in _NEEDED:
            continue
        start = place - 1
        while start >= 0 and words[start] in _ARTICLES:
            start -= 1
        if start >= 0 and words[start] in _REFUSES:
            found |= set(range(start, place + 1))
    return found


def _told(left: list[str], needs: Needs, found: dict[str, tuple[Needs, str]]) -> ForWhom | None:
    if "age" in found or ("who" in found and found["who"][0].who == Who.COUPLE):
        left = [token for token in left if fold(token) not in _CHILDREN]
    while left and fold(left[-1]) in _LINKS:
        left.pop()
    while left and fold(left[0]) in _LINKS:
        left.pop(0)
    asked = needs
    for name, (one, _) in found.items():
        asked = replace(asked, **{name: getattr(one, name)})
    if asked == needs:
        return None
    text = " ".join(left)
    is_told = bool(words_of(text)) and any(fold(word) not in _LINKS for word in left)
    return ForWhom(text if is_told else "", asked, tuple(found[name][1] for name in _IN_ORDER if name in found))


def is_age(text: str) -> bool:
    """Tell whether a text is an age and nothing else: « 30 ans », « 18 mois », not « moins de 30 ans »."""
    return any(pattern.fullmatch(text) for pattern in (_AGE, _MONTHS))
