"""Whether a unit's figure counts now, and why not: one rule for pages (here) and for totals (``counting``).

Closures are overlays at reading: nothing is written when one starts or ends (01-settled, Availability).
"""

import datetime
from collections.abc import Collection, Iterable
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q

from .freshness import ContractState, freshness_at
from .models import CurrentState, UnitClosure


class Standing(StrEnum):
    """What a unit's figure is worth at a moment."""

    UNAVAILABLE = "unavailable"  # in indisponibilité totale: contributes 0, outside the coverage
    UNKNOWN = "unknown"  # never stated
    TO_CONFIRM = "to_confirm"  # a closure ended since it was confirmed
    EXPIRED = "expired"  # older than three rhythms
    COUNTED = "counted"


def standing_at(figure: CurrentState, closures: Iterable[UnitClosure], now: datetime.datetime) -> Standing:
    """Standing at ``now`` of the figure of a unit; ``closures`` are those of the unit, withdrawn or not."""
    held = [closure for closure in closures if closure.withdrawn_at is None and closure.starts_at <= now]
    if any(closure.is_active(now) for closure in held):
        return Standing.UNAVAILABLE
    if figure.confirmed_at is None:
        return Standing.UNKNOWN
    ends = [closure.ends_at for closure in held if closure.ends_at is not None]
    if figure.to_confirm_since is not None:
        ends.append(figure.to_confirm_since)
    if any(figure.confirmed_at < end for end in ends):
        return Standing.TO_CONFIRM
    if freshness_at(figure.confirmed_at, figure.rhythm, now).state is ContractState.EXPIRED:
        return Standing.EXPIRED
    return Standing.COUNTED


def counting(now: datetime.datetime) -> Q:
    """Condition on ``CurrentFigure``: open, and its figure counts at ``now``. The same rule as ``standing_at``."""
    mine = UnitClosure.objects.held().filter(unit=OuterRef("pk"))
    active = mine.filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)
    ended = mine.filter(ends_at__lte=now, ends_at__gt=OuterRef("confirmed_at"))
    return (
        Q(is_open=True, figure__isnull=False, expires_at__gte=now)
        & (Q(to_confirm_since=None) | Q(confirmed_at__gte=F("to_confirm_since")))
        & ~Exists(active)
        & ~Exists(ended)
    )


def active_closure(closures: Iterable[UnitClosure], now: datetime.datetime) -> UnitClosure | None:
    """Closure that holds at ``now``, if any."""
    return next((closure for closure in closures if closure.is_active(now)), None)


def closures_of(unit_ids: Collection[int], now: datetime.datetime) -> dict[int, list[UnitClosure]]:
    """Closures that matter to the standing of units at ``now``, by unit: not withdrawn, in order (one query)."""
    found: dict[int, list[UnitClosure]] = {}
    for closure in UnitClosure.objects.held().filter(unit__in=unit_ids).order_by("starts_at", "pk"):
        found.setdefault(closure.unit_id, []).append(closure)
    return found
