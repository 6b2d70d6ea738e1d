"""What is written about availability: statements, openings, rhythms (spec 20; 01-settled, Availability)."""

import datetime
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import asdict

from django.db import transaction
from django.db.models import ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, fields
from django.db.models.functions import Coalesce

from accounts.models import AuditEntry, User
from accounts.services import log_action
from directory.models import OperationalUnit
from directory.scopes import Scope

from .breakdown import COUNT_FIELDS, Counts, counts_of
from .exceptions import (
    BreakdownBeyondFigure,
    FigureOutOfRange,
    NothingToConfirm,
    OpeningRefused,
    OverCapacity,
    RequestReused,
    StaleFigure,
    StatementRefused,
    UnitsNotGrouped,
    UnlikelyRise,
)
from .freshness import EXPIRY_RHYTHMS, expires_at
from .models import AvailabilityEntry, CurrentFigure, Grouping, UnitTypeRhythm
from .permissions import Refusal, may_manage_entry, statement_refusal
from .signals import figures_changed

LARGEST_FIGURE = 9999  # places; no unit of the region comes near
RISE_PLACES = 5  # the slip guard asks beyond both
RISE_SHARE = 0.5


def record_statement(
    *,
    unit_id: int,
    figure: int,
    breakdown: Counts,
    comment: str,
    expected_version: int,
    request_id: uuid.UUID,
    source: str,
    by,
    scope: Scope,
    now: datetime.datetime,
    confirm_over: bool = False,
    confirm_rise: bool = False,
) -> AvailabilityEntry:
    """Append one statement of a unit's free places and make it the current figure.

    ``expected_version`` is the version that the person saw. The same ``request_id`` with the same content gives the
    statement already recorded. ``now`` is aware; the statement is never dated before the one it follows.

    Raises ``OperationalUnit.DoesNotExist``, and (availability.exceptions) ``StatementRefused``, ``StaleFigure``,
    ``RequestReused``, ``FigureOutOfRange``, ``BreakdownBeyondFigure``, ``OverCapacity`` unless ``confirm_over``,
    ``UnlikelyRise`` unless ``confirm_rise``; nothing is then written. Source: spec 20, Entering; 01-settled.
    """
    with transaction.atomic():
        current = _lock_figure(unit_id, scope)
        stated = {"figure": figure, "comment": comment, **asdict(breakdown)}
        if replayed := _already_recorded(current, request_id, stated):
            return replayed
        if current.version != expected_version:
            raise StaleFigure(current)
        _check_range(figure, breakdown)
        is_over = _check_likelihood(current, figure, confirm_over=confirm_over, confirm_rise=confirm_rise)
        return _append(current, stated | {"is_over_capacity": is_over}, request_id, source, by, now)


def confirm_unchanged(
    *,
    unit_id: int,
    expected_version: int,
    request_id: uuid.UUID,
    source: str,
    by,
    scope: Scope,
    now: datetime.datetime,
) -> AvailabilityEntry:
    """State the current figure again, breakdown and comment included (« Inchangé »).

    Raises ``NothingToConfirm`` when the unit was never stated, and what ``record_statement`` raises.
    """
    with transaction.atomic():
        current = _lock_figure(unit_id, scope)
        if current.figure is None:
            raise NothingToConfirm
        return record_statement(
            unit_id=unit_id,
            figure=current.figure,
            breakdown=counts_of(current),
            comment=current.comment,
            expected_version=expected_version,
            request_id=request_id,
            source=source,
            by=by,
            scope=scope,
            now=now,
        )


def _lock_figure(unit_id: int, scope: Scope) -> CurrentFigure:
    """Current row of the unit under a row lock, its unit and EG loaded; raises ``StatementRefused``."""
    current = (
        CurrentFigure.objects.select_for_update(of=("self",))
        .select_related("unit__geographic_entity")
        .filter(unit_id=unit_id)
        .first()
    )
    unit = current.unit if current else OperationalUnit.objects.select_related("geographic_entity").get(pk=unit_id)
    refusal = statement_refusal(scope, unit, current)
    if current is None or refusal:
        raise StatementRefused(refusal or Refusal.NOT_OPEN)
    return current


def _already_recorded(current: CurrentFigure, request_id: uuid.UUID, stated: dict) -> AvailabilityEntry | None:
    """Return the statement that ``request_id`` already made of this unit with this content.

    Other content under the same id is what somebody typed after going back: a stale version, told as such.
    """
    found = AvailabilityEntry.objects.filter(request_id=request_id).first()
    if found is None:
        return None
    if found.unit_id != current.unit_id:
        raise RequestReused(request_id)
    if all(getattr(found, name) == value for name, value in stated.items()):
        return found
    raise StaleFigure(current)


def _check_range(figure: int, breakdown: Counts) -> None:
    if not 0 <= figure <= LARGEST_FIGURE or any((getattr(breakdown, name) or 0) < 0 for name in COUNT_FIELDS):
        raise FigureOutOfRange
    if share := breakdown.beyond(figure):
        raise BreakdownBeyondFigure(share, figure)


def _check_likelihood(current: CurrentFigure, figure: int, *, confirm_over: bool, confirm_rise: bool) -> bool:
    """Ask about what is likely a slip; return whether the figure is over capacity.

    A figure that stays or goes down is never asked about, even above the installed places: they may have been reduced
    since (01-settled, slip guard). A first statement above them is.
    """
    installed, previous = current.unit.installed_places, current.figure
    is_over = installed is not None and figure > installed
    if previous is not None and figure <= previous:
        return is_over
    if installed is not None and figure > installed:
        if not confirm_over:
            raise OverCapacity(figure, installed)
    elif previous is not None and not confirm_rise and _is_unlikely_rise(previous, figure):
        raise UnlikelyRise(figure, previous)
    return is_over


def _is_unlikely_rise(previous: int, figure: int) -> bool:
    """Rise of more than 5 places and more than 50 %; a previous 0 counts (01-settled, slip guard)."""
    return figure - previous > RISE_PLACES and figure - previous > previous * RISE_SHARE


def _append(current: CurrentFigure, stated: dict, request_id, source, by, now) -> AvailabilityEntry:
    """Write the statement and the current row, and tell who listens."""
    # `now` was read before the lock: a writer that waited must not date its statement before the one it follows.
    at = max(now, current.stated_at or now)
    entry = AvailabilityEntry.objects.create(
        unit_id=current.unit_id,
        version=current.version + 1,
        stated_at=at,
        recorded_at=at,
        by=by,
        source=source,
        request_id=request_id,
        **stated,
    )
    changed_at = at if current.figure != stated["figure"] else current.changed_at
    values = stated | {
        "version": entry.version,
        "stated_at": at,
        "changed_at": changed_at,
        "expires_at": expires_at(at, current.rhythm),
        "by": by,
        "source": source,
    }
    for name, value in values.items():
        setattr(current, name, value)
    current.save(update_fields=values)
    figures_changed.send(CurrentFigure, unit_ids=[current.unit_id])
    return entry


def rhythm_for(unit_type) -> datetime.timedelta | None:
    """Expected rhythm of a type d'UO: its own, else the shortest of its groupings; ``None`` when it has no grouping."""
    return rhythms_for([unit_type.pk]).get(unit_type.pk)


def rhythms_for(unit_type_ids: Collection[int]) -> dict[int, datetime.timedelta]:
    """Expected rhythm of each type d'UO that belongs to a grouping, by its id (two queries)."""
    links = Grouping.unit_types.through.objects.filter(term__in=unit_type_ids).order_by("-grouping__rhythm")
    rhythms = dict(links.values_list("term_id", "grouping__rhythm"))  # the shortest comes last and stays
    own = UnitTypeRhythm.objects.filter(pk__in=list(rhythms)).values_list("pk", "rhythm")
    return rhythms | dict(own)


@transaction.atomic
def open_entry(
    *, unit_ids: Collection[int], scope: Scope, now: datetime.datetime, by: User, request_ip: str | None = None
) -> list[int]:
    """Open units to entry; return the ids of those that were not open yet. Figures already stated are kept.

    Each opening is a line of the audit log, under ``by``.

    Raises ``OpeningRefused`` and ``UnitsNotGrouped``, and then opens none. Source: spec 20, Entering.
    """
    units = _manageable_units(unit_ids, scope)
    rhythms = rhythms_for({unit.unit_type_id for unit in units if unit.unit_type_id})
    if strangers := [unit.pk for unit in units if unit.unit_type_id not in rhythms]:
        raise UnitsNotGrouped(strangers)
    figures = {row.pk: row for row in CurrentFigure.objects.select_for_update().filter(unit__in=units)}
    opened = [unit for unit in units if unit.pk not in figures or not figures[unit.pk].is_open]
    for unit in opened:
        CurrentFigure.objects.update_or_create(
            unit=unit,
            defaults={"is_open": True, "opened_at": now},
            create_defaults={"is_open": True, "opened_at": now, "rhythm": rhythms[unit.unit_type_id]},
        )
    apply_rhythms(unit_type_ids=rhythms)
    _log(AuditEntry.Action.ENTRY_OPENED, opened, by, request_ip)
    return _tell([unit.pk for unit in opened])


@transaction.atomic
def close_entry(*, unit_ids: Collection[int], scope: Scope, by: User, request_ip: str | None = None) -> list[int]:
    """Close units to entry (« Saisie non activée »); return the ids of those that were open.

    Each closing is a line of the audit log, under ``by``. Raises ``OpeningRefused``, and then closes none.
    """
    units = _manageable_units(unit_ids, scope)
    open_rows = CurrentFigure.objects.select_for_update().filter(unit__in=units, is_open=True)
    closed = sorted(row.pk for row in open_rows)
    CurrentFigure.objects.filter(pk__in=closed).update(is_open=False)
    _log(AuditEntry.Action.ENTRY_CLOSED, [unit for unit in units if unit.pk in closed], by, request_ip)
    return _tell(closed)


@transaction.atomic
def apply_rhythms(*, unit_type_ids: Collection[int]) -> list[int]:
    """Give the units of these types the rhythm now in force, after groupings or rhythms were edited.

    A type that left its last grouping has its entry closed. Returns the ids of the units that changed.
    """
    return _bring_to_rhythm(CurrentFigure.objects.filter(unit__unit_type__in=unit_type_ids))


@transaction.atomic
def apply_unit_rhythms(*, unit_ids: Collection[int]) -> list[int]:
    """Give these units the rhythm of their type, which may have changed; one query when nothing does.

    A unit whose type belongs to no grouping has its entry closed. Returns the ids of the units that changed.
    """
    return _bring_to_rhythm(CurrentFigure.objects.filter(unit__in=unit_ids))


def _bring_to_rhythm(figures: QuerySet[CurrentFigure]) -> list[int]:
    """Update those of ``figures`` that are not at the rhythm in force; return their ids."""
    groupings = Grouping.objects.filter(unit_types=OuterRef("unit__unit_type")).order_by("rhythm")
    shortest = Subquery(groupings.values("rhythm")[:1])
    own = Subquery(UnitTypeRhythm.objects.filter(pk=OuterRef("unit__unit_type")).values("rhythm"))
    stale = figures.annotate(shortest=shortest, in_force=Coalesce(own, shortest)).filter(
        Q(shortest=None, is_open=True)
        | Q(shortest__isnull=False) & (Q(rhythm__lt=F("in_force")) | Q(rhythm__gt=F("in_force")))
    )
    rhythms: dict[datetime.timedelta | None, list[int]] = defaultdict(list)
    for row in stale.select_for_update(of=("self",)):
        rhythms[row.in_force if row.shortest else None].append(row.pk)
    for rhythm, unit_ids in rhythms.items():
        values = {"rhythm": rhythm, "expires_at": _expiry(rhythm)} if rhythm else {"is_open": False}
        CurrentFigure.objects.filter(pk__in=unit_ids).update(**values)
    return _tell([pk for unit_ids in rhythms.values() for pk in unit_ids])


def _expiry(rhythm: datetime.timedelta) -> ExpressionWrapper:
    """``expires_at`` of each row under another rhythm; empty while nothing was stated."""
    return ExpressionWrapper(F("stated_at") + EXPIRY_RHYTHMS * rhythm, output_field=fields.DateTimeField())


def _manageable_units(unit_ids: Collection[int], scope: Scope) -> list[OperationalUnit]:
    """Units to open or close; raises ``OpeningRefused`` when some are out of reach."""
    units = list(OperationalUnit.objects.filter(pk__in=unit_ids).select_related("geographic_entity"))
    if refused := [unit.pk for unit in units if not may_manage_entry(scope, unit)]:
        raise OpeningRefused(refused)
    return units


def _log(action: AuditEntry.Action, units: list[OperationalUnit], by: User, request_ip: str | None) -> None:
    for unit in units:
        log_action(action=action, actor=by, target=unit.name, request_ip=request_ip, details={"unit_id": unit.pk})


def _tell(unit_ids: list[int]) -> list[int]:
    if unit_ids:
        figures_changed.send(CurrentFigure, unit_ids=unit_ids)
    return unit_ids
