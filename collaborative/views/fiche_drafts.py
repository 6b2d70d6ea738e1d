"""What is typed in a fiche, kept while it is typed: called by fiche.js, never by a page."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.requests import SignedInRequest
from common import french

from ..fiches.checklist import checklist_for
from ..fiches.drafts import drop_draft, keep_draft
from ..fiches.form import FicheForm
from .fiche_gone import GONE, once_seen
from .fiche_pages import find_whole_fiche

NOT_KEPT = "Brouillon non enregistré. {reason} Copiez ce que vous voulez garder."


@require_POST
def fiche_draft(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """Keep what is typed (JSON: when, and the checklist as it stands), or drop it (« abandonner ») and open the fiche.

    404 for a fiche that the person may not know of, 403 when it may not be changed now, 413 when it is too long.
    """
    try:
        fiche = find_whole_fiche(request, dossier_id, fiche_id)
    except Http404:
        if "abandonner" in request.POST or not once_seen(request, dossier_id, fiche_id):
            raise
        return JsonResponse({"error": NOT_KEPT.format(reason=GONE)}, status=403)
    if "abandonner" in request.POST:
        if drop_draft(fiche=fiche, by=request.user):
            messages.success(request, "Votre saisie en cours est abandonnée\u00a0: la fiche est comme elle était.")
        return redirect("collaborative:fiche_detail", dossier_id, fiche_id)
    now = timezone.now()
    try:
        draft = keep_draft(fiche=fiche, data=request.POST, by=request.user, scope=request.scope, now=now)
    except PermissionDenied as refused:
        return JsonResponse({"error": NOT_KEPT.format(reason=refused)}, status=403)
    except ValidationError as refused:
        return JsonResponse({"error": " ".join(refused.messages)}, status=413)
    form = FicheForm(fiche, request.scope, request.POST, partial=True)
    shown = render_to_string("collaborative/checklist.html", {"checklist": checklist_for(form)}, request)
    return JsonResponse({"saved": french.time_of_day(now) if draft else "", "checklist": shown})
