"""Territories as sets of INSEE codes: the reference list to read them with, and their short form in an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from common.text import place_key

from ..models import Commune, Department
from .paste import PROPOSALS, Gazetteer, KnownPlace, read_piece

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PARTS = 120  # departments in one address, more than France has
_PART = re.compile(r"(2[AB]|\d{2,3})(?:([.!])((?:\d{2,3}\.)*\d{2,3}))?")


class RegionMembers(NamedTuple):
    """``members``: INSEE codes by department, a commune with arrondissements given by them (``arrondissements``)."""

    members: dict[str, list[str]]
    arrondissements: dict[str, list[str]]


class TerritoryQuery(NamedTuple):
    """What an address asks for: whole departments, and communes."""

    departments: list[str]
    communes: list[str]


def load_gazetteer() -> Gazetteer:
    """Return the reference list, ready to read names with. Two queries."""
    rows = Commune.objects.order_by().values_list(
        "insee", "list_name", "key", "postal_codes", "parent_id", "department_id", "population"
    )
    places = (KnownPlace(*row[:3], tuple(row[3]), row[4] or "", *row[5:]) for row in rows)
    return Gazetteer(places, dict(Department.objects.values_list("code", "name")))


def without_covered(communes: Iterable[Commune]) -> list[Commune]:
    """Drop the arrondissements of a commune that is there whole: « Paris » serves them all (spec 01-settled)."""
    kept = list(communes)
    whole = {commune.insee for commune in kept}
    return [commune for commune in kept if commune.parent_id not in whole]


def whole_department(code: str) -> list[str]:
    """INSEE codes of all communes of a department, « Paris » once. One query; empty when it is unknown."""
    return list(Commune.objects.filter(department=code, parent=None).order_by().values_list("insee", flat=True))


def territory_parameters(codes: Iterable[str], region: RegionMembers) -> list[str]:
    """Short form of a territory, one text a department: « 92 » (whole), « 92.050.026 », « 77!001 » (all but).

    At most half of a department is ever written, so that the address of any territory of the region stays short; a
    commune with arrondissements is written as them. Pure; ``territory_query`` reads it back.
    """
    wanted = {insee for code in codes for insee in region.arrondissements.get(code, [code])}
    parts = []
    for department, everyone in sorted(region.members.items()):
        inside = sorted(wanted & set(everyone))
        outside = sorted(set(everyone) - wanted)
        if not inside:
            continue
        if not outside:
            parts.append(department)
            continue
        sign, listed = (".", inside) if len(inside) <= len(outside) else ("!", outside)
        parts.append(department + sign + ".".join(code[len(department) :] for code in listed))
    return parts


def territory_query(parts: Iterable[str], region: RegionMembers) -> TerritoryQuery:
    """Read ``territory_parameters`` back. Raises ``ValueError`` for what it did not write or an unknown department."""
    departments: list[str] = []
    communes: list[str] = []
    for part in list(parts)[:MAX_PARTS]:
        match = _PART.fullmatch(part)
        if match is None or match[1] not in region.members:
            raise ValueError(part)
        listed = {match[1] + number for number in match[3].split(".")} if match[3] else set()
        if not listed:
            departments.append(match[1])
        elif match[2] == ".":
            communes += sorted(listed)
        else:
            communes += sorted(set(region.members[match[1]]) - listed)
    return TerritoryQuery(departments, communes)


def region_members() -> RegionMembers:
    """Communes of each department of the reference list. One query."""
    rows = list(Commune.objects.order_by("insee").values_list("insee", "department_id", "parent_id"))
    arrondissements: dict[str, list[str]] = {}
    members: dict[str, list[str]] = {}
    for insee, _, parent in rows:
        if parent:
            arrondissements.setdefault(parent, []).append(insee)
    for insee, department, _ in rows:
        if insee not in arrondissements:
            members.setdefault(department, []).append(insee)
    return RegionMembers(members, arrondissements)


def suggested(text: str, gazetteer: Gazetteer) -> list[KnownPlace]:
    """Communes to propose for a text being typed: what it names, then those whose name holds it."""
    piece = read_piece(text, gazetteer)
    key = place_key(text)
    found = dict.fromkeys([*piece.found, *(gazetteer.near(key) if not key.isdigit() else [])])
    return list(found)[:PROPOSALS]
