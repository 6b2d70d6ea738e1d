"""Sending a dossier, taking it back, abandoning it: each asks, then acts (spec 30, States)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest

from .. import services
from ..delays import waiting_of
from ..enums import DossierAct
from ..fiches.drafts import under_way
from ..forms.sending import RemarkForm
from ..pages import dossier_context, dossier_url
from ..permissions import NOT_EDITABLE, RENOUNCING, why_not_yours
from ..sending import confirmed_by, is_unchanged, published_by, unfinished_of
from ..workflow import IllegalAct, is_ready, transition_of
from .access import find_dossier

if TYPE_CHECKING:
    from ..models import Dossier

METHODS = ["GET", "HEAD", "POST"]
REFUSED = 422
CHANGED = "Le dossier a changé entre-temps\u00a0: vérifiez, puis recommencez."


def _context(request: SignedInRequest, dossier_id: int, act: DossierAct, title: str) -> dict[str, Any] | None:
    """Context of the page of an act; ``None``, with a message, when the state does not allow it any more.

    404 when the dossier is not to be known, 403 when it is another's.
    """
    dossier = find_dossier(request, dossier_id)
    context = dossier_context(request, dossier, title)
    if not context["edits"] and not (context["right_lost"] and act in RENOUNCING):
        raise PermissionDenied(why_not_yours(request.scope, dossier))
    sends_draft = act == DossierAct.SEND and dossier.is_editable
    try:
        transition_of(act, dossier.state)
    except IllegalAct:
        if not sends_draft:
            messages.info(request, NOT_EDITABLE.get(dossier.state, _not_sent(dossier)))
            return None
    return {**context, "title": title, "back": dossier_url(dossier)}


def _not_sent(dossier: Dossier) -> str:
    return f"Ce dossier n’est pas en validation\u00a0: il est dans l’état «\u00a0{dossier.get_state_display()}\u00a0»."


def _apply(request: SignedInRequest, dossier: Dossier, act: DossierAct, form: RemarkForm) -> Dossier | None:
    """Make the transition that a valid form asks; ``None`` when it is refused, the form saying why."""
    try:
        return services.apply(
            dossier=dossier,
            act=act,
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
            expected_version=form.cleaned_data["version"],
            remark=form.cleaned_data["remark"],
        )
    except services.StaleDossier as refused:
        form.add_error(None, CHANGED)
        form.refresh(refused.current.version)
    except ValidationError as refused:
        form.add_error("remark" if hasattr(refused, "error_dict") else None, refused.messages[0])
    return None


@require_http_methods(METHODS)
def dossier_send(request: SignedInRequest, dossier_id: int) -> HttpResponse:
    """« Envoyer en validation »: what will be published, then the act; what is missing when it is not ready."""
    context = _context(request, dossier_id, DossierAct.SEND, "Envoyer en validation")
    if context is None:
        return redirect("collaborative:dossier_detail", dossier_id)
    dossier, tree = context["dossier"], context["tree"]
    ready = is_ready([(node.fiche.action, node.fiche.state) for node in tree])
    form = RemarkForm(request.POST if request.method == "POST" else None, version=dossier.version, act="send")
    unchanged = is_unchanged(tree)
    if request.method == "POST" and form.is_valid() and ready and not unchanged:
        sent = _apply(request, dossier, DossierAct.SEND, form)
        if sent is not None:
            waiting = waiting_of(sent, timezone.now())
            where = f" Il est {waiting.words}." if waiting else ""
            messages.success(request, f"Le dossier est envoyé en validation à SESAN.{where}")
            return redirect("collaborative:dossier_detail", dossier.pk)
    more = {
        "form": form,
        "ready": ready,
        "unfinished": unfinished_of(tree),
        "published": published_by(tree),
        "confirmed": confirmed_by(tree),
        "unchanged": unchanged,
        "drafts": under_way(dossier),
    }
    status = REFUSED if form.is_bound else 200
    return render(request, "collaborative/dossier_send.html", {**context, **more}, status=status)


@require_http_methods(METHODS)
def dossier_withdraw(request: SignedInRequest, dossier_id: int) -> HttpResponse:
    """« Retirer de la validation »: the dossier may be changed again."""
    context = _context(request, dossier_id, DossierAct.WITHDRAW, "Retirer de la validation")
    if context is None:
        return redirect("collaborative:dossier_detail", dossier_id)
    dossier = context["dossier"]
    form = RemarkForm(request.POST if request.method == "POST" else None, version=dossier.version, act="withdraw")
    if form.is_valid() and _apply(request, dossier, DossierAct.WITHDRAW, form) is not None:
        again = "" if context["right_lost"] else "\u00a0: vous pouvez le modifier"
        messages.success(request, f"Le dossier est retiré de la validation{again}.")
        return redirect("collaborative:dossier_detail", dossier.pk)
    status = REFUSED if form.is_bound else 200
    return render(request, "collaborative/dossier_withdraw.html", {**context, "form": form}, status=status)


@require_http_methods(METHODS)
def dossier_abandon(request: SignedInRequest, dossier_id: int) -> HttpResponse:
    """« Abandonner »: closes the dossier for ever, once what is lost has been said."""
    context = _context(request, dossier_id, DossierAct.ABANDON, "Abandonner le dossier")
    if context is None:
        return redirect("collaborative:dossier_detail", dossier_id)
    dossier = context["dossier"]
    form = RemarkForm(request.POST if request.method == "POST" else None, version=dossier.version, act="abandon")
    if form.is_valid() and _apply(request, dossier, DossierAct.ABANDON, form) is not None:
        messages.success(request, f"Le dossier «\u00a0{dossier}\u00a0» est abandonné. Rien n’est publié.")
        return redirect("collaborative:dossiers")
    more = {"form": form, "published": published_by(context["tree"])}
    status = REFUSED if form.is_bound else 200
    return render(request, "collaborative/dossier_abandon.html", {**context, **more}, status=status)
