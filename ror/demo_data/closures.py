"""Fictitious closures, expected places and shared beds, on the examples of the webinars and elsewhere."""

from __future__ import annotations

import datetime

from accounts.models import User
from availability.membership import bring_to_rhythm, write_rows
from availability.models import AvailabilityEntry, CurrentFigure, ExpectedPlace, Pool, UnitClosure
from availability.pools.services import open_memberships
from common.french import french_spaces
from directory.models import OperationalUnit

from .world import World

DAY = datetime.timedelta(days=1)
# Places in the order of figures of elsewhere: how long ago it began, how long it lasts (open end), why, comment.
CLOSURES = (
    (-3 * DAY, 12 * DAY, UnitClosure.Reason.WORKS, "Réfection des douches."),
    (-1 * DAY, None, UnitClosure.Reason.OUTBREAK, "Gale : visites suspendues."),
    (5 * DAY, 19 * DAY, UnitClosure.Reason.SUMMER, ""),
    (-20 * DAY, 2 * DAY, UnitClosure.Reason.STAFF, "Équipe de nuit incomplète."),
)
CLOSED_TYPES = ("SSR", "PSY")  # disciplines: none of those that the examples are counted with
POOL_NAME = "Lits partagés des deux unités"


def add_closures(world: World) -> None:
    """Write them once figures are: closures of units of other fields than the examples', a pool, places awaited."""
    support = User.objects.get(username="sesan")
    _add_expected(world, User.objects.get(username="responsable"))
    units = _units()
    closed = []
    for starts, lasts, reason, comment in CLOSURES:
        starts_at = (world.now + starts).replace(minute=0, second=0, microsecond=0)
        ends_at = starts_at + lasts if lasts else None
        unit = _silent(units, starts_at, ends_at)
        if unit is None:
            continue
        units.remove(unit)
        closed.append(unit)
        UnitClosure.objects.create(
            unit=unit,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=reason,
            comment=french_spaces(comment),
            recorded_at=min(starts_at, world.now) - DAY,
            by=support,
        )
    shared = _add_pool(units, world.now)
    write_rows(unit_ids=[unit.pk for unit in [*closed, *shared]])


def _silent(
    units: list[OperationalUnit], starts_at: datetime.datetime, ends_at: datetime.datetime | None
) -> OperationalUnit | None:
    """First unit that stated nothing in that time: nobody states the places of a closed unit."""
    stated = AvailabilityEntry.objects.filter(stated_at__gte=starts_at)
    if ends_at is not None:
        stated = stated.filter(stated_at__lt=ends_at)
    busy = set(stated.values_list("unit", flat=True))
    return next((unit for unit in units if unit.pk not in busy), None)


def _units() -> list[OperationalUnit]:
    """Units open to entry, in order."""
    units = OperationalUnit.objects.published().filter(discipline__code__in=CLOSED_TYPES)
    return list(units.filter(current_figure__is_open=True, current_figure__figure__isnull=False).order_by("pk")[:400])


def _add_pool(units: list[OperationalUnit], now: datetime.datetime) -> list[OperationalUnit]:
    """Two units of one EG, the first found, that share their beds, never stated together yet."""
    by_entity: dict[int, OperationalUnit] = {}
    for unit in units:
        first = by_entity.setdefault(unit.geographic_entity_id, unit)
        if first is unit:
            continue
        members = CurrentFigure.objects.filter(pk__in=[first.pk, unit.pk])
        pool = Pool.objects.create(
            geographic_entity_id=unit.geographic_entity_id,
            name=POOL_NAME,
            installed_places=max(first.installed_places or 0, unit.installed_places or 0) or None,
            rhythm=min(row.rhythm for row in members),
        )
        empty = {"version": 0, "figure": None, "stated_at": None, "confirmed_at": None, "expires_at": None}
        members.update(pool=pool, changed_at=None, comment="", by=None, source="", is_over_capacity=False, **empty)
        open_memberships(pool, [first.pk, unit.pk], now)
        bring_to_rhythm(unit_ids=[first.pk])
        return [first, unit]
    return []


def _add_expected(world: World, by: User) -> None:
    """Places awaited at the unit of the webinars: one for the days to come, one for today."""
    act = OperationalUnit.objects.filter(name="ACT ALTAIR VESTA").first()
    if act is None:
        return
    for days, count, comment in ((0, 1, "Sortie prévue dans la journée."), (4, 2, "Deux logements en remise en état.")):
        ExpectedPlace.objects.create(
            unit=act,
            count=count,
            expected_on=(world.now + days * DAY).date(),
            comment=comment,
            recorded_at=world.now - 2 * DAY,
            by=by,
        )
