"""What the pages of the review share: who may open them, the frame, what is said when somebody else acted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.requests import SignedInRequest
from common import french
from common.pages import Crumb

from ..enums import DossierState
from ..heads import is_headed
from ..models import Dossier
from ..permissions import SENT_BY_YOU, validates_dossiers
from ..review.queue import QueueLine
from ..review.standing import Standing
from .access import find_dossier

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

QUEUE_TITLE = "Dossiers à valider"
SUPPORT_ONLY = "Les dossiers sont validés par le support du ROR."


def validators_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Give the view the dossier of its address: 404 for who may not know of it, 403 for who does not validate."""

    @wraps(view)
    def guarded(request: HttpRequest, dossier_id: int, **kwargs: Any) -> HttpResponseBase:
        dossier = find_dossier(request, dossier_id, is_headed=is_headed())
        if not validates_dossiers(request):
            raise PermissionDenied(SUPPORT_ONLY)
        return view(request, dossier, **kwargs)

    return guarded


def review_url(dossier: Dossier, fiche_id: int = 0) -> str:
    """Address of the review of a dossier, or of one of its fiches."""
    if fiche_id:
        return reverse("collaborative:fiche_review", args=[dossier.pk, fiche_id])
    return reverse("collaborative:dossier_review", args=[dossier.pk])


def leave(request: SignedInRequest, dossier: Dossier) -> HttpResponse:
    """Go to the page of a dossier that is not en validation any more, saying what became of it."""
    messages.info(request, state_words(dossier))
    return redirect("collaborative:dossier_detail", dossier.pk)


def state_words(dossier: Dossier) -> str:
    """What became of a dossier that cannot be reviewed."""
    who, at = dossier.changed_by.short_name, french.on_moment(dossier.changed_at)
    words = {
        DossierState.VALIDATED: f"Ce dossier a été validé par {who} {at}.",
        DossierState.RETURNED: f"Ce dossier est à corriger\u00a0: {who} l’a renvoyé ou modifié {at}.",
        DossierState.ABANDONED: f"Ce dossier a été abandonné par {who} {at}.",
    }
    return words.get(
        DossierState(dossier.state), f"Ce dossier n’est pas en validation\u00a0: {who} l’a retiré ou modifié {at}."
    )


def refused_words(dossier: Dossier, request: SignedInRequest) -> str:
    """Why a decision was not kept: what somebody else did meanwhile."""
    if dossier.state != DossierState.SENT:
        return f"Votre décision n’est pas enregistrée. {state_words(dossier)}"
    if dossier.was_sent_by(request.user.pk):
        return SENT_BY_YOU
    if dossier.taken_by_id is None:
        return "Votre décision n’est pas enregistrée\u00a0: prenez d’abord ce dossier en charge."
    if dossier.taken_by_id != request.user.pk and dossier.taken_by and dossier.taken_at:
        who, at = dossier.taken_by.short_name, french.on_moment(dossier.taken_at)
        return f"Votre décision n’est pas enregistrée\u00a0: {who} a pris ce dossier en charge {at}."
    return (
        "Votre décision n’est pas enregistrée\u00a0: le dossier a changé depuis que cette page est ouverte. Relisez-le."
    )


def review_context(request: SignedInRequest, standing: Standing, *steps: Crumb, fiche_id: int = 0) -> dict[str, Any]:
    """Context of « collaborative/review_base.html »."""
    dossier = standing.dossier
    line = QueueLine(dossier, request.scope, timezone.now())
    last = Crumb(dossier.name, review_url(dossier)) if steps else Crumb(dossier.name)
    return {
        "dossier": dossier,
        "standing": standing,
        "line": line,
        "fiche_id": fiche_id,
        "may_decide": line.is_mine and not line.is_own and dossier.state == DossierState.SENT,
        "crumbs": [Crumb(QUEUE_TITLE, reverse("collaborative:review_queue")), last, *steps],
    }


def current(dossier: Dossier) -> Dossier:
    """Dossier as it is now, with its people."""
    return Dossier.objects.with_people().get(pk=dossier.pk)
