"""Nothing was found: which criterion empties the list, and what its removal would find (spec 40, Zero-result help)."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from accounts.roles import Permission
from availability.guichet.needs import Needs, Who
from common.french import NBSP, age, number
from common.text import fold
from directory.scopes import Scope
from directory.territory.places import Place
from directory.territory.wording import around_place

from ..criteria import DISTANCES, SearchCriteria, Within
from ..words.gazette import without_links
from ..words.matching import Known, Match, read_text
from ..words.reading import Reading, understand
from ..words.reduced import is_settled, read_at_once
from ..words.sentence import tells_nothing
from ..words.spelling import is_linking, trimmed, words_of
from .conditions import USUAL_RADIUS_KM, Asked
from .counts import Lines, count_lines
from .outcome import Variant

TRIALS_LIMIT = 12  # searches counted in one query
LONGEST_COUNT = "600ms"  # of one query: help that comes late is no help
VARIANTS_SHOWN = 6
WORDS_TRIED = 4
BEGINNINGS_TRIED = 4  # of the text, the longest first
WIDER_TRIED = 2  # greater distances
_WHO = {
    who: f"«{NBSP}{words}{NBSP}»"
    for who, words in ((Who.MAN, "Homme"), (Who.WOMAN, "Femme"), (Who.COUPLE, "Couple ou famille"))
}

Trial = tuple[str, SearchCriteria]


def variants_of(
    criteria: SearchCriteria,
    place: Place | None,
    read_as: Reading,
    scope: Scope,
    now: datetime.datetime,
    beside: Sequence[Asked] = (),
) -> tuple[tuple[Variant, ...], list[Lines]]:
    """What finds something once one criterion is dropped or widened; when none does, once all the filters are.

    ``place`` and ``read_as``: how the place and the text as they stand are understood. One query, and those of the
    reading of a text that was searched for exactly. Nothing is offered when counting takes longer than LONGEST_COUNT.
    ``beside``: other searches to count in the same query, whose counts are returned last.
    """
    is_whole = not read_as.is_changed or (read_as.correction and read_as.correction.text == read_as.text)
    known = read_as.known if is_whole else read_as.known.of_part()
    single = [(label, tried) for label, tried in _single_trials(criteria, place) if tried.given][: TRIALS_LIMIT - 1]
    bare = _without_filters(criteria)
    is_other = bare.given and bare not in [criteria, *(tried for _, tried in single)]
    trials = [*single, *([("sans aucun filtre", bare)] if is_other else ()), *_one_word_trials(criteria)]
    coverage = scope.coverage(Permission.SENSITIVE_READ)
    searches = [
        (label, Asked.of(tried, read.match, place or read.place, coverage, now))
        for label, tried, read in _mended(criteria, read_as)
    ]
    single = [*single, *((label, asked.criteria) for label, asked in searches)]
    for label, tried in trials:
        tried, match = _as_read(tried, criteria, read_as, known)
        if not match.nothing:
            searches.append((label, Asked.of(tried, match, place if tried.where else None, coverage, now)))
    counts = count_lines([*(asked for _, asked in searches), *beside], longest=LONGEST_COUNT)
    found = [
        Variant(label, asked.criteria, *lines)
        for (label, asked), lines in zip(searches, counts, strict=False)
        if lines.total
    ]
    return _chosen(found, dict(single), criteria), counts[len(searches) :]


def _as_read(
    tried: SearchCriteria, criteria: SearchCriteria, read_as: Reading, known: Known
) -> tuple[SearchCriteria, Match]:
    """What is offered and what its text asks for, as its page will read it: no query."""
    if (tried.what, tried.within) == (criteria.what, criteria.within) and not read_as.is_changed:
        return tried, read_as.match
    if not (tried.exact or tried.within):
        match = read_at_once(tried.what, known, placed=bool(tried.where))
        words = words_of(tried.what)
        is_plain = tells_nothing(tried.what).isdisjoint(words) and not (criteria.within and len(words) > 1)
        if is_settled(match) or is_plain:
            return tried, match
        tried = tried.replaced(exact=True)  # something of it could be left aside, and more be found than is counted
    match = read_text(tried.what, known, tried.within)
    return tried, replace(match, type_ids=()) if tried.exact else match


def _chosen(found: Sequence[Variant], single: Mapping[str, object], criteria: SearchCriteria) -> tuple[Variant, ...]:
    """Those that drop one criterion, by their labels in ``single``; when it is the text, parts of it first."""
    alone = [variant for variant in found if variant.label in single]
    if not alone or (criteria.what and not any(variant.criteria.what for variant in alone)):
        alone = [*_longest([variant for variant in found if variant not in alone], criteria), *alone]
    return tuple(_telling(alone)[:VARIANTS_SHOWN])


def farther_of(
    criteria: SearchCriteria, place: Place | None, match: Match, scope: Scope, now: datetime.datetime
) -> tuple[Variant, ...]:
    """What greater distances find, for a search that found only places whose distance may not be told.

    One query.
    """
    coverage = scope.coverage(Permission.SENSITIVE_READ)
    trials = list(_distance_trials(criteria, place))
    searches = [Asked.of(tried, match, place, coverage, now) for _, tried in trials]
    counts = count_lines(searches)
    found = [Variant(label, tried, *lines) for (label, tried), lines in zip(trials, counts, strict=True) if lines.total]
    return tuple(_telling(found))


def _mended(criteria: SearchCriteria, read_as: Reading) -> Iterator[tuple[str, SearchCriteria, Reading]]:
    """The text understood, when it was searched for exactly."""
    if criteria.exact:
        known = read_as.known
        read = understand(criteria.what, criteria.within, exact=False, placed=bool(criteria.where), known=known)
        if read.is_changed:
            meant = f"«{NBSP}{read.text}{NBSP}»{f' {around_place(read.place)}' if read.place else ''}"
            label = f"sans «{NBSP}orthographe exacte{NBSP}»{NBSP}: {meant}"
            yield label, criteria.replaced(exact=False), read


def _longest(found: Sequence[Variant], criteria: SearchCriteria) -> list[Variant]:
    """Of the parts of the text, only the longest of several words: shorter ones say less."""
    parts = [variant for variant in found if variant.criteria.what not in {"", criteria.what}]
    longest = next((variant for variant in parts if " " in variant.criteria.what), None)
    return [variant for variant in found if longest in {None, variant} or variant not in parts]


def _telling(found: Sequence[Variant]) -> list[Variant]:
    """Without the greater distances that find nothing more than a smaller one."""
    kept: list[Variant] = []
    for variant in found:
        same = kept[-1] if kept and variant.criteria == _at_distance_of(kept[-1], variant) else None
        if same is None or variant.count > same.count:
            kept.append(variant)
    return kept


def _at_distance_of(one: Variant, other: Variant) -> SearchCriteria:
    return one.criteria.replaced(distance_km=other.criteria.distance_km, anywhere=other.criteria.anywhere)


def _without_filters(criteria: SearchCriteria) -> SearchCriteria:
    """The place and the text alone, shown the same way."""
    return SearchCriteria(criteria.where, criteria.what, sort=criteria.sort, view=criteria.view)


def _single_trials(criteria: SearchCriteria, place: Place | None) -> Iterator[Trial]:
    """The search without each of its criteria in turn, those that most often empty a list first."""
    yield from _filter_trials(criteria)
    yield from _distance_trials(criteria, place)
    if criteria.hides_unfit and criteria.has_needs:
        yield from _need_trials(criteria)
    if criteria.within:
        yield "dans toutes les rubriques", criteria.replaced(within=Within.EVERYTHING)
    rest = criteria.replaced(where="", distance_km=None, anywhere=False)
    if place and place.point is None and rest.given:
        yield f"dans tout le ROR, pas seulement «{NBSP}{place.label}{NBSP}»", rest
    yield from _text_trials(criteria)


def _distance_trials(criteria: SearchCriteria, place: Place | None) -> Iterator[Trial]:
    """Greater distances than the one asked, or than the usual one, which filters do not lift."""
    is_usual = place is not None and place.point is not None and not (criteria.anywhere or criteria.zone)
    reach = criteria.distance_km or (
        USUAL_RADIUS_KM if is_usual and (criteria.is_refined or criteria.hides_unfit) else 0
    )
    if not reach:
        return
    for step in [step for step in DISTANCES if step > reach][:WIDER_TRIED]:
        yield f"rayon de {number(step)}{NBSP}km", criteria.replaced(distance_km=step)
    yield "sans limite de distance", criteria.replaced(distance_km=None, anywhere=True)


def _filter_trials(criteria: SearchCriteria) -> Iterator[Trial]:
    for facet, _ in criteria.chosen:
        yield f"sans le filtre «{NBSP}{facet.label}{NBSP}»", criteria.refined(facet, ())
    if criteria.free:
        yield "sans demander une place libre", criteria.replaced(free=False)
    if criteria.fresh:
        yield "sans demander un chiffre à jour", criteria.replaced(fresh=False)
    if criteria.open_on:
        yield "sans le filtre d’ouverture", criteria.replaced(open_on=None)
    if criteria.zone:
        yield "hors de la zone de la carte", criteria.replaced(zone=None)


def _need_trials(criteria: SearchCriteria) -> Iterator[Trial]:
    needs = criteria.needs
    without: list[tuple[str, Needs]] = [
        (_WHO.get(needs.who, ""), replace(needs, who=Who.ANYBODY)),
        ("" if needs.age is None else f"l’âge ({age(needs.age)})", replace(needs, age=None)),
        ("PMR" if needs.accessible else "", replace(needs, accessible=False)),
        ("chambre individuelle" if needs.single_room else "", replace(needs, single_room=False)),
        ("animal" if needs.animal else "", replace(needs, animal=False)),
        ("la date du besoin" if needs.on else "", replace(needs, on=None)),
    ]
    told = [(words, left) for words, left in without if words]
    for words, left in told if len(told) > 1 else ():
        yield f"sans {words}", criteria.replaced(needs=left)
    yield "avec ce qui ne convient pas", criteria.replaced(hides_unfit=False)


def _one_word_trials(criteria: SearchCriteria) -> Iterator[Trial]:
    """The beginning of the text, then each word alone, for when a single one dropped is not enough.

    A need is told first, for whom after: « lits halte soins santé couple avec chien ».
    """
    telling = words_of(criteria.what)
    typed = criteria.what.split()
    places = [place for place, word in enumerate(typed) if any(part in telling for part in fold(word).split())]
    if len(places) > 2 and not criteria.within:
        beginnings = [" ".join(typed[: place + 1]) for place in places[-2:0:-1]]
        words = dict.fromkeys(typed[place] for place in places)
        for text in (*_named(beginnings)[:BEGINNINGS_TRIED], *_named(words)[:WORDS_TRIED]):
            yield f"seulement «{NBSP}{trimmed(text)}{NBSP}»", criteria.replaced(what=trimmed(text))


def _named(texts: Iterable[str]) -> list[str]:
    """The texts that are more than numbers."""
    return [text for text in texts if not fold(text).replace(" ", "").isdigit()]


def _text_trials(criteria: SearchCriteria) -> Iterator[Trial]:
    """Each word dropped, then all of them."""
    words = criteria.what.split()
    telling = [place for place, word in enumerate(words) if words_of(word) and not is_linking(word)]
    if len(telling) > 1 and not criteria.within:
        for place in telling[:WORDS_TRIED]:
            left = without_links([word for other, word in enumerate(words) if other != place])
            if not all(word.isdigit() for word in left):
                yield f"sans «{NBSP}{trimmed(words[place])}{NBSP}»", criteria.replaced(what=" ".join(left))
    rest = criteria.replaced(what="", within=Within.EVERYTHING)
    if criteria.what and rest.given:
        yield f"sans le texte «{NBSP}{criteria.what}{NBSP}»", rest
