"""What merging two records means for dossiers: an EG that an open dossier holds is not merged; campaigns follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from common.french import NBSP
from directory.duplicates.hooks import Follower, Veto, register
from directory.models import GeographicEntity, OperationalUnit

from .models import CampaignTarget, HeldEntity

if TYPE_CHECKING:
    import datetime

    from accounts.models import User


_HELD = JSONObject(id="dossier_id", entity="geographic_entity_id", name="geographic_entity__name")


def read_with(model: type) -> dict[str, Any]:
    """``held_by_dossier``: the open dossier that holds the EG of a record."""
    path = "geographic_entity" if model is OperationalUnit else "pk"
    held = HeldEntity.objects.filter(geographic_entity=OuterRef(path))
    return {"held_by_dossier": Subquery(held.values(found=_HELD)[:1])}


def vetoes(one: Any, other: Any) -> list[Veto]:
    """One reason an EG, of the two or of the two UOs, that an open dossier holds: one query without annotations."""
    if hasattr(one, "held_by_dossier") and hasattr(other, "held_by_dossier"):
        found = [record.held_by_dossier for record in (one, other) if record.held_by_dossier]
    else:
        is_unit = isinstance(one, OperationalUnit)
        ids = {record.geographic_entity_id if is_unit else record.pk for record in (one, other)}
        held = HeldEntity.objects.filter(geographic_entity__in=ids).order_by("geographic_entity_id")
        found = list(held.values_list(_HELD, flat=True))
    return [
        Veto(
            f"«{NBSP}{row['name']}{NBSP}» fait partie du dossier n°{NBSP}{row['id']}{NBSP}: terminez-le d’abord.",
            reverse("collaborative:dossier_detail", args=[row["id"]]),
            "Voir le dossier",
        )
        for row in {row["entity"]: row for row in found}.values()
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
    register("collaborative", Follower(annotations=read_with, vetoes=vetoes, follow=follow, give_back=give_back))
