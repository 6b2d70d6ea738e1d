"""The action menu of a fiche: each entry is a small page that asks, then acts (spec 30; seed 002, step 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from common import french
from common.pages import Crumb
from directory.enums import RecordKind

from ..enums import FicheAct, FicheAction
from ..fiches import services
from ..fiches.drafts import drafts_in
from ..forms.fiche_acts import StructureForm, UnitsForm
from ..pages import dossier_context, dossier_url
from ..permissions import NOT_EDITABLE, refuse_to_edit
from ..services import StaleDossier
from ..tree import RESTORE_BELOW, Node, fiche_url, levels_below
from .access import find_dossier, find_fiche

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User

    from ..models import Draft, Fiche

REFUSED = 422
CHANGED = "Quelqu’un a modifié cette fiche entre-temps\u00a0: vérifiez, puis recommencez."
GONE = "Ce dossier n’est plus modifiable\u00a0: rien n’a été changé."
METHODS = ["GET", "HEAD", "POST"]
ADD_UNITS, ADD_STRUCTURE, DUPLICATE = "Créer des unités opérationnelles", "Ajouter une structure", "Dupliquer"
NEVER_OFFERED: dict[str, frozenset[str]] = {
    RecordKind.GEOGRAPHIC_ENTITY: frozenset({DUPLICATE, FicheAct.MOVE.label}),
    RecordKind.STRUCTURE: frozenset({DUPLICATE}),
    RecordKind.UNIT: frozenset({ADD_UNITS, ADD_STRUCTURE}),
}


@dataclass(frozen=True)
class Question:
    """What a page of confirmation asks."""

    title: str
    sentences: list[str]
    button: str


def quoted(fiche: Fiche | None) -> str:
    """« X », the name of a fiche."""
    return f"«\u00a0{fiche}\u00a0»"


def begin(request: SignedInRequest, dossier_id: int, fiche_id: int, title: str) -> tuple[Fiche, Node, dict[str, Any]]:
    """Fiche, its node and the context of the page of an act.

    404 when the dossier is not to be known, 403 when it is another's or is not editable now.
    """
    dossier = find_dossier(request, dossier_id)
    fiche = find_fiche(dossier, fiche_id)
    context = dossier_context(request, dossier, Crumb(str(fiche), fiche_url(fiche)), title, selected=fiche)
    if not context["may_edit"]:
        refuse_to_edit(request.scope, dossier)
    node = context["selected"]
    return fiche, node, {**context, "fiche": fiche, "node": node, "title": title, "back": fiche_url(fiche)}


def no_more_offered(request: SignedInRequest, node: Node, label: str) -> HttpResponse | None:
    """Lead to the fiche when the menu of its node no more has the act: the link is older than what somebody did.

    Raises ``Http404`` for an act that no fiche of its kind has.
    """
    fiche = node.fiche
    if label in {action.label for action in node.actions}:
        return None
    if label in NEVER_OFFERED[fiche.kind]:
        raise Http404
    if fiche.is_removed:
        why = f"La fiche {quoted(fiche)} a été supprimée du dossier entre-temps"
    else:
        why = f"«\u00a0{label}\u00a0» ne se fait pas, ou plus, sur la fiche {quoted(fiche)}"
    messages.warning(request, f"{why}\u00a0: rien n’a été changé.")
    return redirect(fiche_url(fiche))


def version_of(request: SignedInRequest) -> int:
    """Version of the fiche that the page was made from; 0, which no fiche has, when it cannot be read."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def who(request: SignedInRequest) -> dict[str, Any]:
    """Who acts, and when, for a service."""
    return {"by": request.user, "scope": request.scope, "now": timezone.now()}


def attempt(request: SignedInRequest, act: Callable[[], Any]) -> Any:
    """Run a service; ``None`` with a message when somebody was quicker."""
    try:
        return act()
    except services.StaleFiche:
        messages.warning(request, CHANGED)
    except StaleDossier as refused:
        messages.warning(request, NOT_EDITABLE.get(refused.current.state, GONE))
    except ValidationError as refused:
        for text in refused.messages:
            messages.error(request, text)
    return None


@require_http_methods(METHODS)
def units_add(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """« Créer des unités opérationnelles » below an EG or a structure. 422 to correct."""
    fiche, node, context = begin(request, dossier_id, fiche_id, ADD_UNITS)
    if away := no_more_offered(request, node, context["title"]):
        return away
    units = [
        (one.fiche.pk, str(one.fiche))
        for one in context["tree"]
        if one.fiche.kind == RecordKind.UNIT and not one.fiche.is_removed
    ]
    form = UnitsForm(request.POST if request.method == "POST" else None, units=units)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        copied = find_fiche(fiche.dossier, values["copy_of"]) if values["copy_of"] else None
        try:
            made = services.add_units(parent=fiche, count=values["count"], copy_of=copied, **who(request))
        except StaleDossier as refused:
            form.add_error(None, NOT_EDITABLE.get(refused.current.state, GONE))
        except ValidationError as refused:
            form.add_error(None, refused.messages[0])
        else:
            if len(made) == 1:
                text = "L’unité est ajoutée au dossier\u00a0: indiquez son nom et son type d’UO."
            else:
                text = f"{len(made)} unités sont ajoutées au dossier, à décrire une à une. Voici la première."
            messages.success(request, text)
            return redirect(fiche_url(made[0]))
    status = REFUSED if form.is_bound else 200
    return render(request, "collaborative/units_add.html", {**context, "form": form}, status=status)


@require_http_methods(METHODS)
def structure_add(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """« Ajouter une structure » below an EG or a higher structure. 422 to correct."""
    fiche, node, context = begin(request, dossier_id, fiche_id, ADD_STRUCTURE)
    if away := no_more_offered(request, node, context["title"]):
        return away
    form = StructureForm(request.POST if request.method == "POST" else None, levels=levels_below(node.code))
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_structure(parent=fiche, level=form.cleaned_data["level"], **who(request))
        except StaleDossier as refused:
            form.add_error(None, NOT_EDITABLE.get(refused.current.state, GONE))
        except ValidationError as refused:
            form.add_error(None, refused.messages[0])
        else:
            messages.success(request, "La structure est ajoutée au dossier\u00a0: indiquez son nom.")
            return redirect(fiche_url(made))
    status = REFUSED if form.is_bound else 200
    return render(request, "collaborative/structure_add.html", {**context, "form": form}, status=status)


@require_http_methods(METHODS)
def fiche_remove(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """« Supprimer » a fiche and those below it, once confirmed."""
    fiche, node, context = begin(request, dossier_id, fiche_id, "Supprimer")
    if away := no_more_offered(request, node, FicheAct.REMOVE.label):
        return away
    below = [one for one in node.walk() if one is not node and not one.fiche.is_removed]
    if request.method == "POST":
        version = version_of(request)
        done = attempt(
            request,
            lambda: services.remove_fiche(fiche=fiche, expected_version=version, **who(request)),
        )
        if done is not None:
            text = f"La fiche {quoted(fiche)} est supprimée du dossier. «\u00a0Rétablir\u00a0» la remet."
            messages.success(request, text)
        return redirect(dossier_url(fiche.dossier))
    known = [one for one in (node, *below) if not one.fiche.is_creation]
    sentences = []
    if known:
        sentences.append(
            "À la validation du dossier, ce qui existe dans le répertoire sera fermé définitivement, "
            "à la date du jour. Rien n’est effacé\u00a0: la fiche et son historique restent consultables."
        )
    else:
        sentences.append("Cette fiche n’existe que dans le dossier\u00a0: elle ne sera pas publiée.")
    sentences.append("Jusqu’à l’envoi, «\u00a0Rétablir\u00a0» remet la fiche en attente, avec ce qu’elle propose.")
    asked = Question(f"Supprimer {quoted(fiche)}", sentences, "Supprimer")
    return render(request, "collaborative/fiche_confirm.html", {**context, "asked": asked, "below": below})


@require_http_methods(METHODS)
def fiche_restore(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """« Rétablir » a removed fiche, a moved one to its place, or what was removed below one."""
    fiche, node, context = begin(request, dossier_id, fiche_id, "Rétablir")
    below = RESTORE_BELOW in {action.label for action in node.actions}
    if away := no_more_offered(request, node, RESTORE_BELOW if below else FicheAct.RESTORE.label):
        return away
    if request.method == "POST":
        version = version_of(request)
        done = attempt(
            request,
            lambda: services.restore_fiche(fiche=fiche, expected_version=version, **who(request)),
        )
        if done is not None and below:
            restored = french.counted(len(done), "fiche rétablie", "fiches rétablies")
            messages.success(request, f"{restored} sous {quoted(fiche)}.")
        elif done is not None:
            more = len(done) - 1
            also = f", et avec elle {more} autre{'s' if more > 1 else ''}" if more else ""
            left = sum(one.fiche.is_removed for one in context["tree"]) - len(done)
            is_above = any(one.pk == fiche.parent_id for one in done)
            rest = f" {french.counted(left, 'fiche reste supprimée', 'fiches restent supprimées')} dans le dossier."
            messages.success(
                request, f"La fiche {quoted(fiche)} est rétablie{also}.{rest if is_above and left else ''}"
            )
        return redirect(fiche_url(fiche))
    if fiche.action == FicheAction.MOVE:
        sentences = ["La fiche revient à sa place du répertoire. Ce qui y est décrit est gardé."]
    elif below:
        sentences = [
            "Les fiches supprimées qui sont dessous reviennent dans le dossier avec ce qu’elles proposaient. "
            "Ce qu’elles proposent est à finaliser de nouveau."
        ]
    else:
        sentences = [
            "La fiche revient dans le dossier avec ce qu’elle proposait, et celles supprimées en même temps. "
            "Ce qu’elles proposent est à finaliser de nouveau."
        ]
    asked = Question(f"Rétablir {quoted(fiche)}", sentences, "Rétablir")
    return render(request, "collaborative/fiche_confirm.html", {**context, "asked": asked})


@require_http_methods(METHODS)
def fiche_duplicate(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """« Dupliquer » a unit beside itself."""
    fiche, node, context = begin(request, dossier_id, fiche_id, DUPLICATE)
    if away := no_more_offered(request, node, context["title"]):
        return away
    if request.method == "POST":
        parent = find_fiche(fiche.dossier, fiche.parent_id or 0)
        made = attempt(
            request,
            lambda: services.add_units(parent=parent, count=1, copy_of=fiche, **who(request)),
        )
        if made is None:
            return redirect(fiche_url(fiche))
        messages.success(request, f"Voici la copie de {quoted(fiche)}\u00a0: donnez-lui son nom.")
        return redirect(fiche_url(made[0]))
    sentences = [
        "La copie reprend tout ce qui décrit l’unité, sauf ses identifiants, sa photo et ses pièces jointes.",
        "Pour en faire plusieurs, choisissez «\u00a0Créer des unités opérationnelles\u00a0» sur l’établissement.",
    ]
    asked = Question(f"Dupliquer {quoted(fiche)}", sentences, "Dupliquer")
    return render(request, "collaborative/fiche_confirm.html", {**context, "asked": asked})


def draft_words(draft: Draft, user: User) -> str:
    """What becomes of what somebody is typing in a fiche once it is that of the directory again."""
    at = french.on_moment(draft.saved_at)
    if draft.by_id == user.pk:
        return f"Votre saisie non enregistrée, gardée {at}, est perdue aussi."
    return (
        f"{draft.by} a une saisie non enregistrée sur cette fiche, gardée {at}\u00a0: elle lui reste, et lui sera "
        "proposée à côté de la fiche du répertoire."
    )


@require_http_methods(METHODS)
def fiche_reset(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """« Revenir au répertoire »: drop what the fiche proposes."""
    fiche, node, context = begin(request, dossier_id, fiche_id, FicheAct.RESET.label)
    if away := no_more_offered(request, node, context["title"]):
        return away
    if request.method == "POST":
        version = version_of(request)
        done = attempt(
            request,
            lambda: services.reset_fiche(fiche=fiche, expected_version=version, **who(request)),
        )
        if done is not None:
            text = f"La fiche {quoted(fiche)} est de nouveau celle du répertoire."
            messages.success(request, text)
        return redirect(fiche_url(fiche))
    sentences = ["Tout ce que le dossier y change est perdu, photo et pièces jointes ajoutées comprises."]
    if fiche.action == FicheAction.MOVE:
        sentences.append("Elle revient aussi à sa place du répertoire.")
    sentences += [draft_words(draft, request.user) for draft in drafts_in(fiche)]
    asked = Question(f"Revenir au répertoire pour {quoted(fiche)}", sentences, "Revenir au répertoire")
    return render(request, "collaborative/fiche_confirm.html", {**context, "asked": asked})
