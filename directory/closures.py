"""Closures go down the tree: EJ → EG → structures → UOs (RG_EXP_044), and so do reopenings (RG_EXP_046).

Called by ``directory.services`` inside the transaction of the act. What was already closed for another reason is left
alone; what a reopening brings back takes the status that it had before the closure.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from .enums import PublicationStatus
from .history import KINDS
from .models import GeographicEntity, LegalEntity, OperationalUnit, RecordChange, Structure
from .signals import units_reopened

if TYPE_CHECKING:
    from accounts.models import User

CLOSURE_FIELDS = ("status", "closure_kind", "closed_on", "reopens_on")


def records_below(record: Any) -> list[QuerySet]:
    """Querysets of the records under an EJ, an EG or a structure; none for the others."""
    if isinstance(record, LegalEntity):
        return [
            GeographicEntity.objects.filter(legal_entity=record),
            Structure.objects.filter(geographic_entity__legal_entity=record),
            OperationalUnit.objects.filter(geographic_entity__legal_entity=record),
        ]
    if isinstance(record, GeographicEntity):
        return [
            Structure.objects.filter(geographic_entity=record),
            OperationalUnit.objects.filter(geographic_entity=record),
        ]
    if isinstance(record, Structure):
        # Three levels at most: S1 → S2 → UF.
        inside = Q(parent=record) | Q(parent__parent=record)
        within = Q(structure=record) | Q(structure__parent=record) | Q(structure__parent__parent=record)
        return [Structure.objects.filter(inside), OperationalUnit.objects.filter(within)]
    return []


def close_below(*, record: Any, by: User | None, role: str, now: datetime.datetime) -> None:
    """Close all that stands below a record just closed, with its type and dates."""
    after = {name: getattr(record, name) for name in CLOSURE_FIELDS}
    for rows in records_below(record):
        open_rows = rows.exclude(status=PublicationStatus.CLOSED)
        _write(open_rows, lambda row: after, RecordChange.Action.CLOSED, record, by, role, now)


def reopen_below(
    *, record: Any, closure_kind: str, closed_on: datetime.date, by: User | None, role: str, now: datetime.datetime
) -> None:
    """Reopen what the closure of ``record`` (its type and date) had closed below; the dates are reset.

    Sends ``units_reopened`` for the units published again, ``record`` included.
    """
    reopened = [record.pk] if isinstance(record, OperationalUnit) and record.is_published else []
    for rows in records_below(record):
        closed = closed_with(record, rows, closure_kind=closure_kind, closed_on=closed_on)
        earlier = _status_before_closure(closed)

        def opened(row: dict[str, Any], earlier: dict[int, str] = earlier) -> dict[str, Any]:
            status = earlier.get(row["pk"], PublicationStatus.PUBLISHED)
            return {"status": status, "closure_kind": "", "closed_on": None, "reopens_on": None}

        written = _write(closed, opened, RecordChange.Action.REOPENED, record, by, role, now)
        if rows.model is OperationalUnit:
            reopened += written.get(PublicationStatus.PUBLISHED, [])
    if reopened:
        units_reopened.send(sender=type(record), unit_ids=reopened, now=now)


def status_before_closure(record: Any) -> str:
    """Status that a closed record had before its closure: what reopening it brings back."""
    rows = type(record).objects.filter(pk=record.pk)
    return _status_before_closure(rows).get(record.pk, PublicationStatus.PUBLISHED)


def closed_with(record: Any, rows: QuerySet, *, closure_kind: str, closed_on: datetime.date) -> QuerySet:
    """Those of ``rows``, below ``record``, that its last closure closed: their last lines of closure bear its time.

    Without such a line (records that came closed), the type and the date of the closure tell.
    """
    closures = RecordChange.objects.filter(action=RecordChange.Action.CLOSED).order_by("-version")
    at = closures.filter(record_kind=KINDS[type(record)], record_id=record.pk).values_list("at", flat=True).first()
    closed = rows.filter(status=PublicationStatus.CLOSED, closure_kind=closure_kind, closed_on=closed_on)
    if at is None:
        return closed
    own = closures.filter(record_kind=KINDS[rows.model], record_id=OuterRef("pk"))
    return closed.filter(pk__in=closed.annotate(closed_at=Subquery(own.values("at")[:1])).filter(closed_at=at))


def _status_before_closure(rows: QuerySet) -> dict[int, str]:
    changes = RecordChange.objects.filter(
        record_kind=KINDS[rows.model], record_id__in=rows.values("pk"), action=RecordChange.Action.CLOSED
    )
    found = changes.order_by("at", "pk").values_list("record_id", "changes")
    return {pk: change["status"][0] for pk, change in found if change.get("status")}


def _write(
    rows: QuerySet, after_of: Any, action: str, cause: Any, by: User | None, role: str, now: datetime.datetime
) -> dict[str, list[int]]:
    """Write the new states, with their history; return the ids of the rows by new status."""
    locked = list(
        rows.select_for_update(of=("self",), no_key=True).order_by("pk").values("pk", "version", *CLOSURE_FIELDS)
    )
    by_state: dict[tuple, list[int]] = defaultdict(list)
    lines = []
    for row in locked:
        after = after_of(row)
        by_state[tuple(after[name] for name in CLOSURE_FIELDS)].append(row["pk"])
        lines.append(
            RecordChange(
                record_kind=KINDS[rows.model],
                record_id=row["pk"],
                version=row["version"] + 1,
                action=action,
                block="publication",
                changes={
                    name: [_json(row[name]), _json(after[name])] for name in CLOSURE_FIELDS if row[name] != after[name]
                },
                reason=f"Suit « {cause} »"[:255],
                at=now,
                by=by,
                role=role,
            )
        )
    stamp = {"version": F("version") + 1, "updated_at": now, "updated_by": by, "updated_role": role}
    for state, ids in by_state.items():
        rows.model.objects.filter(pk__in=ids).update(**dict(zip(CLOSURE_FIELDS, state, strict=True)), **stamp)
    RecordChange.objects.bulk_create(lines, batch_size=500)
    by_status: dict[str, list[int]] = defaultdict(list)
    for (status, *_), ids in by_state.items():
        by_status[status] += ids
    return by_status


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime.date) else value
