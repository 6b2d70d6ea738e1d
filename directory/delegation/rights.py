"""Giving and ending roles (spec 50, Roles): user × role × scope, by support, logged."""

import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import authority
from accounts.models import AuditEntry, User
from accounts.roles import ROLE_LABELS, Permission, Role
from accounts.services import log_action

from ..enums import ScopeKind
from ..models import Assignment, GeographicEntity, LegalEntity, OperationalUnit

Record = LegalEntity | GeographicEntity | OperationalUnit

SCOPE_FIELDS: dict[type, tuple[ScopeKind, str]] = {
    LegalEntity: (ScopeKind.LEGAL_ENTITY, "legal_entity"),
    GeographicEntity: (ScopeKind.GEOGRAPHIC_ENTITY, "geographic_entity"),
    OperationalUnit: (ScopeKind.UNIT, "unit"),
}
# Spec 01, Rights: « own UOs » and « below own scope » are records; support works on the region.
ON_RECORDS = frozenset({Role.AVAILABILITY_MANAGER, Role.DIRECTOR})
ON_REGION = frozenset({Role.SUPPORT})


def why_not_scope(role: Role, record: Record | None) -> str:
    """Reason why ``role`` is not given on ``record`` (``None``: the region), in French; empty when it may be."""
    if role in ON_RECORDS and record is None:
        return f"Le rôle « {ROLE_LABELS[role]} » se donne sur une entité, un établissement ou une unité."
    if role in ON_REGION and record is not None:
        return f"Le rôle « {ROLE_LABELS[role]} » se donne sur la région."
    return ""


@transaction.atomic
def give_role(
    *,
    user: User,
    role: Role,
    record: Record | None,
    by: User | None,
    valid_from: datetime.date | None = None,
    valid_until: datetime.date | None = None,
    request_ip: str | None = None,
) -> Assignment:
    """Give ``role`` on ``record`` (``None``: the region) from ``valid_from`` (today) to ``valid_until`` (included).

    ``by=None`` is the system. Raises ``PermissionDenied`` when ``by`` may not manage accounts, ``ValidationError``
    when the role does not go with the scope, the dates are not in order, or the person already holds it.
    """
    authority.require(by, Permission.ACCOUNT_MANAGE)
    User.objects.select_for_update().get(pk=user.pk)
    return write_role(new_assignment(user, role, record, valid_from, valid_until), by, request_ip)


def write_role(assignment: Assignment, by: User | None, request_ip: str | None) -> Assignment:
    """Save a checked assignment and log it, for services that have asked who may give it and locked the person."""
    assignment.given_by = by
    assignment.save()
    log_assignment(AuditEntry.Action.ROLE_GIVEN, assignment, by, request_ip)
    return assignment


def new_assignment(
    user: User,
    role: Role,
    record: Record | None,
    valid_from: datetime.date | None = None,
    valid_until: datetime.date | None = None,
) -> Assignment:
    """Return the assignment that ``give_role`` would save: the same rules, for a form. Raises ``ValidationError``."""
    if reason := why_not_scope(Role(role), record):
        raise ValidationError(reason, code="scope")
    kind, field = SCOPE_FIELDS[type(record)] if record is not None else (ScopeKind.REGION, "")
    assignment = Assignment(
        user=user,
        role=Role(role),
        scope_kind=kind,
        valid_from=valid_from or timezone.localdate(),
        valid_until=valid_until,
        **({field: record} if record is not None else {}),
    )
    if _overlapping(assignment).exists():
        raise ValidationError("Cette personne a déjà ce rôle sur ce périmètre à ces dates.", code="duplicate")
    assignment.full_clean()
    return assignment


@transaction.atomic
def end_role(
    *,
    assignment: Assignment,
    by: User | None,
    last_day: datetime.date | None = None,
    request_ip: str | None = None,
) -> None:
    """End a role after ``last_day``; without it, at once. One given today or later is then withdrawn altogether.

    Raises ``PermissionDenied`` when ``by`` may not manage accounts, ``ValidationError`` when ``last_day`` precedes the
    beginning.
    """
    authority.require(by, Permission.ACCOUNT_MANAGE)
    write_end(Assignment.objects.select_for_update().get(pk=assignment.pk), by, request_ip, last_day)


def write_end(
    locked: Assignment, by: User | None, request_ip: str | None, last_day: datetime.date | None = None
) -> None:
    """End a locked assignment and log it, for services that have asked who may end it."""
    locked.valid_until = last_day or timezone.localdate() - datetime.timedelta(days=1)
    log_assignment(AuditEntry.Action.ROLE_ENDED, locked, by, request_ip)
    if last_day is None and locked.valid_from > locked.valid_until:
        locked.delete()
        return
    locked.full_clean()
    locked.save(update_fields=["valid_until"])


def _overlapping(assignment: Assignment):
    """Other assignments of the same person, role and scope in force on a day of this one."""
    same = Assignment.objects.filter(
        user=assignment.user,
        role=assignment.role,
        scope_kind=assignment.scope_kind,
        legal_entity=assignment.legal_entity,
        geographic_entity=assignment.geographic_entity,
        unit=assignment.unit,
    ).exclude(valid_until__lt=assignment.valid_from)
    return same.filter(valid_from__lte=assignment.valid_until) if assignment.valid_until else same


def log_assignment(action: AuditEntry.Action, assignment: Assignment, by: User | None, request_ip: str | None) -> None:
    """Add to the audit log what was done with a role: which, where, from when to when."""
    until = assignment.valid_until
    log_action(
        action=action,
        actor=by,
        target=assignment.user.username,
        request_ip=request_ip,
        details={
            "role": assignment.role,
            "scope": assignment.scope_kind,
            "record": str(assignment.scope_record or ""),
            "record_id": assignment.scope_record.pk if assignment.scope_record else None,
            "from": assignment.valid_from.isoformat(),
            "until": until.isoformat() if until else None,
        },
    )
