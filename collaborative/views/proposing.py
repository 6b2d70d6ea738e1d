"""« Proposer un changement »: from the locked field of a block to the same field of a fiche."""

import re

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from accounts.requests import SignedInRequest
from common.pages import posted_from
from directory.editing import MODELS, find_to_edit
from directory.forms import block_form_class
from directory.proposals import FIELD
from directory.records import record_url

from ..direct.proposing import DossierUnderWay, propose_change
from ..enums import DossierState
from ..fiches.anchors import field_url
from ..models import Dossier
from ..pages import dossier_url
from ..permissions import why_not_yours
from ..tree import fiche_url
from .access import LARGEST_ID, workers_only
from .opening import ELSEWHERE

NAME = re.compile(r"[a-z_]{1,64}")
SENT = "Un dossier de cet établissement est en validation chez SESAN\u00a0: rien ne s’y ajoute pour le moment."


def _block_page(kind: str, record_id: int, block: str) -> str:
    return reverse("directory:block_edit", args=[kind, record_id, block])


@workers_only
@posted_from(_block_page)
def sensitive_propose(request: SignedInRequest, kind: str, record_id: int, block: str) -> HttpResponse:
    """Open a dossier on the EG of a record, or join the open one, and go to the field « champ » of its fiche.

    404 for an unknown block or record, 403 outside the person's scope; back to the block with a message and a link
    when the open dossier takes no change now.
    """
    form_class = block_form_class(kind, block)
    if form_class is None or kind not in MODELS or record_id > LARGEST_ID:
        raise Http404
    try:
        record = find_to_edit(request.scope, kind, record_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    try:
        fiche = propose_change(record=record, by=request.user, scope=request.scope, now=timezone.now())
    except DossierUnderWay as refused:
        messages.warning(request, _why(request, refused.dossier))
        return redirect(_block_page(kind, record_id, block))
    except ValidationError as refused:
        messages.warning(request, refused.messages[0])
        return redirect(record_url(record) if record.is_closed else _block_page(kind, record_id, block))
    messages.info(
        request,
        "Changez le champ, finalisez la fiche, puis envoyez le dossier en validation.",
    )
    name = request.POST.get(FIELD, "")
    return redirect(field_url(fiche_url(fiche), block, name if NAME.fullmatch(name) else ""))


def _why(request: SignedInRequest, dossier: Dossier) -> str:
    """Why the open dossier takes no change, with a link to it for who may know of it."""
    if not Dossier.objects.visible_to(request.scope).filter(pk=dossier.pk).exists():
        return ELSEWHERE
    if dossier.is_editable:
        return why_not_yours(request.scope, dossier)
    if dossier.state != DossierState.SENT:
        return "Le dossier en cours sur cet établissement ne se modifie plus."
    return format_html('{} <a href="{}">Voir le dossier «\u00a0{}\u00a0»</a>', SENT, dossier_url(dossier), dossier.name)
