"""Acts on dossiers: opening, and every change of state through ``apply`` (spec 30; spec 01-settled, Dossiers).

Each act locks the dossier, checks the table, the rights and the version, writes, keeps its ``Step`` and tells by signal
after that (mails leave after the commit). Acts on fiches are in ``collaborative.fiches.services``.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.roles import Permission
from common.text import fold
from directory.blocks import block_of
from directory.enums import PublicationStatus, RecordKind, StructureLevel
from directory.history import KINDS
from directory.models import GeographicEntity, LegalEntity, OperationalUnit, Structure

from .enums import DossierAct, DossierState, FicheAct, FicheAction, FicheState
from .fiches.states import missing_of
from .models import CampaignTarget, Comment, Dossier, Fiche, HeldEntity, Step
from .models.fiches import RECORD_FIELDS
from .permissions import heads_under, why_not_act, why_not_open
from .signals import dossier_changed
from .workflow import IDLE_PAIRS, IllegalAct, Transition, is_ready, transition_of

if TYPE_CHECKING:
    from directory.scopes import Scope

    from .models import Campaign

UNCHANGED = (
    "Rien n’a changé\u00a0: les fiches finalisées disent déjà ce que dit le répertoire. Modifiez ce qui doit l’être, "
    "ou abandonnez le dossier."
)
TEXT_LENGTH = 2000  # characters of a remark or a comment
SECOND_CLICK = datetime.timedelta(seconds=30)  # the same thing said again by the same person so soon is said once


class AlreadyOpen(Exception):
    """The EG is in an open dossier: ``dossier``."""

    def __init__(self, dossier: Dossier) -> None:
        super().__init__(f"entity already in dossier {dossier.pk}")
        self.dossier = dossier


class Namesake(Exception):
    """The EJ has an EG of that name already: ``entity``."""

    def __init__(self, entity: GeographicEntity) -> None:
        super().__init__(f"entity {entity.pk} has that name")
        self.entity = entity


class StaleDossier(Exception):
    """Somebody acted on the dossier since it was read, or its state no longer allows the act.

    ``current`` is what it is now.
    """

    def __init__(self, current: Dossier) -> None:
        super().__init__(f"dossier {current.pk} is {current.state} at version {current.version}")
        self.current = current


def open_dossier(
    *,
    entity: GeographicEntity,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    name: str = "",
    campaign: Campaign | None = None,
) -> Dossier:
    """Open a dossier on an EG, with a standard fiche for it, each of its structures and each of its UOs.

    ``name`` defaults to « Peuplement de <EG> ». Raises ``AlreadyOpen`` when the EG is in an open dossier,
    ``PermissionDenied`` outside the person's scope or on a closed EG.
    """
    if refusal := why_not_open(scope, entity):
        raise PermissionDenied(refusal)
    if held := Dossier.objects.about(entity).first():
        raise AlreadyOpen(held)
    dossier = Dossier(
        name=_name(name) or f"Peuplement de {entity.name}"[:255],
        geographic_entity=entity,
        campaign=campaign,
        is_opened_by_campaign=campaign is not None,
        opened_by=by,
        opened_at=now,
        changed_by=by,
        changed_at=now,
    )
    try:
        with transaction.atomic():
            _begin(dossier, by, now)
            hold_entity(dossier=dossier, entity=entity, by=by, now=now)
            _join_campaigns(dossier)
    except IntegrityError:  # somebody opened one in the same instant
        held = Dossier.objects.about(entity).first()
        if held is None:
            raise
        raise AlreadyOpen(held) from None
    return dossier


@transaction.atomic
def propose_entity(
    *,
    legal_entity: LegalEntity,
    entity_name: str,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    other_than: int = 0,
) -> Dossier:
    """Open a dossier on an EG that the directory does not have, under an EJ, with its blank fiche en attente.

    ``other_than``: id of the EG of that EJ and name that the person has seen, and says is another. Raises
    ``PermissionDenied`` when the person edits nothing of that EJ, ``ValidationError`` without a name, ``AlreadyOpen``
    when a new EG of that EJ and name is in an open dossier (spec 30: a second attempt leads to the first),
    ``Namesake``.
    """
    if refusal := why_not_propose(scope, legal_entity):
        raise PermissionDenied(refusal)
    if not (entity_name := _name(entity_name)):
        raise ValidationError({"name": "Donnez le nom de l’établissement."})
    LegalEntity.objects.select_for_update(no_key=True).only("pk").get(pk=legal_entity.pk)  # one attempt after another
    if held := _proposed_as(legal_entity, entity_name):
        raise AlreadyOpen(held)
    entity = _named_as(legal_entity, entity_name, scope)
    if entity is not None and entity.pk != other_than:
        raise Namesake(entity)
    dossier = Dossier(
        name=f"Peuplement de {entity_name}"[:255],
        legal_entity=legal_entity,
        opened_by=by,
        opened_at=now,
        started_at=now,
        changed_by=by,
        changed_at=now,
        fiche_count=1,
    )
    _begin(dossier, by, now)
    _add_new_entity(dossier, legal_entity, entity_name)
    return dossier


def _add_new_entity(dossier: Dossier, legal_entity: LegalEntity, name: str) -> None:
    """Add the fiche of a new EG to a dossier just opened, in the name of who opened it."""
    by, now = dossier.opened_by, dossier.opened_at
    values = {"name": name, "legal_entity": {"id": legal_entity.pk, "label": str(legal_entity)}}
    fiche = Fiche(
        dossier=dossier,
        kind=RecordKind.GEOGRAPHIC_ENTITY,
        action=FicheAction.CREATE,
        state=FicheState.PENDING,
        name=name,
        values=values,
        missing=missing_of(RecordKind.GEOGRAPHIC_ENTITY, values),
        created_at=now,
        updated_at=now,
        updated_by=by,
    )
    fiche.save()
    log_fiche(fiche, FicheAct.ADD, "", by, now)


def _proposed_as(legal_entity: LegalEntity, name: str) -> Dossier | None:
    """Open dossier on a new EG of that EJ and name, case and accents aside."""
    new = Fiche.objects.filter(
        kind=RecordKind.GEOGRAPHIC_ENTITY, action=FicheAction.CREATE, dossier__legal_entity=legal_entity
    ).exclude(state=FicheState.REMOVED)
    new = new.filter(dossier__in=Dossier.objects.open(), dossier__geographic_entity=None).select_related("dossier")
    return next((fiche.dossier for fiche in new.order_by("pk") if fold(fiche.name) == fold(name)), None)


def _named_as(legal_entity: LegalEntity, name: str, scope: Scope) -> GeographicEntity | None:
    """EG of that EJ and name that the person sees and that is not closed."""
    known = GeographicEntity.objects.visible_to(scope).filter(legal_entity=legal_entity, sort_name=fold(name))
    return known.exclude(status=PublicationStatus.CLOSED).select_related("commune").order_by("pk").first()


def why_not_propose(scope: Scope, legal_entity: LegalEntity) -> str:
    """Reason why this person may not propose a new EG under an EJ: they head none of its EGs, nor the EJ."""
    if heads_under(scope.coverage(Permission.DIRECTORY_EDIT), legal_entity.pk):
        return ""
    return "Cette entité juridique n’est pas dans votre périmètre."


def hold_entity(*, dossier: Dossier, entity: GeographicEntity, by: User, now: datetime.datetime) -> Fiche:
    """Occupy an EG and add its standard fiches (EG, structures, UOs open today); return that of the EG.

    Must run in the transaction of an act that holds the dossier. ``IntegrityError``: another dossier has the EG.
    """
    HeldEntity.objects.create(dossier=dossier, geographic_entity=entity)
    locked = GeographicEntity.objects.select_for_update(of=("self",), no_key=True).filter(pk=entity.pk)
    if locked.values_list("status", flat=True).get() == PublicationStatus.CLOSED:  # closed or merged in that instant
        raise PermissionDenied("Cet établissement vient d’être fermé\u00a0: rechargez la page.")
    common: dict[str, Any] = {"dossier": dossier, "created_at": now, "updated_at": now, "updated_by": by}
    first = dossier.fiches.count()
    top = standard_fiche(entity, parent=None, position=first, common=common)
    top.save()
    parents = _add_structures(entity, top, common)
    units = OperationalUnit.objects.filter(geographic_entity=entity).exclude(status=PublicationStatus.CLOSED)
    Fiche.objects.bulk_create(
        standard_fiche(row, parent=parents.get(row.structure_id or 0, top), position=first + 2 + rank, common=common)
        for rank, row in enumerate(units.only("name", "version", "structure_id").order_by("sort_name", "pk"))
    )
    return top


def standard_fiche(
    record: GeographicEntity | Structure | OperationalUnit,
    *,
    parent: Fiche | None,
    position: int,
    common: dict[str, Any],
) -> Fiche:
    """Fiche of a record that the dossier has not touched, not stored yet; ``common``: its dossier, dates and author."""
    kind = KINDS[type(record)]
    return Fiche(
        kind=kind,
        parent=parent,
        name=record.name,
        base_version=record.version,
        position=position,
        **{RECORD_FIELDS[kind]: record},
        **common,
    )


def _add_structures(entity: GeographicEntity, top: Fiche, common: dict[str, Any]) -> dict[int, Fiche]:
    """Add the standard fiches of the structures of an EG, higher levels first; map the structures to them."""
    open_ones = Structure.objects.filter(geographic_entity=entity).exclude(status=PublicationStatus.CLOSED)
    parents: dict[int, Fiche] = {}
    for level in StructureLevel.values:
        rows = open_ones.filter(level=level).only("name", "version", "parent_id").order_by("sort_name", "pk")
        made = Fiche.objects.bulk_create(
            standard_fiche(row, parent=parents.get(row.parent_id or 0, top), position=top.position + 1, common=common)
            for row in rows
        )
        parents |= {fiche.structure_id: fiche for fiche in made if fiche.structure_id}
    return parents


def apply(
    *,
    dossier: Dossier,
    act: DossierAct,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int | None = None,
    remark: str = "",
) -> Dossier:
    """Make one transition of the table; return the dossier as it is now.

    Publishing (``VALIDATE``, ``VALIDATE_PART``) is ``collaborative.publication``, which calls this last. Raises
    ``StaleDossier`` when somebody acted since ``expected_version`` or the state does not allow the act,
    ``PermissionDenied`` for who may not, ``ValidationError`` without a remark that the act needs or when sending a
    dossier that is not ready.
    """
    with transaction.atomic():
        locked = lock_dossier(dossier.pk)
        return apply_locked(
            dossier=locked, act=act, by=by, scope=scope, now=now, expected_version=expected_version, remark=remark
        )


def apply_locked(
    *,
    dossier: Dossier,
    act: DossierAct,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int | None = None,
    remark: str = "",
) -> Dossier:
    """Make a transition on a dossier that the caller has locked in its transaction. Raises what ``apply`` raises."""
    try:
        transition = transition_of(act, dossier.state)
    except IllegalAct:
        raise StaleDossier(dossier) from None
    if refusal := why_not_act(scope, dossier, transition):
        raise PermissionDenied(refusal)
    if expected_version is not None and dossier.version != expected_version:
        raise StaleDossier(dossier)
    remark = checked_text(remark, missing="Dites pourquoi." if transition.needs_remark else "")
    _refuse(dossier, act, scope)
    if act == DossierAct.TAKE and dossier.taken_by_id == by.pk:
        return dossier  # it is done: a second click tells nobody again
    return _move(dossier, transition, by, now, remark)


def _refuse(dossier: Dossier, act: DossierAct, scope: Scope) -> None:
    """What the table does not say.

    A dossier to send is ready and changes something (a campaign takes « all is right » for an answer), one to take is
    free, one to take over is not.
    """
    if act == DossierAct.SEND and not is_ready(dossier.fiches.values_list("action", "state")):
        raise ValidationError("Toutes les fiches ne sont pas finalisées.", code="not_ready")
    if act == DossierAct.SEND and dossier.campaign_id is None and not dossier.fiches.proposing().exists():
        raise ValidationError(UNCHANGED, code="unchanged")
    if act == DossierAct.TAKE and dossier.taken_by_id not in {None, scope.user_id}:
        raise StaleDossier(dossier)
    if act == DossierAct.TAKE_OVER and dossier.taken_by_id in {None, scope.user_id}:
        raise StaleDossier(dossier)


def _move(dossier: Dossier, transition: Transition, by: User, now: datetime.datetime, remark: str) -> Dossier:
    before, previous_taker = dossier.state, dossier.taken_by
    act, dossier.state = transition.act, transition.target
    dossier.version += 1
    dossier.changed_by, dossier.changed_at = by, now
    if act == DossierAct.SEND:
        dossier.sent_by, dossier.sent_at = by, now
        dossier.senders = sorted({*dossier.senders, by.pk})
    if act in {DossierAct.TAKE, DossierAct.TAKE_OVER}:
        dossier.taken_by, dossier.taken_at = by, now
    elif dossier.state != DossierState.SENT or act in {DossierAct.RELEASE, DossierAct.SEND}:
        dossier.taken_by = dossier.taken_at = None
    if act in {DossierAct.RETURN, DossierAct.VALIDATE, DossierAct.VALIDATE_PART, DossierAct.ABANDON}:
        dossier.decided_by, dossier.decided_at = by, now
    dossier.save()
    step = Step.objects.create(
        dossier=dossier, act=act, from_state=before, to_state=dossier.state, remark=remark, at=now, by=by
    )
    if dossier.is_closed:
        dossier.held.all().delete()
    dossier_changed.send(sender=Dossier, dossier=dossier, step=step, previous_taker=previous_taker)
    return dossier


def lock_dossier(dossier_id: int) -> Dossier:
    """Lock a dossier until the end of the transaction: every act on it or on its fiches begins so.

    The row is locked alone, then read: what is joined under a lock that waits would be as it was before the wait.
    Raises ``Dossier.DoesNotExist``.
    """
    Dossier.objects.select_for_update(no_key=True).only("pk").get(pk=dossier_id)
    return Dossier.objects.select_related("geographic_entity", "legal_entity", "sent_by", "taken_by").get(pk=dossier_id)


def settle(*, dossier: Dossier, by: User, now: datetime.datetime) -> None:
    """After an act on a fiche: count the progress, and finalise the dossier or set it back to brouillon.

    The dossier is locked by the caller. A dossier « à corriger » stays so until it is ready again.
    """
    pairs = list(dossier.fiches.values_list("action", "state"))
    at_work = [pair for pair in pairs if pair not in IDLE_PAIRS]
    dossier.fiche_count = len(at_work)
    dossier.done_count = sum(state != FicheState.PENDING for _, state in at_work)
    dossier.changed_by, dossier.changed_at = by, now
    dossier.started_at = dossier.started_at or now
    act = None
    if is_ready(pairs) and dossier.state in {DossierState.DRAFT, DossierState.RETURNED}:
        act = DossierAct.SETTLE
    elif not is_ready(pairs) and dossier.state == DossierState.FINALISED:
        act = DossierAct.UNSETTLE
    if act is None:
        dossier.version += 1
        dossier.save()
    else:
        _move(dossier, transition_of(act, dossier.state), by, now, "")


def add_comment(
    *,
    dossier: Dossier,
    text: str,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    fiche: Fiche | None = None,
    field: str = "",
    is_return: bool = False,
) -> Comment:
    """Add a message to the thread of a dossier, a fiche or a field. The signal tells it to the other side.

    A second click adds nothing: the message is that of the first.

    Raises ``PermissionDenied`` when the person does not know of the dossier, ``ValidationError`` on an empty or too
    long text, a fiche of another dossier, or a field that the fiche does not have (code « field »).
    """
    if not Dossier.objects.visible_to(scope).filter(pk=dossier.pk).exists():
        raise PermissionDenied("Ce dossier n’est pas dans votre périmètre.")
    if fiche is not None and fiche.dossier_id != dossier.pk:
        raise ValidationError("Cette fiche n’est pas dans ce dossier.")
    if field and (fiche is None or not block_of(RecordKind(fiche.kind), field)):
        raise ValidationError("Ce message porte sur un champ que la fiche n’a pas.", code="field")
    text = checked_text(text, missing="Écrivez un message.")
    said: dict[str, Any] = {"dossier": dossier, "fiche": fiche, "field": field, "text": text, "by": by}
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("pk").get(pk=by.pk)  # one click after another
        before = Comment.objects.filter(**said, is_return=False, at__gt=now - SECOND_CLICK).first()
        if before is not None and not is_return:
            return before
        comment = Comment.objects.create(**said, is_return=is_return, at=now)
        dossier_changed.send(sender=Dossier, dossier=dossier, step=None, previous_taker=None, comment=comment)
    return comment


def log_fiche(fiche: Fiche, act: FicheAct, before: str, by: User, now: datetime.datetime, remark: str = "") -> Step:
    """Write the step of an act on a fiche that is stored; ``before`` is its « action:state » before the act."""
    return Step.objects.create(
        dossier_id=fiche.dossier_id,
        fiche=fiche,
        act=act,
        from_state=before,
        to_state=pair_words(fiche),
        remark=remark,
        at=now,
        by=by,
    )


def pair_words(fiche: Fiche) -> str:
    """« action:state » of a fiche, as steps keep it."""
    return f"{fiche.action}:{fiche.state}"


def checked_text(text: str, *, missing: str = "") -> str:
    """Text without spaces around. Raises ``ValidationError`` when too long, or empty while ``missing`` says why not."""
    clean = text.replace("\r\n", "\n").strip()
    if missing and not clean:
        raise ValidationError({"remark": missing})
    if len(clean) > TEXT_LENGTH:
        raise ValidationError({"remark": f"2\u202f000 caractères au plus, {len(clean)} écrits."})
    return clean


def _begin(dossier: Dossier, by: User, now: datetime.datetime) -> None:
    dossier.save()
    Step.objects.create(dossier=dossier, act=DossierAct.OPEN, from_state="", to_state=dossier.state, at=now, by=by)


def _join_campaigns(dossier: Dossier) -> None:
    """Have the open campaigns that ask its EG, and whose own dossier was abandoned, follow a dossier just opened.

    A target without a dossier is left to ``campaigns.services.open_one``, which locks it before it opens one.
    """
    asked = CampaignTarget.objects.filter(
        geographic_entity=dossier.geographic_entity_id,
        campaign__closed_at=None,
        dossier__state=DossierState.ABANDONED,
    )
    found = list(asked.order_by("campaign__ends_on", "campaign", "pk").values_list("pk", "campaign_id"))
    if found and dossier.campaign_id is None:
        dossier.campaign_id = found[0][1]
        dossier.save(update_fields=["campaign"])
    CampaignTarget.objects.filter(pk__in=[pk for pk, _ in found]).update(dossier=dossier)


def _name(text: str) -> str:
    return " ".join(text.split())[:255]
