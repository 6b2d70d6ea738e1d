"""« Que recherchez-vous ? » understood: as typed, else mended, else its last words a place, or without strange words.

Last, a sentence comes down to the need that most of its words tell (``sentence``). One place decides: the page, the
map, exports, alerts and counts follow the same reading (spec 40, « Explained tolerance »). Each reading but the text as
typed is only tried when what is before it finds nothing anywhere in the ROR.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connection

from common.round_trip import Statement, rows_together
from common.text import fold
from directory.territory.place_names import parse_place
from directory.territory.places import Place, Resolution, place_statement, settle_place

from ..criteria import Within
from .areas import unled
from .categories import names_category
from .ending import (
    Begun,
    around_begun,
    language_named,
    misaccented,
    names_department,
    place_begun,
    place_first,
    place_inside,
    separated,
    split_place,
    whole_places,
)
from .gazette import Gazette, after_links, without_links
from .lexicon import Correction, look_up, mended
from .matching import NAMED, OFFERED, Known, Match, known_among, known_keys, known_statements, read_text
from .matching_sql import match_conditions
from .numbers import number_in
from .quantities import without_quantities
from .reduced import beside_persons, is_settled, types_alone, unsaid
from .sentence import (
    FILLERS,
    may_be_sentence,
    parts_of,
    read_sentence,
    tells_nothing,
)
from .speaker import REFUSING
from .spelling import ToldTypes, bare, is_generic, is_linking, trimmed, types_in, words_of

_LEADS = frozenset(("non", "sans", "sous"))  # to a word that is left out: « sous oxygène »


@dataclass(frozen=True)
class Reading:
    """What a text is understood as. ``text``: what is looked for, in the words of whoever typed it.

    ``correction``: its typing errors mended. ``place``: what its last words name, when they are read as a place;
    ``choices``: the places that they may name, with what stands before them, when there are several or when the whole
    text finds something. ``dropped``: words left out, that nothing published holds; ``aside``: words of a sentence that
    no record answers to together with ``text``, ``others``: the needs among them. ``counted``: quantities left out,
    that filters serve. ``known``: what is known of it. ``finds_nothing``: no record answers, whoever asks.
    ``near``: names that words are nearly, each by this folded word, to be offered.
    ``is_spoken``: the words left aside name no need beside a type d'UO, and others than this type may hold them.
    """

    text: str
    match: Match
    known: Known
    correction: Correction | None = None
    place: Place | None = None
    dropped: tuple[str, ...] = ()
    choices: tuple[tuple[str, Place], ...] = ()
    aside: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    finds_nothing: bool = False
    is_spoken: bool = False
    near: tuple[tuple[str, str], ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether something else than the text as typed is looked for."""
        return bool(self.correction or self.place or self.dropped or self.aside or self.counted)

    @property
    def was_long(self) -> bool:
        """Whether it took more than one query: read otherwise than typed, or with words that nothing published says."""
        return self.is_changed or not self.known.words.issuperset(words_of(self.text))

    @property
    def mended(self) -> frozenset[str]:
        """Folded words put in the place of typing errors."""
        return self.correction.words if self.correction else frozenset()


def first_reads(
    where: str, what: str, within: Within, beside: Sequence[Statement] = ()
) -> tuple[Resolution, Known, list[list[tuple[Any, ...]]]]:
    """What ``where`` names, for ``resolve_where``, and what is known of ``what``: one query.

    Then the rows of the statements ``beside``, sent with them.
    """
    what = separated(what)
    query = parse_place(unled(where))
    asked = [place_statement(query)] if where else []
    told = known_statements(what, within, placed=bool(where))
    read = rows_together([*asked, *told, *beside])
    end = len(asked) + len(told)
    known = known_among(what, within, read[len(asked) : end])
    return settle_place(query, read[0]) if where else Resolution(), known, read[end:]


def understand(text: str, within: Within, *, exact: bool, placed: bool = False, known: Known | None = None) -> Reading:
    """What ``text`` asks for; nothing of it is changed when ``exact``. One query, four at most.

    ``placed``: the place is given apart, so that none is looked for in the text. ``known``: what ``known_keys`` says of
    it, when that is read: one query less. An identifier, the name of an establishment and the spelling of a type d'UO
    are never read otherwise; a number among words is read alone, and what is counted is left out. Words are left out
    only if they spell no term, are no numbers, are at most half of the text, and leave something that names a need; of
    a sentence, what is kept spells a term or is half of it.
    """
    text = text if exact else separated(text)
    known = known_keys(text, within) if known is None else known
    typed = Reading(text, read_text(text, known, within), known)
    if exact:
        return replace(typed, match=replace(typed.match, type_ids=()))
    if is_settled(typed.match):
        return typed
    if not within and (numbered := _numbered(typed)):
        return numbered
    if not within and (told := unsaid(text, known)):
        rest, said = told
        others = replace(known, entity_ids=(), activity_ids=())
        found = understand(rest, within, exact=False, placed=placed, known=others)
        return replace(found, aside=(*found.aside, said), is_spoken=found.is_spoken or not found.aside)
    if not within and (uncounted := without_quantities(text, known.spellings)):
        known = replace(known, entity_ids=(), activity_ids=())
        typed = Reading(uncounted.text, read_text(uncounted.text, known), known, counted=uncounted.counted)
    if not within and (beside := beside_persons(typed.text, typed.known, placed=placed)):
        rest, aside = beside
        others = replace(known, rows=known.of_part().rows, gapped=(), entity_ids=(), activity_ids=())
        found = understand(rest, within, exact=False, placed=placed, known=others)
        counted, is_spoken = (*typed.counted, *found.counted), found.is_spoken or not found.aside
        return replace(found, aside=(*aside, *found.aside), counted=counted, is_spoken=is_spoken)
    found = typed if is_settled(typed.match) else _understood(typed, within, placed=placed)
    is_less = not within and not typed.match.type_ids and bool(found.dropped or found.aside) and not found.correction
    return replace(typed, finds_nothing=True) if is_less and names_category(typed.text, known.places) else found


def _understood(typed: Reading, within: Within, *, placed: bool) -> Reading:
    """The first reading of a text that finds something, as typed, mended, then with less of it."""
    text, known = typed.text, typed.known
    words = words_of(text)
    strange = {word for word in words if word not in known.words}
    ending = None if placed else split_place(text, known.places)
    is_place = not placed and bool(whole_places(text, known.places, begins=False))
    if is_place and len(words) > 1:
        return typed  # the place is offered, none of its words is left aside
    is_long = not within and may_be_sentence(text, words, known.rows)
    first = None if placed or ending else place_first(text, known.places)
    if not strange and not ending and not is_long:
        return _with_choices(typed, typed, first)
    ending = ending or first
    inside = None if placed or ending else place_inside(text, known.places)
    around = ending or ((" ".join(inside[0]), inside[1]) if inside else None)
    department = around[1].place if around and around[1].place and not around[1].place.insee else None
    before = around[0].split() if around and department else text.split()
    met = known.places.within(department.codes) if department else known.places
    is_placed = placed or (bool(met.names or ending) and not department)
    strangers = _strangers(typed, strange, before, met, is_placed=is_placed)
    unheld, correction, begun, near, refused = strangers
    spoken = None if placed else language_named(before, met) or misaccented(before, met)
    doubtful = begun if begun and begun.is_doubtful else spoken
    begun = None if begun and begun.is_doubtful else begun
    if begun and (begun.found.place or not department):
        ending = around_begun(before, begun) or ending
    begun = None if department else begun
    texts = [typed]
    if correction:
        told = known_keys(correction.text, within)
        match = read_text(correction.text, told, within, correction.words)
        texts.append(replace(typed, text=correction.text, match=match, known=told, correction=correction))
        if not placed and told.places.names != known.places.names:
            ending = split_place(correction.text, told.places) or place_first(correction.text, told.places) or ending
    if within:
        tried = [reading for reading in texts if reading.correction]
        return _first_finding(tried) or typed
    found = replace(_best(texts, unheld, ending, begun, placed=placed), near=refused)
    return _with_doubtful(_with_choices(found, typed, ending), before, doubtful or near)


def _best(
    texts: Sequence[Reading],
    unheld: frozenset[str],
    ending: tuple[str, Resolution] | None,
    begun: Begun | None,
    *,
    placed: bool,
) -> Reading:
    """The first reading that finds something, as typed, mended, then with less of it; the text as typed if none."""
    typed = texts[0]
    beside = _types_beside(typed, ending)
    told = _needs_told(texts, unheld, ending, begun, placed=placed)
    needs = [replace(reading, is_spoken=beside is not None) for reading in told]
    candidates = list(_candidates(texts, unheld, ending))
    if ending and names_department(typed.text, ending[0], ending[1].place) and _spells_types(ending[0], typed):
        candidates.sort(key=lambda reading: reading.place is None)  # « ehpad val de marne » is no name
    is_silent = beside is not None and tells_nothing(typed.text).issuperset(map(bare, beside.others))
    if typed.match.type_ids:
        alone = _types_alone(typed, None if placed else ending)
        words = set(words_of(alone.text))
        needs = [need for need in needs if words.issubset(words_of(need.text))]
        candidates = [*(needs[:1] if is_silent else ()), *candidates]
        is_elsewhere = placed and any(name.isdigit() for name in typed.known.places.names)
        return _best_of_types(candidates, needs, typed if is_elsewhere else alone, in_names=beside is None)
    candidates += needs
    if typed not in candidates:
        candidates.append(typed)
    if is_silent:
        candidates = [*needs[:1], *candidates]
    return _first_finding(candidates, beside.ids if beside else ()) or replace(typed, finds_nothing=True)


def _best_of_types(
    candidates: Sequence[Reading], needs: Sequence[Reading], last: Reading, *, in_names: bool
) -> Reading:
    """The first reading that finds units of the types told, or all its words in names; else ``last``, the types alone.

    ``needs``: what holds the types and other words. When nothing published is of these types, it is said: the other
    words are another need, to be offered.
    """
    held = [need for need in needs if need.match.type_ids]
    named = [replace(one, match=one.match.weighed(NAMED)) for one in candidates if in_names and one.match.type_ids]
    freed = [replace(one, match=replace(one.match, type_ids=())) for one in candidates]
    return _first_finding([*candidates, *held, *named, *needs, last, *freed]) or replace(last, finds_nothing=True)


def _types_alone(typed: Reading, ending: tuple[str, Resolution] | None) -> Reading:
    """The types that a text tells, without its other words but for a place."""
    text, resolution = ending or (typed.text, Resolution())
    told = types_in(text, typed.known.rows)
    if not told or not told.others:
        return _part(typed, text, place=resolution.place)
    choices = () if resolution.place else tuple((told.text, place) for place in resolution.choices)
    rest = trimmed(" ".join(told.others))
    return _part(typed, told.text, place=resolution.place, choices=choices, aside=(rest,), others=(rest,))


def _spells_types(text: str, typed: Reading) -> bool:
    told = types_in(text, typed.known.rows)
    return bool(told and told.is_structure and not told.others)


def _types_beside(typed: Reading, ending: tuple[str, Resolution] | None) -> ToldTypes | None:
    """The type d'UO told beside words that name no need, the place apart: « ime enfant 93 », « ssr patient »."""
    text = ending[0] if ending else typed.text
    if not ending and (named := place_inside(text, typed.known.places)):
        text = " ".join(named[0])
    return types_alone(text, typed.known.rows)


def _with_choices(found: Reading, typed: Reading, ending: tuple[str, Resolution] | None) -> Reading:
    """With the places to offer; of several that a sentence may name, none is guessed."""
    if found.choices:
        return replace(typed, choices=found.choices)
    is_mended = found.correction is not None and found.text == found.correction.text
    if not ending or found.place or not (is_mended or found.text == typed.text):
        return found
    before, resolution = _mended_part(found, ending[0]), ending[1]
    places = (resolution.place,) if resolution.place else resolution.choices
    return replace(found, choices=tuple((before, place) for place in places))


def _with_doubtful(found: Reading, words: Sequence[str], doubtful: Begun | None) -> Reading:
    """With the places that a word may name or mean, offered beside what the others find: « ssr limoges »."""
    if doubtful is None or found.choices:
        return found
    if found.place:
        inside = all(one.department_code in found.place.codes for one in doubtful.found.choices)
        if found.place.insee or not inside:
            return found
    left = " ".join([*without_links(list(words[: doubtful.start])), *words[doubtful.end :]])
    text = found.text if found.dropped or found.aside else left
    if not text and (found.correction or whole_places(found.text, found.known.places, begins=True)):
        return found
    return replace(found, choices=tuple((text, place) for place in doubtful.found.choices))


class _Strangers(NamedTuple):
    """Words of a text that nothing holds, the text with them mended, and words that begin the name of a place.

    ``near``: a word that nothing holds and that is nearly the name of a commune; ``refused``: those nearly other names.
    """

    unheld: frozenset[str]
    correction: Correction | None
    begun: Begun | None
    near: Begun | None = None
    refused: tuple[tuple[str, str], ...] = ()


def _strangers(
    typed: Reading, strange: Collection[str], tokens: Sequence[str], met: Gazette, *, is_placed: bool
) -> _Strangers:
    """What is said of the words met nowhere, and the place of ``met`` that one of ``tokens`` begins.

    None unless another is named. One query at most. « Vitry » is met in names, and begins a place: words of a term and
    those that name no need do not.
    """
    silent = tells_nothing(typed.text)
    spelled = {word for key in typed.known.spellings for word in key.split()}
    may_begin = {word for word in words_of(typed.text) if word not in spelled | silent and not is_generic(word)}
    begun = None if is_placed else place_begun(tokens, may_begin, met)
    if not strange and not begun:
        return _Strangers(frozenset(), None, None)
    named = set() if begun is None else {fold(token) for token in tokens[begun.start : begun.end]}
    settled = {word for name in typed.known.places.names for word in name.split()}
    common = {word for word in strange if is_generic(word)}
    found = look_up(typed.text, strange, silent | settled | named | common)
    begun = None if is_placed else place_begun(tokens, may_begin - found.told, met)
    near = None if is_placed or begun else _place_near(tokens, found.named)
    return _Strangers(found.unheld, found.correction, begun, near, tuple(found.refused.items()))


def _place_near(tokens: Sequence[str], communes: Mapping[str, tuple[Place, ...]]) -> Begun | None:
    """The last word that is nearly the name of a few communes: « nantere »."""
    places = [(at, communes[fold(token)]) for at, token in enumerate(tokens) if fold(token) in communes]
    if not places:
        return None
    at, choices = places[-1]
    return Begun(at, at + 1, Resolution(problem="several", choices=choices), is_doubtful=True)


def _numbered(typed: Reading) -> Reading | None:
    """« standard de l’ACT : 01 40 97 01 02 » asks for the number."""
    found = number_in(typed.text)
    if found is None:
        return None
    number, identifiers = found
    aside = tuple(trimmed(token) for token in typed.text.replace(number, " ").split() if words_of(token))
    return replace(typed, text=number, match=Match(identifiers=identifiers), aside=aside)


def _needs_told(
    texts: Sequence[Reading],
    unheld: frozenset[str],
    ending: tuple[str, Resolution] | None,
    begun: Begun | None,
    *,
    placed: bool,
) -> Iterator[Reading]:
    """The needs that a sentence may come down to, around the place that it names anywhere."""
    typed, base = texts[0], texts[-1]
    tokens = typed.text.split()
    resolution = Resolution()
    if placed and any(name.isdigit() for name in typed.known.places.names):
        return  # another place than the one given
    if ending:
        tokens, resolution = ending[0].split(), ending[1]
    elif not placed and (named := place_inside(typed.text, typed.known.places)):
        tokens, resolution = named
    elif begun:
        tokens, resolution = [*without_links(tokens[: begun.start]), *tokens[begun.end :]], begun.found
    if base.correction:
        meant = {fold(change.typed): change.meant for change in base.correction.changes}
        tokens = [correction.text if (correction := mended(token, meant)) else token for token in tokens]
        tokens = " ".join(tokens).split()
        unheld = unheld - set(meant)
    rows = dict.fromkeys((*base.known.of_part().rows, *typed.known.of_part().rows))
    known = Known(tuple(rows), base.known.words | typed.known.words, places=typed.known.places)
    for part in parts_of(read_sentence(tokens, rows, unheld)):
        choices = () if resolution.place else tuple((part.text, place) for place in resolution.choices)
        told = {"place": resolution.place, "choices": choices, "aside": part.aside, "others": part.others}
        yield _part(replace(base, known=known), part.text, **told)


def _candidates(
    texts: Sequence[Reading], unheld: frozenset[str], ending: tuple[str, Resolution] | None
) -> Iterator[Reading]:
    """Readings from the nearest to the text as typed to the farthest: words are mended before any is left out."""
    place = ending[1].place if ending else None
    shorter = []
    for reading in texts:
        left = unheld & set(words_of(reading.text))
        parts = [reading]
        if ending and place:
            parts.append(_part(reading, _mended_part(reading, ending[0]), place=place))
        for part in parts:
            if not left & set(words_of(part.text)):
                yield part
        if place or not ending:
            shorter.append([_without(part, left, is_sure=len(texts) == 1) for part in reversed(parts)])
    for found in reversed(shorter):
        yield from filter(None, found)


def _mended_part(reading: Reading, text: str) -> str:
    """A part of the text as typed, or as mended, in the words of a reading."""
    meant = {fold(change.typed): change.meant for change in reading.correction.changes} if reading.correction else {}
    if meant and (correction := mended(text, meant)):
        return correction.text
    tokens = reading.text.split()
    return text if set(text.split()).issubset(tokens) else " ".join(tokens[: len(text.split())])


def _part(reading: Reading, text: str, **changes: Any) -> Reading:
    text = trimmed(text)
    match = read_text(text, reading.known.of_part(), mended=reading.mended)
    return replace(reading, text=text, match=match, **changes)


def _without(reading: Reading, unheld: frozenset[str], *, is_sure: bool) -> Reading | None:
    """The reading without the words that nothing holds; ``None`` when none may be left out.

    ``is_sure``: none of them may be a typing error, so that a type is read beside the others as in a text without them.
    """
    tokens = [(token, words_of(token)) for token in reading.text.split()]
    dropped = tuple(token for token, words in tokens if words and unheld.issuperset(words))
    kept = [
        token
        for (token, _), (after, _) in zip(tokens, [*tokens[1:], ("", ())], strict=True)
        if token not in dropped and not (after in dropped and fold(token) in _LEADS)
    ]
    while kept and is_linking(kept[-1]):
        kept.pop()
    told = [word for word in words_of(" ".join(kept)) if len(word) > 1]
    spelled = {word for key in reading.known.spellings for word in key.split()}
    silent = tells_nothing(reading.text)
    if not REFUSING.isdisjoint(map(fold, dropped)):
        return None  # « sauf », « non » are not left out alone
    if not dropped or len(dropped) > len(told) or all(is_generic(word) or word in silent for word in told):
        return None
    is_half = len(dropped) == len(told) and spelled.isdisjoint(told)
    kept = [token for token in kept if not FILLERS.issuperset(words_of(token) or [""]) or spelled & {*words_of(token)}]
    kept = kept if kept[:1] == [tokens[0][0]] else after_links(kept)  # « sorti de prison besoin de logement »
    if whole_places(" ".join(kept), reading.known.places, begins=False):
        return None
    if any(spelled.intersection(words_of(token)) or fold(token).isdigit() for token in dropped):
        return None
    aside = tuple(trimmed(token) for token in dropped if silent.issuperset(words_of(token)))
    dropped = tuple(trimmed(token) for token in dropped if not silent.issuperset(words_of(token)))
    text = " ".join(kept)
    beside = _types_beside(replace(reading, text=text), None) if is_sure else None
    if beside:  # « kiné enfant xyzzy » is « kiné enfant »
        text, aside = beside.text, (*aside, trimmed(" ".join(beside.others)))
    found = _part(reading, text, dropped=dropped, aside=aside, is_spoken=beside is not None)
    return replace(found, match=found.match.weighed(OFFERED)) if is_half else found  # « Henri Mondor » is no « Henri »


def _first_finding(readings: Sequence[Reading], of_types: Sequence[int] = ()) -> Reading | None:
    """The first that finds something in the ROR, whoever asks. One query; none for the text as typed alone.

    ``of_types``: the first that finds a unit of these types, if any does.
    """
    if not [reading for reading in readings if reading.is_changed]:
        return next(iter(readings), None)
    tried = [*((reading, of_types) for reading in readings if of_types), *((reading, ()) for reading in readings)]
    parameters: dict[str, Any] = {}
    parts = []
    for place, (reading, types) in enumerate(tried):
        named: dict[str, Any] = {}
        conditions = match_conditions(reading.match, named)
        if reading.match.nothing or not conditions:
            continue
        if types:
            conditions.append("d.term_ids && %(of_types)s::bigint[]")
            named["of_types"] = list(types)
        renamed = {name: f"r{place}_{name}" for name in named}
        condition = " AND ".join(conditions) % {name: f"%({new})s" for name, new in renamed.items()}
        parts.append(f"WHEN EXISTS (SELECT 1 FROM search_searchdocument d WHERE {condition}) THEN {place}")  # noqa: S608
        parameters |= {renamed[name]: value for name, value in named.items()}
    if not parts:
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT CASE {' '.join(parts)} END", parameters)
        place = cursor.fetchone()[0]
    return None if place is None else tried[place][0]
