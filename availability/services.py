"""What is stated: figures of units and pools, confirmed, undone (spec 20, Entering; 01-settled, Availability)."""

import datetime
import uuid
from dataclasses import asdict

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Model, Q

from directory.models import GeographicEntity, OperationalUnit
from directory.scopes import Scope

from . import membership
from .breakdown import COUNT_FIELDS, counts_of
from .exceptions import (
    BreakdownBeyondFigure,
    ContestedSince,
    FigureOutOfRange,
    NothingToConfirm,
    OverCapacity,
    RequestReused,
    StaleFigure,
    StatementRefused,
    UndoRefused,
    UnlikelyRise,
)
from .freshness import expires_at
from .lines import all_places, free_places, read_lines
from .models import AvailabilityEntry, CallOutcome, CurrentFigure, CurrentState, Pool, UnitClosure
from .permissions import Refusal, statement_refusal
from .signals import figures_changed
from .statement import Statement

LARGEST_FIGURE = 9999  # places; no unit of the region comes near
RISE_PLACES = 5  # the slip guard asks beyond both
RISE_SHARE = 0.5
# In SQL: the ORM takes longer to write it, at each save, than PostgreSQL to answer.
_LOCK = """
SELECT figure.*, unit.status AS unit_status, unit.installed_places, unit.geographic_entity_id, entity.legal_entity_id
FROM availability_currentfigure figure
JOIN directory_operationalunit unit ON unit.id = figure.unit_id
JOIN directory_geographicentity entity ON entity.id = unit.geographic_entity_id
WHERE figure.unit_id = %s AND figure.pool_id IS NOT DISTINCT FROM %s
FOR UPDATE OF figure
"""
ANY_POOL = -1  # of a caller that showed no page: whatever the unit's places are shared with
UNDO_DELAY = datetime.timedelta(minutes=10)


def record_statement(
    *,
    unit_id: int,
    said: Statement,
    expected_version: int,
    request_id: uuid.UUID,
    source: str,
    by,
    scope: Scope,
    now: datetime.datetime,
    stated_at: datetime.datetime | None = None,
    is_confirmed: bool = False,
    pool_id: int | None = ANY_POOL,
    contest_seen: int | None = None,
) -> AvailabilityEntry:
    """Append one statement of a unit's free places, or of its pool's, and make it the current figure.

    ``expected_version`` is what the person saw, of the pool ``pool_id`` (``None``: the unit's own); ``contest_seen`` is
    the ``contest_key`` of his page (``None``: no page). The same ``request_id`` with the same content gives the
    statement already recorded. ``now`` is aware. ``stated_at``, when the figure was typed earlier (a phone without
    network): older than the current one, it joins the history only.

    Raises ``OperationalUnit.DoesNotExist``, and (availability.exceptions) ``StatementRefused``, ``StaleFigure``,
    ``ContestedSince``, ``RequestReused``, ``FigureOutOfRange``, ``BreakdownBeyondFigure``, ``OverCapacity`` and
    ``UnlikelyRise`` unless ``is_confirmed``; nothing is then written. Source: spec 20, Entering; 01-settled.
    """
    with transaction.atomic():
        current = _lock_figure(unit_id, scope, now)
        holder, stated = holder_of(current), said.fields()
        if replayed := _already_recorded(current, request_id, stated):
            return replayed
        is_late = stated_at is not None and holder.stated_at is not None and stated_at < holder.stated_at
        if pool_id not in (ANY_POOL, current.pool_id) or (holder.version != expected_version and not is_late):
            raise StaleFigure(current)
        _check_contest(current, None if is_late else contest_seen)
        _check_range(said)
        is_over = _check_likelihood(holder, installed_of(current), said, is_confirmed=is_confirmed or is_late)
        entry = _new_entry(current, stated | {"is_over_capacity": is_over}, request_id, source, by, now, stated_at)
        _follow(current, entry, is_late=is_late)
        return entry


def confirm_unchanged(
    *,
    unit_id: int,
    expected_version: int,
    request_id: uuid.UUID,
    source: str,
    by,
    scope: Scope,
    now: datetime.datetime,
    pool_id: int | None = ANY_POOL,
    contest_seen: int | None = None,
) -> AvailabilityEntry:
    """State the current figure again, breakdown and comment included (« Inchangé »).

    Raises ``NothingToConfirm`` when the unit was never stated, and what ``record_statement`` raises.
    """
    with transaction.atomic():
        current = _lock_figure(unit_id, scope, now)
        if current.figure is None:
            raise NothingToConfirm
        stated = _content_of(current)
        if replayed := _already_recorded(current, request_id, stated):
            return replayed
        if current.version != expected_version or pool_id not in (ANY_POOL, current.pool_id):
            raise StaleFigure(current)
        _check_contest(current, contest_seen)
        installed = installed_of(current)
        is_over = installed is not None and current.figure > installed
        content = stated | {"is_over_capacity": is_over, "is_confirmation": True}
        entry = _new_entry(current, content, request_id, source, by, now)
        _follow(current, entry)
        return entry


def undo_statement(
    *,
    unit_id: int,
    version: int,
    request_id: uuid.UUID,
    source: str,
    by,
    scope: Scope,
    now: datetime.datetime,
    pool_id: int | None = ANY_POOL,
) -> AvailabilityEntry:
    """Write back the figure that ``by`` replaced with statement ``version``, as a new statement (« Annuler »).

    It carries the moment at which the restored figure was confirmed; without any, the unit is « jamais » again.
    Raises ``UndoRefused`` more than ten minutes later, when somebody saved since, when it is somebody else's, or when
    it undoes one already; ``StatementRefused``; ``RequestReused``. Source: 01-settled, Availability.
    """
    with transaction.atomic():
        current = _lock_figure(unit_id, scope, now)
        mine = _entries_of(current)
        replayed = AvailabilityEntry.objects.filter(request_id=request_id).first()
        if replayed is not None:
            if replayed.unit_id != unit_id or replayed.undoes_id is None:
                raise RequestReused(request_id)
            return replayed
        last = mine.filter(version=version).first()
        if last is None or current.version != version or pool_id not in (ANY_POOL, current.pool_id):
            raise UndoRefused(UndoRefused.Why.SAVED_SINCE)
        if last.by_id != by.pk or last.undoes_id is not None:
            raise UndoRefused(UndoRefused.Why.NOT_YOURS)
        if now - last.recorded_at > UNDO_DELAY:
            raise UndoRefused(UndoRefused.Why.TOO_LATE)
        restored = mine.filter(stated_at__lte=last.stated_at, version__lt=version).order_by("-stated_at", "-version")
        entry = _restore(current, restored.first(), last, request_id, source, by, now)
        _follow(current, entry)
        return entry


def contest_key(contested_at: datetime.datetime | None) -> int:
    """Moment of a contest as pages carry it, in microseconds since 1970; 0 without any."""
    return round(contested_at.timestamp() * 1_000_000) if contested_at is not None else 0


def holder_of(current: CurrentFigure) -> CurrentState:
    """What the unit's statements are made of: its pool, or its own figure."""
    return current.pool if current.pool is not None else current


def installed_of(current: CurrentFigure) -> int | None:
    """Installed places of the unit, or of its pool."""
    return current.pool.installed_places if current.pool is not None else current.unit.installed_places


def brought_to(current: CurrentFigure, entry: AvailabilityEntry) -> bool:
    """Bring a figure that was read before ``entry`` to what that statement made of it; its pool is left alone.

    Returns ``False``, and leaves it too, when the statement did not come right after it (sent twice, late).
    """
    is_next = current.pool_id == entry.pool_id and current.version + 1 == entry.version
    if not is_next or (current.stated_at is not None and entry.stated_at < current.stated_at):
        return False
    for name, value in _state_after(current, entry).items():
        setattr(current, name, value)
    return True


def _lock_figure(unit_id: int, scope: Scope, now: datetime.datetime) -> CurrentFigure:
    """Current row of the unit under a row lock, its unit, EG and pool loaded; raises ``StatementRefused``.

    What else it depends on is read after, so that what was written while the lock was waited for is seen.
    """
    current = _lock_row(unit_id, None) or _lock_shared(unit_id)
    unit = current.unit if current else OperationalUnit.objects.select_related("geographic_entity").get(pk=unit_id)
    closure = UnitClosure.objects.active_at(now).filter(unit_id=unit_id).only("pk").order_by("pk").first()
    refusal = statement_refusal(scope, unit, current, closure)
    if current is None or refusal:
        raise StatementRefused(refusal or Refusal.NOT_OPEN)
    return current


def _lock_row(unit_id: int, pool_id: int | None) -> CurrentFigure | None:
    """Current row of the unit under a lock, if it is in that pool, or in none."""
    for current in CurrentFigure.objects.raw(_LOCK, [unit_id, pool_id]):
        entity_id = current.geographic_entity_id
        current.unit = _partial(
            OperationalUnit,
            id=unit_id,
            status=current.unit_status,
            installed_places=current.installed_places,
            geographic_entity_id=entity_id,
        )
        current.unit.geographic_entity = _partial(
            GeographicEntity, id=entity_id, legal_entity_id=current.legal_entity_id
        )
        return current
    return None


def _partial[Row: Model](model: type[Row], **columns: object) -> Row:
    """Record of which some columns were read; the others are, when they are asked for."""
    names = [field.attname for field in model._meta.concrete_fields if field.attname in columns]  # noqa: SLF001
    return model.from_db(DEFAULT_DB_ALIAS, names, [columns[name] for name in names])


def _lock_shared(unit_id: int) -> CurrentFigure | None:
    """Current row of a unit that shares its places, the pool being locked before its members; ``None`` without any."""
    pool_id = CurrentFigure.objects.filter(pk=unit_id).values_list("pool_id", flat=True).first()
    pool = Pool.objects.select_for_update().get(pk=pool_id) if pool_id else None
    current = _lock_row(unit_id, pool_id)
    if current is not None:
        current.pool = pool
    elif moved := CurrentFigure.objects.filter(pk=unit_id).first():  # shared or separated meanwhile
        raise StaleFigure(moved)
    return current


def _entries_of(current: CurrentFigure):
    """Statements of the unit, or of its pool."""
    if current.pool_id:
        return AvailabilityEntry.objects.filter(pool=current.pool_id)
    return AvailabilityEntry.objects.filter(unit=current.unit_id, pool=None)


def _content_of(row) -> dict:
    """What a statement says, as fields."""
    return {"figure": row.figure, "comment": row.comment, "lines": row.lines, **asdict(counts_of(row))}


def _already_recorded(current: CurrentFigure, request_id: uuid.UUID, stated: dict) -> AvailabilityEntry | None:
    """Return the statement that ``request_id`` already made of this unit with this content.

    Other content under the same id is what somebody typed after going back: a stale version, told as such.
    """
    sent = AvailabilityEntry.objects.filter(request_id=request_id)
    if not sent.exists():  # nearly always, and much cheaper to ask than the row
        return None
    found = sent.get()
    if found.unit_id != current.unit_id:
        raise RequestReused(request_id)
    if all(getattr(found, name) == value for name, value in stated.items()):
        return found
    raise StaleFigure(current)


def _check_contest(current: CurrentFigure, seen: int | None) -> None:
    """A contest is cleared by those who saw it: a contest changes no version."""
    if seen is not None and contest_key(current.contested_at) > seen:
        raise ContestedSince(current)


def _check_range(said: Statement) -> None:
    figure, counts, lines = said.figure, said.shares, said.lines
    numbers = [figure, *(getattr(counts, name) or 0 for name in COUNT_FIELDS), *(line.count for line in lines)]
    if any(not 0 <= number <= LARGEST_FIGURE for number in numbers):
        raise FigureOutOfRange
    if free_places(lines) > figure:
        raise BreakdownBeyondFigure(None, figure)
    if share := counts.beyond(figure):
        raise BreakdownBeyondFigure(share, figure)


def _check_likelihood(holder: CurrentState, installed: int | None, said: Statement, *, is_confirmed: bool) -> bool:
    """Ask about what is likely a slip; return whether the figure, or all the lines together, are over capacity.

    Going down is never asked about, nor staying above installed places that may have been reduced since (01-settled,
    slip guard); a first statement above them is. Lines that are not free hide no rise of the figure itself.
    """
    previous, held = holder.figure, max(said.figure, all_places(said.lines))
    is_over = installed is not None and held > installed
    if is_confirmed:
        return is_over
    is_rise = previous is not None and _is_unlikely_rise(previous, said.figure)
    is_more = previous is None or held > max(previous, all_places(read_lines(holder.lines)))
    is_above = installed is not None and installed < said.figure and (previous is None or said.figure > previous)
    if installed is not None and is_over and (is_rise or is_more or is_above):
        raise OverCapacity(held, installed, is_of_lines=held > said.figure)
    if previous is not None and is_rise:
        raise UnlikelyRise(said.figure, previous)
    return is_over


def _is_unlikely_rise(previous: int, figure: int) -> bool:
    """Rise of more than 5 places and more than 50 %; a previous 0 counts (01-settled, slip guard)."""
    return figure - previous > RISE_PLACES and figure - previous > previous * RISE_SHARE


def _new_entry(current: CurrentFigure, content: dict, request_id, source, by, now, stated_at=None) -> AvailabilityEntry:
    """Add the statement; ``content`` may say when it was confirmed, else it is when it was made."""
    holder = holder_of(current)
    # `now` was read before the lock: a writer that waited must not date its statement before the one it follows.
    recorded_at = max(now, holder.stated_at or now)
    at = min(stated_at, now) if stated_at is not None else recorded_at
    return AvailabilityEntry.objects.create(
        unit_id=current.unit_id,
        pool=current.pool,
        version=holder.version + 1,
        stated_at=at,
        recorded_at=recorded_at,
        by=by,
        source=source,
        request_id=request_id,
        **{"confirmed_at": at, **content},
    )


def _restore(
    current: CurrentFigure, earlier: AvailabilityEntry | None, last: AvailabilityEntry, request_id, source, by, now
) -> AvailabilityEntry:
    """Statement that says what ``earlier`` said, or nothing when there was none."""
    content = _content_of(earlier) if earlier else {"figure": None}
    kept = {
        "confirmed_at": earlier.confirmed_at if earlier else None,
        "is_over_capacity": earlier.is_over_capacity if earlier else False,
        "undoes": last,
    }
    return _new_entry(current, content | kept, request_id, source, by, now)


def _follow(current: CurrentFigure, entry: AvailabilityEntry, *, is_late: bool = False) -> None:
    """Make the statement the current one, for the unit or all the units of its pool, and tell who listens."""
    holder = holder_of(current)
    values = {"version": entry.version} if is_late else _state_after(holder, entry)
    for name, value in values.items():
        setattr(holder, name, value)
    holder.save(update_fields=values)
    unit_ids = [current.unit_id]
    if current.pool is not None:
        members = CurrentFigure.objects.select_for_update().filter(pool=current.pool).order_by("pk")
        unit_ids = [member.pk for member in members]
        CurrentFigure.objects.filter(pk__in=unit_ids).update(**values)
    tell_figures(unit_ids)


def _state_after(holder: CurrentState, entry: AvailabilityEntry) -> dict:
    """Fields of the current state once ``entry`` is the last statement."""
    is_changed = holder.figure != entry.figure
    return {
        **_content_of(entry),
        "is_over_capacity": entry.is_over_capacity,
        "version": entry.version,
        "stated_at": entry.stated_at,
        "confirmed_at": entry.confirmed_at,
        "changed_at": entry.stated_at if is_changed else holder.changed_at,
        "expires_at": entry.confirmed_at and expires_at(entry.confirmed_at, holder.rhythm),
        "contested_at": _contested_at(entry) if entry.undoes_id else None,
        "by": entry.by,
        "source": entry.source,
    }


def _contested_at(entry: AvailabilityEntry) -> datetime.datetime | None:
    """When the figure that an undoing brought back had been contested, if it was."""
    if entry.confirmed_at is None:
        return None
    about = Q(unit__current_figure__pool=entry.pool_id) if entry.pool_id else Q(unit=entry.unit_id)
    calls = CallOutcome.objects.filter(about, outcome=CallOutcome.Outcome.FULL, at__gte=entry.confirmed_at)
    return calls.order_by("-at").values_list("at", flat=True).first()


def tell_figures(unit_ids: list[int]) -> list[int]:
    """After a write of current figures: bring the totals' rows in line, and tell who listens. Returns the ids."""
    if unit_ids:
        membership.follow_figures(unit_ids=unit_ids)
        figures_changed.send(CurrentFigure, unit_ids=unit_ids)
    return unit_ids
