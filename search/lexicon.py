"""Typing errors: a word met nowhere may stand for a near one that is (spec 40, « Explained tolerance »)."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection

from common.text import fold

from .criteria import Within
from .matching import Match, known_keys, read_text, words_of

SHORTEST = 4  # letters; a shorter word is not mended
CANDIDATES = 20  # near words looked at
LIKENESS = 0.25  # share of trigrams in common from which a word is looked at
_TOKEN = re.compile(r"\w+")
# Each word met neither whole nor as a beginning, with the words like it and a label that shows their accents.
_NEAR = """
SELECT typed.word, near.word, shown.label, coalesce(shown.is_term, false)
FROM unnest(%(words)s::text[]) AS typed (word)
CROSS JOIN LATERAL (
    SELECT lexicon.word FROM search_lexiconword lexicon
    WHERE lexicon.word %% typed.word AND abs(length(lexicon.word) - length(typed.word)) <= %(most)s
    ORDER BY similarity(lexicon.word, typed.word) DESC, lexicon.word LIMIT %(candidates)s
) AS near
LEFT JOIN LATERAL (
    SELECT suggestion.label, suggestion.term_id IS NOT NULL AS is_term FROM search_suggestion suggestion
    WHERE suggestion.words @@ to_tsquery('simple', near.word) ORDER BY suggestion."group" LIMIT 1
) AS shown ON true
WHERE NOT EXISTS (SELECT 1 FROM search_lexiconword lexicon WHERE lexicon.word LIKE typed.word || '%%')
  AND NOT EXISTS (SELECT 1 FROM search_searchdocument document WHERE document.text @@ to_tsquery('fr', typed.word))
"""


class Change(NamedTuple):
    """One word and what it was read as, both as shown."""

    typed: str
    meant: str


@dataclass(frozen=True)
class Correction:
    """A text with its typing errors mended, and the words that were changed."""

    text: str
    changes: tuple[Change, ...]


class _Candidate(NamedTuple):
    word: str
    label: str
    is_term: bool


def understand(text: str, within: Within, *, exact: bool) -> tuple[Match, Correction | None]:
    """What « Que recherchez-vous ? » asks for, its typing errors mended unless ``exact``. One to four queries.

    Only words that nothing published holds are changed: the text as typed finds nothing then, so that exact and mended
    results are never mixed.
    """
    known = known_keys(text, within)
    match = read_text(text, known, within)
    strange = [word for word in words_of(text) if word not in known.words]
    if exact or match.by_terms or match.identifiers or not strange or not (correction := correct_text(text)):
        return match, None
    return read_text(correction.text, known_keys(correction.text, within), within), correction


def correct_text(text: str) -> Correction | None:
    """Mend the words of ``text`` that nothing published holds; ``None`` when there is none, or nothing is near.

    Two queries. A word that exists is never changed: « dentaire » stays itself whatever is near it.
    """
    words = [word for word in words_of(text) if len(word) >= SHORTEST and word.isalpha()]
    if not words:
        return None
    near: dict[str, list[_Candidate]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(LIKENESS)])
        cursor.execute(_NEAR, {"words": sorted(set(words)), "most": _tolerance("x" * 40), "candidates": CANDIDATES})
        for typed, word, label, is_term in cursor.fetchall():
            near.setdefault(typed, []).append(_Candidate(word, label or word, is_term))
    meant = {typed: _shown(best) for typed, found in near.items() if (best := nearest(typed, found))}
    return mended(text, meant)


def mended(text: str, meant: dict[str, str]) -> Correction | None:
    """``text`` with each word whose folded form is a key of ``meant`` replaced. Pure."""
    changes: list[Change] = []

    def replace(token: re.Match[str]) -> str:
        word = meant.get(fold(token[0]))
        if word is None:
            return token[0]
        changes.append(Change(token[0], word))
        return word

    corrected = _TOKEN.sub(replace, text)
    return Correction(corrected, tuple(changes)) if changes else None


def nearest(typed: str, found: list[_Candidate]) -> _Candidate | None:
    """The word that the fewest typing errors separate from ``typed``, within the tolerance of its length. Pure.

    Words of the nomenclatures come before names; with two errors or more, the first letter is taken to be right.
    """
    limit = _tolerance(typed)
    ranked = [(errors_between(typed, candidate.word), not candidate.is_term, candidate) for candidate in found]
    kept = [row for row in ranked if row[0] <= limit and (row[0] == 1 or row[2].word[0] == typed[0])]
    return min(kept)[2] if kept else None


def errors_between(one: str, other: str) -> int:
    """Fewest letters added, left out, changed or exchanged with the next one between two words. Pure."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, facing in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != facing))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == facing:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]


def _tolerance(word: str) -> int:
    """Errors allowed in a word of this length."""
    return 1 if len(word) < 6 else 2 if len(word) < 10 else 3


def _shown(candidate: _Candidate) -> str:
    """The word with its accents, in lower case, as the label that holds it writes it."""
    tokens = (token[0] for token in _TOKEN.finditer(candidate.label))
    return next((token.lower() for token in tokens if fold(token) == candidate.word), candidate.word)
