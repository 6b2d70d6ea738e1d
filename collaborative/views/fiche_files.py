"""Photo and attachments that a fiche proposes: seen by those who may open its dossier, changed by its editors."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import SignedInRequest
from common import french
from common.pages import Crumb
from directory.attachments.panels import photo_url
from directory.attachments.services import MAX_ATTACHMENTS
from directory.enums import RecordKind
from directory.forms import AttachmentsForm, PhotoForm
from directory.models import Attachment

from ..enums import FileKind
from ..fiches import files
from ..fiches.services import StaleFiche
from ..models import Fiche, FicheFile
from ..pages import dossier_context
from ..permissions import refuse_to_edit
from ..services import StaleDossier
from .access import LARGEST_ID
from .fiche_pages import fiche_words, find_whole_fiche

TITLE = "Photo et pièces jointes"
WITH_FILES = (RecordKind.GEOGRAPHIC_ENTITY, RecordKind.UNIT)
PHOTO_MAX_AGE = 24 * 3600  # seconds; a new photo has a new address
SEEN = "photo_vue"  # hidden field of the page: the photo in sight
PHOTO_CHANGED = (
    "La photo a changé depuis que vous avez ouvert cette page\u00a0: rien n’est enregistré. "
    "Choisissez de nouveau votre image pour la mettre à sa place."
)
PHOTO_STAYS = "La photo a changé depuis que vous avez ouvert cette page\u00a0: elle n’est pas retirée."
CHANGED = "La fiche ou son dossier a changé entre-temps\u00a0: rien n’est enregistré."
GONE = "Ce fichier n’est plus sur la fiche\u00a0: rien n’est changé. Voici ceux qui y sont."


@require_http_methods(["GET", "HEAD", "POST"])
def fiche_files(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """Page of the files: those of the record and those proposed; add some. 422 for a wrong file."""
    fiche = _with_files(request, dossier_id, fiche_id)
    if request.method != "POST":
        return _page(request, fiche)
    refuse_to_edit(request.scope, fiche.dossier)
    is_photo = "photo" in request.POST or "photo" in request.FILES
    form: forms.Form = (PhotoForm if is_photo else AttachmentsForm)(request.POST, request.FILES)
    if form.is_valid():
        try:
            said = _add(request, fiche, form)
        except files.PhotoChanged:
            mine = b64encode(form.cleaned_data["photo"]).decode()
            form.add_error("photo", PHOTO_CHANGED)
            return _page(request, fiche, photo_form=form, mine=mine, status=409)
        except ValidationError as refused:
            form.add_error("fichiers", refused)
        except (StaleFiche, StaleDossier):
            messages.error(request, CHANGED)
            return redirect(_url(fiche))
        else:
            messages.success(request, said)
            return redirect(_url(fiche))
    return _page(request, fiche, form=None if is_photo else form, photo_form=form if is_photo else None, status=422)


@require_POST
def fiche_file_remove(request: SignedInRequest, dossier_id: int, fiche_id: int) -> HttpResponse:
    """Take back a proposed file (« fichier »), or propose to remove one of the record (« piece », « photo »)."""
    fiche = _with_files(request, dossier_id, fiche_id)
    refuse_to_edit(request.scope, fiche.dossier)
    who: dict[str, Any] = {"fiche": fiche, **_who(request)}
    try:
        if "photo" in request.POST:
            removal = files.remove_photo(seen=request.POST.get(SEEN, ""), **who)
            said = "La photo sera retirée à la publication." if removal else "Cette fiche n’a plus de photo à retirer."
        elif "piece" in request.POST:
            files.remove_attachment(attachment_id=_id(request, "piece"), **who)
            said = "La pièce jointe sera retirée à la publication."
        else:
            dropped = files.drop_file(file_id=_id(request, "fichier"), **who)
            said = "Le fichier est gardé." if dropped.kind in _REMOVALS else "Le fichier est retiré de la fiche."
    except files.PhotoChanged:
        messages.error(request, PHOTO_STAYS)
    except (Attachment.DoesNotExist, FicheFile.DoesNotExist):
        messages.error(request, GONE)
    except (StaleFiche, StaleDossier):
        messages.error(request, CHANGED)
    else:
        messages.success(request, said)
    return redirect(_url(fiche))


@require_safe
@cache_control(private=True, max_age=PHOTO_MAX_AGE)
def fiche_file(request: SignedInRequest, dossier_id: int, fiche_id: int, file_id: int) -> FileResponse:
    """One proposed file: a photo is shown, an attachment always downloaded. 404 when it is gone."""
    fiche = _with_files(request, dossier_id, fiche_id)
    kept = fiche.files.filter(pk=min(file_id, LARGEST_ID)).exclude(file="").first()
    if kept is None:
        raise Http404
    named: dict[str, Any] = {} if kept.kind == FileKind.PHOTO else {"as_attachment": True, "filename": kept.name}
    try:
        return FileResponse(kept.file.open("rb"), content_type=kept.content_type, **named)
    except FileNotFoundError as error:
        raise Http404 from error


_REMOVALS = (FileKind.PHOTO_REMOVAL, FileKind.ATTACHMENT_REMOVAL)


def _with_files(request: SignedInRequest, dossier_id: int, fiche_id: int) -> Fiche:
    fiche = find_whole_fiche(request, dossier_id, fiche_id)
    if fiche.kind not in WITH_FILES:
        raise Http404
    return fiche


def _who(request: SignedInRequest) -> dict[str, Any]:
    return {"by": request.user, "scope": request.scope, "now": timezone.now()}


def _id(request: SignedInRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < len(str(LARGEST_ID)) else 0


def _url(fiche: Fiche) -> str:
    return reverse("collaborative:fiche_files", args=[fiche.dossier_id, fiche.pk])


def _add(request: SignedInRequest, fiche: Fiche, form: forms.Form) -> str:
    """Keep the files of a valid form; return what to say. Raises what ``files`` raises."""
    who = _who(request)
    if isinstance(form, PhotoForm):
        files.set_photo(fiche=fiche, content=form.cleaned_data["photo"], seen=request.POST.get(SEEN, ""), **who)
        return "La photo est enregistrée\u00a0: elle sera publiée avec la fiche."
    uploads = form.cleaned_data["fichiers"]
    files.add_attachments(fiche=fiche, uploads=uploads, **who)
    count = french.counted(len(uploads), "pièce jointe ajoutée", "pièces jointes ajoutées")
    return f"{count}\u00a0: publication avec la fiche."


def _page(
    request: SignedInRequest,
    fiche: Fiche,
    *,
    form: forms.Form | None = None,
    photo_form: forms.Form | None = None,
    mine: str = "",
    status: int = 200,
) -> HttpResponse:
    page = Crumb(str(fiche), reverse("collaborative:fiche_detail", args=[fiche.dossier_id, fiche.pk]))
    context = dossier_context(request, fiche.dossier, page, TITLE, selected=fiche)
    proposed = list(fiche.files.select_related("added_by"))
    removed = {row.removes_id for row in proposed if row.removes_id}
    record = fiche.record
    present = [] if record is None else list(record.attachments.present())
    context |= fiche_words(fiche) | {
        "form": form or AttachmentsForm(),
        "photo_form": photo_form or PhotoForm(),
        "seen": files.photo_in_sight(fiche),
        "mine": mine,
        "photo": next((row for row in proposed if row.kind == FileKind.PHOTO), None),
        "photo_removal": next((row for row in proposed if row.kind == FileKind.PHOTO_REMOVAL), None),
        "record_photo_url": "" if record is None else photo_url(record),
        "added": [row for row in proposed if row.kind == FileKind.ATTACHMENT],
        "removals": [row for row in proposed if row.kind == FileKind.ATTACHMENT_REMOVAL],
        "present": [attachment for attachment in present if attachment.pk not in removed],
        "limit": MAX_ATTACHMENTS,
    }
    return render(request, "collaborative/fiche_files.html", context, status=status)
