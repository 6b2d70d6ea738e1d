"""« Que recherchez-vous ? »: coded terms when the text is the spelling of some, an identifier, or words (spec 40)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from common.round_trip import Statement, rows_together
from common.text import fold
from directory.enums import Nomenclature

from ..criteria import Within
from ..models import TERM_TIERS, Suggestion
from .gazette import NOWHERE, Gazette, begun_statement, places_statement
from .numbers import identifiers_in
from .spelling import (
    BEGINNING,
    WORD_LIMIT,
    WORDS_LIMIT,
    KeyRow,
    spellings_of,
    telling_form,
    types_in,
    words_of,
)
from .who import tells_who

LONGEST_RUN = 6  # words of a spelling inside a long text
GAPPED_WORDS = 16  # words of a text whose runs are also read with others left out between them
GAPPED_RUN, LONGEST_GAP = 3, 4  # words on each side of those left out; words left out
ALONE_BEGINNING = 4  # letters; a shorter word alone is read whole too: « SAS » is not « Sassi »
NAME_BEGINNING = 5  # letters; a shorter word begins no name: « père » is not « Perez »
SHORT_NUMBER = 3  # digits
ACRONYM = 6  # letters, in capitals or without a vowel
CODED, NAMED = "ABC", "AC"  # weights of the text of a document: all but the free text; the type and the names
OFFERED = "AB"  # the type and the coded offer
WITHIN_GROUPS: dict[Within, Suggestion.Group] = {
    Within.UNIT_TYPE: Suggestion.Group.UNIT_TYPE,
    Within.ACTIVITY: Suggestion.Group.ACTIVITY,
    Within.ACT: Suggestion.Group.ACT,
    Within.SPECIALISATION: Suggestion.Group.SPECIALISATION,
    Within.ENTITY: Suggestion.Group.ENTITY,
    Within.PRACTITIONER: Suggestion.Group.PRACTITIONER,
}
_TERM_LISTS = {Within.UNIT_TYPE, Within.ACTIVITY, Within.ACT, Within.SPECIALISATION}
_KNOWN = """
SELECT known.key, known.is_acronym, known.term_id, term.nomenclature
FROM search_termkey known JOIN directory_term term ON term.id = known.term_id
WHERE known.key = ANY(%(keys)s::varchar[])
UNION ALL
SELECT word, false, 0, '' FROM search_lexiconword WHERE word = ANY(%(words)s::varchar[])
UNION ALL
SELECT key, false, geographic_entity_id, %(entity)s FROM search_suggestion
WHERE "group" = %(entities)s AND key = %(text)s
UNION ALL
SELECT '', words @@ {whole}, term_id, %(listed)s FROM search_suggestion
WHERE "group" = %(group)s AND term_id IS NOT NULL AND words @@ {started}
ORDER BY 3, 1
"""
_LISTED = "listed"  # a term of one list that holds the words; ``is_acronym`` tells whether it holds them whole
_ENTITY = "entity"  # in the place of a nomenclature: the name of an establishment
_NO_VOWEL = re.compile(rf"[b-df-hj-np-tv-xz]{{2,{ACRONYM}}}")
_LIST = re.compile(r"[,;/•|+\n]|\s[-–—*]\s|\s(?:ou|et)\s", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """What the database knows of a text: spellings of terms, words met in what is published.

    ``within_ids``: the terms of the list asked for that hold the whole text. ``entity_ids``: establishments whose name
    is the whole text. ``activity_ids``: activities that hold it, when no list is asked for. ``places``: the places it
    names. ``gapped``: spellings met in it once words between are left out: « ehpad alzheimer » in « ehpad dame 85 ans
    alzheimer ».
    """

    rows: tuple[KeyRow, ...] = ()
    words: frozenset[str] = frozenset()
    within_ids: tuple[int, ...] = ()
    entity_ids: tuple[int, ...] = ()
    activity_ids: tuple[int, ...] = ()
    places: Gazette = NOWHERE
    gapped: tuple[KeyRow, ...] = ()

    @property
    def spellings(self) -> frozenset[str]:
        """The spellings of terms met in the text."""
        return frozenset(row.key for row in self.rows)

    def of_part(self) -> "Known":
        """What is known of a part of the text, whose words may be left out anywhere."""
        return Known((*self.rows, *self.gapped), self.words)


class Word(NamedTuple):
    """One word to find, as written or, unless it is an acronym, by its stem; ``starts``: or as the beginning of a word.

    Several words are to be found one after the other.
    ``weights``: the parts of the document it is looked for in, as letters of the text vector; empty is everywhere.
    ``start_weights``: those where it may be a beginning, when they are fewer.
    """

    text: str
    starts: bool = False
    weights: str = ""
    start_weights: str = ""
    is_acronym: bool = False


@dataclass(frozen=True)
class Match:
    """What documents must hold. All parts hold together; an empty one asks nothing.

    ``term_ids``: one of these terms. ``person_term_ids``: or, for practitioners, one of these. ``words``: every one.
    ``entity_ids``: one of these establishments. ``type_ids``: of units, those of these types alone.
    ``elsewhere``: terms of weaker lists that the text spells too, by list.
    ``identifiers``: one of these numbers. ``kind``: units (« uo ») or practitioners (« pro ») only.
    ``nothing``: a text that finds nothing: no letter nor digit, or no term of the list asked for.
    """

    term_ids: tuple[int, ...] = ()
    person_term_ids: tuple[int, ...] = ()
    words: tuple[Word, ...] = ()
    identifiers: tuple[str, ...] = ()
    kind: Literal["", "uo", "pro"] = ""
    nothing: bool = False
    entity_ids: tuple[int, ...] = ()
    elsewhere: tuple[tuple[Within, tuple[int, ...]], ...] = ()
    type_ids: tuple[int, ...] = ()

    @property
    def by_terms(self) -> bool:
        return bool(self.term_ids or self.person_term_ids)

    def weighed(self, weights: str) -> "Match":
        """The same words in these parts alone, of a unit of any type: ``NAMED``, ``OFFERED``."""
        words = tuple(word._replace(weights=weights, start_weights="") for word in self.words)
        return replace(self, words=words, type_ids=())


def known_keys(text: str, within: Within = Within.EVERYTHING) -> Known:
    """Look up the text: one query."""
    return known_among(text, within, rows_together(known_statements(text, within)))


def known_statements(text: str, within: Within, *, placed: bool = False) -> list[Statement]:
    """The statements whose rows ``known_among`` reads; none for a text without a letter nor a digit.

    ``placed``: the place is given apart, and no word begins one.
    """
    if not words_of(text):
        return []
    places = () if within else (places_statement(text), None if placed else begun_statement(text))
    return [_known_statement(text, within), *filter(None, places)]


def known_among(text: str, within: Within, read: Sequence[Sequence[tuple[Any, ...]]]) -> Known:
    """What rows of ``known_statements`` tell of the text. Pure."""
    if not read:
        return Known()
    words = words_of(text)
    found = [KeyRow(*row) for row in read[0]]
    spellings = [row for row in found if row.term_id and row.nomenclature not in {_ENTITY, _LISTED}]
    whole = _keys(text, _phrases(text))
    rows = tuple(row for row in spellings if row.key in whole)
    starts = not any(row.is_acronym and row.key in words for row in rows)
    listed = [row.term_id for row in found if row.nomenclature == _LISTED and (starts or row.is_acronym)]
    return Known(
        rows,
        frozenset(row.key for row in found if not row.term_id),
        tuple(listed) if within in _TERM_LISTS else (),
        tuple(row.term_id for row in found if row.nomenclature == _ENTITY),
        () if within else tuple(listed),
        Gazette.of(text, *read[1:]) if len(read) > 1 else NOWHERE,
        tuple(row for row in spellings if row.key not in whole),
    )


def _known_statement(text: str, within: Within) -> Statement:
    parameters: dict[str, Any] = {
        "listed": _LISTED,
        "group": WITHIN_GROUPS[within] if within in _TERM_LISTS else None if within else Suggestion.Group.ACTIVITY,
        "keys": sorted(_keys(text, [*_phrases(text), *(() if within else _gapped(text))])),
        "words": list(words_of(text)),
        "text": fold(text)[:255],
        "entity": _ENTITY,
        "entities": Suggestion.Group.ENTITY,
    }
    started = _listed_query(text, parameters, starts=True, prefix="l")
    whole = _listed_query(text, parameters, starts=False, prefix="m")
    return _KNOWN.format(whole=whole, started=started), parameters


def read_text(
    text: str, known: Known, within: Within = Within.EVERYTHING, mended: frozenset[str] = frozenset()
) -> Match:
    """Decide what ``text`` asks for, given what is known of it. Pure.

    A text that spells a type d'UO asks for this type; one that spells another term asks for its words in the type, the
    coded offer and the names, and so does a spelling inside a text (an acronym: in the type and the names only). In one
    list, a label asks for its term, other words for the terms that hold them. The whole name of establishments asks for
    them. Beside a type d'UO, words are looked for in units of this type. Words that were ``mended`` are read whole.
    """
    words = words_of(text)
    if not text or not words:
        return Match(nothing=bool(text))
    if within in _TERM_LISTS:
        exact = {row.term_id for row in known.rows if row.key == fold(text)}
        ids = tuple(term_id for term_id in known.within_ids if term_id in exact) or known.within_ids
        return Match(term_ids=ids, nothing=not ids)
    if known.entity_ids and (within == Within.ENTITY or (not within and not spelled(text, known.rows))):
        return Match(entity_ids=known.entity_ids, kind="uo")
    return _read_words(text, known, within, mended)


def _read_words(text: str, known: Known, within: Within, mended: frozenset[str]) -> Match:
    found = tuple(
        word._replace(starts=word.starts and word.text not in mended)
        for word in _all_words(words_of(text), known.words, acronyms_of(text, known.rows), in_names=bool(within))
    )
    if within == Within.ENTITY:
        return Match(words=tuple(word._replace(weights="C", start_weights="") for word in found), kind="uo")
    kind: Literal["", "pro"] = "pro" if within == Within.PRACTITIONER else ""
    named = _types(text, known.rows) or _listed_types(text, known.rows)
    others = _others(text, known.rows, named)
    if named and (others or not kind):  # of people a type d'UO says nothing: « ortho » begins their professions
        elsewhere = () if within else _elsewhere(text, known)
        return Match(term_ids=named, person_term_ids=others, kind=kind, elsewhere=elsewhere)
    if identifiers := identifiers_in(text):
        return Match(identifiers=identifiers, kind=kind)
    if kind:
        found = tuple(word._replace(start_weights="") for word in found)
    elif _names_mode(text, known.rows):
        return Match(words=(Word(fold(text), weights=CODED),))
    weights = _weights(text, known.rows)
    if weights:  # beside a term a short number names or counts: « ACT 12 »
        weights |= {word.text: NAMED for word in found if word.text.isdigit() and len(word.text) <= SHORT_NUMBER}
    told = None if within else types_in(text, known.rows)
    if told and told.is_list:  # « sdf lhss ou lam »: the types are told by their ids
        beside = {word for other in told.others for word in words_of(other)}
        found = tuple(word for word in found if word.text in beside)
    return Match(
        words=tuple(word._replace(weights=weights.get(word.text, "")) for word in found),
        kind=kind,
        type_ids=told.ids if told and told.is_structure else (),
    )


def text_query(words: Iterable[Word], parameters: dict[str, Any], *, prefix: str = "w", any_of: bool = False) -> str:
    """SQL of the text query that holds all these words, or any of them; adds what it names to ``parameters``."""
    pieces = []
    for place, word in enumerate(words):
        stem, written = f"{prefix}{place}", f"{prefix}{place}s"
        parameters[stem] = " <-> ".join(f"{one}:{word.weights}" if word.weights else one for one in word.text.split())
        if " " in word.text:
            pieces.append(f"to_tsquery('fr', %({stem})s)")
            continue
        flags = f"*{word.start_weights or word.weights}" if word.starts else word.weights
        parameters[written] = f"{word.text}:{flags}" if flags else word.text
        forms = [f"to_tsquery('{'simple' if word.is_acronym else 'fr'}', %({stem})s)"]
        if not word.is_acronym or word.starts:
            forms.append(f"to_tsquery('simple', %({written})s)")
        if word.start_weights and word.starts and not word.is_acronym:
            forms.append(f"to_tsquery('simple', %({stem})s)")
        pieces.append(f"({' || '.join(forms)})")
    return "(" + (" || " if any_of else " && ").join(pieces) + ")"


def acronyms_of(text: str, rows: Iterable[KeyRow] = ()) -> frozenset[str]:
    """Folded words that are acronyms: known ones, short words without a vowel, or in capitals among others. Pure.

    They have no stem (« CHRS » is not « CHR ») and begin no other word (« HAD » is not « Haddad »). A text all in
    capitals tells nothing, but for a single word.
    """
    found = {row.key for row in rows if row.is_acronym}
    typed = text.split()
    tells = len(typed) == 1 or any(word.upper() != word for word in typed)
    for word in typed:
        folded = fold(word)
        in_capitals = tells and word.isupper() and 1 < len(folded) <= ACRONYM
        if folded.isalpha() and (in_capitals or _NO_VOWEL.fullmatch(folded)):
            found.add(folded)
    return frozenset(found)


def _all_words(
    words: tuple[str, ...], met: frozenset[str], acronyms: frozenset[str], *, in_names: bool
) -> tuple[Word, ...]:
    """The last word may be a beginning, and so may one that is met nowhere as a word (« gynéco obstétrique »).

    ``in_names``: they are looked for in the list of establishments or of people alone, where three letters are enough.
    """
    last = len(words) - 1
    found = []
    for place, word in enumerate(words):
        least = BEGINNING if last or in_names else ALONE_BEGINNING
        starts = len(word) >= least and (place == last or word not in met)
        starts = starts and word not in acronyms
        start_weights = OFFERED if starts and len(word) < NAME_BEGINNING and not word.isdigit() else ""
        found.append(Word(word, starts, start_weights=start_weights, is_acronym=word in acronyms))
    return tuple(found)


def _listed_query(text: str, parameters: dict[str, Any], *, starts: bool, prefix: str = "l") -> str:
    """SQL of the query of a text in one list of terms, each word a beginning if ``starts``; « pédo-psy » is a word."""
    words = [Word(word, starts=starts and len(word) > 1) for word in words_of(text)]
    query = text_query(words, parameters, prefix=prefix)
    joined = _joined(text)
    if "-" not in text or " " in joined or not joined:
        return query
    return f"({query} || {text_query([Word(joined[:WORD_LIMIT], starts)], parameters, prefix=f'{prefix}j')})"


def spelled(text: str, rows: Iterable[KeyRow]) -> list[KeyRow]:
    """Spellings that are the whole text; a single word as typed before its other number.

    Several words are one spelling whatever their number and small words: the full name of an acronym finds all that
    the acronym does.
    """
    folded = fold(text)
    spellings = {*spellings_of(folded), _joined(text)}
    whole = [row for row in rows if row.key in spellings]
    exact = [row for row in whole if row.key == folded]
    return whole if " " in telling_form(folded) else exact or whole


def _names_mode(text: str, rows: Iterable[KeyRow]) -> bool:
    """Whether the text is the full name of a mode and of nothing else: « hospitalisation à domicile », as « HAD »."""
    whole = spelled(text, rows)
    is_mode = bool(whole) and all(row.nomenclature == Nomenclature.CARE_MODE for row in whole)
    return is_mode and " " in telling_form(fold(text))


def _joined(text: str) -> str:
    """« pédo-psy » and « pedopsy » are one spelling."""
    return fold(text.replace("-", ""))[:255]


def _types(text: str, rows: Iterable[KeyRow]) -> tuple[int, ...]:
    """Types d'UO that the whole text spells: no weaker list is looked at then."""
    strongest = TERM_TIERS[0]
    return tuple(sorted({row.term_id for row in spelled(text, rows) if row.nomenclature in strongest}))


def _listed_types(text: str, rows: Iterable[KeyRow]) -> tuple[int, ...]:
    """Types d'UO that a list spells one by one, any of which is asked for: « SSR, USLD », « - ACT - LHSS »."""
    told = types_in(text, rows)
    if told and told.is_list and not told.others:
        return told.ids
    parts = [part for part in _LIST.split(f" {text} ") if fold(part)]
    found = [_types(part, rows) for part in parts]
    return tuple(sorted({term_id for ids in found for term_id in ids})) if len(parts) > 1 and all(found) else ()


def _others(text: str, rows: Iterable[KeyRow], named: tuple[int, ...]) -> tuple[int, ...]:
    """The other terms that the text spells, which practitioners answer to."""
    return tuple(sorted({row.term_id for row in spelled(text, rows)} - set(named)))


def _elsewhere(text: str, known: Known) -> tuple[tuple[Within, tuple[int, ...]], ...]:
    """The activities that hold the text too, those that it spells alone: what it asks for in their list."""
    exact = {row.term_id for row in known.rows if row.key == fold(text)}
    ids = tuple(term_id for term_id in known.activity_ids if term_id in exact) or known.activity_ids
    return ((Within.ACTIVITY, ids),) if ids else ()


def _phrases(text: str) -> list[str]:
    """Every run of words of a text, folded; those of a few words in a long one."""
    words = fold(text).split()[: 2 * WORDS_LIMIT]
    count = len(words)
    longest = count if count <= WORDS_LIMIT else LONGEST_RUN
    runs = [
        " ".join(words[start:end])[:255]
        for start in range(count)
        for end in range(start + 1, min(count, start + longest) + 1)
    ]
    return [*runs, fold(text)[:255]]


def _gapped(text: str) -> list[str]:
    """Runs of words of a text, folded, with a few left out inside that say who it is for."""
    words = fold(text).split()[:GAPPED_WORDS]
    count = len(words)
    who = tells_who(words, set())
    return [
        " ".join([*words[start:left], *words[again:end]])[:255]
        for start in range(count)
        for left in range(start + 1, min(count, start + GAPPED_RUN + 1))
        for again in range(left + 1, min(count, left + LONGEST_GAP + 1))
        if not who.isdisjoint(range(left, again))
        for end in range(again + 1, min(count, again + GAPPED_RUN) + 1)
    ]


def _keys(text: str, phrases: Iterable[str]) -> set[str]:
    """The spellings to look up for these runs of words of a text."""
    return {_joined(text), *(variant for key in phrases for variant in spellings_of(key))}


def _weights(text: str, rows: tuple[KeyRow, ...]) -> dict[str, str]:
    """Where each word is looked for: those of a spelling met in the text not in the free text."""
    by_key: dict[str, str] = {}
    for row in rows:
        names_type = row.is_acronym and row.nomenclature in TERM_TIERS[0]
        by_key[row.key] = NAMED if names_type else by_key.get(row.key, CODED)
    found: dict[str, str] = {}
    for phrase in sorted(_phrases(text), key=len, reverse=True):
        for spelling in spellings_of(phrase):
            if spelling in by_key:
                for word in phrase.split():
                    found.setdefault(word, by_key[spelling])
    return found
