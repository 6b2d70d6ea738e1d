"""What every page of a dossier shows around its content: breadcrumb, header with its acts, tree."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.roles import Role
from common.pages import Crumb

from .enums import DossierAct, DossierState, Pictogram
from .forms.opening import MessageForm
from .permissions import acts_of, edits_dossier, may_renounce, validates_dossiers
from .sending import is_unchanged
from .threads import thread_of
from .tree import ICONS, Tree, tree_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from .models import Dossier, Fiche

LIST_TITLE = "Liste des dossiers collaboratifs"
ABBREVIATIONS = (  # seed 002, step 3
    ("EG", "Entité géographique"),
    ("S1", "Structure de niveau 1"),
    ("S2", "Structure de niveau 2"),
    ("UF", "Unité fonctionnelle"),
    ("UO", "Unité opérationnelle"),
    ("MCO", "Médecine / Chirurgie / Obstétrique"),
    ("MSS", "Médico-social et social"),
    ("PSY", "Psychiatrie"),
    ("SLD", "Soins de Longue Durée"),
    ("SMA", "Santé Mentale des Adolescents"),
    ("SSR", "Soins de Suite et Réadaptation"),
    ("VIL", "Médecine de ville"),
)
TREES = {"a-finaliser": True, "tout": False}  # values of « arbre »
TREE_KEY = "dossiers_a_finaliser"  # session: what was asked last
STATE_TAGS = {
    DossierState.DRAFT: ("", "crayon"),
    DossierState.FINALISED: ("tag-ok", "coche"),
    DossierState.SENT: ("tag-sent", "envoyer"),
    DossierState.RETURNED: ("tag-warn", "crayon"),
    DossierState.VALIDATED: ("tag-ok", "coche"),
    DossierState.ABANDONED: ("", "croix"),
}


def give_role_url(dossier: Dossier) -> str:
    """Address of the back office where the role of Directeur is given on what a dossier is about, filled with it."""
    scope = {"geographic_entity": dossier.geographic_entity_id, "legal_entity": dossier.legal_entity_id}
    name, key = next(((name, key) for name, key in scope.items() if key), ("", 0))
    filled = {"role": Role.DIRECTOR.value} | ({name: key} if name else {})
    return f"{reverse('admin:directory_assignment_add')}?{urlencode(filled)}"


@dataclass(frozen=True)
class ActLink:
    """A button of the header that leads to the page of an act. ``solid``: the one thing to do now."""

    label: str
    url: str
    icon: str = ""
    solid: bool = False


def dossier_url(dossier: Dossier, name: str = "detail", *more: int) -> str:
    """Address of a page of a dossier, by the end of its name: « detail », « send », « history »."""
    return reverse(f"collaborative:dossier_{name}", args=[dossier.pk, *more])


def crumbs_of(dossier: Dossier, *steps: Crumb | str) -> list[Crumb]:
    """« Liste des dossiers collaboratifs › Peuplement de … › … »."""
    found = [Crumb(LIST_TITLE, reverse("collaborative:dossiers"))]
    if not steps:
        return [*found, Crumb(dossier.name)]
    below = [step if isinstance(step, Crumb) else Crumb(step) for step in steps]
    return [*found, Crumb(dossier.name, dossier_url(dossier)), *below]


def dossier_context(
    request: HttpRequest, dossier: Dossier, *steps: Crumb | str, selected: Fiche | None = None
) -> dict[str, Any]:
    """Context of « collaborative/dossier_base.html ». ``steps``: breadcrumb below the dossier.

    Three queries: who may edit, the fiches, their levels.
    """
    edits = edits_dossier(request.scope, dossier)
    editable = edits and dossier.is_editable
    tree = tree_of(dossier, request.scope, selected, editable=editable, only_pending=only_pending(request))
    return {
        **_thread_context(request, dossier, tree, selected),
        "dossier": dossier,
        "tree": tree,
        "selected": tree.selected,
        "links": act_links(request, dossier, tree, edits=edits),
        "crumbs": crumbs_of(dossier, *steps),
        "edits": edits,
        "right_lost": not edits and may_renounce(request.scope, dossier),
        "abandons": dossier.is_editable and (edits or may_renounce(request.scope, dossier)),
        "may_edit": tree.editable,
        "validates": validates_dossiers(request),
        "legend_abbreviations": ABBREVIATIONS,
        "legend_pictograms": [
            (*ICONS[pictogram], pictogram.label)
            for pictogram in Pictogram
            if {Pictogram.LEFT_ASIDE: tree.left_aside, Pictogram.CONFIRMED: tree.confirmed}.get(pictogram, True)
        ],
    }


def only_pending(request: HttpRequest) -> bool:
    """Tell whether the person wants long trees without what is done: « arbre » of the address, then of the session."""
    asked = request.GET.get("arbre")
    if asked in TREES and TREES[asked] != bool(request.session.get(TREE_KEY)):
        request.session[TREE_KEY] = TREES[asked]
    return bool(request.session.get(TREE_KEY))


def _thread_context(request: HttpRequest, dossier: Dossier, tree: Tree, selected: Fiche | None) -> dict[str, Any]:
    """Messages of the selected fiche, read only by the pages that show them."""
    if selected is None:
        return {}
    return {
        "thread": functools.cache(lambda: thread_of(dossier, tree, request, fiche=selected)),
        "message_form": MessageForm(),
    }


def act_links(request: HttpRequest, dossier: Dossier, tree: Tree, *, edits: bool) -> list[ActLink]:
    """Buttons of the header: what this person may do with the dossier now."""
    acts = {transition.act for transition in acts_of(request.scope, dossier, edits=edits)}
    found = []
    if DossierAct.TAKE in acts:
        review = reverse("collaborative:dossier_review", args=[dossier.pk])
        found.append(ActLink("Examiner le dossier", review, "coche", solid=True))
    if tree.editable:
        ready = DossierAct.SEND in acts and not tree.pending and not is_unchanged(tree)
        found.append(ActLink("Envoyer en validation", dossier_url(dossier, "send"), "envoyer", solid=ready))
    if DossierAct.WITHDRAW in acts:
        found.append(ActLink("Retirer de la validation", dossier_url(dossier, "withdraw")))
    return found
