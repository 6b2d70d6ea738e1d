"""Two records become one: the one that stays takes what was chosen, the other is closed for good (spec 30).

Everything is written in one transaction by the acts of direct editing (``services.RecordEdit``), so that history,
completeness, search, tree and totals follow as they do for any other change. ``undoing`` is the way back.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Permission
from common.french import NBSP

from ..batches import RefusedByDatabase, announce_all, lock_records, naming, write_edits
from ..enums import ClosureKind, PublicationStatus, RecordKind
from ..history import change_line
from ..models import DuplicatePair, GeographicEntity, Merge, OperationalUnit, RecordChange, Structure
from ..services import RecordEdit, give_national_id
from ..snapshots import state_of, states_of
from ..states import put_fields, put_lists
from . import hooks, moves
from .choices import chosen_values, rows_of
from .hooks import Veto
from .order import note_moves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from accounts.models import User

    from ..scopes import Scope
    from ..snapshots import State

ONLY_SUPPORT = "Seul le support du ROR fusionne des fiches."
TAKEN = "Une autre fiche porte déjà l’un des numéros choisis : vérifiez le FINESS et le SIRET."

ENTITIES_APART = (
    "Ces deux unités sont d’établissements différents, qui ne sont pas des doublons l’un de l’autre"
    f"{NBSP}: fusionnez d’abord les établissements."
)
ENTITIES_SET_ASIDE = (
    "Ces deux unités sont d’établissements différents, écartés comme deux établissements distincts"
    f"{NBSP}: remettez d’abord la paire des établissements à traiter, ou écartez aussi ces deux unités."
)


class MergeRefused(Exception):
    """The records are not merged, or their merge is not undone: ``reasons`` say why. Nothing was written."""

    def __init__(self, reasons: Sequence[Veto]) -> None:
        super().__init__(" ".join(veto.text for veto in reasons))
        self.reasons = list(reasons)


class StaleMerge(Exception):
    """Somebody saved one of the records since the page was read: ``changed`` are those, as they are now."""

    def __init__(self, changed: Sequence[Any]) -> None:
        super().__init__(", ".join(str(record) for record in changed))
        self.changed = list(changed)


class MergeBusy(Exception):
    """Another writer and the merge waited for each other: nothing was written, and it may be asked again."""


@dataclass(frozen=True)
class Decision:
    """What support decided: which record stays, what it takes.

    ``versions`` are those of the first and of the second record on the page that was read. ``choices`` are by key of
    row (``directory.duplicates.choices``), the preset standing for those not named. ``roles``: assignments on the
    record that goes, or above one of the two (``moves.inherited_roles``), which are given on the one that stays, all
    when it is ``None``. ``units_follow``: the units that move and had the address of their EG take that of their new
    one; else they keep it.
    """

    first_stays: bool
    versions: tuple[int, int]
    choices: Mapping[str, str] = field(default_factory=dict)
    roles: frozenset[int] | None = None
    units_follow: bool = False


@dataclass
class Signature:
    """Who merges, and when; ``request_ip`` goes to the audit log."""

    by: User
    scope: Scope
    now: datetime.datetime
    request_ip: str | None = None

    def edit(self, record: Any, before: State, reason: str) -> RecordEdit:
        """Begin an act on a locked record."""
        return RecordEdit(record, self.by, self.scope, reason, before, self.now)


def merge_records(
    *,
    pair: DuplicatePair,
    decision: Decision,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    request_ip: str | None = None,
) -> Merge:
    """Merge the two EGs, or the two UOs, of a pair; return what says so.

    Raises ``PermissionDenied`` for anybody but support, ``StaleMerge`` when one of them changed since it was read,
    ``MergeRefused`` with the reasons (closed, held by a dossier, UOs of EGs apart…), ``ValidationError`` for values
    that the rules refuse, ``MergeBusy``, ``DuplicatePair.DoesNotExist``. Nothing is written then.
    """
    if not merges_records(scope):
        raise PermissionDenied(ONLY_SUPPORT)
    who = Signature(by, scope, now, request_ip)
    return tried(lambda: _merge(pair.pk, decision, who))


def merges_records(scope: Scope) -> bool:
    """Tell whether this person merges records: support."""
    return scope.coverage(Permission.DIRECTORY_EDIT).region


def tried[Result](act: Callable[[], Result]) -> Result:
    """Do ``act`` in one transaction; raise ``MergeBusy`` or ``MergeRefused`` for what the database stops."""
    try:
        with transaction.atomic():
            return act()
    except RefusedByDatabase as refused:
        raise MergeRefused([Veto(TAKEN)]) from refused
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.DeadlockDetected):
            raise MergeBusy from error
        raise


def why_not_merge(first: Any, second: Any, *, apart: Veto | None) -> list[Veto]:
    """Reasons why two records are not merged now; ``apart``: what ``entities_apart`` says of them. No write."""
    found = [
        Veto(f"«{NBSP}{record}{NBSP}» est fermée{NBSP}: rouvrez-la d’abord, ou gardez-la telle quelle.")
        for record in (first, second)
        if record.is_closed
    ]
    return found + ([apart] if apart else []) + hooks.vetoes_of(first, second)


def entities_apart(first: Any, second: Any) -> Veto | None:
    """Why two UOs are not one: their EGs are neither one nor a pair, or a pair set aside. One query when apart."""
    if not isinstance(first, OperationalUnit) or first.geographic_entity_id == second.geographic_entity_id:
        return None
    ids = sorted((first.geographic_entity_id, second.geographic_entity_id))
    pairs = DuplicatePair.objects.filter(first_entity=ids[0], second_entity=ids[1])
    state = pairs.values_list("state", flat=True).first()
    if state is None:
        return Veto(ENTITIES_APART)
    if state != DuplicatePair.State.SET_ASIDE:
        return None
    aside = f"{reverse('directory:duplicate_list')}?etat=ecartes&nature={RecordKind.GEOGRAPHIC_ENTITY}"
    return Veto(ENTITIES_SET_ASIDE, aside, "Voir les établissements écartés")


def reason_of(kept: Any, merged: Any) -> tuple[str, str]:
    """Words of the history: of the record that stays, and of what goes."""
    code = {"eg": "EG", "uo": "UO"}[moves.kind_of(kept)]
    return (
        f"Fusion avec «{NBSP}{merged.name[:180]}{NBSP}» ({code} n°{NBSP}{merged.pk})",
        f"Fusion dans «{NBSP}{kept.name[:180]}{NBSP}» ({code} n°{NBSP}{kept.pk})",
    )


def finish(edit: RecordEdit) -> RecordChange:
    """Write a record whose lists are written, with one more version and its history, even when no field changed."""
    give_national_id(edit.record)
    with naming(edit.record):
        line = edit.keep(state_of(edit.record))
        if line is None:
            line = _bare_line(edit)
    line.save(force_insert=True)
    edit.cascade(line)
    return line


def _bare_line(edit: RecordEdit) -> RecordChange:
    record = edit.record
    record.version += 1
    record.updated_at, record.updated_by, record.updated_role = edit.now, edit.by, edit.role()
    record.save()
    return change_line(
        record=record,
        action=RecordChange.Action.CHANGED,
        changes={},
        by=edit.by,
        role=record.updated_role,
        now=edit.now,
        reason=edit.reason,
    )


@dataclass
class Below:
    """What stands below an EG, locked: its structures and its units."""

    structures: list[Structure] = field(default_factory=list)
    units: list[OperationalUnit] = field(default_factory=list)

    @property
    def records(self) -> list[Any]:
        return [*self.structures, *self.units]


def lock_two(kind: type, ids: Sequence[int]) -> dict[int, Any]:
    """Lock two records of one model; they are returned by key."""
    return {pk: record for (_, pk), record in lock_records({kind: ids}).items()}


def lock_below(entity: GeographicEntity, units: Sequence[int] | None = None, structures: Sequence[int] = ()) -> Below:
    """Lock the structures and units below a locked EG: all of them, or those named."""
    if units is None:
        structures = list(Structure.objects.filter(geographic_entity=entity).values_list("pk", flat=True))
        units = list(OperationalUnit.objects.filter(geographic_entity=entity).values_list("pk", flat=True))
    found = lock_records({Structure: structures, OperationalUnit: units})
    below = Below()
    for (model, _), record in found.items():
        (below.units if model is OperationalUnit else below.structures).append(record)
    return below


def move_below(below: Below, entity: GeographicEntity, who: Signature, reason: str, *, follow: bool) -> list[int]:
    """Hang structures and units below ``entity``; return the units that took an address of their own by it.

    ``follow``: a unit without an address of its own takes that of ``entity``; else it keeps where it stood.
    """
    edits, took = [], []
    for records in (below.structures, below.units):
        states = states_of(records, ())
        for record in records:
            edit = who.edit(record, states[record.pk], reason)
            record.geographic_entity = entity
            had = getattr(record, "has_own_address", False)
            edit.check({"geographic_entity", "commune"} if follow and not had else {"geographic_entity"})
            if not had and getattr(record, "has_own_address", False):
                took.append(record.pk)
            edits.append(edit)
    write_edits(edits, {})
    return took


def _merge(pair_id: int, decision: Decision, who: Signature) -> Merge:
    pair = DuplicatePair.objects.select_for_update(of=("self",)).get(pk=pair_id)
    kind = GeographicEntity if pair.first_entity_id else OperationalUnit
    ids = (pair.first_entity_id or pair.first_unit_id, pair.second_entity_id or pair.second_unit_id)
    stays, goes = ids if decision.first_stays else ids[::-1]
    moves.lock_holders(*kind._default_manager.filter(pk__in=ids), through=True)  # noqa: SLF001
    records = lock_two(kind, [pk for pk in ids if pk])
    first, second = (records[pk] for pk in ids if pk)
    _refuse(pair, first, second, decision)
    kept, merged = records[stays], records[goes]
    given = _write(kept, merged, (first, second), decision, who)
    merge = Merge.objects.create(
        **{f"kept_{_owner(kept)}": kept, f"merged_{_owner(kept)}": merged},
        at=who.now,
        by=who.by,
        kept_version=kept.version,
        merged_version=merged.version,
        given=given,
    )
    _settle(pair, merged, who)
    units = OperationalUnit.objects.filter(pk__in=given["units"])
    announce_all([kept, merged, *units])
    return merge


def _owner(record: Any) -> str:
    return "unit" if isinstance(record, OperationalUnit) else "entity"


def _refuse(pair: DuplicatePair, first: Any, second: Any, decision: Decision) -> None:
    if pair.state == DuplicatePair.State.MERGED:
        raise MergeRefused([Veto("Ces deux fiches sont déjà fusionnées.")])
    if reasons := why_not_merge(first, second, apart=entities_apart(first, second)):
        raise MergeRefused(reasons)
    read = zip((first, second), decision.versions, strict=True)
    if changed := [record for record, version in read if record.version != version]:
        raise StaleMerge(changed)


def _write(kept: Any, merged: Any, both: tuple[Any, Any], decision: Decision, who: Signature) -> dict[str, Any]:
    """Write both records and all that moves; what the way back needs."""
    first, second = (state_of(record) for record in both)
    rows = rows_of(moves.kind_of(kept), first, second, first_stays=decision.first_stays)
    values = chosen_values(rows, first, second, decision.choices)
    stays, goes = reason_of(kept, merged)
    before = (first, second) if kept is both[0] else (second, first)
    was_below = getattr(kept, "legal_entity_id", None)
    put_fields(kept, values)
    if not kept.photo and merged.photo:
        kept.photo = merged.photo.name
    given: dict[str, Any] = {"units": [], "structures": [], "national_ids": [kept.national_id, merged.national_id]}
    if isinstance(kept, GeographicEntity):
        given |= _move_tree(kept, merged, decision, who, goes)
    given["attachments"] = moves.move_attachments(kept, merged)
    _close(who.edit(merged, before[1], goes), kept, values)
    _keep(who.edit(kept, before[0], stays), values)
    given["reports"] = moves.move_reports(kept, merged)
    lost = moves.inherited_roles(kept, merged)
    if isinstance(kept, GeographicEntity) and kept.legal_entity_id != was_below:
        lost += moves.inherited_roles(kept, GeographicEntity(legal_entity_id=was_below))
    given["roles"] = moves.move_roles(kept, merged, decision.roles, who.by, who.request_ip, lost=lost)
    if isinstance(kept, GeographicEntity):
        moves.keep_referent_accounts(kept, merged)
        given["people"] = moves.move_practitioners(kept, merged, who.by, who.scope, goes, who.now)
    else:
        given["requests"] = moves.move_requests(kept, merged)
    given["apps"] = hooks.follow_all(kept, merged, who.by, who.now)
    return given


def _move_tree(
    kept: GeographicEntity, merged: GeographicEntity, decision: Decision, who: Signature, reason: str
) -> dict[str, Any]:
    below = lock_below(merged)
    took = move_below(below, kept, who, reason, follow=decision.units_follow)
    note_moves(below.units)
    return {
        "units": [unit.pk for unit in below.units],
        "structures": [structure.pk for structure in below.structures],
        "took_address": took,
    }


def _close(edit: RecordEdit, kept: Any, values: State) -> None:
    """Close the record that goes; it gives up first the numbers that the other takes.

    With its FINESS it gives up its SIRET, which is then unique (spec 01-settled), and the national identifier that the
    other will bear.
    """
    merged = edit.record
    if isinstance(merged, GeographicEntity):
        takes_finess = bool(merged.finess) and kept.finess == merged.finess
        if takes_finess or ("siret" in values and kept.siret == merged.siret):
            merged.siret = ""
        if takes_finess:
            merged.finess = ""
        if not kept.national_id and kept.due_national_id == merged.national_id:
            merged.national_id = ""
    merged.status, merged.closure_kind = PublicationStatus.CLOSED, ClosureKind.FINAL
    merged.closed_on, merged.reopens_on = timezone.localdate(edit.now), None
    finish(edit)


def _keep(edit: RecordEdit, values: State) -> None:
    """Write what the record that stays takes, under the rules of direct editing."""
    edit.record.full_clean()
    put_lists(edit.record, values)
    edit.check()
    finish(edit)


def _settle(pair: DuplicatePair, merged: Any, who: Signature) -> None:
    """The pair is settled; other pairs that waited with the record that goes are looked for again next time."""
    pair.state, pair.settled_at, pair.settled_by = DuplicatePair.State.MERGED, who.now, who.by
    pair.save(update_fields=["state", "settled_at", "settled_by"])
    waiting = DuplicatePair.objects.filter(state=DuplicatePair.State.WAITING)
    name = _owner(merged)
    for side in ("first", "second"):
        waiting.filter(**{f"{side}_{name}": merged}).delete()
