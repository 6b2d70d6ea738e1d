"""« Valider »: the whole of a dossier, or a part of it, goes to the directory in one transaction (spec 30).

Records are written by ``directory.services.RecordEdit``, as direct editing does, in the name of who sent the dossier;
what they change is told once to search, completeness and availability.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import prefetch_related_objects

from accounts.models import User
from accounts.roles import Permission, Role
from directory.attachments.services import undone_on_failure
from directory.batches import RefusedByDatabase, announce_all, naming, write_edits
from directory.delegation.rights import give_role
from directory.models import GeographicEntity, OperationalUnit
from directory.scopes import scope_of
from directory.states import put_lists_of

from ..enums import DossierAct
from ..models import Fiche
from ..permissions import heads_under, why_not_act
from ..services import StaleDossier, apply_locked, checked_text, lock_dossier
from ..workflow import IDLE_PAIRS, IllegalAct, transition_of
from .attempts import attempted
from .checks import check_plan
from .files import put_attachments, put_photo
from .plan import Signature, make_plan, record_field
from .refusals import PublicationRefused, line_of_database
from .remainder import split_dossier

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from directory.models import RecordChange
    from directory.scopes import Scope

    from ..models import Dossier
    from .plan import Item, Plan


class Validator(NamedTuple):
    """Who publishes, and when."""

    by: User
    scope: Scope
    now: datetime.datetime


@dataclass(frozen=True)
class Published:
    """What was published: the dossier validated, the fiches written, the lines of history.

    ``left``: those of which the directory keeps what it has (``review.place.why_left``), so that nothing was written;
    ``confirmed``: those that their author found right as they are, where there was nothing to write.
    ``remainder`` is the new dossier of what a partial publication left; ``director``, the author of a new EG who has
    become its Directeur.
    """

    dossier: Dossier
    fiches: list[Fiche]
    lines: list[RecordChange]
    left: list[Fiche] = field(default_factory=list)
    confirmed: list[Fiche] = field(default_factory=list)
    remainder: Dossier | None = None
    director: User | None = None


def publish(
    *,
    dossier: Dossier,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int,
    fiche_ids: Collection[int] | None = None,
    remark: str = "",
    asked: str | None = None,
) -> Published:
    """Publish a dossier en validation, all or nothing; with ``fiche_ids``, those fiches, the rest going back.

    ``asked``: what the dossier of the rest says to correct, besides its returned points; ``remark`` when not given.
    Raises ``StaleDossier`` when somebody acted since ``expected_version``, ``PermissionDenied`` for who did not take
    the dossier or sent it, ``PublicationRefused`` with the reasons, ``ValidationError`` when no fiche is chosen or a
    partial publication has no remark, ``PublicationBusy`` when other writers were met at each attempt. Nothing is
    written then.
    """
    who = Validator(by, scope, now)
    told = (remark, remark if asked is None else asked)
    return attempted(lambda: _publish(dossier.pk, expected_version, fiche_ids, told, who))


def _publish(
    dossier_id: int, expected_version: int, fiche_ids: Collection[int] | None, told: tuple[str, str], who: Validator
) -> Published:
    by, scope, now = who
    with undone_on_failure() as copies, transaction.atomic():
        locked = lock_dossier(dossier_id)
        _refuse_act(locked, scope, expected_version)
        every = list(locked.fiches.with_records())
        chosen, others = _chosen(every, fiche_ids)
        act = DossierAct.VALIDATE_PART if others else DossierAct.VALIDATE
        remark, asked = checked_text(told[0], missing="Dites pourquoi." if others else ""), checked_text(told[1])
        prefetch_related_objects(chosen, "reviews", "files__added_by")
        author = User.objects.get(pk=locked.sent_by_id)
        plan = make_plan(chosen, every, Signature.of(locked, author, by, scope, now))
        check_plan(plan, every, now)
        _refuse(plan)
        lines = _write(plan, copies)
        _keep_records(plan, every, now)
        director = _adopt_entity(locked, plan, by)
        rest = None
        if others:
            published = {fiche.pk for fiche in chosen}
            rest = split_dossier(dossier=locked, every=every, published=published, remark=asked, by=by, now=now)
            locked.fiche_count = locked.done_count = len(chosen)
        done = apply_locked(dossier=locked, act=act, by=by, scope=scope, now=now, remark=remark)
    left = [item.fiche for item in plan.left]
    confirmed = [item.fiche for item in plan.items if item.is_confirmed]
    written = [fiche for fiche in chosen if fiche not in left and fiche not in confirmed]
    return Published(done, written, lines, left, confirmed, rest, director)


def becomes_director(dossier: Dossier) -> User | None:
    """Person who will be made Directeur of the new EG of a dossier: its author, who heads something under its EJ.

    ``None`` for a dossier on a known EG, when his scope covers the new one already, or when nothing is left to him
    there. Two queries at most, beside the reading of the author.
    """
    if dossier.geographic_entity_id is not None or dossier.legal_entity is None:
        return None
    author = dossier.opened_by
    coverage = scope_of(author).coverage(Permission.DIRECTORY_EDIT)
    if coverage.holds_legal_entity(dossier.legal_entity) or not heads_under(coverage, dossier.legal_entity_id):
        return None
    return author


def author_lost_right(dossier: Dossier) -> bool:
    """Tell whether who opened the dossier of a new EG heads nothing under its EJ any more, so that he gets no role.

    Two queries at most, beside the reading of the author; none for a known EG.
    """
    if dossier.geographic_entity_id is not None:
        return False
    coverage = scope_of(dossier.opened_by).coverage(Permission.DIRECTORY_EDIT)
    return not heads_under(coverage, dossier.legal_entity_id)


def _refuse_act(dossier: Dossier, scope: Scope, expected_version: int) -> None:
    """Ask before writing what ``apply_locked`` asks at the end."""
    try:
        transition = transition_of(DossierAct.VALIDATE, dossier.state)
    except IllegalAct:
        raise StaleDossier(dossier) from None
    if refusal := why_not_act(scope, dossier, transition):
        raise PermissionDenied(refusal)
    if dossier.version != expected_version:
        raise StaleDossier(dossier)


def _chosen(every: Sequence[Fiche], fiche_ids: Collection[int] | None) -> tuple[list[Fiche], list[Fiche]]:
    """Fiches to publish, and those that propose something and are left."""
    at_work = [fiche for fiche in every if (fiche.action, fiche.state) not in IDLE_PAIRS]
    if not at_work:
        raise ValidationError("Ce dossier n’a rien à publier.", code="nothing")
    if fiche_ids is None:
        return at_work, []
    chosen = [fiche for fiche in at_work if fiche.pk in fiche_ids]
    if not chosen:
        raise ValidationError("Choisissez au moins une fiche à publier.", code="nothing")
    return chosen, [fiche for fiche in at_work if fiche.pk not in fiche_ids]


def _refuse(plan: Plan) -> None:
    if plan.lines:
        raise PublicationRefused(plan.lines)


def _write(plan: Plan, copies: list[str]) -> list[RecordChange]:
    """Write new records, those above first, then lists and files, changes, history, closures; tell it once."""
    try:
        return _write_records(plan, copies)
    except RefusedByDatabase as refused:  # taken by somebody else since it was checked
        item = next(item for item in plan.items if item.record is refused.record)
        raise PublicationRefused([line_of_database(item.fiche, refused.record, refused.error)]) from refused


def _write_records(plan: Plan, copies: list[str]) -> list[RecordChange]:
    for item in plan.writings:
        put_photo(plan, item, copies)
        if item.edit.is_creation:
            with naming(item.record):
                item.edit.create()
    for model in (GeographicEntity, OperationalUnit):
        put_lists_of([(item.record, item.values) for item in plan.writings if isinstance(item.record, model)])
    for item in plan.writings:
        put_attachments(plan, item, copies)
    _refuse(plan)
    lines = write_edits([item.edit for item in plan.writings], plan.lists)
    lines += write_edits([item.edit for item in plan.closings], plan.lists)
    announce_all(item.record for item in plan.items)
    return lines


def _keep_records(plan: Plan, every: Sequence[Fiche], now: datetime.datetime) -> None:
    """Tie each published fiche to its record; one that is left is not said to be published."""
    records = {item.fiche.pk: item.record for item in plan.items if not item.left}
    made: dict[str, list[Fiche]] = defaultdict(list)
    for fiche in every:
        if fiche.pk in records:
            fiche.published_at = now
            if fiche.record_id is None:
                made[record_field(fiche)].append(fiche)
            setattr(fiche, record_field(fiche), records[fiche.pk])
    Fiche.objects.filter(pk__in=records).update(published_at=now)
    for name, fiches in made.items():
        Fiche.objects.bulk_update(fiches, [name], batch_size=100)


def _adopt_entity(dossier: Dossier, plan: Plan, by: User) -> User | None:
    """Tie a dossier on a new EG to it, and make its author Directeur of it when nothing gives it to him."""
    if dossier.geographic_entity_id is not None:
        return None
    top = next((item for item in plan.items if _is_new_entity(item)), None)
    if top is None:
        return None
    director = becomes_director(dossier)
    dossier.geographic_entity = top.record
    dossier.save(update_fields=["geographic_entity"])
    if director is not None:
        give_role(user=director, role=Role.DIRECTOR, record=top.record, by=by)
    return director


def _is_new_entity(item: Item) -> bool:
    return item.edit.is_creation and isinstance(item.record, GeographicEntity)
