"""The history of records: one line an act, written in the transaction of the act (spec 10; DESIGN, decision 10)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .blocks import block_of
from .enums import RecordKind
from .models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner, RecordChange, Structure, Term

if TYPE_CHECKING:
    from accounts.models import User

    from .snapshots import Changes

KINDS: dict[type, RecordKind] = {
    LegalEntity: RecordKind.LEGAL_ENTITY,
    GeographicEntity: RecordKind.GEOGRAPHIC_ENTITY,
    Structure: RecordKind.STRUCTURE,
    OperationalUnit: RecordKind.UNIT,
    Practitioner: RecordKind.PRACTITIONER,
    Term: RecordKind.TERM,
}


def record_change(
    *,
    record: Any,
    action: str,
    changes: Changes,
    by: User | None,
    role: str,
    now: datetime.datetime,
    block: str = "",
    reason: str = "",
) -> RecordChange:
    """Write one line of the history of ``record``, whose ``version`` is already the one after the act.

    ``changes`` maps fields to ``[before, after]`` (``directory.snapshots``). Without ``block``, the block that all
    changed fields share is kept, none when they belong to several. ``by=None`` is the system itself.
    """
    line = change_line(
        record=record, action=action, changes=changes, by=by, role=role, now=now, block=block, reason=reason
    )
    line.save(force_insert=True)
    return line


def change_line(
    *,
    record: Any,
    action: str,
    changes: Changes,
    by: User | None,
    role: str,
    now: datetime.datetime,
    block: str = "",
    reason: str = "",
) -> RecordChange:
    """Line of ``record_change``, not yet written: for those who write many at once."""
    kind = KINDS[type(record)]
    blocks = {block_of(kind, name) for name in changes}
    return RecordChange(
        record_kind=kind,
        record_id=record.pk,
        version=record.version,
        action=action,
        block=block or (blocks.pop() if len(blocks) == 1 else ""),
        changes=changes,
        reason=reason[:255],
        at=now,
        by=by,
        role=role,
    )
