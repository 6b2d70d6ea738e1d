"""What merging two records means for dossiers: an EG that an open dossier holds is not merged; campaigns follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from common.french import NBSP
from directory.duplicates.hooks import Follower, Veto, register
from directory.models import GeographicEntity, OperationalUnit

from .models import CampaignTarget, HeldEntity

if TYPE_CHECKING:
    import datetime

    from accounts.models import User


def vetoes(one: Any, other: Any) -> list[Veto]:
    """One reason an EG, of the two or of the two UOs, that an open dossier holds: one query."""
    is_unit = isinstance(one, OperationalUnit)
    ids = {record.geographic_entity_id if is_unit else record.pk for record in (one, other)}
    held = HeldEntity.objects.filter(geographic_entity__in=ids).select_related("geographic_entity")
    return [
        Veto(
            f"«{NBSP}{row.geographic_entity}{NBSP}» fait partie du dossier n°{NBSP}{row.dossier_id}"
            f"{NBSP}: terminez-le d’abord.",
            reverse("collaborative:dossier_detail", args=[row.dossier_id]),
            "Voir le dossier",
        )
        for row in held.order_by("geographic_entity")
    ]


def follow(kept: Any, merged: Any, by: User, now: datetime.datetime) -> list[int]:
    """The EG that stays is asked in the campaigns under way that asked the other one, unless it is asked already."""
    if not isinstance(kept, GeographicEntity):
        return []
    asked = CampaignTarget.objects.filter(campaign__closed_at=None)
    known = asked.filter(geographic_entity=kept).values("campaign")
    rows = asked.filter(geographic_entity=merged, dossier=None).exclude(campaign__in=known)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    CampaignTarget.objects.filter(pk__in=ids).update(geographic_entity=kept)
    return ids


def give_back(kept: Any, merged: Any, given: list[int], by: User, now: datetime.datetime) -> None:
    """Ask the other EG again where its dossier was not opened since."""
    if isinstance(kept, GeographicEntity):
        rows = CampaignTarget.objects.filter(pk__in=given, geographic_entity=kept, dossier=None)
        rows.update(geographic_entity=merged)


def connect() -> None:
    """Take part in merges; called once, when Django is ready."""
    register("collaborative", Follower(vetoes=vetoes, follow=follow, give_back=give_back))
