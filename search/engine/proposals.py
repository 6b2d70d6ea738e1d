"""Other readings of a text, each with its count: its last words as a place, the weaker lists it spells (spec 40)."""

import datetime
from collections.abc import Iterator
from dataclasses import replace

from accounts.roles import Permission
from common.french import NBSP
from directory.scopes import Scope

from ..criteria import SearchCriteria, Within
from ..criteria_words import WITHIN_WORDS
from ..words.matching import Match, known_keys, read_text
from ..words.where import place_at_end
from .conditions import Asked
from .counts import count_lines
from .outcome import Outcome, Variant


def proposals_of(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> tuple[Variant, ...]:
    """What else the text may ask for, when it finds something. No query for most texts, one to five for the others."""
    if outcome.resolution.problem or not criteria.what:
        return ()
    asked = [*_in_other_lists(criteria, outcome, scope, now), *_at_a_place(criteria, outcome.match, scope, now)]
    counts = count_lines([search for _, search in asked])
    return tuple(
        Variant(label, search.criteria, count) for (label, search), count in zip(asked, counts, strict=True) if count
    )


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
    criteria: SearchCriteria, match: Match, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« ehpad nanterre » with nothing under « Où ? »: what comes before the place, around it."""
    is_plain = not criteria.where and not criteria.within and not criteria.zone
    if not is_plain or match.by_terms or match.identifiers or match.entity_ids:
        return
    found = place_at_end(criteria.what)
    if found is None:
        return
    text, place = found
    read = read_text(text, known_keys(text), Within.EVERYTHING)
    if read.nothing:
        return
    tried = replace(criteria.replaced(what=text, where=place.text), sort=None)
    label = f"«{NBSP}{text}{NBSP}» à {place.label}"
    yield label, Asked.of(tried, read, place, scope.coverage(Permission.SENSITIVE_READ), now)
