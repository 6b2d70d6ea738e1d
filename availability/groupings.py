"""Groupings as pages show them, and crisis mode, which brings those of an epidemic (spec 20, Groupings)."""

import datetime
from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Subquery

from accounts.models import AuditEntry, User
from accounts.services import log_action
from directory.scopes import Scope

from .breakdown import COUNT_FIELDS, USUAL_COUNTS
from .exceptions import CrisisRefused
from .models import CrisisMode, GroupedUnit, Grouping
from .permissions import may_manage_openings

_CRISIS_LOCK = 0x43524953  # any number of our own


def shown_groupings() -> QuerySet[Grouping]:
    """Groupings to offer on pages, in their order: those of a crisis only while crisis mode is on (one query)."""
    return Grouping.objects.filter(_is_shown())


def is_crisis_on() -> bool:
    """Tell whether crisis mode is on (one query)."""
    return bool(CrisisMode.objects.values_list("is_on", flat=True).first())


def offered_counts_of(unit_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Names of the counts (``availability.breakdown``) that each unit may fill in, in the order of ``COUNT_FIELDS``.

    They are those of its groupings, crisis ones only in crisis mode, or the usual six when none says (one query).
    """
    offered: dict[int, set[str]] = {}
    rows = GroupedUnit.objects.filter(_is_shown("grouping__"), unit__in=unit_ids).order_by()
    for unit_id, names in rows.values_list("unit", "grouping__offered_counts"):
        offered.setdefault(unit_id, set()).update(names)
    return {pk: _in_order(offered.get(pk, ())) for pk in unit_ids}


@transaction.atomic
def switch_crisis_mode(
    *, is_on: bool, reason: str, scope: Scope, by: User, now: datetime.datetime, request_ip: str | None = None
) -> CrisisMode | None:
    """Switch crisis mode on or off, with a line in the audit log; ``None`` when it already was so.

    Raises ``CrisisRefused`` when the person does not manage the openings of the region. Source: spec 20.
    """
    if not may_manage_openings(scope):
        raise CrisisRefused
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CRISIS_LOCK])  # one switch at a time, the first included
    last = CrisisMode.objects.first()
    if is_on == bool(last and last.is_on):
        return None
    at = max(now, last.at) if last else now
    switch = CrisisMode.objects.create(is_on=is_on, reason=reason, by=by, at=at)
    action = AuditEntry.Action.CRISIS_ON if is_on else AuditEntry.Action.CRISIS_OFF
    log_action(action=action, actor=by, target=reason, request_ip=request_ip, details={"crisis_id": switch.pk})
    return switch


def _is_shown(prefix: str = "") -> Q:
    """Condition on groupings: ordinary, or crisis mode is on."""
    latest = Subquery(CrisisMode.objects.order_by("-at", "-pk").values("is_on")[:1])
    return Q(**{f"{prefix}is_crisis": False}) | Q(**{f"{prefix}is_crisis": latest})


def _in_order(names: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in COUNT_FIELDS if name in names) or USUAL_COUNTS
