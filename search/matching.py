"""« Que recherchez-vous ? »: coded terms when the text is the spelling of some, an identifier, or words (spec 40)."""

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection

from common.identifiers import compact
from common.phones import normalise_phone
from common.text import fold

from .criteria import Within
from .models import TERM_TIERS, Suggestion

WORDS_LIMIT = 12
WORD_LIMIT = 40  # letters
BEGINNING = 3  # letters; a shorter word that is not the last one is read whole
CODED, NAMED = "ABC", "AC"  # weights of the text of a document: all but the free text; the type and the names
WITHIN_GROUPS: dict[Within, Suggestion.Group] = {
    Within.UNIT_TYPE: Suggestion.Group.UNIT_TYPE,
    Within.ACTIVITY: Suggestion.Group.ACTIVITY,
    Within.ACT: Suggestion.Group.ACT,
    Within.SPECIALISATION: Suggestion.Group.SPECIALISATION,
    Within.ENTITY: Suggestion.Group.ENTITY,
    Within.PRACTITIONER: Suggestion.Group.PRACTITIONER,
}
_TERM_LISTS = {Within.UNIT_TYPE, Within.ACTIVITY, Within.ACT, Within.SPECIALISATION}
_FUNCTION_WORDS = frozenset(
    "au aux avec ce ces chez dans de des du elle en est et il la le les leur leurs ne nos notre on ou par pour qu que"
    " qui sa se ses son sur un une vers".split()
)
_KNOWN = """
SELECT known.key, known.is_acronym, known.term_id, term.nomenclature
FROM search_termkey known JOIN directory_term term ON term.id = known.term_id
WHERE known.key = ANY(%(keys)s::varchar[])
UNION ALL
SELECT word, false, 0, '' FROM search_lexiconword WHERE word = ANY(%(words)s::varchar[])
ORDER BY 3, 1
"""
_IN_GROUP = 'SELECT term_id FROM search_suggestion WHERE "group" = %(group)s AND term_id IS NOT NULL AND words @@ '
_IDENTIFIER = re.compile(r"\d{9,15}|2[AB]\d{7}|\d{2}/\d{1,12}")
_NAME_OF_NUMBER = re.compile(
    r"^\s*(?:finess|siren|siret|rpps|adeli|n[o°]|num[ée]ro|t[ée]l(?:[ée]phone)?)\b[\s.:n°]*", re.IGNORECASE
)


class KeyRow(NamedTuple):
    """A spelling found in the nomenclatures."""

    key: str
    is_acronym: bool
    term_id: int
    nomenclature: str


@dataclass(frozen=True)
class Known:
    """What the database knows of a text: spellings of terms, words met in what is published.

    ``within_ids``: the terms of the list asked for that hold the whole text.
    """

    rows: tuple[KeyRow, ...] = ()
    words: frozenset[str] = frozenset()
    within_ids: tuple[int, ...] = ()


class Word(NamedTuple):
    """One word to find, as written or by its stem; ``starts``: or as the beginning of a word.

    ``weights``: the parts of the document it is looked for in, as letters of the text vector; empty is everywhere.
    """

    text: str
    starts: bool = False
    weights: str = ""


@dataclass(frozen=True)
class Match:
    """What documents must hold. All parts hold together; an empty one asks nothing.

    ``term_ids``: one of these terms. ``person_term_ids``: or, for practitioners, one of these. ``words``: every one.
    ``identifiers``: one of these numbers. ``kind``: units (« uo ») or practitioners (« pro ») only.
    ``nothing``: a text that finds nothing: no letter nor digit, or no term of the list asked for.
    """

    term_ids: tuple[int, ...] = ()
    person_term_ids: tuple[int, ...] = ()
    words: tuple[Word, ...] = ()
    identifiers: tuple[str, ...] = ()
    kind: Literal["", "uo", "pro"] = ""
    nothing: bool = False

    @property
    def by_terms(self) -> bool:
        return bool(self.term_ids or self.person_term_ids)


def words_of(text: str) -> tuple[str, ...]:
    """Folded words of a text; small words and single letters left out unless nothing else is there; twelve at most."""
    words = [word[:WORD_LIMIT] for word in fold(text).split()]
    telling = [word for word in words if word not in _FUNCTION_WORDS and (len(word) > 1 or word.isdigit())]
    return tuple((telling or words)[:WORDS_LIMIT])


def known_keys(text: str, within: Within = Within.EVERYTHING) -> Known:
    """Look up the text: one query, two when it is asked for in one list of terms."""
    words = words_of(text)
    if not words:
        return Known()
    with connection.cursor() as cursor:
        keys = sorted({variant for key in _phrases(text) for variant in _spellings(key)})
        cursor.execute(_KNOWN, {"keys": keys, "words": list(words)})
        found = [KeyRow(*row) for row in cursor.fetchall()]
        within_ids: tuple[int, ...] = ()
        if within in _TERM_LISTS:
            parameters: dict[str, Any] = {"group": WITHIN_GROUPS[within]}
            cursor.execute(_IN_GROUP + text_query(_all_words(words, frozenset()), parameters), parameters)
            within_ids = tuple(sorted(row[0] for row in cursor.fetchall()))
    return Known(
        tuple(row for row in found if row.term_id),
        frozenset(row.key for row in found if not row.term_id),
        within_ids,
    )


def read_text(text: str, known: Known, within: Within = Within.EVERYTHING) -> Match:
    """Decide what ``text`` asks for, given what is known of it. Pure.

    A text that spells a type d'UO asks for this type; one that spells another term asks for its words in the type, the
    coded offer and the names, and so does a spelling inside a text (an acronym: in the type and the names only). In one
    list, a label asks for its term, other words for the terms that hold them.
    """
    words = words_of(text)
    if not text or not words:
        return Match(nothing=bool(text))
    if within in _TERM_LISTS:
        exact = {row.term_id for row in known.rows if row.key == fold(text)}
        ids = tuple(term_id for term_id in known.within_ids if term_id in exact) or known.within_ids
        return Match(term_ids=ids, nothing=not ids)
    found = _all_words(words, known.words)
    if within == Within.ENTITY:
        return Match(words=tuple(word._replace(weights="C") for word in found), kind="uo")
    kind: Literal["", "pro"] = "pro" if within == Within.PRACTITIONER else ""
    if named := _types(text, known.rows):
        return Match(term_ids=named, person_term_ids=_others(text, known.rows, named), kind=kind)
    if identifiers := _identifiers(text):
        return Match(identifiers=identifiers, kind=kind)
    weights = _weights(text, known.rows)
    return Match(words=tuple(word._replace(weights=weights.get(word.text, "")) for word in found), kind=kind)


def text_query(words: Iterable[Word], parameters: dict[str, Any], *, prefix: str = "w", any_of: bool = False) -> str:
    """SQL of the text query that holds all these words, or any of them; adds what it names to ``parameters``."""
    pieces = []
    for place, word in enumerate(words):
        stem, written = f"{prefix}{place}", f"{prefix}{place}s"
        parameters[stem] = f"{word.text}:{word.weights}" if word.weights else word.text
        flags = ("*" if word.starts else "") + word.weights
        parameters[written] = f"{word.text}:{flags}" if flags else word.text
        pieces.append(f"(to_tsquery('fr', %({stem})s) || to_tsquery('simple', %({written})s))")
    return "(" + (" || " if any_of else " && ").join(pieces) + ")"


def _all_words(words: tuple[str, ...], met: frozenset[str]) -> tuple[Word, ...]:
    """The last word may be a beginning, and so may one that is met nowhere as a word (« gynéco obstétrique »)."""
    last = len(words) - 1
    return tuple(
        Word(word, starts=len(word) > 1 if place == last else len(word) >= BEGINNING and word not in met)
        for place, word in enumerate(words)
    )


def _spelled(text: str, rows: Iterable[KeyRow]) -> list[KeyRow]:
    """Spellings that are the whole text, else those that are its other number."""
    spellings = set(_spellings(fold(text)))
    whole = [row for row in rows if row.key in spellings]
    return [row for row in whole if row.key == fold(text)] or whole


def _types(text: str, rows: Iterable[KeyRow]) -> tuple[int, ...]:
    """Types d'UO that the whole text spells: no weaker list is looked at then."""
    strongest = TERM_TIERS[0]
    return tuple(sorted({row.term_id for row in _spelled(text, rows) if row.nomenclature in strongest}))


def _others(text: str, rows: Iterable[KeyRow], named: tuple[int, ...]) -> tuple[int, ...]:
    """The other terms that the text spells, which practitioners answer to."""
    return tuple(sorted({row.term_id for row in _spelled(text, rows)} - set(named)))


def _phrases(text: str) -> list[str]:
    """Every run of words of a text, folded."""
    words = fold(text).split()[: 2 * WORDS_LIMIT]
    count = len(words)
    longest = range(count) if count <= WORDS_LIMIT else range(1)
    runs = [" ".join(words[start:end])[:255] for start in longest for end in range(start + 1, count + 1)]
    return [*runs, fold(text)[:255]]


def _spellings(key: str) -> tuple[str, ...]:
    """A spelling and its other number: « kinés » and « sages femmes » without the « s », « urgence » with it."""
    singular = " ".join(word.removesuffix("s") if len(word) > BEGINNING else word for word in key.split())
    plural = (f"{key}s",) if " " not in key and not key.endswith("s") else ()
    return tuple(dict.fromkeys((key, singular, *plural)))


def _weights(text: str, rows: tuple[KeyRow, ...]) -> dict[str, str]:
    """Where each word is looked for: those of a spelling met in the text not in the free text."""
    by_key: dict[str, str] = {}
    for row in rows:
        names_type = row.is_acronym and row.nomenclature in TERM_TIERS[0]
        by_key[row.key] = NAMED if names_type else by_key.get(row.key, CODED)
    found: dict[str, str] = {}
    for phrase in sorted(_phrases(text), key=len, reverse=True):
        for spelling in _spellings(phrase):
            if spelling in by_key:
                for word in phrase.split():
                    found.setdefault(word, by_key[spelling])
    return found


def _identifiers(text: str) -> tuple[str, ...]:
    """Numbers that the text may be: FINESS, SIREN, SIRET, RPPS, telephone; « FINESS 92… » is read too."""
    number = _NAME_OF_NUMBER.sub("", text)
    found = []
    if _IDENTIFIER.fullmatch(compact(number)):
        found.append(compact(number))
    with contextlib.suppress(ValidationError):
        found.append(normalise_phone(number))
    return tuple(dict.fromkeys(found))
