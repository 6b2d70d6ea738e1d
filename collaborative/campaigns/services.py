"""Acts on campaigns: open, change, add and remove EGs, remind, close (spec 30, Campaigns).

The dossiers of a campaign are opened by a task, each EG in its own transaction: a run that stops is taken up again by
the next, and an EG that somebody opened meanwhile is joined.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.roles import Permission
from directory.enums import PublicationStatus
from directory.models import GeographicEntity

from ..enums import DossierAct, DossierState
from ..models import Campaign, CampaignTarget, Dossier
from ..services import AlreadyOpen, apply_locked, lock_dossier, open_dossier
from ..untouched import untouched
from . import tasks
from .progress import directors_by_entity, lines_of, to_remind, why_not_remind

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

    from accounts.models import User
    from directory.scopes import Scope

MOST_TARGETS = 2000
SUPPORT_ONLY = "Seul le support mène les campagnes."
CLOSED = "Cette campagne est close\u00a0: elle ne se modifie plus."


class StaleCampaign(Exception):
    """Somebody changed the campaign since it was read. ``current`` is what it is now."""

    def __init__(self, current: Campaign) -> None:
        super().__init__(f"campaign {current.pk} is at version {current.version}")
        self.current = current


def create_campaign(
    *,
    name: str,
    message: str,
    starts_on: datetime.date,
    ends_on: datetime.date,
    entity_ids: Collection[int],
    by: User,
    scope: Scope,
    now: datetime.datetime,
) -> Campaign:
    """Open a campaign on these EGs; their dossiers follow in the background.

    Raises ``PermissionDenied`` for anybody but support, ``ValidationError`` for what the form refuses: a name taken, an
    end before the start, no EG or too many.
    """
    _refuse(scope)
    campaign = Campaign(name=name, message=message, starts_on=starts_on, ends_on=ends_on, created_at=now, created_by=by)
    campaign.full_clean()
    with transaction.atomic():
        campaign.save()
        if not _add(campaign, entity_ids):
            raise ValidationError({"etablissements": "Choisissez au moins un établissement."})
        tasks.open_dossiers.enqueue(campaign_id=campaign.pk, by_id=by.pk)
    return campaign


def change_campaign(
    *,
    campaign: Campaign,
    values: dict[str, Any],
    expected_version: int,
    by: User,
    scope: Scope,
    now: datetime.datetime,
) -> Campaign:
    """Change the name, the dates or the message. Raises ``StaleCampaign``, and what ``create_campaign`` raises."""
    with transaction.atomic():
        locked = _locked(campaign, scope)
        if locked.version != expected_version:
            raise StaleCampaign(locked)
        for name in ("name", "message", "starts_on", "ends_on"):
            setattr(locked, name, values[name])
        locked.full_clean()
        locked.version += 1
        locked.save()
    return locked


def add_entities(
    *, campaign: Campaign, entity_ids: Collection[int], by: User, scope: Scope, now: datetime.datetime
) -> int:
    """Ask more EGs; return how many were not asked yet."""
    with transaction.atomic():
        locked = _locked(campaign, scope)
        added = _add(locked, entity_ids)
        if added:
            tasks.open_dossiers.enqueue(campaign_id=locked.pk, by_id=by.pk)
    return added


def remove_entity(*, target: CampaignTarget, by: User, scope: Scope, now: datetime.datetime) -> bool:
    """Ask an EG no more; tell whether its dossier, that nobody had begun, was abandoned with it."""
    with transaction.atomic():
        _locked(target.campaign, scope)
        asked = CampaignTarget.objects.select_for_update().filter(pk=target.pk).first()
        if asked is None:
            return False
        asked.delete()
        return asked.dossier_id is not None and _leave(asked.dossier_id, target.campaign, by, scope, now)


def close_campaign(*, campaign: Campaign, by: User, scope: Scope, now: datetime.datetime) -> Campaign:
    """Close a campaign: it reminds nobody any more; the dossiers that nobody had begun are abandoned behind.

    Those that another open campaign asks go to it.
    """
    with transaction.atomic():
        locked = _locked(campaign, scope)
        locked.closed_at = now
        locked.version += 1
        locked.save()
        tasks.leave_dossiers.enqueue(campaign_id=locked.pk, by_id=by.pk)
    return locked


def remind_silent(
    *,
    campaign: Campaign,
    scope: Scope | None,
    now: datetime.datetime,
    every: datetime.timedelta = datetime.timedelta(),
) -> int:
    """« Relancer les silencieux »: one mail a director; return how many EGs are reminded. At most once a day each.

    ``scope`` is ``None`` for the scheduled command, which leaves those reminded less than ``every`` ago. EGs without a
    director are left: the page lists them. Those whose dossier is still to be opened wait for it. Raises
    ``ValidationError`` for a campaign that is closed, over or to come.
    """
    if scope is not None:
        _refuse(scope)
    with transaction.atomic():
        locked = _open_locked(campaign)
        if refusal := why_not_remind(locked, timezone.localdate(now)):
            raise ValidationError(refusal)
        lines = [line for line in lines_of(locked, now) if line.is_silent]
        directors = directors_by_entity([line.entity for line in lines], timezone.localdate(now))
        told = to_remind(lines, directors, since=now - every)
        by_director: dict[int, list[int]] = {}
        for line in told:
            line.target.reminded_at, line.target.reminders = now, line.target.reminders + 1
            for director in directors[line.entity.pk]:
                by_director.setdefault(director.pk, []).append(line.target.pk)
        CampaignTarget.objects.bulk_update([line.target for line in told], ["reminded_at", "reminders"], 200)
        for user_id, target_ids in by_director.items():
            tasks.mail_reminder.enqueue(
                campaign_id=locked.pk, user_id=user_id, target_ids=target_ids, base_url=settings.SITE_URL
            )
    return len(told)


def open_one(*, target_id: int, by: User, scope: Scope, now: datetime.datetime) -> None:
    """Open the dossier of an EG of a campaign, or join the one that is open on it.

    Nothing when it is done, when the EG closed, or while a dossier on another EG occupies it: the next run opens it.
    """
    with transaction.atomic():
        target = CampaignTarget.objects.select_for_update(of=("self",)).filter(pk=target_id, dossier=None).first()
        if target is None or target.campaign.closed_at is not None:
            return
        try:
            dossier = open_dossier(
                entity=target.geographic_entity, by=by, scope=scope, now=now, campaign=target.campaign
            )
        except AlreadyOpen as found:
            dossier = found.dossier
            if dossier.geographic_entity_id != target.geographic_entity_id:
                return
            Dossier.objects.filter(pk=dossier.pk, campaign=None).update(campaign=target.campaign)
        except PermissionDenied:
            return
        target.dossier = dossier
        target.save(update_fields=["dossier"])


def leave_one(*, dossier_id: int, campaign: Campaign, by: User, scope: Scope, now: datetime.datetime) -> bool:
    """Abandon a dossier of a closed campaign that nobody began, unless another open campaign asks its EG."""
    with transaction.atomic():
        return _leave(dossier_id, campaign, by, scope, now)


def _leave(dossier_id: int, campaign: Campaign, by: User, scope: Scope, now: datetime.datetime) -> bool:
    """Leave a dossier of a campaign: to another open one that asks its EG, else abandoned when nobody began it."""
    dossier = lock_dossier(dossier_id)
    if dossier.campaign_id != campaign.pk or not dossier.is_open or _hand_over(dossier, campaign):
        return False
    if not Dossier.objects.filter(untouched(), pk=dossier.pk).exists():
        return False
    remark = f"Campagne «\u00a0{campaign.name}\u00a0»\u00a0: établissement retiré, ou campagne close."
    apply_locked(dossier=dossier, act=DossierAct.ABANDON, by=by, scope=scope, now=now, remark=remark)
    return True


def left_behind(campaign: Campaign) -> QuerySet[Dossier]:
    """Dossiers that closing a campaign abandons, or removing their EG: nobody began them, no other campaign asks."""
    own = CampaignTarget.objects.filter(campaign=campaign, dossier=OuterRef("pk"))
    follows = Q(dossier=OuterRef("pk")) | Q(geographic_entity=OuterRef("geographic_entity"))
    elsewhere = asked_elsewhere(campaign).filter(follows)
    return Dossier.objects.filter(untouched(), Exists(own), ~Exists(elsewhere), campaign=campaign)


def asked_elsewhere(campaign: Campaign) -> QuerySet[CampaignTarget]:
    """EGs that the other open campaigns ask."""
    return CampaignTarget.objects.filter(campaign__closed_at=None).exclude(campaign=campaign)


def _hand_over(dossier: Dossier, campaign: Campaign) -> bool:
    """Give a locked dossier to another open campaign that follows it, the first to end; tell whether there is one."""
    entity_id = dossier.geographic_entity_id
    follows = Q(dossier=dossier) | (Q(geographic_entity=entity_id) if entity_id else Q())
    found = asked_elsewhere(campaign).filter(follows).order_by("campaign__ends_on", "campaign", "pk")
    other = found.select_related("campaign", "dossier").first()
    if other is None:
        return False
    dossier.campaign = other.campaign
    dossier.save(update_fields=["campaign"])
    if other.dossier is None or other.dossier.state == DossierState.ABANDONED:
        CampaignTarget.objects.filter(pk=other.pk).update(dossier=dossier)
    return True


def _add(campaign: Campaign, entity_ids: Collection[int]) -> int:
    known = set(CampaignTarget.objects.filter(campaign=campaign).values_list("geographic_entity_id", flat=True))
    entities = GeographicEntity.objects.filter(pk__in=set(entity_ids) - known)
    found = list(entities.exclude(status=PublicationStatus.CLOSED).order_by("pk").values_list("pk", flat=True))
    if len(known) + len(found) > MOST_TARGETS:
        raise ValidationError({"etablissements": "Une campagne a 2\u202f000 établissements au plus."})
    CampaignTarget.objects.bulk_create(CampaignTarget(campaign=campaign, geographic_entity_id=pk) for pk in found)
    return len(found)


def _locked(campaign: Campaign, scope: Scope) -> Campaign:
    """Lock an open campaign. Raises ``PermissionDenied`` for anybody but support, ``ValidationError`` once closed."""
    _refuse(scope)
    return _open_locked(campaign)


def _open_locked(campaign: Campaign) -> Campaign:
    """Lock an open campaign, its key left free: ``open_one`` refers to it while it holds a target."""
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if locked.closed_at is not None:
        raise ValidationError(CLOSED)
    return locked


def _refuse(scope: Scope) -> None:
    if not scope.may(Permission.CAMPAIGN_MANAGE):
        raise PermissionDenied(SUPPORT_ONLY)
