"""What a fiche of an EG may not say: a number that is another's, an EJ outside the person's scope (spec 10, Rules)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from directory.enums import RecordKind
from directory.models import GeographicEntity, LegalEntity

from ..services import why_not_propose

if TYPE_CHECKING:
    from directory.scopes import Scope
    from directory.snapshots import State

    from ..models import Dossier, Fiche


def follow_legal_entity(dossier: Dossier, fiche: Fiche, state: State, scope: Scope) -> None:
    """Give the dossier of a new EG the EJ that its fiche says; nothing is written.

    Raises ``ValidationError`` when the person may not propose an EG under it, as when opening the dossier.
    """
    chosen = state.get("legal_entity")
    if fiche.kind != RecordKind.GEOGRAPHIC_ENTITY or not fiche.is_creation or not chosen:
        return
    if chosen["id"] == dossier.legal_entity_id:
        return
    entity = LegalEntity.objects.visible_to(scope).filter(pk=chosen["id"]).first()
    if entity is None or (refusal := why_not_propose(scope, entity)):
        raise ValidationError(refusal if entity else "Cette entité juridique n’existe plus.", code="legal_entity")
    dossier.legal_entity = entity


def refuse_taken_numbers(fiche: Fiche, state: State) -> None:
    """Raise ``ValidationError`` when the FINESS, or the SIRET of an EG without FINESS, is already another EG's.

    Spec 01-settled, Directory: FINESS is unique, SIRET only among EGs without FINESS. Two queries at most.
    """
    if fiche.kind != RecordKind.GEOGRAPHIC_ENTITY:
        return
    finess, siret = state.get("finess"), state.get("siret")
    others = GeographicEntity.objects.exclude(pk=fiche.record_id)
    if finess and others.filter(finess=finess).exists():
        raise ValidationError(f"FINESS {finess}\u00a0: c’est déjà celui d’un autre établissement.", code="taken")
    if siret and not finess and others.filter(siret=siret, finess="").exists():
        raise ValidationError(f"SIRET {siret}\u00a0: c’est déjà celui d’un autre établissement.", code="taken")
