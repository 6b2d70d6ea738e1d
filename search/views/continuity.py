"""`/recherche/continuite/`: the kits of the departments for days without network, to see and to keep at hand."""

from collections.abc import Iterator

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from accounts.models import AuditEntry
from accounts.requests import SignedInRequest
from accounts.services import log_action
from common.client_address import client_address
from common.pages import Crumb
from directory.models import Department

from ..continuity.html import body_of, repeated
from ..continuity.reading import UNITS_ONLY
from ..continuity.services import is_old, last_kit, last_kits
from .access import readers_only

CONTENT_TYPES = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}
NO_KIT = "Le kit de ce département n’est pas encore prêt. Il le sera dans l’heure."
GONE = "Les fichiers de ce kit ne sont plus là. Le prochain kit sera prêt dans l’heure."
_AT_ONCE = 64 * 1024  # bytes


@require_safe
@readers_only
def kits(request: HttpRequest) -> HttpResponse:
    """Departments with their last kit, and how to keep it at hand."""
    now = timezone.now()
    departments = [(department, kit, kit is not None and is_old(kit, now)) for department, kit in last_kits()]
    context = {
        "departments": departments,
        "has_old": any(is_late for _, _, is_late in departments),
        "units_only": UNITS_ONLY,
        "example": request.build_absolute_uri(reverse("search:continuity_pdf", args=["75"])),
    }
    return render(request, "search/continuity_list.html", context)


@require_safe
@readers_only
def kit(request: HttpRequest, code: str) -> HttpResponse:
    """The last kit of a department as it was prepared, to be read and printed from the site."""
    found = last_kit(code)
    if found is None:
        return _missing(request, code, NO_KIT)
    try:
        with default_storage.open(found.html_name) as file:
            body = body_of(file.read().decode())
    except FileNotFoundError:
        return _missing(request, code, GONE)
    context = {
        "kit": found,
        "body": body,
        "is_old": is_old(found, timezone.now()),
        "crumbs": [Crumb("Kit de continuité", reverse("search:continuity")), Crumb(str(found.department))],
        **repeated(str(found.department), found.at),
    }
    return render(request, "search/continuity_kit.html", context)


@require_safe
@readers_only
def kit_file(request: SignedInRequest, code: str, extension: str) -> HttpResponseBase:
    """Send a file of the last kit, always at this address; 304 to whoever has it already. Sending it is logged."""
    found = last_kit(code)
    if found is None:
        return _missing(request, code, NO_KIT)
    etag = f'"{found.pk}-{extension}"'
    if unchanged := get_conditional_response(request, etag=etag):
        return unchanged
    name = f"kit-ror-{found.department_id}-{timezone.localtime(found.at):%Y-%m-%d-%Hh%M}.{extension}"
    headers = {
        "Content-Type": CONTENT_TYPES[extension],
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Length": str(found.pdf_size if extension == "pdf" else found.html_size),
        "ETag": etag,
        "Cache-Control": "private, no-cache",
    }
    if request.method == "HEAD":
        return HttpResponse(headers=headers)
    try:
        file = default_storage.open(found.pdf_name if extension == "pdf" else found.html_name)
    except FileNotFoundError:
        return _missing(request, code, GONE)
    return StreamingHttpResponse(_sent(request, file, name), headers=headers)


def _sent(request: SignedInRequest, file: File, name: str) -> Iterator[bytes]:
    """Log the download, after the read-only transaction of the request, then give the bytes."""
    with file:
        log_action(
            action=AuditEntry.Action.EXPORTED,
            actor=request.user,
            target="Kit de continuité",
            request_ip=client_address(request),
            details={"what": "continuity", "file": name},
        )
        yield from file.chunks(_AT_ONCE)


def _missing(request: HttpRequest, code: str, why: str) -> HttpResponse:
    """Say why there is nothing to see of a department; raises ``Http404`` when there is no such department."""
    department = Department.objects.defer("outline").filter(pk=code).first()
    if department is None:
        raise Http404
    return render(request, "search/continuity_missing.html", {"department": department, "why": why}, status=404)
