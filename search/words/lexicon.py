"""Typing errors: a word met nowhere may stand for a near one that is (spec 40, « Explained tolerance »)."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from types import MappingProxyType
from typing import Any, NamedTuple

from common.round_trip import Statement, rows_together
from common.text import fold, place_key
from directory.territory.likeness import either_vowel, errors_between, errors_in_name, tolerance
from directory.territory.places import Place, near_statement, places_of

from .french import is_french
from .sentence import tells_nothing
from .spelling import words_of

SHORTEST = 5  # letters; a shorter word is near too many others to be mended, but for a slip
SHORTEST_SLIP = 3  # letters; a shorter word is a slip of too many others
SHORTEST_SPELT = 4  # letters of an acronym that a letter may have been left out of
SURE_ERRORS = 2  # with more, what a word may stand for is offered, and not looked for
LONG_NAME = 8  # letters of a name that two errors may be made in
SHORTEST_HALF = 3  # letters of each of two words written as one
CANDIDATES = 20  # near words looked at
NAME_LIKENESS = 0.25  # share of trigrams in common from which a commune may be meant
NAMES_TRIED = 12  # communes looked at
NAMES_OFFERED = 3  # that a word nearly names
LIKENESS = 0.25  # share of trigrams in common from which a word is looked at
# Rightly spelt, whatever is near them in what is published.
_RIGHT = frozenset(
    "couronne fievre fille garcon habilite habilitee habilites interprete interpretes jaune jeune maternel maternelle"
    " niveau pharmacie planning vaccin vaccination ventilation".split()
)
_TOKEN = re.compile(r"\w+")
# Words of medicine that end alike differ by what comes before.
_ENDING = re.compile(
    r"(?:log(?:ie|ue|ique)|tomie|scopie|therapie|therapeute|graphie|pathie|plastie|metrie|iatrie|iatre|ion)s?$"
)
_SAME_FIRST = [set(pair) for pair in ("ck", "cs", "sz", "gj", "iy", "fp", "eh")]
_SAME_SOUND = (("ph", "f"), ("h", ""), ("y", "i"))
# Each word met neither whole nor as a beginning, with the words like it (none: a row without any) and a label that
# shows their accents; then the words that say more than names.
_NEAR = """
SELECT typed.word, near.word, shown.label, coalesce(shown.is_term, false), true
FROM unnest(%(words)s::text[]) AS typed (word)
LEFT JOIN LATERAL (
    (
        SELECT lexicon.word FROM search_lexiconword lexicon
        WHERE typed.word = ANY(%(mendable)s::text[])
          AND lexicon.word %% typed.word AND abs(length(lexicon.word) - length(typed.word)) <= %(most)s
        ORDER BY similarity(lexicon.word, typed.word) DESC, lexicon.word LIMIT %(candidates)s
    )
    UNION
    SELECT lexicon.word FROM unnest(%(slipped)s::text[], %(slips)s::text[]) AS slip (typed, word)
    JOIN search_lexiconword lexicon ON lexicon.word = slip.word
    WHERE slip.typed = typed.word
    UNION
    SELECT one.word || ' ' || other.word
    FROM unnest(%(glued)s::text[], %(firsts)s::text[], %(seconds)s::text[]) AS split (typed, first, second)
    JOIN search_lexiconword one ON one.word = split.first
    JOIN search_lexiconword other ON other.word = split.second
    WHERE split.typed = typed.word
) AS near ON NOT EXISTS (SELECT 1 FROM search_termkey known WHERE ' ' || known.key LIKE '%% ' || typed.word || '%%')
LEFT JOIN LATERAL (
    SELECT suggestion.label, suggestion.term_id IS NOT NULL AS is_term FROM search_suggestion suggestion
    WHERE suggestion.words @@ to_tsquery('simple', replace(near.word, ' ', ' & '))
    ORDER BY suggestion.term_id IS NULL, suggestion."group" LIMIT 1
) AS shown ON near.word IS NOT NULL
WHERE NOT EXISTS (SELECT 1 FROM search_lexiconword lexicon WHERE lexicon.word LIKE typed.word || '%%')
  AND NOT EXISTS (SELECT 1 FROM search_searchdocument document WHERE document.text @@ to_tsquery('fr', typed.word))
UNION ALL
SELECT other.word, NULL, NULL, held.is_told, false FROM unnest(%(others)s::text[]) AS other (word)
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT 1 FROM search_suggestion suggestion
        WHERE suggestion.term_id IS NOT NULL AND suggestion.words @@ to_tsquery('fr', other.word)
    ) AS is_told OFFSET 0
) AS held
WHERE held.is_told OR NOT EXISTS (SELECT 1 FROM search_lexiconword lexicon WHERE lexicon.word = other.word)
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

    @property
    def words(self) -> frozenset[str]:
        """The folded words that were put in."""
        return frozenset(fold(change.meant) for change in self.changes)


class _Candidate(NamedTuple):
    word: str
    label: str
    is_term: bool


class Strange(NamedTuple):
    """``unheld``: folded words that nothing published holds, whole or as a beginning; ``correction``: them mended.

    ``told``: words of the text that a term holds. ``named``: the communes that a word nearly names, by folded word.
    ``refused``: names that words are nearly, beside others that tell more than names.
    """

    unheld: frozenset[str]
    correction: Correction | None
    told: frozenset[str] = frozenset()
    named: Mapping[str, tuple[Place, ...]] = MappingProxyType({})
    refused: Mapping[str, str] = MappingProxyType({})


def correct_text(text: str) -> Correction | None:
    """Mend the words of ``text`` that nothing published holds; ``None`` when there is none, or nothing is near.

    One query. A word that exists is never changed: « dentaire » stays itself whatever is near it. A word in capitals,
    which names something, is read as a word of a nomenclature only, and so is a word of four letters; any word as a
    name only when nothing but names stands beside it, or when it is two words written as one.
    """
    words = _mendable(text)
    return look_up(text, words, tells_nothing(text)).correction if words else None


def look_up(text: str, words: Collection[str], kept: Collection[str] = ()) -> Strange:
    """Which of these folded words of ``text`` nothing holds, and the text with them mended, but for those ``kept``.

    One query.
    """
    slipping = [word for word in _mendable(text, SHORTEST_SLIP) if word in words and word not in kept]
    unheld: set[str] = set()
    near: dict[str, list[_Candidate]] = {}
    common: set[str] = set()
    told: set[str] = set()
    before = f"SET LOCAL pg_trgm.similarity_threshold = {LIKENESS}; "
    named = [word for word in slipping if len(word) >= SHORTEST]
    alike = [(word, slip) for word in slipping for slip in either_vowel(word) - {word}]
    places = near_statement(named, alike, NAME_LIKENESS, NAMES_TRIED)
    rows, communes = rows_together([_near_statement(text, words, slipping), places], before=before)
    for asked, word, label, is_term, is_unheld in rows:
        if not is_unheld:
            common.add(asked)
            told |= {asked} if is_term else set()
            continue
        unheld.add(asked)
        if word is not None and (label or " " not in word):  # two words stand together somewhere
            near.setdefault(asked, []).append(_Candidate(word, label or word, is_term))
    in_capitals = {fold(token[0]) for token in _TOKEN.finditer(text) if token[0].isupper()}
    meant, refused = {}, {}
    for word, found in near.items():
        only_terms = word in in_capitals or common - {word} or len(word) < SHORTEST
        allowed = [one for one in found if one.is_term or not only_terms or " " in one.word]
        best = nearest(word, allowed)
        if best and is_sure(word, best.word) and (best.is_term or _is_near(word, best.word)):
            meant[word] = _shown(best)
        elif best := best or nearest(word, found):
            refused[word] = _shown(best)
    return Strange(frozenset(unheld), mended(text, meant), frozenset(told), _named(unheld, communes), refused)


def _named(unheld: Collection[str], rows: Iterable[tuple[Any, ...]]) -> dict[str, tuple[Place, ...]]:
    """The communes that each of these words is a misspelling of, whole or as the beginning of their names.

    The nearest alone.
    """
    near: dict[str, dict[Place, int]] = {}
    for word, *values in rows:
        (place,) = places_of([("near", *values)])
        key = place_key(place.label)
        errors = errors_in_name(word, key)
        if word in unheld and 0 < errors <= tolerance(word) and (errors == 1 or key[:2] == word[:2]):
            near.setdefault(word, {})[place] = errors
    return {
        word: tuple(place for place, errors in found.items() if errors == min(found.values()))[:NAMES_OFFERED]
        for word, found in near.items()
    }


def _near_statement(text: str, words: Collection[str], slipping: Sequence[str]) -> Statement:
    """The words near those of ``slipping``; whether anything holds each of ``words``."""
    mendable = [word for word in slipping if len(word) >= SHORTEST]
    slips = [(word, slip) for word in slipping for slip in slips_of(word)]
    halves = [(word, *pair) for word in mendable for pair in halves_of(word)]
    return _NEAR, {
        "words": sorted(words),
        "mendable": mendable,
        "others": sorted(set(words_of(text))),
        "most": tolerance("x" * 40),
        "candidates": CANDIDATES,
        "slipped": [word for word, _ in slips],
        "slips": [slip for _, slip in slips],
        "glued": [word for word, _, _ in halves],
        "firsts": [first for _, first, _ in halves],
        "seconds": [second for _, _, second in halves],
    }


def _mendable(text: str, shortest: int = SHORTEST) -> list[str]:
    """Words long enough to be mended, of letters alone."""
    typed = {fold(token[0]) for token in _TOKEN.finditer(text)}
    words = {word for word in words_of(text) if len(word) >= shortest and word.isalpha()}
    return sorted(words & typed - _RIGHT)


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

    Words of the nomenclatures come before names; with two errors or more, the first letter is taken to be right, and
    a word begun is not mended into its beginning (« allergo » is not « aller »). Words that end alike, as many of
    medicine do, are compared by their stems.
    """
    limit, slips = tolerance(typed), slips_of(typed)
    alike = [candidate for candidate in found if not _is_other_stem(candidate.word, typed)]
    ranked = [
        (
            errors_between(typed, candidate.word),
            candidate.word[0] != typed[0],
            not candidate.is_term,
            candidate.word not in slips,
            candidate,
        )
        for candidate in alike
    ]
    kept = [row for row in ranked if row[0] <= limit and (row[0] == 1 or _may_be_meant(row[-1].word, typed))]
    return min(kept)[-1] if kept else None


def is_sure(typed: str, word: str) -> bool:
    """Tell whether ``typed`` is surely ``word`` with typing errors, to be looked for at once.

    It is no other word of French, has few errors, and no other first letter but one that sounds alike: « Lille » is
    not « ville ».
    """
    if " " in word or typed in slips_of(word) or word in slips_of(typed):
        return " " in word or not is_french(typed)
    is_begun_otherwise = len(typed) == len(word) and typed[0] != word[0] and {typed[0], word[0]} not in _SAME_FIRST
    return errors_between(typed, word) <= SURE_ERRORS and not is_begun_otherwise and not is_french(typed)


def _is_near(typed: str, name: str) -> bool:
    """Whether a word is near enough to one that only names hold: « mutique » is not « Monique »."""
    return len(typed) >= LONG_NAME or typed in slips_of(name) or errors_between(typed, name) == 1


def _may_be_meant(word: str, typed: str) -> bool:
    return word[0] == typed[0] and not typed.startswith(word)


def _is_other_stem(word: str, typed: str) -> bool:
    """Whether two words of medicine that end alike begin otherwise: « hépatologie » is not « hématologie »."""
    if sorted(word) == sorted(typed) or not (_ENDING.search(word) and _ENDING.search(typed)):
        return False
    one, other = _stem(word), _stem(typed)
    return one[:2] != other[:2] or errors_between(one, other) > tolerance(other)


def _stem(word: str) -> str:
    """A word as heard, without its ending."""
    stem = _ENDING.sub("", word)
    for letters, sound in _SAME_SOUND:
        stem = stem.replace(letters, sound)
    return stem


def slips_of(word: str) -> set[str]:
    """What ``word`` may be a slip of, though few of its trigrams are left. Pure.

    Two letters exchanged (« ephad » for « ehpad »), « i » and « y » taken for each other (« dyalise »), or a letter
    written once that is double (« siad » for « ssiad »). Of three letters, the last alone; of four, or any letter
    left out (« epad »).
    """
    doubled = {word[:at] + word[at] + word[at:] for at in range(len(word))}
    if len(word) < SHORTEST_SPELT:
        return doubled
    if len(word) < SHORTEST:
        return {word[:at] + letter + word[at:] for at in range(1, len(word)) for letter in ascii_lowercase} | doubled
    exchanged = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)}
    return (exchanged | either_vowel(word) | doubled) - {word}


def halves_of(word: str) -> list[tuple[str, str]]:
    """The pairs of words that ``word`` may be, a space left out: « samusocial ». Pure."""
    return [(word[:at], word[at:]) for at in range(SHORTEST_HALF, len(word) - SHORTEST_HALF + 1)]


def _shown(candidate: _Candidate) -> str:
    """The word with its accents, in lower case, as the label that holds it writes it."""
    tokens = (token[0] for token in _TOKEN.finditer(candidate.label))
    return next((token.lower() for token in tokens if fold(token) == candidate.word), candidate.word)
