"""Writing many records at once with what one write keeps: version, author, history, derived fields, signals."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from accounts.roles import Role

from ..history import change_line
from ..models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner, RecordChange
from ..signals import entities_changed, practitioners_changed, units_changed
from ..snapshots import State, differences, kept_fields, values_of

if TYPE_CHECKING:
    from accounts.models import User

STAMP = ("version", "updated_at", "updated_by", "updated_role")
UPDATE_BATCH = 200  # rows of one UPDATE: its text grows with rows × fields


@dataclass
class Draft:
    """A record being changed, locked or new; ``before`` holds its values when it was read, empty for a new one."""

    record: Any
    before: State = field(default_factory=dict)

    @classmethod
    def of(cls, record: Any, names: Iterable[str]) -> Draft:
        """Begin to change the fields ``names`` of a stored record."""
        return cls(record, values_of(record, names))

    @property
    def is_new(self) -> bool:
        """Tell whether the record is not stored yet."""
        return self.record.pk is None

    @property
    def changes(self) -> dict[str, list[Any]]:
        """Fields that differ from ``before``, for a stored record."""
        return differences(self.before, values_of(self.record, self.before))


@dataclass(frozen=True)
class Signature:
    """Who writes, when and why."""

    by: User | None
    now: datetime.datetime
    reason: str
    role: str = Role.SUPPORT


def write(drafts: Sequence[Draft], signature: Signature) -> None:
    """Write records of one model: new ones created, changed ones updated with one more version, all with history.

    The records that they point to must be loaded. Nothing is checked but by the database.
    """
    if not drafts:
        return
    model = type(drafts[0].record)
    new = [draft for draft in drafts if draft.is_new]
    changed = [(draft, changes) for draft in drafts if not draft.is_new and (changes := draft.changes)]
    lines = _create(model, [draft.record for draft in new], signature)
    lines += _update(model, changed, signature)
    RecordChange.objects.bulk_create(lines, batch_size=500)
    announce(model, [draft.record.pk for draft, _ in changed], [draft.record.pk for draft in new])


def _create(model: type, records: list[Any], signature: Signature) -> list[RecordChange]:
    for record in records:
        record.derive()
        record.created_by = record.updated_by = signature.by
        record.updated_role = signature.role
        if model is GeographicEntity:
            record.national_id = record.due_national_id
    model.objects.bulk_create(records, batch_size=500)
    names = [kept.name for kept in kept_fields(model)]
    action = RecordChange.Action.CREATED
    return [_line(record, action, differences({}, values_of(record, names)), signature) for record in records]


def _update(model: type, changed: list[tuple[Draft, dict[str, list[Any]]]], signature: Signature) -> list[RecordChange]:
    if not changed:
        return []
    records = [draft.record for draft, _ in changed]
    names = {name for _, changes in changed for name in changes}
    for record in records:
        record.derive()
        record.version += 1
        record.updated_at, record.updated_by, record.updated_role = signature.now, signature.by, signature.role
    model.objects.bulk_update(records, [*sorted(names), *model.derived_fields, *STAMP], batch_size=UPDATE_BATCH)
    action = RecordChange.Action.CHANGED
    return [_line(draft.record, action, changes, signature) for draft, changes in changed]


def _line(record: Any, action: str, changes: dict[str, list[Any]], signature: Signature) -> RecordChange:
    return change_line(
        record=record,
        action=action,
        changes=changes,
        by=signature.by,
        role=signature.role,
        now=signature.now,
        reason=signature.reason,
    )


def announce(model: type, changed: Sequence[int], created: Sequence[int] = ()) -> None:
    """Tell the higher apps what the change of these EJs or EGs touches: one signal a kind, three queries at most."""
    path = {LegalEntity: "legal_entity__in", GeographicEntity: "pk__in"}[model]
    entities = GeographicEntity.objects.filter(**{path: changed}).order_by()
    rows = OperationalUnit.objects.filter(geographic_entity__in=entities).values_list("pk", flat=True)
    if changed and (units := list(rows)):
        units_changed.send(sender=model, unit_ids=units)
    if model is GeographicEntity and (touched := [*changed, *created]):
        entities_changed.send(sender=model, entity_ids=touched)
    if not changed:
        return
    there = Q(cpts__in=entities) | Q(places__geographic_entity__in=entities)
    practitioners = list(Practitioner.objects.filter(there).distinct().values_list("pk", flat=True))
    if practitioners:
        practitioners_changed.send(sender=model, practitioner_ids=practitioners)
