"""A second EG that « Déplacer » took in: the dossier leaves it once nothing is proposed there any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from ..enums import FicheAction, FicheState
from ..models import Comment, Draft, Fiche, HeldEntity, Step

if TYPE_CHECKING:
    from ..models import Dossier


def release_entities(dossier: Dossier) -> None:
    """Leave the EGs other than the dossier's own whose fiches nobody touched and below which nothing was moved.

    Their standard fiches go with them; an EG stays while one of its fiches has a step, a message or a draft, wherever
    it stands. The caller has locked the dossier. One query when the dossier has one EG.
    """
    others = HeldEntity.objects.filter(dossier=dossier).exclude(geographic_entity=dossier.geographic_entity_id)
    for held in others:
        found = _fiches_of(dossier, held.geographic_entity_id)
        if _are_untouched(found):
            rows = Fiche.objects.filter(pk__in=[fiche.pk for fiche in found])
            rows.update(parent=None)  # a fiche protects the one above it
            rows.delete()
            held.delete()


def _fiches_of(dossier: Dossier, entity_id: int) -> list[Fiche]:
    """Fiches that stand below an EG in the tree of the dossier, and those of its records, moved elsewhere."""
    rows = list(Fiche.objects.filter(dossier=dossier))
    records = Fiche.objects.filter(dossier=dossier).filter(
        Q(geographic_entity=entity_id)
        | Q(structure__geographic_entity=entity_id)
        | Q(unit__geographic_entity=entity_id)
    )
    reached = set(records.values_list("pk", flat=True))
    before = 0
    while len(reached) != before:
        before = len(reached)
        reached |= {row.pk for row in rows if row.parent_id in reached}
    return [row for row in rows if row.pk in reached]


def _are_untouched(fiches: list[Fiche]) -> bool:
    if any((fiche.action, fiche.state) != (FicheAction.MODIFY, FicheState.STANDARD) for fiche in fiches):
        return False
    inside = {fiche.pk for fiche in fiches}
    return not any(model.objects.filter(fiche__in=inside).exists() for model in (Step, Comment, Draft))
