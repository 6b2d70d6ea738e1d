from .campaigns import Campaign, CampaignTarget
from .dossiers import Comment, Dossier, HeldEntity, Step
from .fiches import Draft, Fiche, FicheFile
from .reviews import DirectChangeReview, FieldReview, ReturnReason

__all__ = [
    "Campaign",
    "CampaignTarget",
    "Comment",
    "DirectChangeReview",
    "Dossier",
    "Draft",
    "Fiche",
    "FicheFile",
    "FieldReview",
    "HeldEntity",
    "ReturnReason",
    "Step",
]
