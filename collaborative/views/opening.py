"""« Ouvrir un dossier »: on an EG of mine, or on a new EG that I propose (spec 30, Working in a dossier)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from accounts.roles import Permission
from common.pages import Crumb
from directory.duplicates.replaced import stands_for
from directory.models import GeographicEntity
from directory.records import without_outlines

from .. import services
from ..forms.opening import OpenForm, ProposeForm
from ..models import Dossier
from ..opening import MOST, clean_text, named_like, own_entities, own_legal_entities
from ..pages import LIST_TITLE
from ..permissions import why_not_open
from .access import LARGEST_ID, workers_only

if TYPE_CHECKING:
    from django.http import HttpRequest

METHODS = ["GET", "HEAD", "POST"]
REFUSED = 422
NO_ENTITY = "Seuls les directeurs et le support ouvrent un dossier collaboratif."
ELSEWHERE = "Cet établissement est dans un dossier qui n’est pas dans votre périmètre\u00a0: voyez avec le support."


def _crumbs(*steps: str) -> list[Crumb]:
    return [Crumb(LIST_TITLE, reverse("collaborative:dossiers")), *map(Crumb, steps)]


def require_editor(request: HttpRequest) -> None:
    """Raise ``PermissionDenied`` for who edits no record."""
    if not request.scope.may(Permission.DIRECTORY_EDIT):
        raise PermissionDenied(NO_ENTITY)


def _find_entity(request: SignedInRequest, typed: str) -> GeographicEntity:
    """EG named by an address or a form, or the one that stands for it after a merge.

    404 when it is unknown or hidden, 403 with the reason when not to be opened.
    """
    number = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 20 else 0
    if not 0 < number <= LARGEST_ID:
        raise Http404
    entities = GeographicEntity.objects.visible_to(request.scope).select_related("commune", "legal_entity")
    entity = entities.defer(*without_outlines("commune__")).filter(pk=number).first()
    if entity is None:
        raise Http404
    if kept := stands_for(request.scope, entity):
        messages.info(request, f"«\u00a0{entity.name}\u00a0» a été fusionné dans «\u00a0{kept.name}\u00a0».")
        return _find_entity(request, str(kept.pk))
    if refusal := why_not_open(request.scope, entity):
        raise PermissionDenied(refusal)
    return entity


def to_the_open_one(request: SignedInRequest, held: Dossier) -> HttpResponse:
    """Lead to the dossier that already has the EG, or say so when it is not to be known.

    The second click of who has just opened it leads there without a word.
    """
    is_own = held.opened_by_id == request.user.pk and held.opened_at > timezone.now() - services.SECOND_CLICK
    if request.method == "POST" and is_own:
        return redirect("collaborative:dossier_detail", held.pk)
    if Dossier.objects.visible_to(request.scope).filter(pk=held.pk).exists():
        messages.info(request, "Un dossier est déjà ouvert sur cet établissement\u00a0: le voici.")
        return redirect("collaborative:dossier_detail", held.pk)
    messages.warning(request, ELSEWHERE)
    return redirect("collaborative:dossiers")


@require_http_methods(METHODS)
@workers_only
def dossier_open(request: SignedInRequest) -> HttpResponse:
    """Choose one of my EGs (« q »), confirm it (« eg »), open it. A second attempt leads to the first."""
    require_editor(request)
    typed = (request.POST if request.method == "POST" else request.GET).get("eg", "")
    if not typed:
        return _choice_page(request)
    entity = _find_entity(request, typed)
    if held := Dossier.objects.about(entity).first():
        return to_the_open_one(request, held)
    form = OpenForm(
        request.POST if request.method == "POST" else None, initial={"name": f"Peuplement de {entity.name}"}
    )
    if form.is_valid():
        who = {"by": request.user, "scope": request.scope, "now": timezone.now()}
        try:
            dossier = services.open_dossier(entity=entity, name=form.cleaned_data["name"], **who)
        except services.AlreadyOpen as refused:
            return to_the_open_one(request, refused.dossier)
        messages.success(request, "Le dossier est ouvert. Cliquez sur le nom de l’établissement pour décrire sa fiche.")
        return redirect("collaborative:dossier_detail", dossier.pk)
    context = {"form": form, "entity": entity, "crumbs": _crumbs("Ouvrir un dossier collaboratif")}
    return render(request, "collaborative/dossier_open.html", context, status=REFUSED if form.is_bound else 200)


def _choice_page(request: SignedInRequest) -> HttpResponse:
    text = clean_text(request.GET.get("q", ""))
    entities = own_entities(request.scope)
    region = request.scope.coverage(Permission.DIRECTORY_EDIT).region
    if text:
        entities = entities.filter(named_like(text, "commune"))
    found = list(entities[: MOST + 1]) if text or not region else []
    context = {
        "entities": found[:MOST],
        "is_cut": len(found) > MOST,
        "text": text,
        "region": region,
        "crumbs": _crumbs("Ouvrir un dossier"),
    }
    return render(request, "collaborative/dossier_choose.html", context)


@require_http_methods(METHODS)
@workers_only
def entity_propose(request: SignedInRequest) -> HttpResponse:
    """Propose an EG that the directory does not have, under an EJ of mine. 422 to correct."""
    require_editor(request)
    text = clean_text(request.GET.get("q", ""))
    mine = own_legal_entities(request.scope)
    region = request.scope.coverage(Permission.DIRECTORY_EDIT).region
    shown = mine.filter(named_like(text)) if text else mine
    if region and not text:
        shown = mine.none()
    ids = list(shown.values_list("pk", flat=True)[: MOST + 1])
    sent = request.method == "POST"
    chosen = request.POST.get("legal_entity", "") if sent else ""
    offered = mine.filter(pk__in=[*ids[:MOST], *([int(chosen)] if _is_id(chosen) else [])])
    initial = {"legal_entity": ids[0]} if len(ids) == 1 else {}
    form = ProposeForm(request.POST if sent else None, initial=initial, legal_entities=offered)
    namesake = None
    if form.is_valid():
        try:
            return _propose(request, form)
        except services.Namesake as found:
            namesake = found.entity
        except ValidationError as refused:
            form.add_error("name", refused.messages[0])
    context = {
        "form": form,
        "text": text,
        "searches": region or len(ids) > MOST or bool(text),
        "is_cut": len(ids) > MOST,
        "namesake": namesake,
        "opens_namesake": namesake is not None and not why_not_open(request.scope, namesake),
        "crumbs": _crumbs("Proposer un nouvel établissement"),
    }
    return render(request, "collaborative/entity_propose.html", context, status=REFUSED if form.is_bound else 200)


def _propose(request: SignedInRequest, form: ProposeForm) -> HttpResponse:
    """Open the dossier that a valid form asks, or lead to the one under way. Raises what ``propose_entity`` refuses."""
    try:
        dossier = services.propose_entity(
            legal_entity=form.cleaned_data["legal_entity"],
            entity_name=form.cleaned_data["name"],
            other_than=form.cleaned_data["homonyme"] or 0,
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
        )
    except services.AlreadyOpen as refused:
        return to_the_open_one(request, refused.dossier)
    messages.success(request, "Le dossier est ouvert. Cliquez sur le nom de l’établissement pour le décrire.")
    return redirect("collaborative:dossier_detail", dossier.pk)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
