"""Dossiers that a campaign opened and that nobody began: closing or removing abandons them, merging two EGs too."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from .enums import DossierState, FicheState
from .models import Comment, Draft, Fiche, FicheFile


def untouched(path: str = "") -> Q:
    """Condition on dossiers: opened by a campaign, and nobody wrote, typed or attached anything there.

    What is typed counts before it is saved (``Draft``). ``path`` leads to the dossier (« dossier__ »).
    """
    key = OuterRef(f"{path}pk")
    asked = Q(
        **{f"{path}state": DossierState.DRAFT, f"{path}started_at": None, f"{path}is_opened_by_campaign": True},
    )
    own = (
        Comment.objects.filter(dossier=key),
        Draft.objects.filter(fiche__dossier=key),
        FicheFile.objects.filter(fiche__dossier=key),
        Fiche.objects.filter(dossier=key).exclude(state=FicheState.STANDARD),
    )
    for rows in own:
        asked &= Q(~Exists(rows))
    return asked
