"""Indisponibilités totales: declared, changed, ended, withdrawn (spec 20, Entering; 01-settled, Availability).

A line is never rewritten: changing one withdraws it and adds another that replaces it, so that the past is read as it
was recorded. Nothing runs when one starts or ends: it is an overlay at reading (``availability.standing``).
"""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.db.models import Q

from accounts.roles import Permission
from common.french import NBSP
from directory.models import OperationalUnit
from directory.scopes import Scope

from ..exceptions import StatementRefused
from ..locks import lock_figures
from ..models import CurrentFigure, Pool, UnitClosure
from ..permissions import REFUSAL_WORDS, Refusal, statement_refusal
from ..services import tell_figures
from ..wording import edge_words

# A closure told late: since yesterday at most by those who state, since a year by support.
LATE_START = datetime.timedelta(hours=24)
LATE_START_BY_SUPPORT = datetime.timedelta(days=366)
LONGEST_AHEAD = datetime.timedelta(days=3 * 366)


@dataclass(frozen=True)
class Period:
    """From ``starts_at`` to ``ends_at`` excluded, both aware; an open end is ``None``."""

    starts_at: datetime.datetime
    ends_at: datetime.datetime | None = None

    def meets(self) -> Q:
        """Condition on closures: at least an instant in common."""
        after = Q(ends_at=None) | Q(ends_at__gt=self.starts_at)
        return after if self.ends_at is None else after & Q(starts_at__lt=self.ends_at)


class ClosureError(Exception):
    """Base of what these services raise; nothing was written."""


class BadPeriod(ClosureError):
    """The dates cannot be those of a closure. ``why`` says the reason."""

    class Why(StrEnum):
        ORDER = "order"
        OVER = "over"  # the end is past
        TOO_LATE = "too_late"  # the start is too far in the past
        TOO_FAR = "too_far"
        STARTED = "started"  # the start of a closure under way changes no more

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class ClosuresOverlap(ClosureError):
    """Units are already unavailable during a part of the period. ``closures`` are theirs, the unit loaded."""

    def __init__(self, closures: Sequence[UnitClosure]) -> None:
        super().__init__(f"{len(closures)} closures")
        self.closures = closures


class UnitsRefused(ClosureError):
    """The person may not declare these units unavailable: ``refusals`` are pairs of a unit and the reason."""

    def __init__(self, refusals: Sequence[tuple[OperationalUnit, Refusal]]) -> None:
        super().__init__(f"{len(refusals)} units")
        self.refusals = refusals


class ClosureOver(ClosureError):
    """The closure was withdrawn or replaced meanwhile, or has ended: it changes no more."""


class ClosureStarted(ClosureError):
    """The closure has begun: it is ended, not withdrawn."""


class ClosureNotStarted(ClosureError):
    """The closure has not begun: it is withdrawn, not ended."""


@transaction.atomic
def declare_closures(
    *, unit_ids: Collection[int], period: Period, reason: str, comment: str, by, scope: Scope, now: datetime.datetime
) -> list[UnitClosure]:
    """Declare units unavailable for a period, all or none; the same twice by the same person is one declaration.

    The start may be past by a day at most, by a year for whoever states the whole region; the end is to come.
    Raises ``UnitsRefused``, ``BadPeriod``, ``ClosuresOverlap``, ``availability.locks.SharedMeanwhile``.
    """
    check_period(period, scope, now)
    figures = {row.pk: row for row in lock_figures(unit_ids)}
    units = OperationalUnit.objects.filter(pk__in=unit_ids).select_related("geographic_entity").order_by("pk")
    refusals = [(unit, statement_refusal(scope, unit, figures.get(unit.pk), None)) for unit in units]
    if refused := [(unit, why) for unit, why in refusals if why is not None]:
        raise UnitsRefused(refused)
    wanted = [unit.pk for unit, _ in refusals]
    said = {"starts_at": period.starts_at, "ends_at": period.ends_at, "reason": reason, "comment": comment}
    known = UnitClosure.objects.held().filter(unit__in=wanted, by=by, **said)
    found = {closure.unit_id: closure for closure in known}
    missing = [pk for pk in wanted if pk not in found]
    _refuse_overlaps(missing, period)
    added = [UnitClosure(unit_id=pk, recorded_at=now, by=by, **said) for pk in missing]
    UnitClosure.objects.bulk_create(added)
    tell_figures(_all_of(figures, missing))
    return [*found.values(), *added]


@transaction.atomic
def change_closure(
    *, closure_id: int, period: Period, reason: str, comment: str, by, scope: Scope, now: datetime.datetime
) -> UnitClosure:
    """Replace a closure to come or under way by another; the same content changes nothing.

    The start of one under way stays. Raises ``UnitClosure.DoesNotExist``, ``StatementRefused``, ``ClosureOver``,
    ``BadPeriod``, ``ClosuresOverlap``, ``availability.locks.SharedMeanwhile``.
    """
    closure, figures = _lock_closure(closure_id, scope, now)
    if closure.starts_at <= now and period.starts_at != closure.starts_at:
        raise BadPeriod(BadPeriod.Why.STARTED)
    check_period(period, scope, now, started_at=closure.starts_at)
    said = {"starts_at": period.starts_at, "ends_at": period.ends_at, "reason": reason, "comment": comment}
    if all(getattr(closure, name) == value for name, value in said.items()):
        return closure
    _withdraw(closure, by, now)
    _refuse_overlaps([closure.unit_id], period)
    return _replace(closure, said, figures, by, now)


@transaction.atomic
def end_closure(*, closure_id: int, by, scope: Scope, now: datetime.datetime) -> UnitClosure:
    """End a closure under way, now: the unit's last figure waits to be confirmed.

    Raises ``ClosureNotStarted`` and what ``change_closure`` raises.
    """
    closure, figures = _lock_closure(closure_id, scope, now)
    if closure.starts_at >= now:
        raise ClosureNotStarted
    _withdraw(closure, by, now)
    said = {"starts_at": closure.starts_at, "ends_at": now, "reason": closure.reason, "comment": closure.comment}
    return _replace(closure, said, figures, by, now)


@transaction.atomic
def withdraw_closure(*, closure_id: int, by, scope: Scope, now: datetime.datetime) -> UnitClosure:
    """Take back a closure that has not begun. Raises ``ClosureStarted`` and what ``change_closure`` raises."""
    closure, figures = _lock_closure(closure_id, scope, now)
    if closure.starts_at <= now:
        raise ClosureStarted
    _withdraw(closure, by, now)
    tell_figures(_all_of(figures, [closure.unit_id]))
    return closure


@transaction.atomic
def await_confirmation(*, unit_ids: Collection[int], now: datetime.datetime) -> None:
    """Units are open again in the directory: their last figures wait to be confirmed, as after a closure (01-settled).

    A pool's figure does too when none of its other units had stayed open. In the writer's transaction.
    """
    figures = lock_figures(unit_ids)
    back = set(unit_ids)
    open_pools = {row.pool_id for row in figures if row.pk not in back and row.unit.is_published}
    whole = {row.pool_id for row in figures if row.pool_id} - open_pools
    waiting = [row.pk for row in figures if row.pk in back or row.pool_id in whole]
    CurrentFigure.objects.filter(pk__in=waiting).update(to_confirm_since=now)
    Pool.objects.filter(pk__in=whole).update(to_confirm_since=now)
    tell_figures(waiting)


def check_period(
    period: Period, scope: Scope, now: datetime.datetime, started_at: datetime.datetime | None = None
) -> None:
    """Raise ``BadPeriod`` when the dates cannot be declared by this person; ``started_at`` is a start kept as it is."""
    late = LATE_START_BY_SUPPORT if scope.coverage(Permission.STATEMENT_WRITE).region else LATE_START
    if period.ends_at is not None and period.ends_at <= period.starts_at:
        raise BadPeriod(BadPeriod.Why.ORDER)
    if period.ends_at is not None and period.ends_at <= now:
        raise BadPeriod(BadPeriod.Why.OVER)
    if period.starts_at < now - late and period.starts_at != started_at:
        raise BadPeriod(BadPeriod.Why.TOO_LATE)
    if max(period.starts_at, period.ends_at or period.starts_at) > now + LONGEST_AHEAD:
        raise BadPeriod(BadPeriod.Why.TOO_FAR)


def _lock_closure(
    closure_id: int, scope: Scope, now: datetime.datetime
) -> tuple[UnitClosure, dict[int, CurrentFigure]]:
    """The closure, still held and not over, under the locks of its unit's figures."""
    unit_id = UnitClosure.objects.values_list("unit_id", flat=True).get(pk=closure_id)
    figures = {row.pk: row for row in lock_figures([unit_id])}
    closure = UnitClosure.objects.select_related("unit__geographic_entity").get(pk=closure_id)
    if not scope.coverage(Permission.STATEMENT_WRITE).holds_unit(closure.unit):
        raise StatementRefused(Refusal.NOT_HELD)
    if closure.withdrawn_at is not None or (closure.ends_at is not None and closure.ends_at <= now):
        raise ClosureOver
    return closure, figures


def _refuse_overlaps(unit_ids: Collection[int], period: Period) -> None:
    met = UnitClosure.objects.held().filter(period.meets(), unit__in=unit_ids).select_related("unit")
    if found := list(met.order_by("unit__sort_name", "starts_at")):
        raise ClosuresOverlap(found)


def _withdraw(closure: UnitClosure, by, now: datetime.datetime) -> None:
    closure.withdrawn_at, closure.withdrawn_by = now, by
    closure.save(update_fields=["withdrawn_at", "withdrawn_by"])


def _replace(
    closure: UnitClosure, said: dict, figures: dict[int, CurrentFigure], by, now: datetime.datetime
) -> UnitClosure:
    added = UnitClosure.objects.create(unit=closure.unit, recorded_at=now, by=by, replaces=closure, **said)
    tell_figures(_all_of(figures, [closure.unit_id]))
    return added


def _all_of(figures: dict[int, CurrentFigure], unit_ids: Collection[int]) -> list[int]:
    """These units, and those that share places with one of them."""
    pools = {figures[pk].pool_id for pk in unit_ids if pk in figures and figures[pk].pool_id}
    return sorted({*unit_ids, *(row.pk for row in figures.values() if row.pool_id in pools)})


# What pages say.


def period_words(closure: UnitClosure) -> str:
    """« du 14/08/2024 à 12:17 au 20/08/2024 inclus », « à partir du 14/08/2024 à 12:17, sans date de fin »."""
    start = edge_words(closure.starts_at)
    if closure.ends_at is None:
        return f"à partir du {start}, sans date de fin"
    return f"du {start} au {edge_words(closure.ends_at, is_end=True)}"


def reason_words(closure: UnitClosure) -> str:
    """« travaux », « autre : dégât des eaux »."""
    return (
        f"{closure.get_reason_display()}{NBSP}: {closure.comment}" if closure.comment else closure.get_reason_display()
    )


def overlap_words(error: ClosuresOverlap) -> list[str]:
    """A sentence for each closure already declared."""
    return [
        f"{closure.unit.name} est déjà en indisponibilité {period_words(closure)} ({closure.get_reason_display()})."
        for closure in error.closures
    ]


def refused_words(error: UnitsRefused) -> list[str]:
    """A sentence for each unit refused."""
    return [f"{unit.name}{NBSP}: {REFUSAL_WORDS[why]}" for unit, why in error.refusals]


PERIOD_WORDS: dict[BadPeriod.Why, tuple[str, str]] = {  # field, sentence
    BadPeriod.Why.ORDER: ("ends_at", "La fin doit suivre le début."),
    BadPeriod.Why.OVER: (
        "ends_at",
        "Cette fin est déjà passée. Une indisponibilité se déclare jusqu’à une date à venir.",
    ),
    BadPeriod.Why.TOO_LATE: (
        "starts_at",
        "Ce début est trop ancien. Une indisponibilité peut être déclarée après coup depuis la veille à la même heure "
        "(depuis un an par le support).",
    ),
    BadPeriod.Why.TOO_FAR: ("starts_at", "Ces dates sont trop lointaines (trois ans au plus)."),
    BadPeriod.Why.STARTED: ("starts_at", "L’indisponibilité a commencé\u00a0: son début ne change plus."),
}
