"""What the pages of a fiche share: finding it whole, and what it is in words."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef
from django.http import Http404

from accounts.requests import SignedInRequest
from directory.enums import RecordKind

from ..enums import FieldDecision
from ..models import Draft, Fiche, FicheFile, FieldReview
from .access import LARGEST_ID

KIND_WORDS = {"eg": "Entité géographique", "structure": "Structure", "uo": "Unité opérationnelle"}
ACTION_WORDS = {"create": "en création", "modify": "", "delete": "à supprimer", "move": "déplacée"}


def find_whole_fiche(request: SignedInRequest, dossier_id: int, fiche_id: int) -> Fiche:
    """Fiche with all that its page names, of a dossier that this person may know of. Raises ``Http404``.

    One query, two below a structure.

    ``has_files``, ``has_draft`` (of this person) and ``is_reviewed`` (a validator decided of a field) spare queries.
    """
    if max(dossier_id, fiche_id) > LARGEST_ID:
        raise Http404
    own = {"fiche": OuterRef("pk")}
    fiches = Fiche.objects.visible_to(request.scope).annotate(
        has_files=Exists(FicheFile.objects.filter(**own)),
        has_draft=Exists(Draft.objects.filter(**own, by=request.user)),
        is_reviewed=Exists(FieldReview.objects.filter(**own).exclude(decision=FieldDecision.ACCEPT)),
    )
    fiche = fiches.whole().filter(pk=fiche_id, dossier=dossier_id).first()
    if fiche is None:
        raise Http404
    if fiche.parent is not None and fiche.parent.kind == RecordKind.STRUCTURE:
        put_above(fiche)
    return fiche


def put_above(fiche: Fiche) -> None:
    """Give a fiche those above it, up to that of its EG, as read at once: one query."""
    above = {one.pk: one for one in Fiche.objects.above(fiche.parent_id)}
    while fiche.parent_id in above:
        fiche.parent = above[fiche.parent_id]
        fiche = fiche.parent


def fiche_words(fiche: Fiche) -> dict[str, Any]:
    """Fiche and what it is, in words."""
    words = [KIND_WORDS[fiche.kind], ACTION_WORDS[fiche.action]]
    return {"fiche": fiche, "fiche_kind": " ".join(word for word in words if word)}
