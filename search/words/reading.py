"""« Que recherchez-vous ? » understood: as typed, else mended, else its last words a place, or without strange words.

One place decides: the page, the map, exports, alerts and counts follow the same reading (spec 40, « Explained
tolerance »). Each reading but the text as typed is only tried when what is before it finds nothing anywhere in the ROR.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from common.text import fold
from directory.territory.places import Place, Resolution

from ..criteria import Within
from .ending import split_place
from .lexicon import Correction, look_up
from .matching import Known, Match, is_linking, known_keys, read_text, words_of
from .matching_sql import match_conditions

# Words that name no need alone: a text left with these only is not searched for in the place of what was typed.
GENERIC = frozenset(
    "accompagnement accueil adapte adulte aide centre cabinet consultation enfant equipe etablissement femme foyer"
    " hebergement homme hopital hospitalier hospitalisation hospit jeune lieu lit maison malade medecin medical"
    " medicalise mobile patient personne place prise charge professionnel public recherche sante sejour service social"
    " soin specialise specialiste structure suivi temporaire trouble unite urgence urgent".split()
)


@dataclass(frozen=True)
class Reading:
    """What a text is understood as. ``text``: what is looked for, in the words of whoever typed it.

    ``correction``: its typing errors mended. ``place``: what its last words name, when they are read as a place;
    ``choices``: the places that they may name, with what stands before them, when there are several or when the whole
    text finds something. ``dropped``: words left out, that nothing published holds. ``known``: what is known of it.
    """

    text: str
    match: Match
    known: Known
    correction: Correction | None = None
    place: Place | None = None
    dropped: tuple[str, ...] = ()
    choices: tuple[tuple[str, Place], ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether something else than the text as typed is looked for."""
        return bool(self.correction or self.place or self.dropped)


def understand(text: str, within: Within, *, exact: bool, placed: bool = False) -> Reading:
    """What ``text`` asks for; nothing of it is changed when ``exact``. One query, six at most.

    ``placed``: the place is given apart, so that none is looked for in the text. An identifier, the name of an
    establishment and the spelling of a type d'UO are never read otherwise. Words are left out only if they spell no
    term, are no numbers, are at most half of the text, and leave something that names a need.
    """
    known = known_keys(text, within)
    typed = Reading(text, read_text(text, known, within), known)
    is_read = typed.match.by_terms or typed.match.identifiers or typed.match.entity_ids
    if exact or is_read:
        return typed
    strange = {word for word in words_of(text) if word not in known.words}
    ending = None if placed else split_place(text, known.places)
    if not strange and not ending:
        return typed
    unheld, correction = look_up(text, strange)
    texts = [typed]
    if correction:
        told = known_keys(correction.text, within)
        match = read_text(correction.text, told, within, correction.words)
        texts.append(Reading(correction.text, match, told, correction))
        if not placed and told.places != known.places:
            ending = split_place(correction.text, told.places) or ending
    if within:
        tried = [reading for reading in texts if reading.correction]
        return next(iter(_finding(tried)), typed)
    found = next(iter(_finding(list(_candidates(texts, unheld, ending)))), typed)
    if not found.is_changed and ending:
        before, resolution = ending
        places = (resolution.place,) if resolution.place else resolution.choices
        found = replace(found, choices=tuple((before, place) for place in places))
    return found


def _candidates(
    texts: Sequence[Reading], unheld: frozenset[str], ending: tuple[str, Resolution] | None
) -> Iterator[Reading]:
    """Readings from the nearest to the text as typed to the farthest."""
    place = ending[1].place if ending else None
    for reading in texts:
        left = unheld & set(words_of(reading.text))
        parts = [reading]
        if ending and place:
            count = len(ending[0].split())
            parts.append(_part(reading, " ".join(reading.text.split()[:count]), place=place))
        for part in parts:
            if not left & set(words_of(part.text)):
                yield part
        for part in () if ending and not place else reversed(parts):
            if shorter := _without(part, left):
                yield shorter


def _part(reading: Reading, text: str, **changes: Any) -> Reading:
    mended = reading.correction.words if reading.correction else frozenset()
    return replace(reading, text=text, match=read_text(text, reading.known.of_part(), mended=mended), **changes)


def _without(reading: Reading, unheld: frozenset[str]) -> Reading | None:
    """The reading without the words that nothing holds; ``None`` when none may be left out."""
    tokens = [(token, words_of(token)) for token in reading.text.split()]
    dropped = tuple(token for token, words in tokens if words and unheld.issuperset(words))
    kept = [token for token, _ in tokens if token not in dropped]
    while kept and is_linking(kept[-1]):
        kept.pop()
    told = [word for word in words_of(" ".join(kept)) if len(word) > 1]
    spelled = {word for key in reading.known.spellings for word in key.split()}
    if not dropped or len(dropped) > len(told) or all(is_generic(word) for word in told):
        return None
    if any(spelled.intersection(words_of(token)) or fold(token).isdigit() for token in dropped):
        return None
    return _part(reading, " ".join(kept), dropped=dropped)


def is_generic(word: str) -> bool:
    """Tell whether a folded word names no need alone: « soins », « hébergement », a number."""
    return word.isdigit() or bool({word, word.removesuffix("s"), word.removesuffix("e")} & GENERIC)


def _finding(readings: Sequence[Reading]) -> Iterator[Reading]:
    """Those that find something in the ROR, whoever asks. One query; none for the text as typed alone."""
    if not [reading for reading in readings if reading.is_changed]:
        yield from readings
        return
    parameters: dict[str, Any] = {}
    parts = []
    for place, reading in enumerate(readings):
        named: dict[str, Any] = {}
        conditions = match_conditions(reading.match, named)
        if reading.match.nothing or not conditions:
            parts.append("false")
            continue
        renamed = {name: f"r{place}_{name}" for name in named}
        condition = " AND ".join(conditions) % {name: f"%({new})s" for name, new in renamed.items()}
        parts.append(f"EXISTS (SELECT 1 FROM search_searchdocument d WHERE {condition})")  # noqa: S608
        parameters |= {renamed[name]: value for name, value in named.items()}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        row = cursor.fetchone()
    yield from (reading for reading, holds in zip(readings, row, strict=True) if holds)
