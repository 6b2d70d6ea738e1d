"""Normalised French text: what is compared, sorted and searched. Pure functions."""

import re
import unicodedata
from functools import lru_cache

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "’": "'", "ʼ": "'"})
_SAINT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
_ARTICLES = {"le", "la", "les", "l"}
_REMEMBERED, _SHORT = 8192, 80  # texts; letters: a sentence is read in all its parts, the same again and again


def fold(value: str) -> str:
    """Lower case without accents, ligatures or punctuation: « Évry-Courcouronnes » → « evry courcouronnes »."""
    return _folded(value) if len(value) <= _SHORT else _folded.__wrapped__(value)


@lru_cache(_REMEMBERED)
def _folded(value: str) -> str:
    if not value.isascii():
        decomposed = unicodedata.normalize("NFKD", value.translate(_LIGATURES))
        value = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_WORD.sub(" ", value.lower()).strip()


def place_key(value: str) -> str:
    """Key of a place name: folded, « st » read as « saint », articles dropped wherever they stand.

    « Kremlin-Bicêtre (Le) », « le kremlin bicetre » and « Le Kremlin-Bicêtre » share one key.
    """
    return _place_key(value) if len(value) <= _SHORT else _place_key.__wrapped__(value)


@lru_cache(_REMEMBERED)
def _place_key(value: str) -> str:
    words = [_SAINT.get(word, word) for word in fold(value).split()]
    kept = [word for word in words if word not in _ARTICLES]
    return " ".join(kept or words)


def split_synonyms(value: str) -> list[str]:
    """Split a list written with semicolons into stripped, non-empty items."""
    return [item.strip() for item in value.split(";") if item.strip()]


_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def visible(text: str) -> str:
    """Text without the characters that show nothing and may reorder or hide the others (zero width, bidirectional)."""
    return text if text.isascii() else _INVISIBLE.sub("", text)
