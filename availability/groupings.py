"""Groupings as pages show them, and crisis mode, which brings those of an epidemic (spec 20, Groupings)."""

import datetime
from collections.abc import Collection

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import BooleanField, CharField, Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import AuditEntry, User
from accounts.services import log_action
from directory.models import OperationalUnit
from directory.scopes import Scope

from .breakdown import COUNT_FIELDS, USUAL_COUNTS
from .exceptions import CrisisRefused
from .locks import lock_figures, lock_rules
from .membership import IS_CRISIS_ON
from .models import CrisisMode, CurrentFigure, Grouping
from .openings.services import apply_unit_rhythms
from .permissions import may_manage_openings

COUNT_LABELS = {name: str(CurrentFigure._meta.get_field(name).verbose_name) for name in COUNT_FIELDS}  # noqa: SLF001
# In SQL: the ORM takes longer to write it, at each save, than PostgreSQL to answer.
_OFFERED = f"""ARRAY(
    SELECT unnest(rule.offered_counts)
    FROM availability_groupedunit row JOIN availability_grouping rule ON rule.id = row.grouping_id
    WHERE row.unit_id = directory_operationalunit.id AND (NOT rule.is_crisis OR ({IS_CRISIS_ON}))
)"""  # noqa: S608


def shown_groupings() -> QuerySet[Grouping]:
    """Groupings to offer on pages, in their order: those of a crisis only while crisis mode is on (one query)."""
    return Grouping.objects.filter(in_force())


def in_force(prefix: str = "") -> Q:
    """Condition on groupings, or on what has one under ``prefix``: not of a crisis, unless crisis mode is on."""
    is_on = RawSQL(IS_CRISIS_ON, (), BooleanField())  # noqa: S611 - nothing typed in it
    return Q(**{f"{prefix}is_crisis": False}) | Q(**{f"{prefix}is_crisis": is_on})


def is_crisis_on() -> bool:
    """Tell whether crisis mode is on (one query)."""
    return bool(CrisisMode.objects.values_list("is_on", flat=True).first())


def offered_counts() -> RawSQL:
    """Names of the counts that the groupings of a unit offer, as an annotation of units, for ``read_offered``.

    Those of crisis groupings only in crisis mode.
    """
    return RawSQL(_OFFERED, (), ArrayField(CharField()))  # noqa: S611 - nothing typed in it


def read_offered(names: Collection[str]) -> tuple[str, ...]:
    """Counts that a unit may fill in, in the order of ``COUNT_FIELDS``: those offered, the usual six when none is."""
    return tuple(name for name in COUNT_FIELDS if name in names) or USUAL_COUNTS


@transaction.atomic
def switch_crisis_mode(
    *, is_on: bool, reason: str, scope: Scope, by: User, now: datetime.datetime, request_ip: str | None = None
) -> CrisisMode | None:
    """Switch crisis mode on or off, with a line in the audit log; ``None`` when it already was so.

    The units of crisis groupings get the rhythm, and the opening, that they give or gave. Raises ``CrisisRefused`` when
    the person does not manage the openings of the region, ``availability.locks.SharedMeanwhile``. Source: spec 20.
    """
    if not may_manage_openings(scope):
        raise CrisisRefused
    lock_rules()  # one switch at a time, and no unit changes its grouping meanwhile
    last = CrisisMode.objects.first()
    if is_on == bool(last and last.is_on):
        return None
    concerned = OperationalUnit.objects.filter(unit_type__groupings__is_crisis=True).distinct()
    unit_ids = list(concerned.order_by("pk").values_list("pk", flat=True))
    lock_figures(unit_ids)
    at = max(now, last.at) if last else now
    switch = CrisisMode.objects.create(is_on=is_on, reason=reason, by=by, at=at)
    action = AuditEntry.Action.CRISIS_ON if is_on else AuditEntry.Action.CRISIS_OFF
    log_action(action=action, actor=by, target=reason, request_ip=request_ip, details={"crisis_id": switch.pk})
    apply_unit_rhythms(unit_ids=unit_ids, by=by, request_ip=request_ip)
    return switch
