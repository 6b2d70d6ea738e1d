"""After the call: what somebody who orients was told by phone, which may contest a figure (spec 20; 01-settled).

No data about a person is asked for nor kept: an outcome, a reason among a few, a comment about the places.
"""

import datetime
import functools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from accounts.roles import Permission
from directory.models import OperationalUnit
from directory.scopes import Scope

from ..exceptions import RequestReused, StaleFigure
from ..locks import lock_figures
from ..models import AvailabilityEntry, CallOutcome, CurrentFigure, UnitClosure
from ..people import Held, people_on
from ..services import holder_of, tell_figures
from . import mails

Outcome = CallOutcome.Outcome

REASONS: tuple[str, ...] = (
    "Public non pris en charge",
    "Conditions d’admission non remplies",
    "Délai d’admission trop long",
    "Place réservée",
    "Dossier à compléter",
    "Autre motif",
)


class EntryNotOpen(Exception):
    """The unit is closed, unpublished, or closed to entry: it shows no figure that a call could speak of."""


class StatedSince(Exception):
    """Somebody stated places after the page of this call was shown: « Plus de place » is to be said knowingly.

    ``shown`` is the figure that the page showed, ``None`` when it showed none.
    """

    def __init__(self, current: CurrentFigure, shown: int | None) -> None:
        super().__init__(current.pk)
        self.current = current
        self.shown = shown


@dataclass(frozen=True, kw_only=True)
class CallReport:
    """What is reported: ``version`` is that of the figure shown to the caller, 0 when nothing was stated yet."""

    outcome: str
    version: int
    reason: str = ""
    comment: str = ""


@dataclass(frozen=True)
class Reported:
    """The line kept; whether it contests the figure, and whether the unit's entry people are written to."""

    call: CallOutcome
    is_contested: bool = False
    is_told: bool = False


@dataclass(frozen=True)
class CallPrompt:
    """What ``availability/call_form.html`` reads, as ``call``: the unit, the version shown, where to come back to."""

    unit: OperationalUnit
    version: int
    back: str
    request_id: str
    capacity_kind: str = "place"
    outcome: str = ""
    reason: str = ""
    comment: str = ""
    errors: dict[str, str] | None = None

    reasons = REASONS
    outcomes = Outcome

    @property
    def key(self) -> str:
        """Prefix of the ids of its fields."""
        return f"appel-{self.unit.pk}"


def prompt_of(unit: OperationalUnit, figure: CurrentFigure | None, back: str) -> CallPrompt | None:
    """Form of a unit whose figure is shown; ``None`` when there is none. ``back`` is a path of this site."""
    if figure is None or not figure.is_open or not unit.is_published:
        return None
    return CallPrompt(unit, figure.version, back, str(uuid.uuid4()), figure.capacity_kind)


def may_report_calls(scope: Scope) -> bool:
    """Tell whether this person reports what calls became: whoever reads the region (01-settled, Rights)."""
    return scope.may(Permission.DIRECTORY_READ)


@transaction.atomic
def report_call(
    *,
    unit_id: int,
    said: CallReport,
    request_id: uuid.UUID,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    base_url: str,
) -> Reported:
    """Keep the outcome of a call; « Plus de place » contests a figure above 0 that is still the one called about.

    A contested figure counts, marked, until it is stated again. The unit's entry people are written to once a statement
    contested. The same ``request_id`` again gives the line already kept. ``base_url``: the site's absolute address.

    Raises ``PermissionDenied``, ``OperationalUnit.DoesNotExist`` (unknown or hidden from this person),
    ``EntryNotOpen``, ``StaleFigure`` when the version was never shown, ``StatedSince`` when there is no place left in
    front of an older version than that of places stated meanwhile, ``RequestReused``, ``SharedMeanwhile``.
    """
    current, rows = _lock(unit_id, scope)
    if replayed := CallOutcome.objects.filter(request_id=request_id).first():
        if (replayed.unit_id, replayed.by_id) != (unit_id, by.pk):
            raise RequestReused(request_id)
        return Reported(replayed, is_contested=_contests(replayed, current))
    call = CallOutcome.objects.create(
        unit_id=unit_id,
        outcome=said.outcome,
        reason=said.reason if said.outcome == Outcome.REFUSED else "",
        comment=said.comment,
        figure=_figure_called_about(current, said, now),
        version=said.version,
        at=now,
        by=by,
        request_id=request_id,
    )
    if not _contests(call, current):
        return Reported(call)
    return Reported(call, is_contested=True, is_told=_contest(call, current, rows, now, base_url))


def _lock(unit_id: int, scope: Scope) -> tuple[CurrentFigure, list[CurrentFigure]]:
    """Figure of a unit that shows one to this person, locked with those that share its places."""
    if not may_report_calls(scope):
        raise PermissionDenied("Noter la suite d’un appel demande un rôle en cours.")
    OperationalUnit.objects.visible_to(scope).get(pk=unit_id)
    rows = lock_figures([unit_id])
    current = next((row for row in rows if row.pk == unit_id), None)
    if current is None or not current.is_open or not current.unit.is_published:
        raise EntryNotOpen
    return current, rows


def _figure_called_about(current: CurrentFigure, said: CallReport, now: datetime.datetime) -> int | None:
    """Figure that the page showed; no place left is not said of one while other places were stated since."""
    shown = _figure_shown(current, said.version, now)
    if said.outcome == Outcome.FULL and said.version != current.version and current.figure:
        raise StatedSince(current, shown)
    return shown


def _figure_shown(current: CurrentFigure, version: int, now: datetime.datetime) -> int | None:
    """Figure that the page showed; ``None`` when it said « jamais » or « indisponible »."""
    if UnitClosure.objects.active_at(now).filter(unit=current.pk).exists():
        return None
    if version == current.version:
        return current.figure
    if version == 0:
        return None
    mine = {"pool": current.pool_id} if current.pool_id else {"unit": current.pk, "pool": None}
    shown = AvailabilityEntry.objects.filter(version=version, **mine).first()
    if shown is None:
        raise StaleFigure(current)
    return shown.figure


def _contests(call: CallOutcome, current: CurrentFigure) -> bool:
    return call.outcome == Outcome.FULL and bool(call.figure) and call.version == current.version


def _contest(
    call: CallOutcome, current: CurrentFigure, rows: list[CurrentFigure], now: datetime.datetime, base_url: str
) -> bool:
    """Mark the figure, of the pool and all its units when it has one; tell whether people are written to."""
    holder, unit_ids = holder_of(current), [row.pk for row in rows]
    is_first = holder.contested_at is None
    if holder is not current:
        holder.contested_at = now
        holder.save(update_fields=["contested_at"])
    CurrentFigure.objects.filter(pk__in=unit_ids).update(contested_at=now)
    tell_figures(unit_ids)
    told = _told(unit_ids, now) - {call.by_id} if is_first else set()
    for user_id in sorted(told):
        transaction.on_commit(
            functools.partial(mails.mail_contested.enqueue, call_id=call.pk, user_id=user_id, base_url=base_url)
        )
    return bool(told)


def _told(unit_ids: Iterable[int], now: datetime.datetime) -> set[int]:
    """Entry people of these units, or the directors of those that have none."""
    rows = OperationalUnit.objects.filter(pk__in=unit_ids).values_list(
        "pk", "geographic_entity_id", "geographic_entity__legal_entity_id"
    )
    units = [Held(*row) for row in rows]
    people = people_on(now, units)
    return set().union(*(people.entry_people(unit) for unit in units))
