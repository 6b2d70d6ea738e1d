"""What a text comes to before anything of it is looked for (spec 40): who asks, what is refused, for whom. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from .ending import separated, split_place, without_excluded, without_street
from .matching import Known, Match, read_text
from .numbers import number_in
from .quantities import without_quantities
from .sentence import is_anybody, tells_nothing, without_persons
from .speaker import without_refused, without_relative, without_speaker
from .spelling import KeyRow, ToldTypes, bare, types_in, words_of


def is_settled(match: Match) -> bool:
    """Tell whether a text is read as it is: the spelling of a type, the name of an establishment, an identifier."""
    is_phrase = any(" " in word.text for word in match.words)  # the full name of a mode
    return bool(match.by_terms or match.identifiers or match.entity_ids or is_phrase)


def unsaid(text: str, known: Known) -> tuple[str, str] | None:
    """A text without who asks, what it excludes, a street or the relative in need, and the words for it."""
    found = without_speaker(text) or without_excluded(text, known.places) or without_street(text, known.places)
    return found or without_relative(text) or without_refused(text, known.spellings)


def beside_persons(text: str, known: Known, *, placed: bool) -> tuple[str, tuple[str, ...]] | None:
    """A text without who a type d'UO is asked for, and these words; none of them in the place at its end (Méré)."""
    ending = None if placed else split_place(text, known.places)
    head = ending[0].split() if ending else text.split()
    found = without_persons(" ".join(head), known.rows, known.gapped)
    return (" ".join((found[0], *text.split()[len(head) :])), found[1]) if found else None


def types_alone(text: str, rows: Iterable[KeyRow]) -> ToldTypes | None:
    """The types d'UO or professions that a text tells, when its other words name no need: « kiné enfant »."""
    told = types_in(text, rows)
    silent = tells_nothing(text)
    is_alone = told and told.others and all(bare(word) in silent or is_anybody(bare(word)) for word in told.others)
    return told if is_alone else None


def read_at_once(text: str, known: Known, *, placed: bool) -> Match:
    """What a text that finds something asks for, as ``understand`` reads it, without a query.

    ``known``: what is known of it. Words of it that nothing published holds are not left out, nor a place at its end.
    """
    text = separated(text)
    while not is_settled(match := read_text(text, known)) and number_in(text) is None:
        if said := unsaid(text, known):
            text = said[0]
        elif uncounted := without_quantities(text, known.spellings):
            text = uncounted.text
        elif beside := beside_persons(text, known, placed=placed):
            text = beside[0]
            known = replace(known, rows=known.of_part().rows, gapped=())
        else:
            break
        known = replace(known, entity_ids=(), activity_ids=())
    told = None if any(word.isdigit() for word in words_of(text)) else types_alone(text, known.rows)
    return read_text(told.text, known.of_part()) if told and not is_settled(match) else match
