"""When two records may describe the same thing, and how it is said (spec 30, Duplicates and orphans). Pure.

Thresholds are ours: the specification says « near same name and address ». FINESS numbers are unique among EGs, so that
two of them never share one; that of an EG and of its EJ is no duplicate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from common import french
from common.geo import Point, distance_km
from common.text import fold

from .names import Name, core_likeness, likeness, read_name

if TYPE_CHECKING:
    from collections.abc import Iterable

NEAR_KM = 0.15  # between two points that are not centres of communes
LIKE_CORE = 0.6  # of what is the own of two names, same type of EG
LIKE_OTHER_TYPE = 0.8  # of whole names, when the types of EG are known and differ
OWN_CORE = 0.4  # of what is their own, below which « Service à domicile A » and « Service à domicile B » are two
LIKE_UNITS = 0.7  # of the names of two UOs of one type


class Reason(StrEnum):
    """Why two records are shown as a possible duplicate."""

    SAME_SIRET = "same_siret"
    NEAR_NAME_PLACE = "near_name_place"
    SAME_NAME_TOWN = "same_name_town"
    SAME_NAME_TYPE = "same_name_type"
    NEAR_NAME_TYPE = "near_name_type"


REASON_LABELS: dict[Reason, str] = {
    Reason.SAME_SIRET: "Même SIRET",
    Reason.NEAR_NAME_PLACE: "Noms et adresses proches",
    Reason.SAME_NAME_TOWN: "Même nom dans la même commune, adresse incomplète",
    Reason.SAME_NAME_TYPE: "Même nom, même type d’UO",
    Reason.NEAR_NAME_TYPE: "Noms proches, même type d’UO",
}


def reason_words(reasons: Iterable[str], kilometres: float | None = None) -> list[str]:
    """Reasons in words; the distance between the two points goes with that of the address, when it is given."""
    words = []
    for reason in Reason:
        if reason not in reasons:
            continue
        near = reason == Reason.NEAR_NAME_PLACE and kilometres is not None
        words.append(REASON_LABELS[reason] + (f" ({_distance(kilometres)})" if near else ""))
    return words


def _distance(kilometres: float | None) -> str:
    metres = round((kilometres or 0) * 1000)
    if metres == 0:
        return "même point"
    return f"{metres}\u00a0m" if metres < 1000 else french.distance(kilometres or 0)


@dataclass(frozen=True)
class Entity:
    """What is compared of an EG. ``point`` is that of its address, ``None`` for the centre of a commune."""

    pk: int
    name: str
    siret: str
    category: int | None
    commune: str
    town: str
    postal_code: str
    street: str
    point: Point | None = None

    @property
    def read(self) -> Name:
        """Its name, read without that of its commune."""
        return read_name(self.name, self.town)

    @property
    def street_key(self) -> str:
        """Street and postal code, the same however they are typed; empty without a street."""
        words = [_STREET_WORDS.get(word, word) for word in fold(self.street).split()]
        return f"{self.postal_code} {' '.join(words)}" if words else ""

    @property
    def is_placed(self) -> bool:
        """Tell whether its address says more than its commune."""
        return bool(self.street.strip()) or self.point is not None


@dataclass(frozen=True)
class Unit:
    """What is compared of a UO. ``own_commune`` and ``point`` are those of its own address, if it has one."""

    pk: int
    name: str
    entity: int
    unit_type: int | None
    structure: int | None
    sex: str
    first_day: int
    last_day: int
    own_commune: str | None = None
    point: Point | None = None

    @property
    def read(self) -> Name:
        """Its name, read."""
        return read_name(self.name)


_STREET_WORDS = {
    "av": "avenue",
    "ave": "avenue",
    "bd": "boulevard",
    "bld": "boulevard",
    "boul": "boulevard",
    "r": "rue",
    "pl": "place",
    "ch": "chemin",
    "imp": "impasse",
    "rte": "route",
    "sq": "square",
    "all": "allee",
    "st": "saint",
    "ste": "sainte",
}


def entity_reasons(one: Entity, other: Entity) -> list[Reason]:
    """Why two EGs may be one; empty when nothing says so."""
    found = []
    if one.siret and one.siret == other.siret:
        found.append(Reason.SAME_SIRET)
    if near_places(one, other) and near_names(one, other):
        found.append(Reason.NEAR_NAME_PLACE)
    elif _same_name_town(one, other):
        found.append(Reason.SAME_NAME_TOWN)
    return found


def near_places(one: Entity, other: Entity) -> bool:
    """Tell whether two EGs stand less than NEAR_KM apart, or at the same number of one street."""
    if one.point and other.point and distance_km(one.point, other.point) < NEAR_KM:
        return True
    return bool(one.street_key) and one.street_key == other.street_key


def near_names(one: Entity, other: Entity) -> bool:
    """Tell whether two EGs bear nearly the same name: « Résidence Les Tilleuls », « EHPAD les tilleuls – Antony ».

    Never when they differ by a number, a letter or a word that tells two neighbours apart.
    """
    names = one.read, other.read
    if names[0].marks != names[1].marks:
        return False
    if all(name.core for name in names) and core_likeness(*names) < OWN_CORE:
        return False
    if one.category and other.category and one.category != other.category:
        return likeness(*names) >= LIKE_OTHER_TYPE
    return max(likeness(*names), core_likeness(*names)) >= LIKE_CORE


def _same_name_town(one: Entity, other: Entity) -> bool:
    """The same words in one commune, where one of the two has no address to compare."""
    return (
        one.commune == other.commune
        and not (one.is_placed and other.is_placed)
        and bool(one.read.words)
        and one.read.key == other.read.key
    )


def unit_reasons(one: Unit, other: Unit) -> list[Reason]:
    """Why two UOs of one EG, or of two EGs that may be one, may be one; empty when nothing says so.

    They have one type and receive the same people in the same place; a structure each tells them apart.
    """
    if one.unit_type != other.unit_type or one.read.marks != other.read.marks:
        return []
    if _apart(one, other):
        return []
    if one.read.key == other.read.key:
        return [Reason.SAME_NAME_TYPE]
    return [Reason.NEAR_NAME_TYPE] if likeness(one.read, other.read) >= LIKE_UNITS else []


def _apart(one: Unit, other: Unit) -> bool:
    """Tell whether two UOs are told apart by something else than their names."""
    if one.entity == other.entity and one.structure and other.structure and one.structure != other.structure:
        return True
    if one.sex and other.sex and one.sex != other.sex:
        return True
    if one.last_day < other.first_day or other.last_day < one.first_day:
        return True
    if one.entity == other.entity and (one.own_commune is None) != (other.own_commune is None):
        return True
    if one.own_commune and other.own_commune and one.own_commune != other.own_commune:
        return True
    return bool(one.point and other.point and distance_km(one.point, other.point) >= NEAR_KM)
