"""The list of dossiers: what is asked, the query, its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from accounts.roles import Permission
from directory.models import GeographicEntity
from directory.records import without_outlines

from .campaigns.asking import asked_of
from .enums import OPEN_STATES, DossierState
from .heads import is_headed
from .models import Campaign, CampaignTarget, Dossier
from .opening import clean_text, named_like

if TYPE_CHECKING:
    from directory.scopes import Scope

OPEN, ALL = "en-cours", "tous"
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    OPEN: ("En cours", OPEN_STATES),
    "brouillon": ("Brouillon", (DossierState.DRAFT,)),
    "finalise": ("Finalisé", (DossierState.FINALISED,)),
    "en-validation": ("En validation", (DossierState.SENT,)),
    "a-corriger": ("À corriger", (DossierState.RETURNED,)),
    "valide": ("Validé", (DossierState.VALIDATED,)),
    "abandonne": ("Abandonné", (DossierState.ABANDONED,)),
    ALL: ("Tous", tuple(DossierState.values)),
}
SORTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "recent": ("Modifiés récemment d’abord", ("-changed_at", "-pk")),
    "ancien": ("Sans changement depuis longtemps d’abord", ("changed_at", "pk")),
    "nom": ("Par nom", ("name", "pk")),
    "avancement": ("Les plus avancés d’abord", (F("done_count").desc(), F("fiche_count").asc(), "pk")),
}


@dataclass(frozen=True)
class DossierFilter:
    """What the list is asked; what cannot be read is left out."""

    state: str = OPEN
    text: str = ""
    department: str = ""
    campaign: int = 0
    sort: str = "recent"

    @classmethod
    def read(cls, query: QueryDict) -> DossierFilter:
        """Read « etat », « q », « departement », « campagne », « tri »."""
        state, sort, number = query.get("etat", ""), query.get("tri", ""), query.get("campagne", "")
        return cls(
            state=state if state in STATES else OPEN,
            text=clean_text(query.get("q", "")),
            department=clean_text(query.get("departement", ""))[:3],
            campaign=int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0,
            sort=sort if sort in SORTS else "recent",
        )

    @property
    def narrows(self) -> bool:
        """Tell whether it asks for more than a state."""
        return bool(self.text or self.department or self.campaign)

    @property
    def is_plain(self) -> bool:
        """Tell whether it is the list as it opens."""
        return self == DossierFilter()

    def apply(self, dossiers: QuerySet[Dossier]) -> QuerySet[Dossier]:
        """Dossiers asked for, in the order asked for."""
        dossiers = dossiers.filter(state__in=STATES[self.state][1])
        if self.text:
            dossiers = dossiers.filter(designated_by(self.text))
        if self.department:
            dossiers = dossiers.filter(in_department(self.department))
        if self.campaign:
            asked = CampaignTarget.objects.filter(campaign=self.campaign).exclude(dossier=None)
            dossiers = dossiers.filter(Q(campaign=self.campaign) | Q(pk__in=asked.values("dossier")))
        return dossiers.order_by(*SORTS[self.sort][1])


def designated_by(text: str) -> Q:
    """Condition on dossiers that a typed text designates: by their name, or the name, FINESS or commune of their EG."""
    entities = GeographicEntity.objects.filter(named_like(text, "commune"))
    return Q(name__unaccent__icontains=text) | Q(geographic_entity__in=entities.values("pk"))


def in_department(code: str) -> Q:
    """Condition on dossiers of a department: that of their EG, of their EJ for a new EG."""
    path = "commune__department"
    return Q(**{f"geographic_entity__{path}": code}) | Q(**{"geographic_entity": None, f"legal_entity__{path}": code})


def offered_campaigns(scope: Scope) -> QuerySet[Campaign]:
    """Campaigns that the list may be narrowed to: all for who validates, else those that ask an EG of the person."""
    found = Campaign.objects.only("name").order_by("-starts_on", "-pk")
    if scope.may(Permission.DOSSIER_VALIDATE) or scope.coverage(Permission.DIRECTORY_EDIT).region:
        return found
    return found.filter(pk__in=asked_of(scope).values("campaign"))


def listed_dossiers(scope: Scope) -> QuerySet[Dossier]:
    """Dossiers that the person may know of, with what a line says: EG, commune, people, campaign, ``is_headed``."""
    places = ("geographic_entity__commune__", "legal_entity__commune__")
    return (
        Dossier.objects.visible_to(scope)
        .with_people()
        .select_related("geographic_entity__commune__department", "legal_entity__commune__department", "changed_by")
        .defer(*(name for place in places for name in without_outlines(place)))
        .annotate(is_headed=is_headed())
    )


def place_of(dossier: Dossier) -> str:
    """« Versailles (78) », the commune of its EG, or of the EJ of a new EG; empty when it is not known."""
    about = dossier.geographic_entity or dossier.legal_entity
    commune = about.commune if about is not None else None
    return f"{commune.list_name} ({commune.department_id})" if commune is not None else ""
