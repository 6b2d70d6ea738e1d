"""What follows from acts on dossiers: an EG of a campaign counts with the dossier that holds the rest of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..enums import DossierAct
from ..models import CampaignTarget, Dossier
from ..signals import dossier_changed

if TYPE_CHECKING:
    from ..models import Step


def register() -> None:
    """Listen to the acts on dossiers; called once, when Django is ready."""
    dossier_changed.connect(when_split, dispatch_uid="collaborative.campaigns.when_split")


def when_split(sender: type[Dossier], dossier: Dossier, step: Step | None, **more: Any) -> None:
    """After a partial publication, follow what is left to correct."""
    if step is None or step.act != DossierAct.VALIDATE_PART:
        return
    rest = dossier.remainders.order_by("-pk").only("pk").first()
    if rest is not None:
        CampaignTarget.objects.filter(dossier=dossier).update(dossier=rest)
