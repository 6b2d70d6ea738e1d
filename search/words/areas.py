"""Places wider than a commune, told in a text: the whole region, several departments at once. Pure functions."""

import re
from collections.abc import Iterable, Sequence

from common.text import fold
from directory.territory.department_names import NAMES, departments_told
from directory.territory.places import Place

SHORTEST_REGION = 3  # letters of a text that begins to name the whole region
REGION = Place("Toute la région", "Toute la région", "")  # to be chosen; once chosen it is no place
_REGION = frozenset(
    "tout|partout|ror|le ror|tout le ror|idf|l idf|toute l idf|region|la region|toute la region|region idf"
    "|ile de france|l ile de france|toute l ile de france|region ile de france|la region ile de france"
    "|toute la region ile de france|toute la region idf|peu importe|n importe ou"
    "|region parisienne|la region parisienne|toute la region parisienne".split("|")
)
_REGION_BEGUN = _REGION - {"partout"}  # « par » begins Paris
# What names it inside a text: « le ROR » and « partout » may be said of something else.
_REGION_TOLD = {
    name for name in _REGION if "idf" in name.split() or "ile de france" in name or "parisienne" in name
} | {"toute la region"}
LONGEST = 6  # words of an area: « toute la région Île de France »
BETWEEN = frozenset(
    "a au aux d dans de dep departement departements dept dpt des du en et l la le les ou puis soit sinon".split()
)
_LED = re.compile(
    r"\s*(?:(?:(?:aux )?(?:alentours|environs) de|autour de|(?:tout )?pr[eè]s de|proche de|(?:à|a) proximit[eé] de"
    r"|du c[oô]t[eé] de|secteur|à|a|au|aux|sur|vers|dans)\s+(?:le\s+(?=\d))?|(?:autour|pr[eè]s|proche) d[’'])",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"\s*,?\s+(?:et|ou)\s+(?:(?:ses|les|aux|à|a)\s+)?(?:alentours?|environs?|proximit[eé]|autour)\s*$", re.IGNORECASE
)
_SPLIT = re.compile(r"[\s,;+&/]+")


def unled(text: str) -> str:
    """« Où ? » without what is around a place: « à Nanterre », « autour de Melun », « Meaux et alentours ». Pure."""
    text = _AROUND.sub("", text)
    return text[led.end() :] if (led := _LED.match(text)) and text[led.end() :].strip() else text


def names_region(text: str) -> bool:
    """Whether « Où ? » asks for no place: « Tout le ROR », « Île-de-France », « toute la région », « IDF ». Pure."""
    return _region_key(text) in _REGION


def tells_region(text: str) -> bool:
    """Whether these words of « Que recherchez-vous ? » name the whole region: « Île de France », « IDF ». Pure."""
    return fold(text) in _REGION_TOLD


def begins_region(text: str) -> bool:
    """Whether a text being typed may come to ask for no place: « toute la r », « ile de ». Pure."""
    key = _region_key(text)
    return len(key.replace(" ", "")) >= SHORTEST_REGION and any(name.startswith(key) for name in _REGION_BEGUN)


def departments_place(codes: Iterable[str]) -> Place | None:
    """Several departments as one place, in their order: « 92, 93 »; ``None`` for one or none."""
    told = tuple(code for code in NAMES if code in set(codes))
    if len(told) < 2:
        return None
    names = [f"{NAMES[code]} ({code})" for code in told]
    return Place(f"{', '.join(names[:-1])} et {names[-1]}", ", ".join(told), "", departments=told)


def area_named(text: str) -> Place | None:
    """Several departments that « Où ? » names and nothing else: « 92 et 93 », « Paris et petite couronne »."""
    words = [word for word in _SPLIT.split(text) if word]
    codes: list[str] = []
    start = 0
    while start < len(words):
        if fold(words[start]) in {*BETWEEN, ""}:
            start += 1
            continue
        end, found = department_run(words, start)
        if not found:
            return None
        codes += found
        start = end
    return departments_place(codes)


def department_run(words: Sequence[str], start: int) -> tuple[int, tuple[str, ...]]:
    """Where the longest name of departments that begins here ends, and their codes; none if none does."""
    for end in range(min(len(words), start + LONGEST), start, -1):
        if fold(words[end - 1]) in BETWEEN or fold(words[start]) in BETWEEN:
            continue
        run = " ".join(words[start:end])
        if found := ("75",) if fold(run) == "paris" else departments_told(run):
            return end, found
    return start, ()


def _region_key(text: str) -> str:
    return fold(text).removeprefix("en ").removeprefix("dans ")
