"""The weekly search of possible duplicates: what is read, what is written (spec 30, Duplicates and orphans)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from common.geo import Point

from ..enums import PositionSource, PublicationStatus
from ..models import DuplicatePair, DuplicateSearch, GeographicEntity, OperationalUnit
from .candidates import Pair, Pairs, entity_pairs, unit_pairs
from .rules import Entity, Reason, Unit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

EVERY = datetime.timedelta(days=7)
BY_HAND = datetime.timedelta(days=30)  # a pair made by hand waits that long to be settled
_BATCH = 500
State = DuplicatePair.State


@dataclass(frozen=True)
class Found:
    """What a search did. ``waiting``: pairs to be settled after it; ``back``: those set aside that wait again."""

    waiting: int
    added: int
    back: int
    gone: int


@transaction.atomic
def find_duplicates(*, now: datetime.datetime, every: datetime.timedelta | None = None) -> Found | None:
    """Compare the open records of the region and bring the pairs up to date, in one transaction.

    A pair set aside stays so, unless it has a new reason; one that waited and is no longer found goes (made by hand,
    after a month); a merged one is left alone. Whoever settles a pair, and another search, wait meanwhile (a few
    seconds): those who merge lock their pair before any record. Run again, or twice at once, it doubles nothing.
    ``every``: do nothing, and return ``None``, when the last search is more recent.
    """
    if every is not None and _is_recent(now - every):
        return None
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {DuplicatePair._meta.db_table} IN EXCLUSIVE MODE")  # noqa: SLF001
    if every is not None and _is_recent(now - every):
        return None
    entities = entity_pairs(_entities())
    first = _write("entity", entities, now)
    units = unit_pairs(_units(), _not_set_aside(entities))
    second = _write("unit", units, now)
    DuplicateSearch.objects.update_or_create(pk=1, defaults={"at": now})
    done = [one + other for one, other in zip(first, second, strict=True)]
    return Found(DuplicatePair.objects.waiting().count(), *done)


def _is_recent(since: datetime.datetime) -> bool:
    """Tell whether a search was made after ``since``."""
    last = last_search()
    return last is not None and last > since


def last_search() -> datetime.datetime | None:
    """When the last search was made; one query."""
    return DuplicateSearch.objects.filter(pk=1).values_list("at", flat=True).first()


def reasons_today(pair: DuplicatePair) -> list[str]:
    """Reasons that a search would give a pair now, after those it has: one query."""
    found: Pairs
    if pair.first_entity_id:
        found = entity_pairs(_entities((pair.first_entity_id, pair.second_entity_id)))
    else:
        units = list(_units((pair.first_unit_id, pair.second_unit_id)))
        found = unit_pairs(units, [(one.entity, other.entity) for one, other in permutations(units, 2)])
    return list(dict.fromkeys([*pair.reasons, *(str(reason) for reasons in found.values() for reason in reasons)]))


def _entities(keys: Collection[int | None] | None = None) -> Iterator[Entity]:
    """EGs that are not closed, nor below a closed EJ, all or those of ``keys``: one query."""
    closed = PublicationStatus.CLOSED
    rows = GeographicEntity.objects.exclude(status=closed).exclude(legal_entity__status=closed)
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    names = (
        *("pk", "name", "siret", "category_id", "commune_id", "commune__name", "postal_code"),
        *("street_number", "street_extension", "street_name", "lat", "lon", "position_source"),
    )
    for pk, name, siret, category, commune, town, code, *street, lat, lon, source in rows.values_list(*names):
        line = " ".join(part for part in street if part) if street[-1] else ""
        yield Entity(pk, name, siret, category, commune, town, code, line, _point(lat, lon, source))


def _units(keys: Collection[int | None] | None = None) -> Iterator[Unit]:
    """UOs that are not closed, nor below a closed EG or EJ, all or those of ``keys``: one query."""
    closed = PublicationStatus.CLOSED
    rows = OperationalUnit.objects.exclude(status=closed).exclude(geographic_entity__status=closed)
    rows = rows.exclude(geographic_entity__legal_entity__status=closed).order_by("pk")
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    names = (
        *("pk", "name", "geographic_entity_id", "unit_type_id", "structure_id", "sex", "min_age_days", "max_age_days"),
        *("commune_id", "lat", "lon", "position_source"),
    )
    for *facts, lat, lon, source in rows.values_list(*names):
        yield Unit(*facts, point=_point(lat, lon, source))


def _point(lat: float | None, lon: float | None, source: str) -> Point | None:
    """The point of an address; none for the centre of a commune, which many share."""
    return Point(lat, lon) if lat is not None and lon is not None and source != PositionSource.COMMUNE else None


def _not_set_aside(found: Pairs) -> list[Pair]:
    """EGs of which the units are compared: pairs that nobody set aside."""
    aside = DuplicatePair.objects.filter(state=State.SET_ASIDE, first_entity__isnull=False)
    return sorted(found.keys() - set(aside.values_list("first_entity_id", "second_entity_id")))


def _write(kind: str, found: Pairs, now: datetime.datetime) -> tuple[int, int, int]:
    """Bring the pairs of EGs (« entity ») or of UOs (« unit ») up to date: how many new, back, gone."""
    first, second = f"first_{kind}_id", f"second_{kind}_id"
    known = DuplicatePair.objects.filter(**{f"first_{kind}__isnull": False}).order_by("pk")
    gone, seen, back, met = [], [], 0, set()
    for pair in known:
        key = getattr(pair, first), getattr(pair, second)
        met.add(key)
        if key in found and pair.state != State.MERGED:
            back += _see(pair, found[key], now)
            seen.append(pair)
        elif pair.state == State.WAITING and not _made_lately(pair, now):
            gone.append(pair.pk)
    DuplicatePair.objects.bulk_update(seen, ["reasons", "new_reasons", "state", "seen_at"], batch_size=_BATCH)
    DuplicatePair.objects.filter(pk__in=gone).delete()
    new = [_new_pair(first, second, key, found[key], now) for key in found if key not in met]
    DuplicatePair.objects.bulk_create(new, batch_size=_BATCH)
    return len(new), back, len(gone)


def _made_lately(pair: DuplicatePair, now: datetime.datetime) -> bool:
    """Tell whether support made the pair by hand (it has no reason) less than ``BY_HAND`` ago."""
    return not pair.reasons and now - pair.found_at < BY_HAND


def _see(pair: DuplicatePair, reasons: list[Reason], now: datetime.datetime) -> bool:
    """Note that a known pair is found again; tell whether one set aside waits again."""
    pair.seen_at = now
    if pair.state == State.WAITING:
        pair.reasons = list(reasons)
        return False
    new = [reason for reason in reasons if reason not in pair.reasons]
    if not new:
        return False
    pair.state, pair.reasons, pair.new_reasons = State.WAITING, list(reasons), new
    return True


def _new_pair(first: str, second: str, key: Pair, reasons: list[Reason], now: datetime.datetime) -> DuplicatePair:
    values: dict[str, Any] = {first: key[0], second: key[1]}
    return DuplicatePair(**values, reasons=list(reasons), found_at=now, seen_at=now)
