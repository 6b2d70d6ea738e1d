"""Who a place is asked for, told in the text beside the need: « lhss couple avec chien », « cmp ado 15 ans ». Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from availability.guichet.needs import Needs, Who
from common.french import age
from common.text import fold

from .matching import words_of

OLDEST = 120  # years
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
_SAYS_NO_NEED = frozenset("isole isolee patient patients seul seule".split())  # who it is, and nothing to ask for
_MEASURES = frozenset("an ans mois sa semaine semaines kg".split())  # after a number: an age, a weight
_MEASURED = re.compile(r"\d{1,3}(?:an|ans|mois|sa|kg)")
_LINKS = frozenset("a age agee ans avec d de du en et l la le les pour roulant sa ses seul seule son un une".split())
_IN_ORDER = ("who", "age", "accessible", "animal")
_TELLING = {*_WHO, *_ANIMALS, *_WHEELCHAIR, *_YOUNG, *_SAYS_NO_NEED, "roulant"}


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
    persons told (« homme ou femme »), none is read.
    """
    kept_whole = {word for key in spellings if " " in key and key in fold(text) for word in key.split()}
    found: dict[str, tuple[Needs, str]] = {}
    rest = text
    if read := _AGE.search(text):
        years = int(read[1])
        if years <= OLDEST:
            found["age"] = (replace(needs, age=years), age(years))
            rest = f"{text[: read.start()]} {text[read.end() :]}"
    left: list[str] = []
    persons: set[Who] = set()
    for token in rest.split():
        word = fold(token)
        who = _WHO.get(word)
        if word in kept_whole:
            left.append(token)
        elif who:
            persons.add(who[0])
            found["who"] = (replace(needs, who=who[0]), who[1])
        elif word in _ANIMALS:
            found["animal"] = (replace(needs, animal=True), "animal")
        elif word in _WHEELCHAIR:
            found["accessible"] = (replace(needs, accessible=True), "PMR (fauteuil)")
        elif word in _YOUNG:
            years, label = _YOUNG[word]
            found.setdefault("age", (replace(needs, age=years), f"{label} ({age(years)})"))
        else:
            left.append(token)
    if len(persons) > 1 or not found:
        return None
    return _told(left, needs, found)


def tells_who(tokens: Sequence[str], kept_whole: Collection[str]) -> set[int]:
    """Places of the tokens that say who the person is: « monsieur », « 54 ans », « seul », « fauteuil »."""
    words = [fold(token) for token in tokens]
    found = set()
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
    """Tell whether a text is an age in years and nothing else: « 30 ans », not « moins de 30 ans »."""
    return _AGE.fullmatch(text) is not None
