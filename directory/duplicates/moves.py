"""What goes with a record that is taken into another, besides its fields: and back, when the merge is undone.

Each function works in the transaction of the merge, under its locks, and returns as JSON what its way back needs.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Max, Q
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.roles import Role

from ..attachments.services import MAX_ATTACHMENTS
from ..batches import write_edits
from ..delegation.rights import ON_RECORDS, log_assignment, new_assignment, write_end, write_role
from ..history import KINDS
from ..models import (
    AccountRequest,
    Assignment,
    Attachment,
    ErrorReport,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    RorReferent,
)
from ..services import RecordEdit
from ..snapshots import load_related, states_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.models import QuerySet

    from ..scopes import Scope

PLACES: dict[type, set[str]] = {Practitioner: {"places"}}


def owner_field(record: Any) -> str:
    """Name of the column by which files, reports and roles point to an EG or a UO."""
    return "unit" if isinstance(record, OperationalUnit) else "geographic_entity"


def attachments_that_move(kept: Any, merged: Any) -> list[Attachment]:
    """Files of ``merged`` that ``kept`` does not have yet, as many as it may take. Two queries."""
    held = set(kept.attachments.present().values_list("sha256", flat=True))
    room = max(MAX_ATTACHMENTS - len(held), 0)
    return [file for file in merged.attachments.present().order_by("added_at", "pk") if file.sha256 not in held][:room]


def hand_over(model: type, ids: Collection[int], record: Any) -> None:
    """Make files or reports those of ``record``."""
    model._default_manager.filter(pk__in=ids).update(**{owner_field(record): record})  # noqa: SLF001


def move_attachments(kept: Any, merged: Any) -> list[int]:
    """Give ``kept`` the files of ``merged`` that it does not have."""
    ids = [file.pk for file in attachments_that_move(kept, merged)]
    hand_over(Attachment, ids, kept)
    return ids


def move_reports(kept: Any, merged: Any) -> list[int]:
    """Error reports that wait for an answer are about ``kept``."""
    ids = list(merged.error_reports.open().order_by("pk").values_list("pk", flat=True))
    hand_over(ErrorReport, ids, kept)
    return ids


def move_requests(kept: OperationalUnit, merged: OperationalUnit) -> list[list[Any]]:
    """Account requests that wait for an answer ask for ``kept``; pairs (request, whether it asked for both)."""
    moved = []
    for asked in AccountRequest.objects.filter(units=merged, state=AccountRequest.State.WAITING).order_by("pk"):
        moved.append([asked.pk, asked.units.filter(pk=kept.pk).exists()])
        asked.units.add(kept)
        asked.units.remove(merged)
    return moved


def requests_back(kept: OperationalUnit, merged: OperationalUnit, given: Sequence[tuple[int, bool]]) -> None:
    """Undo ``move_requests`` for those that still wait."""
    asked_both = dict(given)
    for asked in AccountRequest.objects.filter(pk__in=asked_both, state=AccountRequest.State.WAITING):
        asked.units.add(merged)
        if not asked_both[asked.pk]:
            asked.units.remove(kept)


def roles_on(record: Any) -> QuerySet[Assignment]:
    """Roles in force on a record, or that begin later."""
    return roles_by(**{owner_field(record): record})


def roles_by(**where: Any) -> QuerySet[Assignment]:
    """Roles in force, or that begin later, by the name of who holds them."""
    rows = Assignment.objects.not_ended(timezone.localdate()).filter(**where)
    return rows.select_related("user", "unit", "geographic_entity").order_by(
        "user__last_name", "user__first_name", "pk"
    )


def above_of(record: Any) -> dict[str, int]:
    """Records above an EG or a UO through which people hold rights on it, by column of the roles."""
    if isinstance(record, OperationalUnit):
        entity = record.geographic_entity
        return {"geographic_entity": entity.pk, "legal_entity": entity.legal_entity_id}
    return {"legal_entity": record.legal_entity_id}


def inherited_by(**above: Any) -> QuerySet[Assignment]:
    """Roles through which people act on what stands below ``above`` (columns and keys): directors, responsables."""
    through = Q()
    for column, key in above.items():
        through |= Q(**{column: key})
    return roles_by(role__in=ON_RECORDS).filter(through)


def inherited_roles(kept: Any, merged: Any) -> list[Assignment]:
    """Roles that no longer reach what was merged, nor ``kept`` as it is written: on what stands above one alone.

    Of an EG both may lose some, as its EJ is chosen; the EG of a UO never is. Left out: whoever has the same role
    above both.
    """
    after = above_of(kept)
    lost = above_of(merged)
    apart = {column: key for column, key in lost.items() if after[column] != key}
    if not apart:
        return []
    held = set(inherited_by(**after).order_by().values_list("user", "role"))
    return [row for row in inherited_by(**apart) if (row.user_id, row.role) not in held]


def lock_holders(*records: Any, through: bool = False) -> None:
    """Lock who holds a role on ``records``: before the records, as whoever gives a role does.

    ``through``: also who holds one on what stands above them.
    """
    rows = [roles_on(record) for record in records]
    if through:
        rows += [inherited_by(**above_of(record)) for record in records]
    people = {user for one in rows for user in one.order_by().values_list("user", flat=True)}
    list(User.objects.filter(pk__in=people).select_for_update(no_key=True).order_by("pk").only("pk"))


def move_roles(
    kept: Any,
    merged: Any,
    chosen: Collection[int] | None,
    by: User,
    request_ip: str | None,
    *,
    lost: Sequence[Assignment] = (),
) -> dict[str, Any]:
    """End the roles on ``merged``, and give on ``kept`` those among ``chosen`` (all when it is ``None``).

    ``lost``: roles on what stands above, which go on there, given on ``kept`` in the same way (``inherited_roles``).
    """
    ended, given = [], []
    today = timezone.localdate()
    direct = list(roles_on(merged))
    for held in [*direct, *lost]:
        if chosen is None or held.pk in chosen:
            start = max(today, held.valid_from)
            try:
                fresh = new_assignment(held.user, Role(held.role), kept, start, held.valid_until)
            except ValidationError:  # held there already
                continue
            given.append(write_role(fresh, by, request_ip).pk)
    for held in direct:
        ended.append(
            {
                "id": held.pk,
                "user": held.user_id,
                "role": held.role,
                "from": held.valid_from.isoformat(),
                "until": held.valid_until.isoformat() if held.valid_until else None,
            }
        )
        write_end(held, by, request_ip)
    return {"ended": ended, "given": given}


def roles_back(merged: Any, given: dict[str, Any], by: User, request_ip: str | None) -> None:
    """Take back the roles given on the record that stayed, and give again those that ended."""
    today = timezone.localdate()
    for held in Assignment.objects.filter(pk__in=given["given"]).not_ended(today).select_related("user"):
        write_end(held, by, request_ip)
    for row in given["ended"]:
        until = datetime.date.fromisoformat(row["until"]) if row["until"] else None
        if until is not None and until < today:
            continue
        known = Assignment.objects.filter(pk=row["id"]).select_related("user").first()
        if known is not None:
            known.valid_until = until
            known.save(update_fields=["valid_until"])
            log_assignment(AuditEntry.Action.ROLE_GIVEN, known, by, request_ip)
            continue
        user = User.objects.get(pk=row["user"])
        start = datetime.date.fromisoformat(row["from"])
        again = new_assignment(user, Role(row["role"]), merged, start, until)
        again.pk = row["id"]  # an earlier merge that gave it knows it by its key
        write_role(again, by, request_ip)


def practitioners_of(entity: Any) -> QuerySet[Practitioner]:
    """Members of a CPTS, and practitioners who work at an EG."""
    return Practitioner.objects.filter(Q(cpts=entity) | Q(places__geographic_entity=entity)).distinct()


def move_practitioners(
    kept: Any, merged: Any, by: User, scope: Scope, reason: str, now: datetime.datetime
) -> dict[str, Any]:
    """Members and practitioners of ``merged`` are those of ``kept``; where both were a place of work, one stays."""
    people = _locked(list(practitioners_of(merged).values_list("pk", flat=True)))
    edits = _begin(people, by, scope, reason, now)
    members = [person.pk for person in people if person.cpts_id == merged.pk]
    for person in people:
        if person.cpts_id == merged.pk:
            person.cpts = kept
    there = set(PracticePlace.objects.filter(geographic_entity=kept).values_list("practitioner_id", flat=True))
    places = list(PracticePlace.objects.filter(geographic_entity=merged).values())
    twice = [row for row in places if row["practitioner_id"] in there]
    PracticePlace.objects.filter(pk__in=[row["id"] for row in twice]).delete()
    moved = [row["id"] for row in places if row["practitioner_id"] not in there]
    PracticePlace.objects.filter(pk__in=moved).update(geographic_entity=kept)
    write_edits(edits, PLACES)
    return {"members": members, "places": moved, "removed": twice}


def practitioners_back(
    kept: Any, merged: Any, given: dict[str, Any], by: User, scope: Scope, reason: str, now: datetime.datetime
) -> None:
    """Undo ``move_practitioners`` for those who are still there."""
    moved = PracticePlace.objects.filter(pk__in=given["places"], geographic_entity=kept)
    touched = set(given["members"]) | {row["practitioner_id"] for row in given["removed"]}
    people = _locked([*touched, *moved.values_list("practitioner_id", flat=True)])
    edits = _begin(people, by, scope, reason, now)
    for person in people:
        if person.pk in given["members"] and person.cpts_id == kept.pk:
            person.cpts = merged
    moved.update(geographic_entity=merged)
    known = {person.pk for person in people}
    for row in given["removed"]:
        if row["practitioner_id"] in known:
            last = PracticePlace.objects.filter(practitioner=row["practitioner_id"]).aggregate(last=Max("order"))[
                "last"
            ]
            PracticePlace.objects.create(**{**row, "order": (last or 0) + 1})
    write_edits(edits, PLACES)


def keep_referent_accounts(kept: Any, merged: Any) -> None:
    """Référents taken from ``merged`` point to the same accounts on ``kept``."""
    accounts = {(one.name, one.email): one.user_id for one in RorReferent.objects.filter(geographic_entity=merged)}
    for one in RorReferent.objects.filter(geographic_entity=kept, user=None):
        if user_id := accounts.get((one.name, one.email)):
            RorReferent.objects.filter(pk=one.pk).update(user=user_id)


def _locked(ids: Collection[int]) -> list[Practitioner]:
    rows = Practitioner.objects.filter(pk__in=set(ids)).select_for_update(of=("self",), no_key=True).order_by("pk")
    people = list(rows)
    load_related(people)
    return people


def _begin(people: list[Practitioner], by: User, scope: Scope, reason: str, now: datetime.datetime) -> list[RecordEdit]:
    states = states_of(people, PLACES[Practitioner])
    return [RecordEdit(person, by, scope, reason, states[person.pk], now) for person in people]


def kind_of(record: Any) -> Any:
    """Nature of a record: « eg » or « uo »."""
    return KINDS[type(record)]
