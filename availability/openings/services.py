"""Which units are open to entry, and their rhythm: support's decision, and the rule of the groupings (spec 20).

``CurrentFigure.is_allowed`` is what support decided; ``is_open`` is in force: allowed, and under a grouping.
"""

import datetime
from collections.abc import Collection

from django.db import transaction

from accounts.models import AuditEntry, User
from accounts.services import log_actions
from directory.models import OperationalUnit
from directory.scopes import Scope

from .. import membership
from ..exceptions import OpeningRefused, UnitsNotGrouped
from ..locks import lock_rules, share_rules
from ..models import CurrentFigure
from ..permissions import may_manage_entry
from ..services import tell_figures


@transaction.atomic
def open_entry(
    *, unit_ids: Collection[int], scope: Scope, now: datetime.datetime, by: User, request_ip: str | None = None
) -> list[int]:
    """Open units to entry; return the ids of those that were not open yet. Figures already stated are kept.

    Each opening is a line of the audit log, under ``by``.

    Raises ``OpeningRefused`` and ``UnitsNotGrouped``, and then opens none. Source: spec 20, Entering.
    """
    share_rules()
    units = _manageable_units(unit_ids, scope)
    rhythms = membership.rhythms_of([unit.pk for unit in units])
    if strangers := [unit.pk for unit in units if unit.pk not in rhythms]:
        raise UnitsNotGrouped(strangers)
    rows = CurrentFigure.objects.select_for_update().filter(unit__in=units).order_by("pk")
    already = {row.pk for row in rows if row.is_open}
    opened = [unit for unit in units if unit.pk not in already]
    CurrentFigure.objects.bulk_create(
        [
            CurrentFigure(unit=unit, is_allowed=True, is_open=True, opened_at=now, rhythm=rhythms[unit.pk])
            for unit in opened
        ],
        update_conflicts=True,
        unique_fields=["unit"],
        update_fields=["is_allowed", "is_open", "opened_at"],
    )
    apply_unit_rhythms(unit_ids=[unit.pk for unit in units])
    _log(AuditEntry.Action.ENTRY_OPENED, opened, by, request_ip)
    return tell_figures([unit.pk for unit in opened])


@transaction.atomic
def close_entry(*, unit_ids: Collection[int], scope: Scope, by: User, request_ip: str | None = None) -> list[int]:
    """Close units to entry (« Saisie non activée »); return the ids of those that were open.

    Each closing is a line of the audit log, under ``by``. Raises ``OpeningRefused``, and then closes none.
    """
    units = _manageable_units(unit_ids, scope)
    open_rows = CurrentFigure.objects.select_for_update().filter(unit__in=units, is_allowed=True).order_by("pk")
    closed = [row.pk for row in open_rows]
    CurrentFigure.objects.filter(pk__in=closed).update(is_allowed=False, is_open=False)
    _log(AuditEntry.Action.ENTRY_CLOSED, [unit for unit in units if unit.pk in closed], by, request_ip)
    return tell_figures(closed)


@transaction.atomic
def apply_unit_rhythms(
    *, unit_ids: Collection[int], by: User | None = None, request_ip: str | None = None
) -> list[int]:
    """Bring these units to the rule of the groupings, which may have changed; one query when nothing does.

    A unit that belongs to no grouping any more has its entry closed, and open again once it belongs to one: each is a
    line of the audit log, under ``by`` (nobody when it follows the directory). Returns the ids of the units changed.
    """
    return _bring(unit_ids, by, request_ip)


@transaction.atomic
def apply_rhythms(*, by: User | None = None, request_ip: str | None = None) -> list[int]:
    """Bring every unit to the rule of the groupings, after a grouping or a rhythm was edited by ``by``."""
    lock_rules()
    return _bring(None, by, request_ip)


def _bring(unit_ids: Collection[int] | None, by: User | None, request_ip: str | None) -> list[int]:
    brought = membership.bring_to_rhythm(unit_ids=unit_ids)
    turned = {row.unit_id: row.is_open for row in brought if row.is_open is not row.was_open}
    if turned:
        units = list(OperationalUnit.objects.filter(pk__in=turned).order_by("pk"))
        for action, is_open in ((AuditEntry.Action.ENTRY_OPENED, True), (AuditEntry.Action.ENTRY_CLOSED, False)):
            _log(action, [unit for unit in units if turned[unit.pk] is is_open], by, request_ip, cause="rule")
    return tell_figures([row.unit_id for row in brought])


def _manageable_units(unit_ids: Collection[int], scope: Scope) -> list[OperationalUnit]:
    """Units to open or close; raises ``OpeningRefused`` when some are out of reach."""
    units = list(OperationalUnit.objects.filter(pk__in=unit_ids).select_related("geographic_entity"))
    if refused := [unit.pk for unit in units if not may_manage_entry(scope, unit)]:
        raise OpeningRefused(refused)
    return units


def _log(
    action: AuditEntry.Action, units: list[OperationalUnit], by: User | None, request_ip: str | None, **more: str
) -> None:
    targets = [(unit.name, {"unit_id": unit.pk, **more}) for unit in units]
    log_actions(action=action, actor=by, targets=targets, request_ip=request_ip)
