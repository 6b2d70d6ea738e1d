"""The coded lists as people read them: how many terms, and the whole list as a sheet (spec 10, Nomenclatures)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.text import capfirst

from common.xlsx import Sheet

from .models import Term
from .reference.national_lists import CODED_LISTS, CodedList

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterator

COLUMNS = (
    ("Code", 14),
    ("Libellé", 60),
    ("Catégorie (terme père)", 40),
    ("Synonymes et sigles", 40),
    ("Actif depuis", 14),
    ("Retiré le", 14),
    ("Source", 30),
)
OF_THE_OFFER = 9  # the first lists of the table describe what a unit does
_REGIONAL = "terme régional"
_NOTES = {"family": "famille de types", "regional": _REGIONAL, "named in the seed": _REGIONAL}


@dataclass(frozen=True)
class ListLine:
    """One list with the number of its terms in force and of those retired."""

    coded: CodedList
    active: int
    retired: int


def list_lines(today: datetime.date | None = None) -> list[ListLine]:
    """Every list, in the order of the page, with its counts on ``today`` (default: today in Paris). One query."""
    day = today or timezone.localdate()
    counted = Term.objects.values("nomenclature").annotate(
        active=Count("pk", filter=Q(pk__in=Term.objects.active_on(day).values("pk"))), total=Count("pk")
    )
    counts = {row["nomenclature"]: (row["active"], row["total"]) for row in counted.order_by()}
    lines = []
    for coded in CODED_LISTS:
        active, total = counts.get(coded.nomenclature, (0, 0))
        lines.append(ListLine(coded, active, total - active))
    return lines


def list_sheet(coded: CodedList) -> Sheet:
    """A whole list, retired terms included with their date, in its order. One query."""
    return Sheet(capfirst(coded.plural), COLUMNS, _rows(coded))


def source_words(source: str, coded: CodedList) -> str:
    """Where a term comes from, in words: its own mention, else the national list that the coded list follows."""
    for note, words in _NOTES.items():
        if source.startswith(note):
            return words
    return source if source.startswith(("JDV_", "TRE_")) else coded.national_name or _REGIONAL


def _rows(coded: CodedList) -> Iterator[tuple[Any, ...]]:
    terms = Term.objects.of(coded.nomenclature).select_related("parent").order_by("order", "label", "pk")
    for term in terms:
        yield (
            term.code,
            term.label,
            term.parent.label if term.parent else "",
            "; ".join(term.synonyms),
            term.active_from,
            term.active_until,
            source_words(term.source, coded),
        )
