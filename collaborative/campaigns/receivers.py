"""What follows from acts on dossiers: which dossier an EG of a campaign counts with once one is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from directory.enums import RecordKind

from ..enums import DossierAct, DossierState
from ..models import CampaignTarget, Dossier
from ..signals import dossier_changed

if TYPE_CHECKING:
    from ..models import Step


def register() -> None:
    """Listen to the acts on dossiers; called once, when Django is ready."""
    dossier_changed.connect(when_published, dispatch_uid="collaborative.campaigns.when_published")


def when_published(sender: type[Dossier], dossier: Dossier, step: Step | None, **more: Any) -> None:
    """Follow the dossier that published the fiche of an EG, its own abandoned; then what a part leaves to correct."""
    if step is None or step.act not in {DossierAct.VALIDATE, DossierAct.VALIDATE_PART}:
        return
    described = dossier.fiches.filter(kind=RecordKind.GEOGRAPHIC_ENTITY, published_at__isnull=False)
    CampaignTarget.objects.filter(
        geographic_entity__in=described.values("geographic_entity"),
        campaign__closed_at=None,
        dossier__state=DossierState.ABANDONED,
    ).update(dossier=dossier)
    if step.act == DossierAct.VALIDATE:
        return
    rest = dossier.remainders.order_by("-pk").only("pk").first()
    if rest is not None:
        CampaignTarget.objects.filter(dossier=dossier).update(dossier=rest)
