"""Spellings of coded terms met in a text, words that name no need, types d'UO told (spec 40). Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from common.text import fold
from directory.enums import Nomenclature

from ..models import SMALL_WORDS, TERM_TIERS

WORDS_LIMIT = 12
WORD_LIMIT = 40  # letters
BEGINNING = 3  # letters; a shorter word that is not the last one is read whole
LONGEST_SPELLING = 8  # tokens
LONG_NAME = 3  # telling words from which a spelling is the name of a type d'UO, and no trouble
# Words that name no need alone: a text left with these only is not searched for in the place of what was typed.
GENERIC = frozenset(
    "accompagnement accueil adapte adulte aide cabinet centre charge consultation domicile enfant equipe"
    " etablissement etat familial familiale femme foyer garde hebergement homme hopital hospit hospitalier"
    " hospitalisation jeune lieu lit maison malade maladie medecin medical medicalise medico mobile niveau patient"
    " personne place prise professionnel public recherche sante sejour service social soin specialise specialiste"
    " structure suivi temporaire trouble unite urgence urgent".split()
)
# Acronyms of troubles, acts and persons, which spell the type d'UO that sees to them.
_TROUBLES = frozenset("ame avc bpco c2s c3s covid css dmla ecg htu ide idel ivg mici orl sca sep sla vih vni".split())
TYPES = frozenset(TERM_TIERS[0])
NAMING = frozenset({*TERM_TIERS[0], *TERM_TIERS[1], Nomenclature.DISCIPLINE, Nomenclature.AUDIENCE})
_ELISION = re.compile(r"^(?:[cdjlmnst]|qu) ")
_OF_A_SPECIALITY = re.compile(r"(?<=o)log(?:i(?:que|e)|ue)s?$")  # « SSR cardiologique » is « SSR cardio »
_REMEMBERED, _SHORT = 4096, 80  # runs of words, each looked up several times a page; letters
_SIGNS = ",;:.!? "
_PLURAL = re.compile(r"^(..+[^s])s$")


class KeyRow(NamedTuple):
    """A spelling found in the nomenclatures."""

    key: str
    is_acronym: bool
    term_id: int
    nomenclature: str


def words_of(text: str) -> tuple[str, ...]:
    """Folded words of a text; small words and single letters left out unless nothing else is there; twelve at most."""
    words = [word[:WORD_LIMIT] for word in fold(text).split()]
    telling = [word for word in words if not is_linking(word)]
    return tuple((telling or words)[:WORDS_LIMIT])


def is_linking(word: str) -> bool:
    """Tell whether a word as typed says nothing by itself: « de », « pour », « à »."""
    folded = fold(word)
    return folded in SMALL_WORDS or (len(folded) == 1 and not folded.isdigit())


def bare(token: str) -> str:
    """A folded token without an elided word before it: « d’hôpital » is « hopital »."""
    return _ELISION.sub("", fold(token), count=1)


def is_generic(word: str) -> bool:
    """Tell whether a folded word names no need alone: « soins », « hébergement », numbers."""
    return word.replace(" ", "").isdigit() or bool({word, word.removesuffix("s"), word.removesuffix("e")} & GENERIC)


def trimmed(text: str) -> str:
    """A text without the signs around it: « Ivry, »."""
    return text.strip(_SIGNS)


def spelled_runs(tokens: Sequence[str], spellings: Collection[str]) -> Iterator[tuple[int, int, str]]:
    """Runs of tokens that spell terms, the longest from the left, with their spelling."""
    start = 0
    while start < len(tokens):
        for end in range(min(len(tokens), start + LONGEST_SPELLING), start, -1):
            key = _ELISION.sub("", fold(" ".join(tokens[start:end])), count=1)
            written = key.split()
            is_whole = len(written) < 2 or not (is_linking(written[0]) or is_linking(written[-1]))
            spelled = spellings_of(key) if is_whole else (key,)
            found = next((one for one in spelled if one in spellings), None) if key else None
            if found:
                yield start, end, found
                start = end - 1
                break
        start += 1


def spellings_of(key: str) -> tuple[str, ...]:
    """A spelling, its other number, and its telling words: « kinés » and « kiné », « urgence » and « urgences ».

    Of several words, with the last one as it is said: « ssr cardiologique » and « ssr cardio ».
    """
    return _spellings(key) if len(key) <= _SHORT else _spellings.__wrapped__(key)


@lru_cache(_REMEMBERED)
def _spellings(key: str) -> tuple[str, ...]:
    words = key.split()
    singular = " ".join(word.removesuffix("s") if len(word) > BEGINNING else word for word in words)
    plural = " ".join(f"{word}s" if len(word) > BEGINNING and word[-1] not in "sxz" else word for word in words)
    if len(words) == 1 and not key.endswith("s"):
        plural = f"{key}s"
    short = _OF_A_SPECIALITY.sub("", key) if len(words) > 1 and "olog" in key else key
    return tuple(dict.fromkeys((key, singular, plural, telling_form(key), short)))


def telling_form(key: str) -> str:
    """The words of a folded spelling that tell, in the singular: « lit halte soin sante ».

    The same as the statement that writes spellings (``search.indexing.documents_sql``) makes.
    """
    words = [word for word in key.split() if not is_linking(word)]
    return " ".join(_PLURAL.sub(r"\1", word) for word in words) or key


class ToldTypes(NamedTuple):
    """Types d'UO that a part of a text spells, ``text``; ``others``: the other words that tell.

    ``is_structure``: it names them, it is no trouble that they see to. ``is_list``: several of them.
    """

    ids: tuple[int, ...]
    text: str
    others: tuple[str, ...]
    is_structure: bool = False
    is_list: bool = False


def types_in(text: str, rows: Iterable[KeyRow]) -> ToldTypes | None:
    """The one type d'UO told in a text, or those told one after the other: « ime enfant », « lam lhss femme ».

    Beside the name of a type a trouble that another type sees to is none: « fracture ssr ».
    """
    tokens = text.split()
    by_key: dict[str, list[KeyRow]] = {}
    for row in rows:
        if row.nomenclature in NAMING or (row.is_acronym and row.nomenclature == Nomenclature.CARE_MODE):
            by_key.setdefault(row.key, []).append(row)
    types = {key: ids for key, found in by_key.items() if (ids := _types_of(found))}
    named = [run for run in spelled_runs(tokens, by_key) if run[2] in types and not is_generic(run[2])]
    structures = [run for run in named if _names_structure(bare(" ".join(tokens[run[0] : run[1]])), by_key[run[2]])]
    named = structures if len(named) > 1 else named
    if not named or any(not is_linking(token) for token in _between(tokens, named)):
        return None
    kept = {place for start, end, _ in named for place in range(start, end)}
    others = [token for place, token in enumerate(tokens) if place not in kept and not is_linking(token)]
    return ToldTypes(
        tuple(sorted({term_id for _, _, key in named for term_id in types[key]})),
        " ".join(token for place, token in enumerate(tokens) if place in kept),
        tuple(token for token in others if bare(token)),
        bool(structures),
        len(named) > 1 and all(row.is_acronym for _, _, key in named for row in by_key[key]),
    )


def _types_of(rows: Iterable[KeyRow]) -> set[int]:
    return {row.term_id for row in rows if row.nomenclature in {*TYPES, Nomenclature.CARE_MODE}}


def _names_structure(typed: str, rows: Sequence[KeyRow]) -> bool:
    """Tell whether the spelling of a type names it: « ssr », « centre médico-psychologique », not « fracture ».

    « SA » is not « SAS ».
    """
    named = [row.key for row in rows if row.is_acronym and row.nomenclature in {*TYPES, Nomenclature.CARE_MODE}]
    if typed in _TROUBLES or rows[0].key in _TROUBLES:
        return False
    return any(typed in {key, f"{key}s"} for key in named) or len(telling_form(rows[0].key).split()) >= LONG_NAME


def _between(tokens: Sequence[str], runs: Sequence[tuple[int, int, str]]) -> list[str]:
    return [token for one, other in pairwise(runs) for token in tokens[one[1] : other[0]]]
