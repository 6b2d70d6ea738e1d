"""Names of records compared as a reader would: what they mean, not how they are typed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from common.text import fold

# Letters of an elision (« l’accueil »), « n° » before a number, « à »: no part of a name.
_DROPPED = re.compile(r"\b(?:[cdjlmnst]|qu)['’ʼ](?=\w)|\bn[°o]\s*(?=\d)|\bà\b", re.IGNORECASE)
_ROMAN = frozenset({"ii", "iii", "iv", "vi", "vii", "viii", "ix"})
_LINKS = frozenset({"de", "du", "des", "la", "le", "les", "et", "en", "au", "aux", "sur", "sous", "pour", "par"})
_SAINT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
# Words that tell two neighbours apart: « Unité enfants » is not « Unité adultes ».
_TELLING = frozenset(
    {
        *("nord", "sud", "est", "ouest", "haut", "bas", "homme", "femme", "enfant", "adolescent", "adulte", "mere"),
        *("jour", "nuit", "semaine", "complete", "partiel", "partielle", "hors", "mobile", "court", "long"),
    }
)
# Words that say what an establishment is, not which one.
_GENERIC = frozenset(
    {
        *(
            "accueil",
            "act",
            "association",
            "autonomie",
            "caarud",
            "camsp",
            "cattp",
            "centre",
            "clinique",
            "cmp",
            "cmpp",
        ),
        *(
            "cpts",
            "csapa",
            "dac",
            "domicile",
            "eam",
            "eanm",
            "ehpad",
            "emsp",
            "esat",
            "etablissement",
            "fam",
            "fondation",
        ),
        *("foyer", "hebergement", "hopital", "hospitalier", "hospitaliere", "ime", "itep", "lam", "lhss", "maison"),
        *("mas", "medical", "medicale", "medico", "municipal", "polyclinique", "prive", "privee", "professionnelle"),
        *(
            "public",
            "residence",
            "retraite",
            "samsah",
            "sante",
            "savs",
            "service",
            "sessad",
            "social",
            "sociale",
            "ssiad",
        ),
        *("structure", "unite"),
    }
)


@dataclass(frozen=True)
class Name:
    """A name read: its ``words`` without links nor accents, the ``core`` that is its own, and its ``marks``.

    ``marks`` are the numbers, single letters and telling words: two names that differ by one are two things.
    """

    words: tuple[str, ...]
    core: frozenset[str]
    marks: frozenset[str]
    trigrams: frozenset[str]
    core_trigrams: frozenset[str]

    @property
    def key(self) -> frozenset[str]:
        """The same for two names that hold the same words, in any order."""
        return frozenset(self.words)


@lru_cache(maxsize=8192)
def read_name(name: str, place: str = "") -> Name:
    """Read the name of a record; ``place``, the commune, is no part of what is its own."""
    words = tuple(word for word in _words(name) if word not in _LINKS)
    here = set(_words(place))
    core = frozenset(word for word in words if word not in _GENERIC and word not in here)
    marks = frozenset(mark for word in words if (mark := _mark(word)))
    return Name(words, core, marks, _trigrams(words), _trigrams(core))


def likeness(one: Name, other: Name) -> float:
    """From 0 to 1: the share of groups of three letters that two names have in common, as in pg_trgm."""
    return _share(one.trigrams, other.trigrams)


def core_likeness(one: Name, other: Name) -> float:
    """``likeness`` of what is their own; 0 when one has nothing of its own."""
    return _share(one.core_trigrams, other.core_trigrams)


def _words(text: str) -> list[str]:
    """Words of a text; letters one after the other are an abbreviation (« E.H.P.A.D. »), « 02 » is « 2 »."""
    words: list[str] = []
    letters = ""
    for word in [*fold(_DROPPED.sub(" ", text)).split(), ""]:
        if len(word) == 1 and word.isalpha():
            letters += word
            continue
        if letters:
            words.append(letters)
            letters = ""
        if word:
            words.append((word.lstrip("0") or "0") if word.isdigit() else _SAINT.get(word, word))
    return words


def _mark(word: str) -> str:
    """What a word marks, empty when it marks nothing; « femmes » marks what « femme » does."""
    if len(word) == 1 or word in _ROMAN or word in _TELLING or any(char.isdigit() for char in word):
        return word
    single = word.removesuffix("s")
    return single if single in _TELLING else ""


def _trigrams(words: tuple[str, ...] | frozenset[str]) -> frozenset[str]:
    return frozenset(f"  {word} "[start : start + 3] for word in words for start in range(len(word) + 1))


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    common = len(one & other)
    return common / (len(one) + len(other) - common) if common else 0.0
