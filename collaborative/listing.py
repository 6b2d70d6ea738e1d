"""The list of dossiers: what is asked, the query, its order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from directory.models import GeographicEntity
from directory.records import without_outlines

from .enums import OPEN_STATES, DossierState
from .models import Dossier
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
            entities = Q(geographic_entity__in=_named(self.text))
            dossiers = dossiers.filter(Q(name__unaccent__icontains=self.text) | entities)
        if self.department:
            path = "commune__department"
            dossiers = dossiers.filter(
                Q(**{f"geographic_entity__{path}": self.department})
                | Q(**{"geographic_entity": None, f"legal_entity__{path}": self.department})
            )
        if self.campaign:
            dossiers = dossiers.filter(campaign=self.campaign)
        return dossiers.order_by(*SORTS[self.sort][1])


def _named(text: str) -> QuerySet[GeographicEntity, Any]:
    return GeographicEntity.objects.filter(named_like(text, "commune")).values("pk")


def listed_dossiers(scope: Scope) -> QuerySet[Dossier]:
    """Dossiers that the person may know of, with what a line says: EG, commune, people, campaign."""
    places = ("geographic_entity__commune__", "legal_entity__commune__")
    return (
        Dossier.objects.visible_to(scope)
        .with_people()
        .select_related("geographic_entity__commune__department", "legal_entity__commune__department", "changed_by")
        .defer(*(name for place in places for name in without_outlines(place)))
    )


def place_of(dossier: Dossier) -> str:
    """« Versailles (78) », the commune of its EG, or of the EJ of a new EG; empty when it is not known."""
    about = dossier.geographic_entity or dossier.legal_entity
    commune = about.commune if about is not None else None
    return f"{commune.list_name} ({commune.department_id})" if commune is not None else ""
