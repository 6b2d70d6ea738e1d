"""Photo and attachments of an EG or UO: putting them on, taking them off, reading them.

Whoever may not see the address of a record (a sensitive unit's) sees none of its files: they would give it away.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from common import french

from ..attachments import services
from ..attachments.panels import photo_url
from ..duplicates.replaced import Replaced, refer_on, stands_for
from ..enums import RecordKind
from ..forms.files import AttachmentsForm, PhotoForm
from ..models import Attachment, GeographicEntity, OperationalUnit
from ..permissions import why_not_edit_blocks
from ..records import page_crumbs, record_url
from .access import find_record, readers_only

if TYPE_CHECKING:
    from django import forms

PHOTO_MAX_AGE = 24 * 3600  # seconds; a new photo has a new address
MERGED = "a été fusionnée dans une autre fiche. Vous êtes sur celle qui reste\u00a0: recommencez ici."
WITH_FILES: dict[str, Any] = {RecordKind.GEOGRAPHIC_ENTITY: GeographicEntity, RecordKind.UNIT: OperationalUnit}


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def photo(request: HttpRequest, kind: str, record_id: int) -> HttpResponse:
    """Page of the photo: put one on, replace it, take it off. 403 outside the person's scope, 422 for a wrong file."""
    record = _own_record(request, kind, record_id)
    if request.method != "POST":
        return _page(request, "photo", kind, record, PhotoForm())
    if "supprimer" in request.POST:
        removed = services.remove_photo(record=record, **_author(request))
        messages.success(request, "La photo est supprimée." if removed else "Cette fiche n’a pas de photo.")
        return redirect(record_url(record))
    form = PhotoForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, "photo", kind, record, form, status=422)
    try:
        services.set_photo(record=record, content=form.cleaned_data["photo"], **_author(request))
    except ValidationError as refused:
        form.add_error("photo", refused)
        return _page(request, "photo", kind, record, form, status=422)
    messages.success(request, "La photo est enregistrée.")
    return redirect(record_url(record))


@require_safe
@readers_only
@cache_control(private=True, max_age=PHOTO_MAX_AGE)
def photo_file(request: HttpRequest, kind: str, record_id: int, name: str) -> FileResponse:
    """Photo itself. 404 unless ``name`` is that of the photo now, and the person sees the record's address."""
    record = _readable_record(request, kind, record_id)
    if not record.photo or PurePosixPath(record.photo.name).name != name:
        raise Http404
    return _answer(record.photo, content_type="image/jpeg")


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def attachments(request: HttpRequest, kind: str, record_id: int) -> HttpResponse:
    """Page of the attachments: list, and files to add. 403 outside the person's scope, 422 for a wrong file."""
    record = _own_record(request, kind, record_id)
    if request.method != "POST":
        return _page(request, "attachments", kind, record, AttachmentsForm())
    form = AttachmentsForm(request.POST, request.FILES)
    if form.is_valid():
        uploads = form.cleaned_data["fichiers"]
        try:
            services.add_attachments(record=record, uploads=uploads, **_author(request))
        except ValidationError as refused:
            form.add_error("fichiers", refused)
        else:
            added = french.counted(len(uploads), "pièce jointe ajoutée", "pièces jointes ajoutées")
            messages.success(request, f"{added}.")
            return redirect("directory:attachments", kind, record.pk)
    return _page(request, "attachments", kind, record, form, status=422)


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def attachment_download(request: HttpRequest, kind: str, record_id: int, attachment_id: int) -> FileResponse:
    """Attachment, always as a download. 404 when it was removed, or the person does not see the record's address."""
    record = _readable_record(request, kind, record_id)
    attachment = _attachment(record, attachment_id)
    return _answer(attachment.file, content_type=attachment.content_type, as_attachment=True, filename=attachment.name)


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def attachment_remove(request: HttpRequest, kind: str, record_id: int, attachment_id: int) -> HttpResponse:
    """Ask, then remove an attachment. 403 outside the person's scope, 404 when it is gone."""
    record = _own_record(request, kind, record_id)
    attachment = _attachment(record, attachment_id)
    if request.method != "POST":
        context = {"attachment": attachment, **_context(kind, record, "Supprimer une pièce jointe")}
        return render(request, "directory/attachment_remove.html", context)
    try:
        services.remove_attachment(record=record, attachment_id=attachment.pk, **_author(request))
    except Attachment.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, f"«\u00a0{attachment.name}\u00a0» est supprimé.")
    return redirect("directory:attachments", kind, record.pk)


def _author(request: HttpRequest) -> dict[str, Any]:
    """Who writes, and within what."""
    return {"by": request.user, "scope": request.scope}


def _own_record(request: HttpRequest, kind: str, record_id: int) -> Any:
    if kind not in WITH_FILES:
        raise Http404
    record = find_record(request, kind, record_id)
    if request.method == "POST" and (kept := stands_for(request.scope, record)):
        messages.warning(request, f"Rien n’est enregistré\u00a0: «\u00a0{record}\u00a0» {MERGED}")
        raise Replaced(record, kept)
    if refusal := why_not_edit_blocks(request.scope, record):
        raise PermissionDenied(refusal)
    return record


def _readable_record(request: HttpRequest, kind: str, record_id: int) -> Any:
    """Record whose files this person may read: one query."""
    model = WITH_FILES.get(kind)
    if model is None or record_id > 2**63 - 1:
        raise Http404
    record = model.objects.visible_to(request.scope).with_address_shown(request.scope).filter(pk=record_id).first()
    if record is None or not record.address_shown:
        raise Http404
    refer_on(request, record)
    return record


def _attachment(record: Any, attachment_id: int) -> Attachment:
    try:
        return record.attachments.present().get(pk=min(attachment_id, 2**63 - 1))
    except Attachment.DoesNotExist as error:
        raise Http404 from error


def _answer(file: Any, **options: Any) -> FileResponse:
    try:
        return FileResponse(file.open("rb"), **options)
    except FileNotFoundError as error:
        raise Http404 from error


def _context(kind: str, record: Any, title: str) -> dict[str, Any]:
    return {"record": record, "kind": kind, "record_url": record_url(record), "crumbs": page_crumbs(record, title)}


def _page(
    request: HttpRequest, name: str, kind: str, record: Any, form: forms.Form, *, status: int = 200
) -> HttpResponse:
    """Page « photo » or « attachments » of a record."""
    if name == "photo":
        context = {"form": form, "photo_url": photo_url(record), **_context(kind, record, "Photo")}
        return render(request, "directory/record_photo.html", context, status=status)
    present = record.attachments.present().select_related("added_by")
    context = {
        "form": form,
        "attachments": present,
        "limit": services.MAX_ATTACHMENTS,
        **_context(kind, record, "Pièces jointes"),
    }
    return render(request, "directory/record_attachments.html", context, status=status)
