"""What a person had typed in a fiche that he may no more know of: his words are given back, nothing of the fiche."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from directory.enums import RecordKind

from ..enums import FicheAction
from ..fiches.drafts import data_of
from ..fiches.form import FicheForm
from ..fiches.proof import STAMP, kind_once_seen
from ..models import Draft, Fiche
from ..permissions import works_on_dossiers
from .access import LARGEST_ID

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict

    from accounts.requests import SignedInRequest

GONE = (
    "Cette fiche ne vous est plus ouverte\u00a0: vos droits ont pris fin entre-temps, ou elle n’est plus dans ce "
    "dossier."
)


def once_seen(request: SignedInRequest, dossier_id: int, fiche_id: int) -> str:
    """Kind of a fiche that this person could see and cannot any more; empty when nothing proves it: it stays a 404."""
    if max(dossier_id, fiche_id) > LARGEST_ID:
        return ""
    stamp = request.POST.get(STAMP, "")
    return kind_once_seen(dossier_id=dossier_id, fiche_id=fiche_id, stamp=stamp, user=request.user)


def gone_page(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse | None:
    """Page of what the person had typed, 403: sent just now, or kept as his draft. ``None``: he may know of nothing.

    The form is made on a blank fiche: what it shows is what he typed. htmx shows an answer of status 200 alone.
    """
    kind = once_seen(request, dossier_id, fiche_id)
    data = _typed(request, dossier_id, fiche_id) if kind else None
    if data is None:
        return None
    form = FicheForm(_blank(kind), request.scope, data)
    sent = {block.block for block in form.blocks if block.is_bound}
    form = form.as_typed()
    context = {
        "form": form,
        "blocks": [block for block in form.blocks if block.block in sent],
        "kind": kind,
        "gone": GONE,
        "stamp": data.get(STAMP, ""),
        "works_on_dossiers": works_on_dossiers(request),
    }
    return render(request, "collaborative/fiche_gone.html", context, status=200 if request.htmx else 403)


def _typed(request: SignedInRequest, dossier_id: int, fiche_id: int) -> QueryDict | None:
    if request.method == "POST":
        return request.POST
    draft = Draft.objects.filter(fiche=fiche_id, fiche__dossier=dossier_id, by=request.user).first()
    return None if draft is None else data_of(draft)


def _blank(kind: str) -> Fiche:
    top = Fiche(kind=RecordKind.GEOGRAPHIC_ENTITY, action=FicheAction.CREATE)
    if kind == RecordKind.GEOGRAPHIC_ENTITY:
        return top
    return Fiche(kind=kind, action=FicheAction.CREATE, parent=top)
