"""« Défaire la fusion »: two merged records are two again, while neither has changed since (spec 30).

A merge by mistake sends people to the wrong place: it is given back whole, or refused with the reason.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from common import french
from common.french import NBSP

from ..batches import announce_all
from ..history import KINDS
from ..models import Attachment, DuplicatePair, ErrorReport, GeographicEntity, Merge, OperationalUnit, RecordChange
from ..services import same_address, take_address
from ..snapshots import differences, state_of
from ..states import put_fields, put_lists
from . import hooks, moves, order
from .finding import reasons_today
from .hooks import Veto
from .merging import (
    ONLY_SUPPORT,
    Below,
    MergeRefused,
    Signature,
    finish,
    lock_below,
    lock_two,
    merges_records,
    move_below,
    tried,
)
from .services import REMARK_LENGTH

if TYPE_CHECKING:
    from collections.abc import Collection

    from accounts.models import User

    from ..scopes import Scope
    from ..snapshots import State

CHANGED = "a changé depuis la fusion"
UNDONE = "Fusion défaite le "


def undo_merge(
    *, merge: Merge, by: User, scope: Scope, now: datetime.datetime, request_ip: str | None = None
) -> tuple[Any, Any]:
    """Make two records again of two merged ones; return the one that had stayed and the one that is back.

    Raises ``PermissionDenied`` for anybody but support, ``MergeRefused`` with the reasons when one of them changed
    since, ``MergeBusy``, ``Merge.DoesNotExist`` when it is undone already. Nothing is written then.
    """
    if not merges_records(scope):
        raise PermissionDenied(ONLY_SUPPORT)
    who = Signature(by, scope, now, request_ip)
    return tried(lambda: _undo(merge.pk, who))


def why_not_undo(merge: Merge, kept: Any, merged: Any) -> list[Veto]:
    """Reasons why a merge is not undone now; the EJ of an EG and the EG of a UO are loaded."""
    later = order.later_merges(merge, kept)
    found = [order.veto_of(one) for one in later]
    found += [
        Veto(f"La fiche «{NBSP}{record}{NBSP}» {CHANGED}{NBSP}: défaire la fusion perdrait ces changements.")
        for record, version in ((kept, merge.kept_version), (merged, merge.merged_version))
        if _changed_since(record, version, order.moved_versions(merge, record) | order.written_by(later, record))
    ]
    if later:
        return found
    above = merged.legal_entity if isinstance(merged, GeographicEntity) else merged.geographic_entity
    if above.is_closed:
        found.append(Veto(f"«{NBSP}{above}{NBSP}» est fermé{NBSP}: rouvrez-le d’abord."))
    if units := merge.given.get("units"):
        gone = OperationalUnit.objects.filter(pk__in=units).exclude(geographic_entity=kept)
        found += [
            Veto(f"L’unité «{NBSP}{name}{NBSP}», venue avec la fusion, a été déplacée depuis.")
            for name in gone.order_by("sort_name", "pk").values_list("name", flat=True)[:3]
        ]
    return found + hooks.vetoes_of(kept, merged)


def _undo(merge_id: int, who: Signature) -> tuple[Any, Any]:
    found = Merge.objects.select_related("merged_entity", "merged_unit").get(pk=merge_id)
    kind, stays, goes = type(found.merged), found.kept.pk, found.merged.pk
    name = "unit" if kind is OperationalUnit else "entity"
    ids = sorted((stays, goes))
    pair = DuplicatePair.objects.select_for_update(of=("self",)).filter(
        **{f"first_{name}": ids[0], f"second_{name}": ids[1]}
    )
    pairs = list(pair)
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge_id)
    moves.lock_holders(kind(pk=stays))
    records = lock_two(kind, ids)
    kept, merged = records[stays], records[goes]
    if reasons := why_not_undo(merge, kept, merged):
        raise MergeRefused(reasons)
    given = merge.given
    merge.delete()  # a merged record is not reopened otherwise
    units = _write(merge, kept, merged, given, who)
    for one in pairs:
        _set_aside(one, who)
    announce_all([kept, merged, *units])
    return kept, merged


def _set_aside(pair: DuplicatePair, who: Signature) -> None:
    """Put a pair whose merge was undone among those set aside: support has just said that these are two records.

    The reasons that a search would give today are noted, so that only another one makes it wait again.
    """
    told = f"{UNDONE}{french.day(who.now)}"
    before = f"{NBSP}: {pair.remark}" if pair.remark and not pair.remark.startswith(UNDONE) else ""
    pair.state, pair.settled_at, pair.settled_by = DuplicatePair.State.SET_ASIDE, who.now, who.by
    pair.reasons, pair.new_reasons = reasons_today(pair), []
    pair.remark = f"{told}{before}"[:REMARK_LENGTH]
    pair.save(update_fields=["state", "settled_at", "settled_by", "reasons", "new_reasons", "remark"])


def _write(merge: Merge, kept: Any, merged: Any, given: State, who: Signature) -> list[OperationalUnit]:
    """Write both records as they were, the one that stayed first: it holds the numbers of the other."""
    reason = f"Fusion du {merge.at:%d/%m/%Y} défaite{NBSP}: «{NBSP}{merged.name[:160]}{NBSP}» est à nouveau une fiche"
    edits = [who.edit(record, state_of(record), reason) for record in (kept, merged)]
    moves.hand_over(Attachment, _present(Attachment, given["attachments"], kept), merged)
    moves.hand_over(ErrorReport, _present(ErrorReport, given["reports"], kept), merged)
    for edit, version, national_id in zip(
        edits, (merge.kept_version, merge.merged_version), given["national_ids"], strict=True
    ):
        values = _values_before(edit.record, version)
        put_fields(edit.record, values)
        edit.record.national_id = national_id
        if order.moved_versions(merge, edit.record) and order.ADDRESS & values.keys():
            _drop_address_of_entity(edit.record)
        edit.record.full_clean()
        put_lists(edit.record, values)
        finish(edit)
    moves.roles_back(merged, given["roles"], who.by, who.request_ip)
    units: list[OperationalUnit] = []
    if isinstance(kept, GeographicEntity):
        units = _tree_back(merge, kept, merged, who, reason)
        moves.practitioners_back(kept, merged, given["people"], who.by, who.scope, reason, who.now)
    else:
        moves.requests_back(kept, merged, given["requests"])
    hooks.give_all_back(kept, merged, given["apps"], who.by, who.now)
    return units


def _tree_back(
    merge: Merge, kept: GeographicEntity, merged: GeographicEntity, who: Signature, reason: str
) -> list[OperationalUnit]:
    """Hang back what came with the merge; a unit made since below one of these structures comes along with it."""
    below = lock_below(kept, order.units_back(merge, kept), sorted(merge.given["structures"]))
    own = Below(units=[unit for unit in below.units if unit.has_own_address])
    move_below(
        Below(below.structures, [unit for unit in below.units if not unit.has_own_address]),
        merged,
        who,
        reason,
        follow=True,
    )
    move_below(own, merged, who, reason, follow=False)
    order.note_moves(below.units)
    return below.units


def _drop_address_of_entity(unit: OperationalUnit) -> None:
    """Leave a unit that another merge moved without an address of its own where its EG stands; nothing is written."""
    if unit.has_own_address and same_address(unit, unit.geographic_entity):
        take_address(unit, None)


def _present(model: type, ids: list[int], record: Any) -> list[int]:
    """Those of files or reports that are still of ``record``."""
    rows = model._default_manager.filter(pk__in=ids, **{moves.owner_field(record): record})  # noqa: SLF001
    return list(rows.values_list("pk", flat=True))


def _changed_since(record: Any, version: int, by_merges: Collection[int]) -> bool:
    """Tell whether a record says anything else than at ``version``: what came and went since, as a merge undone, not.

    Nor do the versions ``by_merges`` count. One query when it has a later version. A line of history that is missing
    may have changed anything.
    """
    if record.version == version:
        return False
    lines = RecordChange.objects.filter(
        record_kind=KINDS[type(record)], record_id=record.pk, version__gt=version, version__lte=record.version
    )
    since = dict(lines.order_by("version").values_list("version", "changes"))
    then: State = {}
    now: State = {}
    for changes in (changes for at, changes in since.items() if at not in by_merges):
        for name, (before, after) in changes.items():
            then.setdefault(name, before)
            now[name] = after
    return len(since) != record.version - version or bool(differences(then, now))


def _values_before(record: Any, version: int) -> State:
    """Values that a record had before the merge wrote ``version``, of the fields that it changed."""
    lines = RecordChange.objects.filter(record_kind=KINDS[type(record)], record_id=record.pk, version=version)
    changes = lines.values_list("changes", flat=True).get()
    return {name: before for name, (before, _) in changes.items() if name != "attachments"}
