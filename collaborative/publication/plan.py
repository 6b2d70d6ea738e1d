"""What a publication will write: each fiche beside the locked record that it changes, makes or closes."""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.roles import Role
from directory.batches import Key, lock_records, states_by_key
from directory.closures import status_before_closure
from directory.enums import ClosureKind, PublicationStatus
from directory.models import GeographicEntity, LegalEntity, Structure
from directory.scopes import scope_of
from directory.services import RecordEdit, acting_role
from directory.snapshots import load_related
from directory.states import list_names, put_fields

from ..enums import FicheAction, FieldDecision
from ..fiches.states import MODELS
from ..models.fiches import RECORD_FIELDS
from ..review.meanwhile import changes_since
from ..review.parts import PLACE, STATUS
from ..review.place import whole_conflicts, why_left
from .refusals import RefusedLine, lines_of
from .values import final_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from accounts.models import User
    from directory.models import RecordChange
    from directory.scopes import Scope
    from directory.snapshots import State

    from ..models import Dossier, Fiche, FieldReview
    from ..review.meanwhile import Conflict

REASON_LENGTH = 255


@dataclass
class Item:
    """One fiche to publish, the values that it writes and the edit under way of its record."""

    fiche: Fiche
    values: State
    edit: RecordEdit
    changes: Sequence[RecordChange] = ()  # of the record, since it is in the dossier
    whole: dict[str, Conflict] = field(default_factory=dict)  # ``review.place``
    left: str = ""  # why the directory keeps the record as it is: closed, or open where it was moved

    @property
    def record(self) -> Any:
        return self.edit.record

    @cached_property
    def reviews(self) -> dict[str, FieldReview]:
        """Decisions of the validator by field."""
        return {review.field: review for review in self.fiche.reviews.all()}

    def settled(self, name: str) -> str:
        """Decision that settles a conflict about the record as a whole; empty without one."""
        review = self.reviews.get(name)
        conflict = self.whole.get(name)
        return review.decision if conflict and review and conflict.is_settled(review) else ""

    @property
    def is_confirmed(self) -> bool:
        """Tell whether its author finalised it without changing anything, so that there is nothing to write."""
        fiche = self.fiche
        proposes = fiche.values or fiche.action != FicheAction.MODIFY or fiche.files.all() or self.whole
        return not proposes and not self.left

    @property
    def is_closing(self) -> bool:
        return self.fiche.action == FicheAction.DELETE and not self.left

    @property
    def is_placed(self) -> bool:
        """Tell whether the record goes below the fiche above: new, moved, or brought back where the dossier has it."""
        if self.fiche.action in {FicheAction.CREATE, FicheAction.DELETE}:
            return self.fiche.action == FicheAction.CREATE
        if PLACE in self.whole:
            return self.settled(PLACE) == FieldDecision.ACCEPT
        return self.fiche.action == FicheAction.MOVE

    @property
    def reopens(self) -> bool:
        """Tell whether a record closed meanwhile is open again, as the dossier has it."""
        return self.fiche.action != FicheAction.DELETE and self.settled(STATUS) == FieldDecision.ACCEPT


@dataclass
class Plan:
    """Fiches to publish, those above before those below, with what the publication read; ``lines``: what is refused."""

    items: list[Item]
    lists: dict[type, set[str]]
    lines: list[RefusedLine] = field(default_factory=list)

    @property
    def writings(self) -> list[Item]:
        """Creations, changes and moves."""
        return [item for item in self.items if not item.is_closing and not item.left]

    @property
    def left(self) -> list[Item]:
        """Fiches of which nothing is written."""
        return [item for item in self.items if item.left]

    @property
    def closings(self) -> list[Item]:
        """Removals, the lowest first: each record is closed by its own fiche."""
        return [item for item in reversed(self.items) if item.is_closing]

    def refuse(self, item: Item, reason: str, name: str = "") -> None:
        """Keep one more reason not to publish."""
        self.lines.append(RefusedLine(item.fiche, reason, name))


@dataclass(frozen=True)
class Signature:
    """How a publication is signed: the author of the dossier, the scope of its validator, the time and the reason."""

    author: User
    author_scope: Scope
    scope: Scope
    now: datetime.datetime
    reason: str

    @classmethod
    def of(cls, dossier: Dossier, author: User, by: User, scope: Scope, now: datetime.datetime) -> Signature:
        """Signature of the publication of ``dossier``, sent by ``author``, validated by ``by``."""
        return cls(author, scope_of(author), scope, now, reason_of(dossier, author, by))

    def edit(self, record: Any, before: State) -> RecordEdit:
        """Begin an act written in the name of the author, allowed by the validator's scope."""
        return RecordEdit(record, self.author, self.scope, self.reason, before, self.now)

    def role(self, record: Any) -> str:
        """Role of the author over a record that has its place: Directeur when it is nobody's yet."""
        return acting_role(self.author_scope, record) or Role.DIRECTOR


def reason_of(dossier: Dossier, author: User, by: User) -> str:
    """« Dossier n° 12 « Peuplement de … », envoyé par X, validé par Y »: the name is cut, not the people."""
    start, end = f"Dossier n°\u00a0{dossier.pk} «\u00a0", f"\u00a0», envoyé par {author}, validé par {by}"
    room = max(REASON_LENGTH - len(start) - len(end), 1)
    name = dossier.name if len(dossier.name) <= room else f"{dossier.name[: room - 1]}…"
    return f"{start}{name}{end}"[:REASON_LENGTH]


def make_plan(chosen: Sequence[Fiche], every: Sequence[Fiche], signature: Signature) -> Plan:
    """Lock the records of the chosen fiches and of those above them, and put on them what the fiches propose.

    Nothing is written. ``every`` are the fiches of the dossier.
    """
    values = {fiche.pk: {} if fiche.action == FicheAction.DELETE else final_values(fiche) for fiche in chosen}
    locked = _lock(chosen, every, values)
    lists: dict[type, set[str]] = defaultdict(set)
    for fiche in chosen:
        model = MODELS[fiche.kind]
        lists[model] |= {name for name in list_names(model) if name in values[fiche.pk]}
        lists[model] |= {"attachments"} if fiche.files.all() and model is not Structure else set()
    held = [locked[key] for fiche in chosen if (key := _key(fiche)) in locked]
    states = states_by_key(held, lists)
    changes = changes_since(chosen)
    plan = Plan([], dict(lists))
    wanted = {fiche.pk for fiche in chosen}
    records = {fiche.pk: locked[_key(fiche)] for fiche in every if _key(fiche) in locked}
    for fiche in in_tree_order(every):
        if fiche.pk not in wanted:
            continue
        record = records.setdefault(fiche.pk, MODELS[fiche.kind]())
        item = Item(fiche, values[fiche.pk], signature.edit(record, states.get(_key(fiche), {})))
        item.changes = changes.get(fiche.pk, [])
        item.whole = whole_conflicts(fiche, item.changes, record)
        item.left = why_left(fiche, item.changes, item.whole, item.reviews, record)
        plan.items.append(item)
        _propose(plan, item, records, signature.now)
        if isinstance(record, GeographicEntity) or record.geographic_entity_id or above_of(fiche, records) is not None:
            item.edit.as_role = signature.role(record)
    load_related([item.record for item in plan.items])
    return plan


def in_tree_order(fiches: Iterable[Fiche]) -> list[Fiche]:
    """Fiches, each after the one above it."""
    rows = list(fiches)
    known = {fiche.pk for fiche in rows}
    below: dict[int | None, list[Fiche]] = defaultdict(list)
    for fiche in rows:
        below[fiche.parent_id if fiche.parent_id in known else None].append(fiche)
    ordered = list(below[None])
    for fiche in ordered:
        ordered += below[fiche.pk]
    return ordered


def _key(fiche: Fiche) -> Key:
    return MODELS[fiche.kind], fiche.record_id or 0


def _lock(chosen: Iterable[Fiche], every: Sequence[Fiche], values: dict[int, State]) -> dict[Key, Any]:
    """Lock the EJs that proposed EGs hang from, the records of the chosen fiches and those right above them."""
    ids: dict[type, set[int]] = defaultdict(set)
    by_id = {fiche.pk: fiche for fiche in every}
    for fiche in chosen:
        for one in (fiche, by_id.get(fiche.parent_id or 0)):
            if one is not None and one.record_id:
                ids[MODELS[one.kind]].add(one.record_id)
                ids[GeographicEntity] |= {one.record.geographic_entity_id} - {None} if one.kind != "eg" else set()
        if legal_entity := values[fiche.pk].get("legal_entity"):
            ids[LegalEntity].add(legal_entity["id"])
    locked = lock_records(ids)
    for record in locked.values():
        for name, model in (("geographic_entity", GeographicEntity), ("structure", Structure), ("parent", Structure)):
            if other := locked.get((model, getattr(record, f"{name}_id", None) or 0)):
                setattr(record, name, other)
    return locked


def _propose(plan: Plan, item: Item, records: dict[int, Any], now: datetime.datetime) -> None:
    """Put on a record in memory what its fiche proposes: its fields, its place, or its closure."""
    record = item.record
    if item.left:
        return
    if item.is_closing:
        record.status, record.closure_kind = PublicationStatus.CLOSED, ClosureKind.FINAL
        record.closed_on, record.reopens_on = timezone.localdate(now), None
        return
    try:
        put_fields(record, item.values)
    except ValidationError as refused:
        plan.lines += lines_of(item.fiche, refused)
    above = above_of(item.fiche, records)
    if item.is_placed and above is not None:
        hang(record, above)
    if item.reopens:
        record.status = status_before_closure(record)
        record.closure_kind, record.closed_on, record.reopens_on = "", None, None


def above_of(fiche: Fiche, records: dict[int, Any]) -> Any | None:
    """Record of the fiche above, stored or in memory."""
    return records.get(fiche.parent_id or 0)


def hang(record: Any, above: Any) -> None:
    """Put a structure or a UO below an EG or a structure, in memory."""
    is_structure = isinstance(above, Structure)
    record.geographic_entity = above.geographic_entity if is_structure else above
    setattr(record, "parent" if isinstance(record, Structure) else "structure", above if is_structure else None)


def record_field(fiche: Fiche) -> str:
    """Name of the column of a fiche that points to its record."""
    return RECORD_FIELDS[fiche.kind]
