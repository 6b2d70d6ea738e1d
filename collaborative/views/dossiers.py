"""The list of dossiers, and the page of one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.pages import Crumb

from ..models import Dossier
from ..pages import LIST_TITLE, dossier_context
from .access import find_dossier, workers_only


@require_safe
@workers_only
def dossiers(request: HttpRequest) -> HttpResponse:
    """Dossiers of my EGs; all of them for support."""
    found = Dossier.objects.visible_to(request.scope).with_people()
    return render(request, "collaborative/dossier_list.html", {"dossiers": found, "crumbs": [Crumb(LIST_TITLE)]})


@require_safe
def dossier_detail(request: HttpRequest, dossier_id: int) -> HttpResponse:
    """The dossier: what to do next, its tree."""
    dossier = find_dossier(request, dossier_id)
    return render(request, "collaborative/dossier_detail.html", dossier_context(request, dossier))
