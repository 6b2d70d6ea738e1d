"""Writing records: each act locks, checks, writes, keeps its history and tells the higher apps, in one transaction.

Block forms, dossiers and the back office all go through here (DESIGN, decisions 3, 9 and 10).
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.roles import Permission, roles_with
from common.attempts import attempted

from . import closures
from .enums import ClosureKind, PublicationStatus
from .fixed import refuse_fixed
from .history import KINDS, change_line
from .models import GeographicEntity, LegalEntity, Merge, OperationalUnit, Practitioner, RecordChange, Structure, Term
from .models.base import AddressModel
from .permissions import covers, why_not_edit
from .scopes import Scope
from .signals import entities_changed, practitioners_changed, units_changed
from .snapshots import State, differences, state_of
from .states import put_fields, put_lists

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from accounts.models import User


class StaleRecord(Exception):
    """Somebody saved the record since it was read. ``current`` is what it holds now."""

    def __init__(self, current: Any) -> None:
        super().__init__(f"{KINDS[type(current)]} {current.pk} is at version {current.version}")
        self.current = current


class MergedRecord(ValidationError):
    """The record was merged into another, meanwhile or long ago: nothing is written in it any more."""


class BlockConflict(StaleRecord):
    """Somebody saved a field of the block since it was read: nothing is written.

    ``base`` is what the block held when it was read, ``theirs`` what it holds now (kept values, of the fields that
    somebody changed); ``by`` and ``at`` say who saved last, and when.
    """

    def __init__(self, current: Any, changes: list[RecordChange], names: set[str]) -> None:
        super().__init__(current)
        self.base: State = {}
        self.theirs: State = {}
        for change in changes:
            for name in names & change.changes.keys():
                before, after = change.changes[name]
                self.base.setdefault(name, before)
                self.theirs[name] = after
        self.by, self.at = changes[-1].by, changes[-1].at


@dataclass
class RecordEdit:
    """An act under way on ``record``, locked: change its fields, ``check``, write its lists, ``finish``.

    ``before`` is its state when the act began, empty for a record being created. ``as_role`` is the role that the act
    is written under, that of ``scope`` when it is empty.
    """

    record: Any
    by: User | None  # the system itself: a command
    scope: Scope
    reason: str = ""
    before: State = field(default_factory=dict)
    now: datetime.datetime = field(default_factory=timezone.now)
    as_role: str = ""

    @property
    def is_creation(self) -> bool:
        """Tell whether the record is being created."""
        return not self.before

    def check(self, changed: Collection[str] | None = None) -> None:
        """Apply the rules before anything is written; ``changed`` names what changes, when it is known.

        A unit moved to another EG keeps its address (spec 10, Rules: ``keep_address``), unless ``changed`` says that
        the act gives it one. Leaving « fermée » resets the dates of the closure (RG_EXP_046). Raises
        ``PermissionDenied`` when a field may not be changed by this person, ``ValidationError`` for one that nobody
        changes any more (``directory.fixed``).
        """
        record = self.record
        if not self.is_creation and isinstance(record, OperationalUnit) and "commune" not in (changed or ()):
            keep_address(record, self.before["geographic_entity"]["id"])
        if self.before.get("status") == PublicationStatus.CLOSED and not record.is_closed:
            refuse_merged(record, self.before["closure_kind"])
            record.closure_kind, record.closed_on, record.reopens_on = "", None, None
        if changed is None:
            changed = () if self.is_creation else differences(self.before, state_of(record))
        if refusal := why_not_edit(self.scope, record, changed):
            raise PermissionDenied(refusal)
        refuse_fixed(record, self.before)

    def create(self) -> None:
        """Write a new record, so that its lists may follow."""
        record = self.record
        record.created_by = record.updated_by = self.by
        record.updated_role = self.role()
        record.save()
        if give_national_id(record):
            record.save(update_fields=["national_id"])

    def finish(self) -> RecordChange | None:
        """Write the record with one more version, its history, and send the signals. Nothing when nothing changed."""
        give_national_id(self.record)
        line = self.keep(state_of(self.record))
        if line is not None:
            line.save(force_insert=True)
            self.cascade(line)
            announce(self.record)
        return line

    def keep(self, after: State) -> RecordChange | None:
        """Write the record with one more version, and return its line of history, not written yet.

        ``after`` is its state now, of what ``before`` holds at least. ``None``, and nothing written, when both agree.
        """
        record = self.record
        changes = differences(self.before, after)
        if not changes:
            return None
        if not self.is_creation:
            record.version += 1
            record.updated_at, record.updated_by = self.now, self.by
            record.updated_role = self.role()
            record.save()
        return change_line(
            record=record,
            action=self._action(changes),
            changes=changes,
            by=self.by,
            role=record.updated_role,
            now=self.now,
            reason=self.reason,
        )

    def role(self) -> str:
        """Role under which the act is written."""
        return self.as_role or acting_role(self.scope, self.record)

    def _action(self, changes: Mapping[str, Any]) -> str:
        if self.is_creation:
            return RecordChange.Action.CREATED
        if "status" in changes and PublicationStatus.CLOSED in changes["status"]:
            closed = changes["status"][1] == PublicationStatus.CLOSED
            return RecordChange.Action.CLOSED if closed else RecordChange.Action.REOPENED
        moved = isinstance(self.record, OperationalUnit) and "geographic_entity" in changes
        return RecordChange.Action.MOVED if moved else RecordChange.Action.CHANGED

    def cascade(self, line: RecordChange) -> None:
        """Close or reopen what stands below the record, when ``line`` closed or reopened it."""
        who = {"record": self.record, "by": self.by, "role": self.record.updated_role, "now": self.now}
        changes = line.changes
        if line.action == RecordChange.Action.CLOSED:
            closures.close_below(**who)
        elif line.action == RecordChange.Action.REOPENED:
            closed_on = datetime.date.fromisoformat(changes["closed_on"][0])
            closures.reopen_below(closure_kind=changes["closure_kind"][0], closed_on=closed_on, **who)


def start_edit(*, record: Any, expected_version: int, by: User | None, scope: Scope, reason: str = "") -> RecordEdit:
    """Lock a record and compare its version; must run in a transaction that also holds ``finish``.

    Raises ``StaleRecord`` when somebody saved since ``expected_version``, ``PermissionDenied`` outside the person's
    scope, ``MergedRecord`` for one that was merged, the model's ``DoesNotExist`` when there is no such record.
    """
    locked = type(record).objects.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
    refuse_merged(locked)
    if locked.version != expected_version:
        raise StaleRecord(locked)
    if reason_not := why_not_edit(scope, locked):
        raise PermissionDenied(reason_not)
    return RecordEdit(locked, by, scope, reason, state_of(locked))


def update_record(
    *, record: Any, changes: Mapping[str, Any], expected_version: int, by: User | None, scope: Scope, reason: str = ""
) -> RecordChange | None:
    """Change fields of a record; return the line of its history, ``None`` when nothing changed.

    ``changes`` maps field names to new values. Raises what ``start_edit`` raises, ``PermissionDenied`` for a field that
    this person may not change, ``ValidationError`` for a value or a state that the rules refuse, or when other writers
    were met at each attempt (``common.attempts``).
    """

    @transaction.atomic
    def act() -> RecordChange | None:
        edit = start_edit(record=record, expected_version=expected_version, by=by, scope=scope, reason=reason)
        for name, value in changes.items():
            setattr(edit.record, name, value)
        edit.check()
        edit.record.full_clean()
        return edit.finish()

    return attempted(act)


def update_block(
    *, record: Any, values: State, expected_version: int, by: User, scope: Scope, reason: str = ""
) -> RecordChange | None:
    """Write the fields and lists of one block; return the line of its history, ``None`` when nothing changed.

    ``values`` are kept values (``directory.snapshots``). A change of other fields since ``expected_version`` is no
    conflict. Raises ``BlockConflict`` when somebody changed one of these, ``PermissionDenied`` outside the person's
    scope or for a field that this person may not change, ``MergedRecord`` for a record that was merged,
    ``ValidationError`` for what the rules refuse or when other writers were met at each attempt (``common.attempts``),
    the model's ``DoesNotExist`` when there is no such record.
    """

    @transaction.atomic
    def act() -> RecordChange | None:
        locked = type(record).objects.select_for_update(of=("self",), no_key=True).get(pk=record.pk)
        refuse_merged(locked)
        if locked.version != expected_version:
            refuse_conflict(locked, expected_version, set(values))
        if refusal := why_not_edit(scope, locked):
            raise PermissionDenied(refusal)
        edit = RecordEdit(locked, by, scope, reason, state_of(locked))
        put_fields(locked, values)
        locked.full_clean()
        put_lists(locked, values)
        edit.check()
        return edit.finish()

    return attempted(act)


def refuse_conflict(locked: Any, expected_version: int, names: set[str]) -> None:
    """Raise ``BlockConflict`` when one of ``names`` changed after ``expected_version``, ``StaleRecord`` when unknown.

    Each version has its line of history, so the lines since say all that changed.
    """
    lines = RecordChange.objects.filter(
        record_kind=KINDS[type(locked)], record_id=locked.pk, version__gt=expected_version
    )
    since = list(lines.select_related("by").order_by("version"))
    if len(since) != locked.version - expected_version:
        raise StaleRecord(locked)
    if touching := [line for line in since if names & line.changes.keys()]:
        raise BlockConflict(locked, touching, names)


def acting_role(scope: Scope, record: Any) -> str:
    """Role under which this person changes the record: the first of the table that holds it."""
    permission = Permission.NOMENCLATURE_MANAGE if isinstance(record, Term) else Permission.DIRECTORY_EDIT
    for role in roles_with(permission):
        grants = tuple(grant for grant in scope.grants if grant.role == role)
        if covers(Scope(scope.user_id, grants).coverage(permission), record):
            return role
    return ""


def give_national_id(record: Any) -> bool:
    """Set the national identifier of an EG or UO that has none: it never changes afterwards (spec 10, Rules)."""
    if isinstance(record, OperationalUnit) and not record.national_id:
        record.national_id = f"{record.geographic_entity.commune.department.region_code}/{record.pk}"
        return True
    if isinstance(record, GeographicEntity) and not record.national_id and (given := record.due_national_id):
        record.national_id = given
        return True
    return False


def refuse_merged(record: Any, closure_kind: str | None = None) -> None:
    """Raise ``MergedRecord`` when a record was merged into another: it comes back when the merge is undone.

    ``closure_kind`` is that of its closure, when the act under way has changed it. No query unless it is for good.
    """
    if not isinstance(record, GeographicEntity | OperationalUnit):
        return
    if (record.closure_kind if closure_kind is None else closure_kind) != ClosureKind.FINAL:
        return
    name = "merged_unit" if isinstance(record, OperationalUnit) else "merged_entity"
    if Merge.objects.filter(**{name: record}).exists():
        raise MergedRecord(
            f"«\u00a0{record}\u00a0» a été fusionnée dans une autre fiche, et ne se modifie plus. "
            "Si c’est une erreur, le support défait la fusion.",
            code="merged",
        )


def keep_address(unit: OperationalUnit, entity_id: int) -> None:
    """Leave a unit that came from the EG ``entity_id`` where it stood; nothing is written.

    The address of the EG that it left becomes its own, unless its new EG has the same; an address of its own that is
    that of its new EG is no longer apart.
    """
    if unit.geographic_entity_id == entity_id:
        return
    there = unit.geographic_entity
    if unit.has_own_address:
        if same_address(unit, there):
            take_address(unit, None)
        return
    left = GeographicEntity.objects.get(pk=entity_id)
    if not same_address(left, there):
        take_address(unit, left)


def same_address(one: Any, other: Any) -> bool:
    """Tell whether two records stand at one address; where on the map it is shown does not matter."""
    names = AddressModel.ADDRESS_FIELDS[:6]
    return [getattr(one, name) for name in names] == [getattr(other, name) for name in names]


def take_address(unit: OperationalUnit, entity: GeographicEntity | None) -> None:
    """Give a unit the address of ``entity`` as its own, or none of its own; nothing is written."""
    unit.commune = None if entity is None else entity.commune
    for name in AddressModel.ADDRESS_FIELDS:
        if name != "commune_id":
            blank = None if name in {"lat", "lon"} else ""
            setattr(unit, name, blank if entity is None else getattr(entity, name))


def announce(record: Any) -> None:
    """Tell which EGs, units and practitioners a change of ``record`` touches. Terms tell it themselves.

    Units first, here as wherever both are told: who follows a unit writes what its EG shows after it, and two writers
    that take them in one order never wait for each other.
    """
    if units := unit_ids_of(record):
        units_changed.send(sender=type(record), unit_ids=units)
    if entities := entity_ids_of(record):
        entities_changed.send(sender=type(record), entity_ids=entities)
    if practitioners := practitioner_ids_of(record):
        practitioners_changed.send(sender=type(record), practitioner_ids=practitioners)


def entity_ids_of(record: Any) -> list[int]:
    """EGs whose page or suggestion shows something of ``record``: an EJ closes and reopens those without units too."""
    if isinstance(record, GeographicEntity):
        return [record.pk]
    if isinstance(record, LegalEntity):
        return list(GeographicEntity.objects.filter(legal_entity=record).order_by("pk").values_list("pk", flat=True))
    return []


def unit_ids_of(record: Any) -> list[int]:
    """Units whose page or search document shows something of ``record``."""
    if isinstance(record, OperationalUnit):
        return [record.pk]
    if isinstance(record, LegalEntity | GeographicEntity | Structure):
        units = closures.records_below(record)[-1]
        return list(units.order_by("pk").values_list("pk", flat=True))
    return []


def practitioner_ids_of(record: Any) -> list[int]:
    """Practitioners whose page or search document shows something of ``record``."""
    if isinstance(record, Practitioner):
        return [record.pk]
    if isinstance(record, GeographicEntity):
        there = Q(cpts=record) | Q(places__geographic_entity=record)
    elif isinstance(record, LegalEntity):
        there = Q(cpts__legal_entity=record) | Q(places__geographic_entity__legal_entity=record)
    else:
        return []
    return list(Practitioner.objects.filter(there).distinct().order_by("pk").values_list("pk", flat=True))
