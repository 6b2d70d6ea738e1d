"""What follows from acts on dossiers: which one an EG of a campaign counts with once one is published or abandoned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q

from directory.enums import RecordKind

from ..enums import DossierAct, DossierState
from ..models import CampaignTarget, Dossier
from ..signals import dossier_changed

if TYPE_CHECKING:
    from ..models import Step


def register() -> None:
    """Listen to the acts on dossiers; called once, when Django is ready."""
    dossier_changed.connect(when_published, dispatch_uid="collaborative.campaigns.when_published")
    dossier_changed.connect(when_abandoned, dispatch_uid="collaborative.campaigns.when_abandoned")


def when_published(sender: type[Dossier], dossier: Dossier, step: Step | None, **more: Any) -> None:
    """Follow the dossier that published the fiche of an EG without its own; then what a part leaves to correct."""
    if step is None or step.act not in {DossierAct.VALIDATE, DossierAct.VALIDATE_PART}:
        return
    CampaignTarget.objects.filter(
        Q(dossier=None) | Q(dossier__state=DossierState.ABANDONED),
        geographic_entity__in=_described(dossier),
        campaign__closed_at=None,
    ).update(dossier=dossier)
    if step.act == DossierAct.VALIDATE:
        return
    rest = dossier.remainders.order_by("-pk").only("pk").first()
    if rest is not None:
        CampaignTarget.objects.filter(dossier=dossier).update(dossier=rest)


def when_abandoned(sender: type[Dossier], dossier: Dossier, step: Step | None, **more: Any) -> None:
    """The rest of a dossier published in part is abandoned: its EGs count with the part that was published."""
    if step is None or step.act != DossierAct.ABANDON or dossier.origin is None:
        return
    published = dossier.origin
    own = published.geographic_entity_id if published.fiches.filter(published_at__isnull=False).exists() else None
    CampaignTarget.objects.filter(
        Q(geographic_entity=own) | Q(geographic_entity__in=_described(published)), dossier=dossier
    ).update(dossier=published)


def _described(dossier: Dossier) -> Any:
    """EGs whose own fiche a dossier published."""
    fiches = dossier.fiches.filter(kind=RecordKind.GEOGRAPHIC_ENTITY, published_at__isnull=False)
    return fiches.values("geographic_entity")
