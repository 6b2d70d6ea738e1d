"""Names of copied units: each has its number, that no other unit of the dossier or of its EGs has yet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from directory.models import OperationalUnit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..models import Dossier

COPY = re.compile(r" \(copie(?: (\d{1,6}))?\)\Z")
STEM_LENGTH = 240  # characters: a name has 255, the number of its copy included
UNNAMED = "Unité"


def copy_names(dossier: Dossier, name: str, count: int) -> list[str]:
    """Names of ``count`` copies of a unit called ``name``, numbered on from those that exist: two queries."""
    stem = stem_of(name)
    units = OperationalUnit.objects.filter(geographic_entity__held_by__dossier=dossier, name__startswith=stem)
    taken = [*dossier.fiches.filter(name__startswith=stem).values_list("name", flat=True)]
    return numbered(stem, count, [*taken, *units.values_list("name", flat=True)])


def stem_of(name: str) -> str:
    """Name without the numbers that copies gave it: « LAM » of « LAM (copie 3) ». Pure."""
    stem = name
    while (found := COPY.search(stem)) is not None:
        stem = stem[: found.start()]
    return stem[:STEM_LENGTH] or UNNAMED


def numbered(stem: str, count: int, taken: Iterable[str]) -> list[str]:
    """« LAM (copie) » for a first copy alone, else « LAM (copie 4) », « LAM (copie 5) » after those ``taken``. Pure."""
    marks = [COPY.search(name) for name in taken if stem_of(name) == stem]
    last = max((int(mark[1] or 1) for mark in marks if mark is not None), default=0)
    if count == 1 and not last:
        return [f"{stem} (copie)"]
    return [f"{stem} (copie {last + rank})" for rank in range(1, count + 1)]
