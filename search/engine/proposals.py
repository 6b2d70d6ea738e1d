"""Other readings of a text, each with its count: a place at its end, who it is for, weaker lists (spec 40)."""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from accounts.roles import Permission
from common.french import NBSP
from common.text import fold
from directory.scopes import Scope
from directory.territory.places import Place
from directory.territory.wording import around_place

from ..criteria import DISTANCES, SearchCriteria
from ..criteria_words import WITHIN_WORDS
from ..words.ending import place_begun, place_inside, split_place, whole_places
from ..words.lexicon import mended
from ..words.matching import Match, read_text
from ..words.quantities import asks_for_a_place, asks_for_fresh, kilometres_in, without_quantities
from ..words.reading import Reading
from ..words.reduced import read_at_once
from ..words.sentence import tells_nothing
from ..words.spelling import is_linking, words_of
from ..words.who import needs_counted, needs_in, who_in
from .conditions import Asked
from .counts import Lines
from .outcome import Outcome, Variant

OTHERS_OFFERED = 2  # needs of a sentence that were left aside
FEW_LINES = 45  # found by a word that begins the name of a place; « maison » finds many, and is not Maison-Rouge
PLACES_OFFERED = 3  # that a text may name beside a person
EVERYWHERE = "dans toute la région"


def proposed(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> list[tuple[str, Asked]]:
    """What else the text may ask for, to be counted with ``counts_statement``. No query."""
    if outcome.resolution.problem or not criteria.what:
        return []
    for_a_person = list(_for_a_person(criteria, outcome, scope, now))
    return [
        *(for_a_person or _for_whom(criteria, outcome, scope, now)),
        *_other_needs(criteria, outcome, scope, now),
        *_in_other_lists(criteria, outcome, scope, now),
        *_nearly_named(criteria, outcome, scope, now),
        *_at_a_place(criteria, outcome, scope, now),
        *_around(criteria, outcome, scope, now),
    ]


def counted(searches: Sequence[tuple[str, Asked]], counts: Iterable[Lines]) -> tuple[Variant, ...]:
    """Those of these searches that find something."""
    return tuple(
        Variant(label, asked.criteria, *lines)
        for (label, asked), lines in zip(searches, counts, strict=True)
        if lines.total
    )


def _for_a_person(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« femme 30 ans avec chien Nanterre ce soir », « PMR », « 2 places »: only a person, a free place and a place."""
    reading = outcome.reading
    if reading is None or criteria.exact or criteria.within or reading.match.by_terms:
        return
    is_free = asks_for_a_place(criteria.what)
    for text, place in _places_beside(criteria, outcome, reading):
        found = who_in(_with_needs(text, reading), criteria.needs)
        if not (found or is_free) or not _says_nothing_else(found.text if found else text):
            continue
        where = place.text if place else ""
        needs = found.needs if found else criteria.needs
        tried = replace(criteria.replaced(what="", where=where, needs=needs, free=is_free or criteria.free), sort=None)
        asked = Asked.of(tried, Match(), place, scope.coverage(Permission.SENSITIVE_READ), now)
        told = (("avec une place libre",) * is_free) + ((f"pour{NBSP}: {', '.join(found.words)}",) if found else ())
        yield f"Chercher {around_place(place) if place else EVERYWHERE}, {', '.join(told)}", asked


def _says_nothing_else(text: str) -> bool:
    words = fold(text).split()
    silent = tells_nothing(text)
    if asks_for_a_place(text):
        silent |= {word for word in words if word.isdigit() or asks_for_a_place(word)}
    return all(is_linking(word) or word in silent for word in words)


def _places_beside(criteria: SearchCriteria, outcome: Outcome, reading: Reading) -> list[tuple[str, Place | None]]:
    """What a text tells beside a place, and this place; those it may name; none when it names none."""
    if reading.place:
        return [(" ".join((reading.text, *reading.dropped, *reading.aside)), reading.place)]
    uncounted = without_quantities(criteria.what, reading.known.spellings)
    text = uncounted.text if uncounted else criteria.what
    if outcome.place:
        return [(text, outcome.place)]
    tokens = text.split()
    if named := place_inside(text, reading.known.places):
        left, found = named
    elif begun := place_begun(tokens, words_of(text), reading.known.places):
        left, found = [*tokens[: begun.start], *tokens[begun.end :]], begun.found
    else:
        return [(text, None)]
    return [(" ".join(left), one) for one in ([found.place] if found.place else found.choices[:PLACES_OFFERED])]


def _with_needs(text: str, reading: Reading) -> str:
    """The text and the needs that were left out of it with quantities: ages, children, a single room."""
    return " ".join(filter(None, (text, needs_counted(reading.counted, text))))


def _for_whom(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« lhss couple avec chien »: « lhss », and a couple with an animal as needs, which class and explain."""
    reading = outcome.reading
    if reading is None or reading.match.identifiers or reading.match.entity_ids or criteria.exact or criteria.within:
        return
    if reading.match.by_terms and not (reading.aside or reading.counted or reading.dropped):
        return
    spelled = fold(reading.text) if reading.aside else ""
    spellings = {key for key in reading.known.spellings if not spelled or key in spelled} if outcome.groups else ()
    told = _with_needs(" ".join((reading.text, *reading.dropped, *reading.aside)), reading)
    found = needs_in(told, criteria.needs, spellings)
    filters = _filters_told(reading, outcome.place)
    if found is None and not filters:
        return
    if reading.aside or found is None:
        text, match, place = reading.text, reading.match, outcome.place
    else:
        ending = None if outcome.place else split_place(found.text, reading.known.places)
        place = outcome.place or (ending[1].place if ending else None)
        text = ending[0] if ending and place else found.text
        match = read_text(text, reading.known.of_part(), mended=reading.mended)
    changes = {name: value for name, value, _ in filters}
    changes |= {"needs": found.needs} if found else {}
    changes |= {} if criteria.where else {"sort": None}
    tried = criteria.replaced(what=text, where=place.text if place else "", **changes)
    there = f" {around_place(place)}" if place else ""
    words = [*(words for _, _, words in filters), *(found.words if found else ())]
    label = f"Préciser{NBSP}: {', '.join(words)}, pour «{NBSP}{text}{NBSP}»{there}"
    yield label, Asked.of(tried, match, place, scope.coverage(Permission.SENSITIVE_READ), now)


def _filters_told(reading: Reading, place: Place | None) -> list[tuple[str, Any, str]]:
    """Filters that the words left out ask for, each by its name, its value and its words: « 2 places », « 5 km »."""
    found: list[tuple[str, Any, str]] = []
    left = [*reading.counted, *reading.aside, *reading.dropped]
    if any(asks_for_a_place(text) for text in left):
        found.append(("free", True, "une place libre"))
    if any(asks_for_fresh(text) for text in reading.counted):
        found.append(("fresh", True, "à jour"))
    if radius := _radius_told(reading, place):
        found.append(("distance_km", radius, _at_most(radius)))
    return found


def _radius_told(reading: Reading, place: Place | None) -> int:
    """The distance to a place that the words left out tell, as the page offers it; 0 when none is told."""
    kilometres = next(filter(None, map(kilometres_in, reading.counted)), 0)
    radius = next((step for step in DISTANCES if step >= kilometres), 0)
    return radius if kilometres and place and place.point else 0


def _at_most(radius: int) -> str:
    return f"à {radius}{NBSP}km au plus"


def _other_needs(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« femme enceinte sans logement » read as « femme enceinte »: « sans logement », at the same place."""
    reading = outcome.reading
    for text in reading.others[:OTHERS_OFFERED] if reading else ():
        read = read_at_once(text, reading.known.of_part(), placed=outcome.place is not None)
        where = outcome.place.text if outcome.place else ""
        there = f" {around_place(outcome.place)}" if outcome.place else ""
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


def _nearly_named(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« lhss belatrix »: « lhss bellatrix », for beside a need a word that nothing holds is not read as a name."""
    reading = outcome.reading
    typed = " ".join((reading.text, *reading.dropped)) if reading and reading.place else criteria.what
    if reading is None or not (correction := mended(typed, dict(reading.near))):
        return
    known = reading.known.of_part()
    known = replace(known, words=known.words | correction.words)
    match = read_at_once(correction.text, known, placed=outcome.place is not None)
    where = outcome.place.text if outcome.place else ""
    there = f" {around_place(outcome.place)}" if outcome.place else ""
    tried = criteria.replaced(what=correction.text, where=where)
    asked = Asked.of(tried, match, outcome.place, scope.coverage(Permission.SENSITIVE_READ), now)
    yield f"«{NBSP}{correction.text}{NBSP}»{there}", asked


def _at_a_place(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« ehpad nanterre » with nothing under « Où ? »: what comes before the place, around it, as near as told."""
    reading = outcome.reading
    if reading is None or criteria.zone:
        return
    for text, place in reading.choices:
        read = read_at_once(text, reading.known.of_part(), placed=True)
        radius = _radius_told(reading, place)
        told = (radius, 0) if radius and len(reading.choices) == 1 else (radius,)
        for distance in () if read.nothing else told:
            tried = criteria.replaced(what=text, where=place.text, distance_km=distance or criteria.distance_km)
            there = f"{around_place(place)}{f', {_at_most(distance)}' if distance else ''}"
            label = f"«{NBSP}{text}{NBSP}» {there}" if text else f"Chercher {there}"
            asked = Asked.of(replace(tried, sort=None), read, place, scope.coverage(Permission.SENSITIVE_READ), now)
            yield label, asked


def _around(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Iterator[tuple[str, Asked]]:
    """« Juziers », « Vitry » with nothing under « Où ? »: everything around Juziers, around Vitry-sur-Seine."""
    reading = outcome.reading
    if reading is None or criteria.where or criteria.zone or criteria.within:
        return
    if reading.place:
        return
    text = reading.text if reading.correction or reading.counted or reading.aside else criteria.what
    met = reading.known.places
    named = whole_places(criteria.what, met, begins=False)  # « paris 10e », of which « paris » finds something
    for place in named or whole_places(text, met, begins=outcome.lines <= FEW_LINES):
        tried = replace(criteria.replaced(what="", where=place.text), sort=None, exact=False)
        asked = Asked.of(tried, Match(), place, scope.coverage(Permission.SENSITIVE_READ), now)
        yield f"Chercher {around_place(place)}", asked
