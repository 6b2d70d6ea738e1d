"""The yearly review of rights: roles in force that nobody confirmed for a year, confirmed or ended (issue: Delegation).

A role is due ``settings.RIGHTS_REVIEW_DAYS`` days after it was given or last confirmed.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.roles import Permission, Role
from common.text import fold

from ..models import Assignment
from ..permissions import why_not_delegate
from .rights import log_assignment, write_end
from .services import WITH_SCOPE, lock_current, remove_manager, tell_removed

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ..scopes import Scope

SOON = 60  # days before the last day of a role
SILENT = 90  # days since a role was given and since its holder last signed in, if ever


class Shown(models.TextChoices):
    """What the list shows."""

    DUE = "a-revoir", "À revoir"
    SILENT = "sans-connexion", f"Sans connexion depuis {SILENT} jours"
    ENDING = "fin-proche", f"Se terminent dans les {SOON} jours"
    ALL = "tous", "Tous les droits en cours"


def reviewable(scope: Scope, today: datetime.date | None = None) -> QuerySet[Assignment]:
    """Roles in force that this person may confirm or end, with people and records."""
    rows = Assignment.objects.valid_on(today or timezone.localdate()).endable_by(scope)
    return rows.filter(user__is_active=True).select_related(*WITH_SCOPE, "given_by", "reviewed_by")


def due(rows: QuerySet[Assignment], today: datetime.date) -> QuerySet[Assignment]:
    """Those given or last confirmed more than RIGHTS_REVIEW_DAYS days before ``today``."""
    limit = today - datetime.timedelta(days=settings.RIGHTS_REVIEW_DAYS)
    return rows.filter(Q(reviewed_on__lt=limit) | Q(reviewed_on=None, given_at__lt=_midnight(limit)))


def listed(rows: QuerySet[Assignment], shown: Shown, text: str, today: datetime.date) -> QuerySet[Assignment]:
    """Rows of one choice of the page, by person; ``text`` narrows to a person, a mail or a record's name."""
    if shown == Shown.DUE:
        rows = due(rows, today)
    elif shown == Shown.SILENT:
        before = _midnight(today - datetime.timedelta(days=SILENT))
        rows = rows.filter(Q(user__last_login__lt=before) | Q(user__last_login=None), given_at__lt=before)
    elif shown == Shown.ENDING:
        rows = rows.filter(valid_until__lte=today + datetime.timedelta(days=SOON))
    for word in text.split():
        key = fold(word)
        named = Q(user__last_name__icontains=word) | Q(user__first_name__icontains=word)
        named |= Q(user__email__icontains=word) | Q(user__username__icontains=word)
        for record in ("unit", "unit__geographic_entity", "geographic_entity", "legal_entity"):
            named |= Q(**{f"{record}__sort_name__contains": key}) if key else Q()
        rows = rows.filter(named)
    return rows.order_by("user__last_name", "user__first_name", "user_id", "role", "pk")


def is_silent(assignment: Assignment, today: datetime.date) -> bool:
    """Tell whether the role was given more than SILENT days ago to somebody who has not signed in since.

    A director reads this and no date: nobody is watched by being named.
    """
    before = _midnight(today - datetime.timedelta(days=SILENT))
    last = assignment.user.last_login
    return assignment.given_at < before and (last is None or last < before)


@transaction.atomic
def confirm_rights(*, assignment_ids: Collection[int], by: User, scope: Scope, request_ip: str | None = None) -> int:
    """Record that these roles are still needed, as of today; return how many were, those ended meanwhile left out.

    Raises ``PermissionDenied`` when one of them is not this person's to confirm.
    """
    today = timezone.localdate()
    wanted = (
        Assignment.objects.select_for_update(of=("self",)).select_related(*WITH_SCOPE).filter(pk__in=assignment_ids)
    )
    rows = list(wanted.order_by("pk"))
    allowed = set(Assignment.objects.endable_by(scope).filter(pk__in=assignment_ids).values_list("pk", flat=True))
    if any(row.pk not in allowed for row in rows):
        raise PermissionDenied("Vous ne confirmez que des droits de votre périmètre.")
    current = [row for row in rows if row.valid_from <= today and (row.valid_until is None or row.valid_until >= today)]
    for row in current:
        row.reviewed_on, row.reviewed_by = today, by
        log_assignment(AuditEntry.Action.ROLE_REVIEWED, row, by, request_ip)
    Assignment.objects.bulk_update(current, ["reviewed_on", "reviewed_by"])
    return len(current)


@transaction.atomic
def withdraw_right(
    *, assignment: Assignment, by: User, scope: Scope, base_url: str = "", request_ip: str | None = None
) -> None:
    """End a role at once: any for support, those of ``remove_manager`` for a director. The person is told by mail.

    Raises what ``remove_manager`` raises; ``ValidationError`` too for one's own role of support, lest nobody is left.
    """
    if not scope.may(Permission.ACCOUNT_MANAGE):
        remove_manager(assignment=assignment, by=by, scope=scope, base_url=base_url, request_ip=request_ip)
        return
    locked = lock_current(assignment)
    if locked.user_id == by.pk and locked.role == Role.SUPPORT:
        raise ValidationError("Votre propre rôle de support est retiré par un autre membre du support.", code="own")
    write_end(locked, by, request_ip)
    if base_url:
        tell_removed(assignment=locked, by=by, base_url=base_url)


def may_withdraw(scope: Scope, assignment: Assignment) -> bool:
    """Tell whether the page offers to end this role."""
    if scope.may(Permission.ACCOUNT_MANAGE):
        return not (assignment.user_id == scope.user_id and assignment.role == Role.SUPPORT)
    record = assignment.scope_record
    is_manager = assignment.role == Role.AVAILABILITY_MANAGER
    return is_manager and record is not None and not why_not_delegate(scope, [record])


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time()))
