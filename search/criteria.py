"""What a person asked for, read from the address. Pure: no query, never raises."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

WHERE_LIMIT = 120  # characters
WHAT_LIMIT = 200
LAST_PAGE = 10_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
_SPACES = re.compile(r"\s+")


class Sort(StrEnum):
    """Order of the results."""

    DISTANCE = "distance"
    RELEVANCE = "pertinence"

    @property
    def label(self) -> str:
        return {Sort.DISTANCE: "Trier par distance", Sort.RELEVANCE: "Trier par pertinence"}[self]


@dataclass(frozen=True)
class SearchCriteria:
    """« Où ? » and « Que recherchez-vous ? » as typed, the order asked for if any, the page from 1.

    ``warnings`` tell what could not be read, in French, to be shown above the results.
    """

    where: str = ""
    what: str = ""
    sort: Sort | None = None
    page: int = 1
    warnings: tuple[str, ...] = ()

    @property
    def given(self) -> bool:
        """Whether anything was asked."""
        return bool(self.where or self.what)

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read ``ou``, ``quoi``, ``tri`` and ``page``; what cannot be read is left out and said."""
        warnings: list[str] = []
        where = _text(query.get("ou", ""), WHERE_LIMIT, "Le lieu", warnings)
        what = _text(query.get("quoi", ""), WHAT_LIMIT, "La recherche", warnings)
        return cls(
            where, what, _sort(query.get("tri", ""), warnings), _page(query.get("page", ""), warnings), tuple(warnings)
        )


def _text(value: str, limit: int, subject: str, warnings: list[str]) -> str:
    text = _SPACES.sub(" ", _CONTROL.sub(" ", value)).strip()
    if len(text) > limit:
        warnings.append(f"{subject} dépasse {limit} caractères : seul le début est lu.")
    return text[:limit].strip()


def _sort(value: str, warnings: list[str]) -> Sort | None:
    if value in (*Sort, ""):
        return Sort(value) if value else None
    warnings.append("Cet ordre de tri n’existe pas : l’ordre habituel est appliqué.")
    return None


def _page(value: str, warnings: list[str]) -> int:
    if not value:
        return 1
    if value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= LAST_PAGE:
        return int(value)
    warnings.append("Ce numéro de page n’existe pas : voici la première.")
    return 1
