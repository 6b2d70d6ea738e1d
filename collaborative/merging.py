"""What merging two records means for dossiers: an EG that an open dossier holds is not merged; campaigns follow.

A dossier that a campaign opened and that nobody began holds nothing back: it is abandoned, and the campaign opens
another on the EG as it is after the merge, or after its undoing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from common.french import NBSP
from directory.duplicates.hooks import Follower, Veto, register
from directory.duplicates.merging import MergeRefused
from directory.models import GeographicEntity, OperationalUnit
from directory.scopes import scope_of

from .campaigns import tasks
from .enums import DossierAct, DossierState
from .models import CampaignTarget, HeldEntity
from .services import apply_locked, lock_dossier
from .untouched import untouched

if TYPE_CHECKING:
    import datetime

    from accounts.models import User


def read_with(model: type) -> dict[str, Any]:
    """``held_by_dossier``: the open dossier that holds the EG of a record, and whether somebody works in it."""
    path = "geographic_entity" if model is OperationalUnit else "pk"
    held = HeldEntity.objects.filter(geographic_entity=OuterRef(path))
    return {"held_by_dossier": Subquery(held.values(found=_held())[:1])}


def vetoes(one: Any, other: Any) -> list[Veto]:
    """One reason an EG, of the two or of the two UOs, that somebody works on in an open dossier.

    One query without annotations.
    """
    return _reasons(_rows(one, other))


def words(kept: Any, merged: Any) -> list[str]:
    """What becomes of the dossiers that nobody began: no query, on records with annotations."""
    return [
        f"Le dossier n°{NBSP}{row['id']} de la campagne «{NBSP}{row['campaign']}{NBSP}», que personne n’a commencé, "
        f"est abandonné{NBSP}: la campagne en ouvre un autre après la fusion."
        for row in _rows(kept, merged)
        if row["untouched"]
    ]


def follow(kept: Any, merged: Any, by: User, now: datetime.datetime) -> dict[str, Any]:
    """The campaigns under way that asked the EG that goes ask the one that stays, once; a new dossier follows.

    Returns the targets moved, by id, and those dropped as the EG that stays is asked already. Raises ``MergeRefused``
    when somebody began a dossier meanwhile.
    """
    left = _leave_untouched(kept, merged, by, now)
    given: dict[str, Any] = {"moved": [], "dropped": []}
    if isinstance(kept, GeographicEntity):
        asked = CampaignTarget.objects.filter(campaign__closed_at=None)
        known = set(asked.filter(geographic_entity=kept).values_list("campaign", flat=True))
        waiting = list(asked.filter(_WAITING, geographic_entity=merged).order_by("pk"))
        given["moved"] = [target.pk for target in waiting if target.campaign_id not in known]
        dropped = [target for target in waiting if target.campaign_id in known]
        given["dropped"] = [_kept(target) for target in dropped]
        CampaignTarget.objects.filter(pk__in=[target.pk for target in dropped]).delete()
        CampaignTarget.objects.filter(pk__in=given["moved"]).update(geographic_entity=kept, dossier=None)
    _open_again(left, given["moved"], by)
    return given


def give_back(kept: Any, merged: Any, given: Any, by: User, now: datetime.datetime) -> None:
    """Ask the other EG again, where nobody began the dossier opened since. Raises ``MergeRefused`` as ``follow``."""
    left = _leave_untouched(kept, merged, by, now)
    moved = given if isinstance(given, list) else given["moved"]  # a list: merged before targets were dropped
    if isinstance(kept, GeographicEntity):
        rows = CampaignTarget.objects.filter(_WAITING, pk__in=moved, geographic_entity=kept)
        moved = list(rows.values_list("pk", flat=True))
        CampaignTarget.objects.filter(pk__in=moved).update(geographic_entity=merged, dossier=None)
        dropped = [] if isinstance(given, list) else given["dropped"]
        again = [CampaignTarget(geographic_entity=merged, **row) for row in dropped]
        moved += [target.pk for target in CampaignTarget.objects.bulk_create(again)]
    _open_again(left, moved, by)


# Targets of which nothing is described: no dossier, or one that was abandoned.
_WAITING = Q(dossier=None) | Q(dossier__state=DossierState.ABANDONED)


def _kept(target: CampaignTarget) -> dict[str, Any]:
    """A target that is dropped, as JSON, without its dossier; by its key an earlier merge knows it."""
    told = target.reminded_at.isoformat() if target.reminded_at else None
    return {"id": target.pk, "campaign_id": target.campaign_id, "reminders": target.reminders, "reminded_at": told}


def _held() -> JSONObject:
    """An open dossier that holds an EG, as JSON. ``untouched``: of an open campaign, and nobody began it."""
    is_asked = Q(dossier__campaign__isnull=False, dossier__campaign__closed_at=None)
    return JSONObject(
        id="dossier_id",
        entity="geographic_entity_id",
        name="geographic_entity__name",
        campaign="dossier__campaign__name",
        untouched=ExpressionWrapper(is_asked & untouched("dossier__"), output_field=BooleanField()),
    )


def _rows(one: Any, other: Any) -> list[dict[str, Any]]:
    """Open dossiers that hold the EGs of two records, one an EG."""
    if hasattr(one, "held_by_dossier") and hasattr(other, "held_by_dossier"):
        found = [record.held_by_dossier for record in (one, other) if record.held_by_dossier]
        return list({row["entity"]: row for row in found}.values())
    is_unit = isinstance(one, OperationalUnit)
    ids = {record.geographic_entity_id if is_unit else record.pk for record in (one, other)}
    held = HeldEntity.objects.filter(geographic_entity__in=ids).order_by("geographic_entity_id")
    return list(held.values_list(_held(), flat=True))


def _reasons(rows: list[dict[str, Any]]) -> list[Veto]:
    return [
        Veto(
            f"«{NBSP}{row['name']}{NBSP}» fait partie du dossier n°{NBSP}{row['id']}{NBSP}: terminez-le d’abord.",
            reverse("collaborative:dossier_detail", args=[row["id"]]),
            "Voir le dossier",
        )
        for row in rows
        if not row["untouched"]
    ]


def _leave_untouched(kept: Any, merged: Any, by: User, now: datetime.datetime) -> list[int]:
    """Abandon the campaign dossiers on both EGs, that nobody began; return their ids."""
    dossiers = [lock_dossier(pk) for pk in sorted({row["id"] for row in _rows(kept, merged)})]
    if reasons := _reasons(_rows(kept, merged)):  # begun before the lock
        raise MergeRefused(reasons)
    remark = f"Fiches fusionnées, ou fusion défaite{NBSP}: «{NBSP}{kept}{NBSP}» et «{NBSP}{merged}{NBSP}»."
    for dossier in dossiers:
        apply_locked(dossier=dossier, act=DossierAct.ABANDON, by=by, scope=scope_of(by), now=now, remark=remark)
    return [dossier.pk for dossier in dossiers]


def _open_again(left: list[int], moved: list[int], by: User) -> None:
    """Have campaigns open the dossiers of the targets moved, and of those whose dossier was just left."""
    reset = CampaignTarget.objects.filter(dossier__in=left, campaign__closed_at=None)
    waiting = [*reset.values_list("pk", flat=True), *moved]
    CampaignTarget.objects.filter(pk__in=waiting).update(dossier=None)
    campaigns = CampaignTarget.objects.filter(pk__in=waiting, campaign__closed_at=None).order_by("campaign")
    for campaign_id in campaigns.values_list("campaign", flat=True).distinct():
        tasks.open_dossiers.enqueue(campaign_id=campaign_id, by_id=by.pk)


def connect() -> None:
    """Take part in merges; called once, when Django is ready."""
    register(
        "collaborative",
        Follower(annotations=read_with, vetoes=vetoes, words=words, follow=follow, give_back=give_back),
    )
