"""Addresses of fiches that a partial publication took to another dossier lead there (``publication.remainder``)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from ..models import Dossier, Fiche
from ..permissions import NotEditableNow
from .access import LARGEST_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

READ = {"GET", "HEAD"}
ELSEWHERE = "Cette fiche est maintenant dans ce dossier-ci\u00a0: rien n’y a été changé."


def followed(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Lead an address of a fiche, or one below it, to the dossier where the fiche is now.

    What is sent leads to the page of the fiche, which says that nothing was done. For who may know of both dossiers:
    404 otherwise, as for a fiche that never was. An act on a dossier that is not changed now leads there too.
    """

    @wraps(view)
    def leading(request: HttpRequest, dossier_id: int, fiche_id: int, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, dossier_id=dossier_id, fiche_id=fiche_id, **kwargs)
        except NotEditableNow as refused:
            messages.warning(request, f"{refused} Rien n’a été changé.")
            return redirect("collaborative:fiche_detail", dossier_id, fiche_id)
        except Http404:
            present = _present_dossier(request, dossier_id, fiche_id)
            if present is None:
                raise
            if request.method not in READ:
                messages.warning(request, ELSEWHERE)
                return redirect("collaborative:fiche_detail", present.pk, fiche_id)
            before, after = (f"{reverse('collaborative:dossier_detail', args=[pk])}" for pk in (dossier_id, present.pk))
            return redirect(after + request.get_full_path().removeprefix(before))

    return leading


def _present_dossier(request: HttpRequest, dossier_id: int, fiche_id: int) -> Dossier | None:
    """Dossier where a fiche of ``dossier_id`` went; ``None`` when it did not, or when this person may not know."""
    if max(dossier_id, fiche_id) > LARGEST_ID:
        return None
    fiches = Fiche.objects.visible_to(request.scope).exclude(dossier=dossier_id).select_related("dossier")
    fiche = fiches.filter(pk=fiche_id).first()
    if fiche is None or not Dossier.objects.visible_to(request.scope).filter(pk=dossier_id).exists():
        return None
    origin = fiche.dossier
    while origin is not None:  # the rest of a rest
        if origin.pk == dossier_id:
            return fiche.dossier
        origin = origin.origin
    return None
