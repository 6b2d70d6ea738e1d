"""Reading a pasted list of EGs: FINESS, SIRET or names, one a line. Nothing is guessed silently.

Each line is *recognised* (one EG for sure), *doubtful* (EGs to choose from), *closed*, or *unknown*; those beyond
MAX_LINES are *unread*, left for the next time. A line copied from a spreadsheet is read by its first number, else as a
name. One that names a merged EG is that which took it in.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from common.text import fold
from directory.duplicates.replaced import entities_in_place
from directory.enums import PublicationStatus
from directory.models import GeographicEntity
from directory.records import without_outlines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

MAX_LINES = 2000
CHOICES = 8
SHORTEST = 4  # letters of a name looked for inside others
_CELLS = re.compile(r"[\t;|]")
_SPACES = re.compile(r"[\s.\u00a0\u202f-]+")
_FINESS, _SIRET = re.compile(r"\d[0-9AB]\d{7}"), re.compile(r"\d{14}")


@dataclass
class Reading:
    """What a list holds, each line once: EGs for sure, those to choose from by line, lines closed or unknown.

    ``line_of``: the line of each EG recognised, by its id. ``unread``: lines beyond MAX_LINES. ``merged``: lines of
    EGs that were merged, with those that are recognised in their place.
    """

    recognised: list[GeographicEntity] = field(default_factory=list)
    doubtful: list[tuple[str, list[GeographicEntity]]] = field(default_factory=list)
    closed: list[tuple[str, GeographicEntity]] = field(default_factory=list)
    merged: list[tuple[str, GeographicEntity]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    line_of: dict[int, str] = field(default_factory=dict)


def open_entities() -> QuerySet[GeographicEntity]:
    """EGs that a campaign may ask, with their commune."""
    return listed_entities().exclude(status=PublicationStatus.CLOSED)


def listed_entities() -> QuerySet[GeographicEntity]:
    """EGs with what a line of a list says of them."""
    return (
        GeographicEntity.objects.select_related("commune", "category")
        .defer(*without_outlines("commune__")[:1])
        .order_by("sort_name", "pk")
    )


def split_lines(text: str) -> list[str]:
    """Lines of a text, the empty ones and the doubles left out. Pure."""
    lines = (" ".join(line.split(" ")).strip() for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


def number_in(line: str) -> str:
    """FINESS or SIRET of a line, in any of its cells; empty when there is none. Pure."""
    for cell in (line, *_CELLS.split(line)):
        bare = _SPACES.sub("", cell).upper()
        if _FINESS.fullmatch(bare) or _SIRET.fullmatch(bare):
            return bare
    return ""


def read_list(text: str) -> Reading:
    """Recognise the EGs of the first MAX_LINES lines of a text: three queries at most, two more with closed EGs."""
    every = split_lines(text)
    lines = every[:MAX_LINES]
    numbers = {line: number_in(line) for line in lines}
    names = {line: fold(_CELLS.split(line)[0]) for line in lines if not numbers[line]}
    wanted = {number for number in numbers.values() if number}
    held = defaultdict(list)
    by_number = Q(finess__in=wanted) | Q(siret__in=wanted)
    for entity in listed_entities().filter(by_number | Q(sort_name__in=set(names.values()) - {""})):
        for key in {entity.finess, entity.siret, entity.sort_name} - {""}:
            held[key].append(entity)
    kept = _kept_for([entity.pk for entities in held.values() for entity in entities if entity.is_closed])
    inside = _inside([names[line] for line in names if names[line] not in held])
    reading = Reading(unread=every[MAX_LINES:])
    for line in lines:
        key = numbers[line] or names[line]
        _sort(reading, line, held.get(key) or inside.get(key, []), kept, sure=key in held)
    reading.recognised = list({entity.pk: entity for entity in reading.recognised}.values())
    return reading


def _kept_for(closed: list[int]) -> dict[int, GeographicEntity]:
    """Open EG that each of these closed ones was merged into, by their ids: two queries at most."""
    ends = entities_in_place(closed)
    found = open_entities().in_bulk(set(ends.values())) if ends else {}
    return {merged: found[kept] for merged, kept in ends.items() if kept in found}


def _sort(
    reading: Reading, line: str, found: list[GeographicEntity], kept: dict[int, GeographicEntity], *, sure: bool
) -> None:
    open_ones = [entity for entity in found if not entity.is_closed]
    if found and not open_ones:
        open_ones = list({kept[entity.pk].pk: kept[entity.pk] for entity in found if entity.pk in kept}.values())
        reading.merged += [(line, entity) for entity in open_ones if len(open_ones) == 1]
    if not found:
        reading.unknown.append(line)
    elif not open_ones:
        reading.closed.append((line, found[0]))
    elif sure and len(open_ones) == 1:
        reading.recognised.append(open_ones[0])
        reading.line_of.setdefault(open_ones[0].pk, line)
    else:
        reading.doubtful.append((line, open_ones[:CHOICES]))


def _inside(names: Iterable[str]) -> dict[str, list[GeographicEntity]]:
    """Open EGs whose name holds one of these, CHOICES at most by it: two queries, however many names.

    The names of all EGs are looked through as one text: in SQL each would be compared with each.
    """
    searched = [name for name in dict.fromkeys(names) if len(name) >= SHORTEST]
    if not searched:
        return {}
    rows = list(open_entities().values_list("pk", "sort_name"))
    text = "\n".join(name for _, name in rows)
    starts, start = [], 0
    for _, name in rows:
        starts.append(start)
        start += len(name) + 1
    hits = {name: [rows[place][0] for place in _places(name, text, starts)] for name in searched}
    found = open_entities().in_bulk({pk for pks in hits.values() for pk in pks})
    return {name: [found[pk] for pk in pks if pk in found] for name, pks in hits.items() if pks}


def _places(name: str, text: str, starts: list[int]) -> list[int]:
    """Ranks of the first lines of ``text`` that hold ``name``; ``starts``: where each line begins. Pure."""
    places: list[int] = []
    at = text.find(name)
    while at >= 0 and len(places) < CHOICES:
        places.append(bisect_right(starts, at) - 1)
        after = starts[places[-1] + 1] if places[-1] + 1 < len(starts) else len(text)
        at = text.find(name, after)
    return places
