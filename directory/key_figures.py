"""Key figures of the region on the home page (seed: « Chiffres clés »), counted from the published directory."""

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Q
from django.http import HttpRequest

from .enums import PublicationStatus
from .models import OperationalUnit, Practitioner

CACHE_KEY = "directory.key_figures"
CACHE_SECONDS = 300


@dataclass(frozen=True)
class KeyFigure:
    """A count and what it counts."""

    label: str
    count: int


# An EG counts in each group of which it has a published unit: the groups overlap (spec 01-settled, Demo).
GROUPS: dict[str, tuple[str, Q]] = {
    "mco": ("établissements avec une unité de médecine, chirurgie ou obstétrique", Q(discipline__code="MCO")),
    "ssr": ("établissements de soins de suite et de réadaptation", Q(discipline__code="SSR")),
    "psy": ("établissements de psychiatrie ou de santé mentale", Q(discipline__code__in=["PSY", "SMA"])),
    "pa": ("établissements pour personnes âgées", Q(unit_type__parent__code="MSS-PA")),
    "ph": ("établissements pour personnes en situation de handicap", Q(unit_type__parent__code="MSS-PH")),
    "pds": ("établissements pour personnes en difficultés spécifiques", Q(unit_type__parent__code="MSS-PDS")),
}


def key_figures() -> list[KeyFigure]:
    """Count the region: two queries, kept five minutes; what counts nothing is left out."""
    figures = cache.get(CACHE_KEY)
    if figures is None:
        figures = [figure for figure in _counted() if figure.count]
        cache.set(CACHE_KEY, figures, CACHE_SECONDS)
    return figures


def _counted() -> list[KeyFigure]:
    units = OperationalUnit.objects.published().filter(
        geographic_entity__status=PublicationStatus.PUBLISHED,
        geographic_entity__legal_entity__status=PublicationStatus.PUBLISHED,
    )
    counted = {key: Count("geographic_entity", filter=group, distinct=True) for key, (_, group) in GROUPS.items()}
    totals = units.order_by().aggregate(units=Count("pk"), **counted)
    return [
        *(KeyFigure(label, totals[key]) for key, (label, _) in GROUPS.items()),
        KeyFigure("unités opérationnelles", totals["units"]),
        KeyFigure("professionnels de ville", Practitioner.objects.published().count()),
    ]


def home_figures(request: HttpRequest) -> dict[str, Any] | None:
    """Variables of the home card; ``None`` while the directory is empty."""
    figures = key_figures()
    return {"figures": figures} if figures else None
