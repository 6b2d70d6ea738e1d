"""Free places of the region on the home page, beside the directory's key figures (seed: « Chiffres clés »)."""

from typing import Any

from django.core.cache import cache
from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils import timezone

from directory.enums import PublicationStatus

from .models import CurrentFigure
from .standing import counting

CACHE_KEY = "availability.key_figures"
CACHE_SECONDS = 300


def free_places() -> dict[str, int]:
    """Free ``places`` of the region, the units ``counted`` in them, and all the units ``open`` to entry.

    A figure never stated, or expired, counts no place (spec 20, Freshness). One query, kept five minutes.
    """
    totals = cache.get(CACHE_KEY)
    if totals is None:
        totals = _counted()
        cache.set(CACHE_KEY, totals, CACHE_SECONDS)
    return totals


def _counted() -> dict[str, int]:
    shown = CurrentFigure.objects.open().filter(
        unit__geographic_entity__status=PublicationStatus.PUBLISHED,
        unit__geographic_entity__legal_entity__status=PublicationStatus.PUBLISHED,
    )
    counts = counting(timezone.now())
    return shown.order_by().aggregate(
        places=Sum("figure", filter=counts, default=0), counted=Count("pk", filter=counts), open=Count("pk")
    )


def home_figures(request: HttpRequest) -> dict[str, Any] | None:
    """Variables of the home card; ``None`` while no unit is open to entry."""
    totals = free_places()
    return {"totals": totals} if totals["open"] else None
