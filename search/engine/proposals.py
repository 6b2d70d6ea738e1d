"""Other readings of a text, each with its count: a place at its end, who it is for, weaker lists (spec 40)."""

import datetime
from collections.abc import Iterator
from dataclasses import replace

from accounts.roles import Permission
from common.french import NBSP
from common.text import fold
from directory.scopes import Scope
from directory.territory.wording import at_place

from ..criteria import SearchCriteria
from ..criteria_words import WITHIN_WORDS
from ..words.matching import Match, read_text
from ..words.reading import understand
from ..words.who import needs_in
from .conditions import Asked
from .counts import count_lines
from .outcome import Outcome, Variant

OTHERS_OFFERED = 2  # needs of a sentence that were left aside


def proposals_of(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> tuple[Variant, ...]:
    """What else the text may ask for. No query for most texts; one, and those of a reading, for the others."""
    if outcome.resolution.problem or not criteria.what:
        return ()
    asked = [
        *_for_whom(criteria, outcome, scope, now),
        *_other_needs(criteria, outcome, scope, now),
        *_in_other_lists(criteria, outcome, scope, now),
        *_at_a_place(criteria, outcome, scope, now),
    ]
    counts = count_lines([search for _, search in asked])
    return tuple(
        Variant(label, search.criteria, count) for (label, search), count in zip(asked, counts, strict=True) if count
    )


def _for_whom(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« lhss couple avec chien »: « lhss », and a couple with an animal as needs, which class and explain."""
    reading = outcome.reading
    if reading is None or reading.match.identifiers or reading.match.entity_ids or criteria.exact or criteria.within:
        return
    if reading.match.by_terms and not reading.aside:
        return
    spelled = fold(reading.text) if reading.aside else ""
    spellings = {key for key in reading.known.spellings if not spelled or key in spelled} if outcome.groups else ()
    found = needs_in(" ".join((reading.text, *reading.dropped, *reading.aside)), criteria.needs, spellings)
    if found is None:
        return
    if reading.aside:
        text, rest = reading.text, reading
    else:
        text, rest = found.text, understand(found.text, criteria.within, exact=False, placed=bool(outcome.place))
    where = outcome.place.text if outcome.place else ""
    tried = criteria.replaced(what=text, where=where, needs=found.needs)
    place = outcome.place or rest.place
    there = f" {at_place(place)}" if place else ""
    label = f"Préciser{NBSP}: {', '.join(found.words)}, pour «{NBSP}{rest.text}{NBSP}»{there}"
    yield label, Asked.of(tried, rest.match, place, scope.coverage(Permission.SENSITIVE_READ), now)


def _other_needs(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« femme enceinte sans logement » read as « femme enceinte »: « sans logement », at the same place."""
    reading = outcome.reading
    for text in reading.others[:OTHERS_OFFERED] if reading else ():
        read = read_text(text, reading.known.of_part())
        where = outcome.place.text if outcome.place else ""
        there = f" {at_place(outcome.place)}" if outcome.place else ""
        tried = criteria.replaced(what=text, where=where)
        asked = Asked.of(tried, read, outcome.place, scope.coverage(Permission.SENSITIVE_READ), now)
        yield f"«{NBSP}{text}{NBSP}»{there}", asked


def _in_other_lists(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« pédopsy » names a type d'UO, and activities that other types exercise."""
    coverage = scope.coverage(Permission.SENSITIVE_READ)
    for within, term_ids in outcome.match.elsewhere:
        match = Match(term_ids=term_ids)
        label = f"«{NBSP}{criteria.what}{NBSP}» dans la rubrique {WITHIN_WORDS[within]}"
        yield label, Asked.of(criteria.replaced(within=within), match, outcome.place, coverage, now)


def _at_a_place(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« ehpad nanterre » with nothing under « Où ? »: what comes before the place, around it."""
    reading = outcome.reading
    if reading is None or criteria.zone:
        return
    for text, place in reading.choices:
        read = read_text(text, reading.known.of_part())
        if not read.nothing:
            tried = replace(criteria.replaced(what=text, where=place.text), sort=None)
            label = f"«{NBSP}{text}{NBSP}» {at_place(place)}"
            yield label, Asked.of(tried, read, place, scope.coverage(Permission.SENSITIVE_READ), now)
