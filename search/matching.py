"""« Que recherchez-vous ? »: coded terms when words name some, else an identifier, else the text (spec 40)."""

import contextlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection

from common.identifiers import compact
from common.phones import normalise_phone
from common.text import fold

from .models import TERM_TIERS

WORDS_LIMIT = 12
WORD_LIMIT = 40  # letters
_KNOWN = """
SELECT known.key, known.is_acronym, known.term_id, term.nomenclature
FROM search_termkey known JOIN directory_term term ON term.id = known.term_id
WHERE known.key = ANY(%(keys)s::varchar[]) ORDER BY known.term_id, known.key
"""
_IDENTIFIER = re.compile(r"\d{9,15}|2[AB]\d{7}|\d{2}/\d{1,12}")


class KeyRow(NamedTuple):
    """A spelling found in the nomenclatures."""

    key: str
    is_acronym: bool
    term_id: int
    nomenclature: str


@dataclass(frozen=True)
class Match:
    """What documents must hold. All parts hold together; an empty one asks nothing.

    ``term_ids``: one of these terms. ``person_term_ids``: or, for practitioners, one of these. ``words``: every folded
    word in the text, the last one may be a beginning. ``identifiers``: one of these numbers.
    ``nothing``: a text without a letter nor a digit, which finds nothing.
    """

    term_ids: tuple[int, ...] = ()
    person_term_ids: tuple[int, ...] = ()
    words: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    nothing: bool = False

    @property
    def by_terms(self) -> bool:
        return bool(self.term_ids or self.person_term_ids)


def words_of(text: str) -> tuple[str, ...]:
    """Folded words of a text, single letters left out unless nothing else is there; twelve at most."""
    words = [word[:WORD_LIMIT] for word in fold(text).split()]
    longer = [word for word in words if len(word) > 1 or word.isdigit()]
    return tuple((longer or words)[:WORDS_LIMIT])


def known_keys(text: str) -> list[KeyRow]:
    """Spellings that are the whole text or one of its words: one query."""
    words = words_of(text)
    if not words:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, {"keys": sorted({fold(text), *words})})
        return [KeyRow(*row) for row in cursor.fetchall()]


def read_text(text: str, rows: Sequence[KeyRow]) -> Match:
    """Decide what ``text`` asks for, given the spellings known of it. Pure."""
    if not text:
        return Match()
    words = words_of(text)
    if not words:
        return Match(nothing=True)
    whole = [row for row in rows if row.key == fold(text)]
    if whole:
        return _match(whole, ())
    if identifiers := _identifiers(text):
        return Match(identifiers=identifiers)
    acronyms = [row for row in rows if row.is_acronym and row.key in words]
    used = {row.key for row in acronyms}
    return _match(acronyms, tuple(word for word in words if word not in used))


def _match(rows: Iterable[KeyRow], words: tuple[str, ...]) -> Match:
    """Terms of the strongest list that matched; practitioners answer to any of them."""
    rows = list(rows)
    for tier in TERM_TIERS:
        if chosen := {row.term_id for row in rows if row.nomenclature in tier}:
            others = {row.term_id for row in rows} - chosen
            return Match(tuple(sorted(chosen)), tuple(sorted(others)), words)
    return Match(words=words)


def _identifiers(text: str) -> tuple[str, ...]:
    found = []
    if _IDENTIFIER.fullmatch(compact(text)):
        found.append(compact(text))
    with contextlib.suppress(ValidationError):
        found.append(normalise_phone(text))
    return tuple(dict.fromkeys(found))
