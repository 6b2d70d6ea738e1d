"""« Signaler une erreur »: filing a report, taking it, answering it (spec 10, Record pages; spec 01, Directory).

Each act locks, checks, writes, keeps its step and enqueues its mails after the commit. It goes to the directors of the
record at once; support sees all, and is mailed after the delay that it sets, or at once when there is no director.
"""

from __future__ import annotations

import datetime
import functools
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role

from ..blocks import BLOCKS
from ..enums import ScopeKind
from ..history import KINDS
from ..models import Assignment, ErrorReport, ErrorReportStep, GeographicEntity, OperationalUnit, ReportSettings
from ..permissions import handles_report
from . import mails

if TYPE_CHECKING:
    from ..scopes import Scope

Record = GeographicEntity | OperationalUnit
State = ErrorReport.State

TEXT_LENGTH = 2000  # characters
REPORTS_PER_DAY = 30  # of one person, within DAY
DAY = datetime.timedelta(hours=24)
DIRECTORS_TOLD = 20  # people mailed about one report
REPORTS_PER_MAIL = 50  # lines of a mail to support
CLOSED_STATES = (State.CORRECTED, State.REJECTED)


class TooManyReports(Exception):
    """This person has filed REPORTS_PER_DAY reports within DAY."""


class StaleReport(Exception):
    """Somebody acted on the report since it was read. ``current`` is what it is now."""

    def __init__(self, current: ErrorReport) -> None:
        super().__init__(f"report {current.pk} is at version {current.version}")
        self.current = current


def support_delay() -> datetime.timedelta:
    """Time left to the directors before support is mailed. One query."""
    row = ReportSettings.objects.filter(pk=1).first() or ReportSettings()
    return datetime.timedelta(hours=row.support_delay_hours)


def directors_of(record: Record) -> list[User]:
    """People who head the record today and whose account is in use, the nearest scope first: one query.

    DIRECTORS_TOLD at most.
    """
    entity = record.geographic_entity if isinstance(record, OperationalUnit) else record
    above = Q(scope_kind=ScopeKind.REGION) | Q(geographic_entity=entity) | Q(legal_entity=entity.legal_entity_id)
    if isinstance(record, OperationalUnit):
        above |= Q(unit=record)
    rows = Assignment.objects.valid_on(timezone.localdate()).filter(above, role=Role.DIRECTOR, user__is_active=True)
    nearest = {ScopeKind.UNIT: 0, ScopeKind.GEOGRAPHIC_ENTITY: 1, ScopeKind.LEGAL_ENTITY: 2, ScopeKind.REGION: 3}
    found = sorted(rows.select_related("user"), key=lambda row: (nearest[ScopeKind(row.scope_kind)], row.user_id))
    return list({row.user_id: row.user for row in found}.values())[:DIRECTORS_TOLD]


@transaction.atomic
def file_report(
    *, record: Record, block: str, text: str, by: User, scope: Scope, base_url: str
) -> tuple[ErrorReport, bool]:
    """File a report on a block of ``record`` (empty: the whole record); tell whether it is new.

    The same text on the same block, still open and filed by the same person, is the same report (a double click).
    ``base_url`` is the site's absolute address, for the mails. Raises ``PermissionDenied`` when the person may not open
    the record, ``ValidationError`` on an unknown block or a text that is empty or too long, ``TooManyReports``.
    """
    if not type(record).objects.visible_to(scope).filter(pk=record.pk).exists():
        raise PermissionDenied("Cette fiche ne vous est pas ouverte.")
    text = checked_text(text)
    if block and block not in {one.key for one in BLOCKS[KINDS[type(record)]]}:
        raise ValidationError({"block": "Cet encadré n’existe pas."})
    User.objects.select_for_update(no_key=True).get(pk=by.pk)  # one filing at a time for each person
    now = timezone.now()
    about = {"unit": record} if isinstance(record, OperationalUnit) else {"geographic_entity": record}
    mine = ErrorReport.objects.filter(reported_by=by)
    same = mine.open().filter(block=block, text=text, **about).first()
    if same is not None:
        return same, False
    if mine.filter(reported_at__gt=now - DAY).count() >= REPORTS_PER_DAY:
        raise TooManyReports
    report = ErrorReport(block=block, text=text, reported_by=by, reported_at=now, **about)
    _save_and_tell(report, record, base_url)
    return report, True


def _save_and_tell(report: ErrorReport, record: Record, base_url: str) -> None:
    """Write a new report with its first step; mail its directors but its author, and support when it need not wait.

    The record's only director who reports an error there asks for help: support is told at once.
    """
    directors, now = directors_of(record), report.reported_at
    directors = [director for director in directors if director.pk != report.reported_by_id]
    told_now = not directors or not support_delay()
    if told_now:
        report.support_told_at = now
    report.save()
    _step(report, "", report.reported_by, now, "")
    for director in directors:
        _after_commit(mails.mail_director, report_id=report.pk, user_id=director.pk, base_url=base_url)
    if told_now:
        _after_commit(mails.mail_support, report_ids=[report.pk], base_url=base_url)


@transaction.atomic
def take_report(*, report: ErrorReport, expected_version: int, by: User, scope: Scope, text: str = "") -> ErrorReport:
    """Set a report « En cours », with a message if wanted. Nothing happens when it already is.

    Raises what ``_locked`` raises.
    """
    locked = _locked(report, expected_version, scope)
    if locked.state == State.IN_PROGRESS and not text.strip():
        return locked
    message = checked_text(text) if text.strip() else ""
    _move(locked, State.IN_PROGRESS, by, timezone.now(), message)
    locked.save()
    return locked


@transaction.atomic
def answer_report(
    *, report: ErrorReport, state: str, answer: str, expected_version: int, by: User, scope: Scope, base_url: str
) -> ErrorReport:
    """Close a report « Corrigé » or « Sans suite » with its answer, and tell who filed it.

    Raises ``ValidationError`` without an answer or on a state that closes nothing, and what ``_locked`` raises.
    """
    if state not in CLOSED_STATES:
        raise ValidationError({"state": "Un signalement se clôt en « Corrigé » ou « Sans suite »."})
    locked = _locked(report, expected_version, scope)
    now = timezone.now()
    locked.answer = checked_text(answer, field="answer", missing="Écrivez une réponse pour clore le signalement.")
    locked.closed_at, locked.closed_by = now, by
    _move(locked, State(state), by, now, locked.answer)
    locked.save()
    if locked.reported_by_id != by.pk:
        _after_commit(mails.mail_reporter, report_id=locked.pk, base_url=base_url)
    return locked


def tell_support(*, now: datetime.datetime, base_url: str) -> int:
    """Mail support the reports still open after the delay, in mails of REPORTS_PER_MAIL lines; return their number.

    A report is told once (``support_told_at``): running it again, or twice at once, tells nothing twice.
    """
    late = ErrorReport.objects.open().filter(support_told_at=None, reported_at__lte=now - support_delay())
    told = 0
    while True:
        with transaction.atomic():
            claimed = late.order_by("reported_at", "pk").select_for_update(skip_locked=True)
            ids = list(claimed.values_list("pk", flat=True)[:REPORTS_PER_MAIL])
            if not ids:
                return told
            ErrorReport.objects.filter(pk__in=ids).update(support_told_at=now)
            _after_commit(mails.mail_support, report_ids=ids, base_url=base_url)
        told += len(ids)


def open_blocks(record: Any) -> list[str]:
    """Blocks of the record about which a report is open, one item a report (empty: the whole record).

    One query, none on a record whole of ``directory.records``.
    """
    if (read := getattr(record, "open_report_blocks", None)) is not None:
        return list(read)
    if isinstance(record, OperationalUnit):
        reports = ErrorReport.objects.filter(unit=record)
    elif isinstance(record, GeographicEntity):
        reports = ErrorReport.objects.filter(geographic_entity=record)
    else:
        return []
    return list(reports.open().order_by("block").values_list("block", flat=True))


def checked_text(text: str, *, field: str = "text", missing: str = "Décrivez l’erreur constatée.") -> str:
    """Text without spaces around, line ends counted once. Raises ``ValidationError`` when empty or too long."""
    clean = text.replace("\r\n", "\n").strip()
    if not clean:
        raise ValidationError({field: missing})
    if len(clean) > TEXT_LENGTH:
        raise ValidationError({field: f"2\u202f000 caractères au plus, {len(clean)} écrits."})
    return clean


def _locked(report: ErrorReport, expected_version: int, scope: Scope) -> ErrorReport:
    """Lock a report that this person may act on.

    Raises ``PermissionDenied`` outside the person's scope, ``StaleReport`` when somebody acted since
    ``expected_version`` or closed it, ``ErrorReport.DoesNotExist``.
    """
    reports = ErrorReport.objects.select_related(
        "unit__geographic_entity", "geographic_entity", "reported_by", "closed_by"
    )
    locked = reports.select_for_update(of=("self",)).get(pk=report.pk)
    if not handles_report(scope, locked):
        raise PermissionDenied("Ce signalement est traité par les directeurs de la fiche et par le support.")
    if locked.version != expected_version or not locked.is_open:
        raise StaleReport(locked)
    return locked


def _move(report: ErrorReport, state: State, by: User, now: datetime.datetime, text: str) -> None:
    before, report.state = report.state, state
    report.version += 1
    _step(report, before, by, now, text)


def _step(report: ErrorReport, before: str, by: User, now: datetime.datetime, text: str) -> None:
    ErrorReportStep.objects.create(report=report, from_state=before, to_state=report.state, text=text, at=now, by=by)


def _after_commit(task: Any, **arguments: Any) -> None:
    transaction.on_commit(functools.partial(task.enqueue, **arguments))
