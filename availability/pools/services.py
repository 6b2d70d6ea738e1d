"""Lits mutualisés: made, changed and separated by support (spec 20, Entering; 01-settled, Availability).

A pool has its own statements; what each unit stated by itself before stays its history, and comes back, to be
confirmed, when the unit leaves. A pool that keeps fewer than two units is separated.
"""

import datetime
import uuid
from collections.abc import Collection, Sequence
from enum import StrEnum

from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest

from accounts.models import AuditEntry, User
from accounts.services import log_action
from common.french import NBSP
from directory.enums import PublicationStatus
from directory.models import GeographicEntity, OperationalUnit
from directory.scopes import Scope

from .. import membership
from ..breakdown import COUNT_FIELDS
from ..exceptions import StatementRefused
from ..freshness import expires_at
from ..locks import lock_figures
from ..models import AvailabilityEntry, CurrentFigure, Pool, PoolMembership, Source
from ..permissions import Refusal, may_manage_entry
from ..services import record_statement, tell_figures
from ..statement import Statement

FEWEST_UNITS = 2
# What a unit's figure is made of: copied from the pool, or given back from its own statements.
_CONTENT = (*COUNT_FIELDS, "figure", "lines", "comment", "is_over_capacity", "by", "source")
_STATE = (
    *_CONTENT,
    *("version", "stated_at", "confirmed_at", "changed_at", "expires_at", "to_confirm_since", "contested_at"),
)


class PoolRefused(Exception):
    """The act is not possible. ``why`` says the reason; ``units`` are the names of those that it is about."""

    class Why(StrEnum):
        TOO_FEW = "too_few"
        NOT_OPEN = "not_open"
        SHARED = "shared"
        ELSEWHERE = "elsewhere"
        NOT_MEMBER = "not_member"
        ENDED = "ended"
        OVER_CAPACITY = "over_capacity"
        NOT_STATED = "not_stated"  # no unit can be stated now: all are unavailable

    def __init__(self, why: Why, units: Sequence[str] = ()) -> None:
        super().__init__(why.value)
        self.why = why
        self.units = units


@transaction.atomic
def make_pool(
    *,
    entity: GeographicEntity,
    unit_ids: Collection[int],
    name: str,
    installed_places: int | None,
    figure: int | None,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    request_ip: str | None = None,
) -> Pool:
    """Share the places of units of one EG. ``figure``: free places of the whole, stated at once; none when ``None``.

    The figures of the units are not added up, since they may have counted the same places: without ``figure`` the pool
    is « jamais » until somebody states it. Raises ``StatementRefused`` (not support), ``PoolRefused``,
    ``SharedMeanwhile``.
    """
    figures = _lock_newcomers(unit_ids, entity.pk, scope)
    if len(figures) < max(FEWEST_UNITS, len(set(unit_ids))):
        raise PoolRefused(PoolRefused.Why.TOO_FEW if len(set(unit_ids)) < FEWEST_UNITS else PoolRefused.Why.NOT_OPEN)
    if figure is not None and installed_places is not None and figure > installed_places:
        raise PoolRefused(PoolRefused.Why.OVER_CAPACITY)
    pool = Pool.objects.create(
        geographic_entity=entity,
        name=name,
        installed_places=installed_places,
        rhythm=min(row.rhythm for row in figures),
    )
    _enter(pool, figures, now)
    if figure is not None:
        _state(pool, figures, figure, by, scope, now)
    _log(pool, by, request_ip, act="création", units=[row.pk for row in figures])
    return pool


@transaction.atomic
def change_pool(
    *, pool_id: int, name: str, installed_places: int | None, by: User, scope: Scope, request_ip: str | None = None
) -> Pool:
    """Change the name or the installed places. Raises ``Pool.DoesNotExist``, ``StatementRefused``, ``PoolRefused``."""
    pool, figures = _lock_pool(pool_id, scope)
    before = (pool.name, pool.installed_places)
    if before == (name, installed_places):
        return pool
    pool.name, pool.installed_places = name, installed_places
    pool.save(update_fields=["name", "installed_places"])
    tell_figures([row.pk for row in figures])
    _log(pool, by, request_ip, act="modification", before=list(before), after=[name, installed_places])
    return pool


@transaction.atomic
def add_members(
    *,
    pool_id: int,
    unit_ids: Collection[int],
    by: User,
    scope: Scope,
    now: datetime.datetime,
    request_ip: str | None = None,
) -> Pool:
    """Bring units of the same EG into the pool; its figure becomes theirs.

    Raises ``Pool.DoesNotExist``, ``StatementRefused``, ``PoolRefused``, ``SharedMeanwhile``.
    """
    pool, _ = _lock_pool(pool_id, scope)
    figures = _lock_newcomers(unit_ids, pool.geographic_entity_id, scope)
    if len(figures) < len(set(unit_ids)):
        raise PoolRefused(PoolRefused.Why.NOT_OPEN)
    _enter(pool, figures, now)
    _log(pool, by, request_ip, act="ajout", units=[row.pk for row in figures])
    return pool


@transaction.atomic
def remove_members(
    *,
    pool_id: int,
    unit_ids: Collection[int],
    by: User | None,
    scope: Scope,
    now: datetime.datetime,
    request_ip: str | None = None,
) -> Pool:
    """Take units out: each has its own last figure back, to be confirmed. Fewer than two left: all are separated.

    Raises ``Pool.DoesNotExist``, ``StatementRefused``, ``PoolRefused``.
    """
    pool, figures = _lock_pool(pool_id, scope)
    leaving = [row for row in figures if row.pk in set(unit_ids)]
    if len(leaving) < len(set(unit_ids)) or not leaving:
        raise PoolRefused(PoolRefused.Why.NOT_MEMBER)
    _leave(pool, figures, leaving, by, now, request_ip)
    return pool


@transaction.atomic
def edit_pool(
    *,
    pool_id: int,
    name: str,
    installed_places: int | None,
    unit_ids: Collection[int],
    by: User,
    scope: Scope,
    now: datetime.datetime,
    request_ip: str | None = None,
) -> Pool:
    """Give a pool its name, installed places and units, two at least, all at once. Raises what each act raises."""
    pool, figures = _lock_pool(pool_id, scope)
    wanted, held = set(unit_ids), {row.pk for row in figures}
    if len(wanted) < FEWEST_UNITS:
        raise PoolRefused(PoolRefused.Why.TOO_FEW)
    change_pool(
        pool_id=pool_id, name=name, installed_places=installed_places, by=by, scope=scope, request_ip=request_ip
    )
    if wanted - held:
        add_members(pool_id=pool_id, unit_ids=wanted - held, by=by, scope=scope, now=now, request_ip=request_ip)
    if held - wanted:
        remove_members(pool_id=pool_id, unit_ids=held - wanted, by=by, scope=scope, now=now, request_ip=request_ip)
    pool.refresh_from_db()
    return pool


@transaction.atomic
def separate_pool(
    *, pool_id: int, by: User, scope: Scope, now: datetime.datetime, request_ip: str | None = None
) -> Pool:
    """End a pool: each unit has its own last figure back, to be confirmed. Raises what ``change_pool`` raises."""
    pool, figures = _lock_pool(pool_id, scope)
    _leave(pool, figures, figures, by, now, request_ip)
    return pool


@transaction.atomic
def leave_moved_units(*, unit_ids: Collection[int], now: datetime.datetime) -> None:
    """Take out of their pools the units that went to another EG (a pool lies within one EG). In the writer's act."""
    moved = CurrentFigure.objects.filter(pk__in=unit_ids, pool__isnull=False).exclude(
        unit__geographic_entity=F("pool__geographic_entity")
    )
    for pool_id in sorted(set(moved.values_list("pool_id", flat=True))):
        pool, figures = _locked(pool_id)
        gone = [row for row in figures if row.unit.geographic_entity_id != pool.geographic_entity_id]
        _leave(pool, figures, gone, None, now, None)


def _lock_newcomers(unit_ids: Collection[int], entity_id: int, scope: Scope) -> list[CurrentFigure]:
    """Figures of units that may enter a pool of this EG: support alone, one EG, entry open, in no other pool."""
    rows = [row for row in lock_figures(unit_ids) if row.pk in set(unit_ids)]
    if not all(may_manage_entry(scope, row.unit) for row in rows):
        raise StatementRefused(Refusal.NOT_HELD)
    checks = (
        (PoolRefused.Why.ELSEWHERE, lambda row: row.unit.geographic_entity_id != entity_id),
        (PoolRefused.Why.SHARED, lambda row: row.pool_id is not None),
        (PoolRefused.Why.NOT_OPEN, lambda row: not (row.is_open and row.unit.is_published)),
    )
    for why, is_wrong in checks:
        if wrong := [row.unit.name for row in rows if is_wrong(row)]:
            raise PoolRefused(why, wrong)
    return rows


def _lock_pool(pool_id: int, scope: Scope) -> tuple[Pool, list[CurrentFigure]]:
    """The pool in force and its members' figures, locked in order."""
    pool, figures = _locked(pool_id)
    if pool.ended_at is not None:
        raise PoolRefused(PoolRefused.Why.ENDED)
    if not all(may_manage_entry(scope, row.unit) for row in figures):
        raise StatementRefused(Refusal.NOT_HELD)
    return pool, figures


def _locked(pool_id: int) -> tuple[Pool, list[CurrentFigure]]:
    pool = Pool.objects.select_for_update().get(pk=pool_id)
    members = CurrentFigure.objects.select_for_update(of=("self",)).filter(pool=pool)
    return pool, list(members.select_related("unit__geographic_entity").order_by("pk"))


def open_memberships(pool: Pool, unit_ids: Collection[int], now: datetime.datetime) -> None:
    """Write that units share the pool's places from ``now`` on."""
    PoolMembership.objects.bulk_create(PoolMembership(pool=pool, unit_id=pk, since=now) for pk in sorted(unit_ids))


def _end_memberships(pool: Pool, unit_ids: Collection[int], now: datetime.datetime) -> None:
    """Write that units left; never before what was stated of the pool, whose clock was perhaps read later."""
    at = max(now, pool.stated_at or now)
    still = PoolMembership.objects.filter(pool=pool, unit__in=unit_ids, until=None)
    still.update(until=Greatest(F("since"), Value(at)))


def _enter(pool: Pool, figures: Sequence[CurrentFigure], now: datetime.datetime) -> None:
    """Give the units the pool's state; what they stated by themselves stays in their history."""
    ids = [row.pk for row in figures]
    CurrentFigure.objects.filter(pk__in=ids).update(pool=pool, **{name: getattr(pool, name) for name in _STATE})
    open_memberships(pool, ids, now)
    _tell(ids)


def _state(
    pool: Pool, figures: Sequence[CurrentFigure], figure: int, by: User, scope: Scope, now: datetime.datetime
) -> None:
    """State the pool's first figure from the first of its units that may be stated now."""
    for row in figures:
        try:
            record_statement(
                unit_id=row.pk,
                said=Statement(figure=figure),
                expected_version=pool.version,
                request_id=uuid.uuid4(),
                source=Source.WEB,
                by=by,
                scope=scope,
                now=now,
            )
        except StatementRefused:
            continue
        return
    raise PoolRefused(PoolRefused.Why.NOT_STATED)


def _leave(
    pool: Pool,
    figures: Sequence[CurrentFigure],
    leaving: Sequence[CurrentFigure],
    by: User | None,
    now: datetime.datetime,
    request_ip: str | None,
) -> None:
    """Give the units that leave their own last figure back; all of them when fewer than two would stay."""
    is_end = len(figures) - len(leaving) < FEWEST_UNITS
    gone = list(figures) if is_end else list(leaving)
    for row in gone:
        for name, value in own_state(row, now).items():
            setattr(row, name, value)
        row.pool = None
        row.save(update_fields=["pool", *_STATE])
    _end_memberships(pool, [row.pk for row in gone], now)
    if is_end:
        pool.ended_at = now
        pool.save(update_fields=["ended_at"])
    _tell([row.pk for row in figures])
    _log(pool, by, request_ip, act="séparation" if is_end else "retrait", units=[row.pk for row in gone])


def own_state(row: CurrentFigure, now: datetime.datetime) -> dict:
    """State of a unit from its own statements alone, to be confirmed from ``now`` on; « jamais » without any."""
    own = AvailabilityEntry.objects.filter(unit=row.pk, pool=None).select_related("by")
    last = own.order_by("-stated_at", "-version").first()
    if last is None:
        empty = {name: CurrentFigure._meta.get_field(name).get_default() for name in _STATE}  # noqa: SLF001
        return empty | {"version": 0}
    before = own.exclude(figure=last.figure).filter(stated_at__lte=last.stated_at).order_by("-stated_at", "-version")
    other = before.values_list("stated_at", flat=True).first()
    same = own.filter(figure=last.figure)
    since = same.filter(stated_at__gt=other) if other else same
    return {
        **{name: getattr(last, name) for name in _CONTENT},
        "version": own.order_by("-version").values_list("version", flat=True)[0],
        "stated_at": last.stated_at,
        "confirmed_at": last.confirmed_at,
        "changed_at": since.order_by("stated_at").values_list("stated_at", flat=True).first() or last.stated_at,
        "expires_at": last.confirmed_at and expires_at(last.confirmed_at, row.rhythm),
        "to_confirm_since": now,
        "contested_at": None,
    }


def _tell(unit_ids: list[int]) -> None:
    """Bring rhythms and the rows of totals in line, and tell who listens."""
    membership.bring_to_rhythm(unit_ids=unit_ids)
    tell_figures(unit_ids)


def _log(pool: Pool, by: User | None, request_ip: str | None, *, act: str, **details: object) -> None:
    log_action(
        action=AuditEntry.Action.POOL_CHANGED,
        actor=by,
        target=f"{pool.name} – {act}",
        request_ip=request_ip,
        details={"pool_id": pool.pk, **details},
    )


# What pages say.


def units_offered(entity_id: int, pool_id: int | None = None) -> QuerySet[OperationalUnit]:
    """Units of an EG that may share places: published, open to entry, in no pool but ``pool_id``; its members too."""
    open_units = Q(status=PublicationStatus.PUBLISHED, current_figure__is_open=True, current_figure__pool=None)
    wanted = Q(current_figure__pool=pool_id) | open_units if pool_id else open_units
    units = OperationalUnit.objects.filter(wanted, geographic_entity=entity_id)
    return units.select_related("unit_type", "current_figure", "geographic_entity").order_by("sort_name", "pk")


def refused_words(error: PoolRefused) -> str:
    """Sentence of a refusal."""
    names = ", ".join(error.units)
    return {
        PoolRefused.Why.TOO_FEW: "Cochez au moins deux unités\u00a0: des lits mutualisés se partagent.",
        PoolRefused.Why.NOT_OPEN: f"La saisie n’est pas ouverte{NBSP}: {names or 'une unité cochée'}.",
        PoolRefused.Why.SHARED: f"Déjà dans d’autres lits mutualisés{NBSP}: {names}.",
        PoolRefused.Why.ELSEWHERE: f"D’un autre établissement{NBSP}: {names}.",
        PoolRefused.Why.NOT_MEMBER: "Une unité retirée ne faisait plus partie de ces lits mutualisés.",
        PoolRefused.Why.ENDED: "Ces lits mutualisés ont été séparés entre-temps.",
        PoolRefused.Why.OVER_CAPACITY: (
            "Plus de places disponibles que d’installées\u00a0: laissez vide, puis saisissez le chiffre sur la page "
            "de mise à jour, qui demande confirmation."
        ),
        PoolRefused.Why.NOT_STATED: (
            "Toutes ces unités sont en indisponibilité totale\u00a0: laissez les places disponibles vides."
        ),
    }[error.why]
