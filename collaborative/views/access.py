"""What pages of dossiers share: finding a dossier or a fiche that the person may know of, else 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from ..models import Dossier, Fiche
from ..permissions import manages_campaigns, validates_dossiers, works_on_dossiers

LARGEST_ID = 2**63 - 1
NOT_YOURS = "Les dossiers collaboratifs sont ouverts par les directeurs et validés par le support."


def workers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to who neither edits the directory nor validates dossiers."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not works_on_dossiers(request):
            raise PermissionDenied(NOT_YOURS)
        return view(request, *args, **kwargs)

    return guarded


def support_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to who does not validate dossiers."""
    return _only_for(validates_dossiers, "Seul le support relit les modifications publiées.")(view)


def campaigns_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to who does not manage campaigns."""
    return _only_for(manages_campaigns, "Seul le support mène les campagnes.")(view)


def _only_for(allowed: Callable[[HttpRequest], bool], refusal: str) -> Callable[..., Any]:
    def decorated(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not allowed(request):
                raise PermissionDenied(refusal)
            return view(request, *args, **kwargs)

        return guarded

    return decorated


def find_dossier(request: HttpRequest, dossier_id: int, **annotations: Any) -> Dossier:
    """Dossier that this person may know of, with its EG and people: one query. Raises ``Http404``."""
    if dossier_id > LARGEST_ID:
        raise Http404
    found = (
        Dossier.objects.visible_to(request.scope).with_people().filter(pk=dossier_id).annotate(**annotations).first()
    )
    if found is None:
        raise Http404
    return found


def find_fiche(dossier: Dossier, fiche_id: int) -> Fiche:
    """Fiche of a dossier with its record: one query. Raises ``Http404``."""
    found = None
    if fiche_id <= LARGEST_ID:
        found = Fiche.objects.filter(dossier=dossier).with_records().filter(pk=fiche_id).first()
    if found is None:
        raise Http404
    found.dossier = dossier
    return found
