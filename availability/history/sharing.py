"""The pools that a unit shared its places in, and what its figure was made of at each moment (01-settled).

In a pool a unit has the pool's last statement, even one made before it came; outside, its own last one, to be
confirmed once it left.
"""

import datetime
from collections.abc import Iterable, Sequence

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from directory.models import OperationalUnit

from ..models import AvailabilityEntry, Pool, PoolMembership
from .chart import Point

_MOMENTS = ("since", "until", "stated_at", "confirmed_at", "to_confirm_since", "created_at")
_OF_POOL = ("id", "name", "installed_places", "to_confirm_since", "created_at")


def shared_places() -> ArraySubquery:
    """Annotation ``shared_places`` of units, which ``memberships_of`` reads: no query of its own."""
    whole = JSONObject(pk="pk", stated_at="stated_at", version="version", figure="figure", confirmed_at="confirmed_at")
    entries = AvailabilityEntry.objects.order_by("-stated_at", "-version")
    own = entries.filter(unit=OuterRef("unit"), pool=None, recorded_at__lte=OuterRef("until"))
    shared = entries.filter(pool=OuterRef("pool"), recorded_at__lt=OuterRef("since"))
    rows = PoolMembership.objects.filter(unit=OuterRef("pk")).annotate(
        found=Subquery(shared.annotate(whole=whole).values("whole")[:1]),
        kept=Subquery(own.annotate(whole=whole).values("whole")[:1]),
    )
    names = {name: f"pool__{name}" for name in _OF_POOL}
    fields = JSONObject(since="since", until="until", found="found", kept="kept", pool=JSONObject(**names))
    return ArraySubquery(rows.order_by("since", "pk").values(json=fields))


def memberships_of(unit: OperationalUnit, known: datetime.datetime) -> list[PoolMembership]:
    """Memberships of a unit read with ``shared_places``, in order, as known then: one that ended later is still open.

    Each has ``found`` and ``kept``: the pool's statement in force when the unit came, the unit's own when it left
    (``pk``, ``stated_at``, ``version``, ``figure``, ``confirmed_at``), or ``None``.
    """
    memberships = []
    for row in map(_with_moments, unit.shared_places):
        if row["since"] > known:
            continue
        is_over = row["until"] is not None and row["until"] <= known
        pool = Pool(geographic_entity_id=unit.geographic_entity_id, **_with_moments(row["pool"]))
        membership = PoolMembership(
            unit_id=unit.pk, pool=pool, since=row["since"], until=row["until"] if is_over else None
        )
        membership.found = row["found"] and _with_moments(row["found"])
        membership.kept = _with_moments(row["kept"]) if is_over and row["kept"] else None
        memberships.append(membership)
    return memberships


def _with_moments(values: dict) -> dict:
    """What the database gives in JSON, with its moments."""
    moments = {name: datetime.datetime.fromisoformat(values[name]) for name in _MOMENTS if values.get(name)}
    return values | moments


def statements_of(unit_id: int, memberships: Iterable[PoolMembership]) -> QuerySet[AvailabilityEntry]:
    """Statements of a unit, the last made first: its own, and those of each pool while it was in."""
    wanted = Q(unit=unit_id, pool=None)
    for row in memberships:
        ended = Q() if row.until is None else Q(recorded_at__lte=row.until)
        wanted |= Q(Q(pool=row.pool_id, recorded_at__gte=row.since), ended)
    return AvailabilityEntry.objects.filter(wanted).order_by("-stated_at", "-version", "-pk")


def calls_about(unit_id: int, memberships: Iterable[PoolMembership]) -> Q:
    """Condition on calls: to the unit, or to those that shared its places at the time."""
    wanted = Q(unit=unit_id)
    for row in memberships:
        mates = PoolMembership.objects.filter(pool=row.pool_id).values("unit")
        ended = Q() if row.until is None else Q(at__lte=row.until)
        wanted |= Q(Q(unit__in=mates, at__gte=row.since), ended)
    return wanted


def comings_and_goings(memberships: Sequence[PoolMembership]) -> list[Point]:
    """What the figure became when the unit entered a pool, and when it left."""
    points = []
    for row in memberships:
        points.append(_point(row.since, row.found))
        if row.until is not None:
            points.append(_point(row.until, row.kept, waits_since=row.until))
    return points


def _point(at: datetime.datetime, entry: dict | None, waits_since: datetime.datetime | None = None) -> Point:
    said = entry or {"figure": None, "confirmed_at": None}
    return Point(at, said["figure"], said["confirmed_at"], is_statement=False, waits_since=waits_since)
