"""What the pages of a fiche share: finding it whole, and what it is in words."""

from __future__ import annotations

from typing import Any

from django.http import Http404

from accounts.requests import SignedInRequest

from ..models import Fiche
from .access import LARGEST_ID

KIND_WORDS = {"eg": "Entité géographique", "structure": "Structure", "uo": "Unité opérationnelle"}
ACTION_WORDS = {"create": "en création", "modify": "", "delete": "à supprimer", "move": "déplacée"}


def find_whole_fiche(request: SignedInRequest, dossier_id: int, fiche_id: int) -> Fiche:
    """Fiche with all that its page names, of a dossier that this person may know of: one query. Raises ``Http404``."""
    if max(dossier_id, fiche_id) > LARGEST_ID:
        raise Http404
    fiche = Fiche.objects.visible_to(request.scope).whole().filter(pk=fiche_id, dossier=dossier_id).first()
    if fiche is None:
        raise Http404
    return fiche


def fiche_words(fiche: Fiche) -> dict[str, Any]:
    """Fiche and what it is, in words."""
    words = [KIND_WORDS[fiche.kind], ACTION_WORDS[fiche.action]]
    return {"fiche": fiche, "fiche_kind": " ".join(word for word in words if word)}
