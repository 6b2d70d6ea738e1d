"""Which records are compared with which: those of one SIRET, one street, one place, one commune. Pure and bounded."""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations, product
from typing import TYPE_CHECKING

from .rules import NEAR_KM, Reason, entity_reasons, unit_reasons

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from .rules import Entity, Unit

Pair = tuple[int, int]
Pairs = dict[Pair, list[Reason]]

# Degrees of NEAR_KM: a place and its eight neighbours hold whatever is nearer. 0.6 is below cos(53°): all of France.
_CELL_LAT = NEAR_KM / 111.0
_CELL_LON = _CELL_LAT / 0.6


def entity_pairs(entities: Iterable[Entity]) -> Pairs:
    """EGs that may be one, by their keys, the smaller first, each pair with its reasons."""
    known = {entity.pk: entity for entity in entities}
    found: Pairs = {}
    for first, second in set(_compared_entities(known.values())):
        if reasons := entity_reasons(known[first], known[second]):
            found[first, second] = reasons
    return dict(sorted(found.items()))


def _compared_entities(entities: Iterable[Entity]) -> Iterator[Pair]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    for entity in entities:
        if entity.siret:
            groups["siret", entity.siret].append(entity.pk)
        if entity.street_key:
            groups["street", entity.street_key].append(entity.pk)
        groups["town", entity.commune, entity.read.key].append(entity.pk)
        if entity.point:
            cells[math.floor(entity.point.lat / _CELL_LAT), math.floor(entity.point.lon / _CELL_LON)].append(entity.pk)
    for group in groups.values():
        yield from combinations(sorted(group), 2)
    for (row, column), here in cells.items():
        yield from combinations(sorted(here), 2)
        for near in ((row, column + 1), (row + 1, column - 1), (row + 1, column), (row + 1, column + 1)):
            yield from (_ordered(*pair) for pair in product(here, cells.get(near, ())))


def unit_pairs(units: Iterable[Unit], entities: Iterable[Pair]) -> Pairs:
    """UOs that may be one, of one EG or of two EGs of ``entities``, each pair with its reasons."""
    by_type: dict[int, dict[int | None, list[Unit]]] = defaultdict(lambda: defaultdict(list))
    for unit in units:
        by_type[unit.entity][unit.unit_type].append(unit)
    found: Pairs = {}
    for types in by_type.values():
        for group in types.values():
            found |= _judged(combinations(group, 2))
    for first, second in entities:
        if first in by_type and second in by_type:
            for unit_type in by_type[first].keys() & by_type[second].keys():
                found |= _judged(product(by_type[first][unit_type], by_type[second][unit_type]))
    return dict(sorted(found.items()))


def _judged(compared: Iterable[tuple[Unit, Unit]]) -> Pairs:
    return {_ordered(one.pk, other.pk): reasons for one, other in compared if (reasons := unit_reasons(one, other))}


def _ordered(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)
