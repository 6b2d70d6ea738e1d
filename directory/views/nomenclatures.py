"""« Nomenclatures »: the coded lists and their Excel files."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.xlsx import xlsx_response

from ..reference.national_lists import BY_SLUG
from ..term_lists import OF_THE_OFFER, list_lines, list_sheet
from .access import readers_only


@require_safe
@readers_only
def nomenclature_list(request: HttpRequest) -> HttpResponse:
    """Show every list with the number of its terms and the link to its file."""
    lines = list_lines()
    groups = [
        ("Décrire une unité", lines[:OF_THE_OFFER]),
        ("Décrire un établissement et le reste", lines[OF_THE_OFFER:]),
    ]
    return render(request, "directory/nomenclature_list.html", {"groups": groups})


@require_safe
@readers_only
def nomenclature_download(request: HttpRequest, slug: str) -> FileResponse:
    """Download one list. 404 on an unknown list."""
    coded = BY_SLUG.get(slug)
    if coded is None:
        raise Http404
    return xlsx_response(f"ROR-{coded.slug}-{timezone.localdate():%Y%m%d}.xlsx", [list_sheet(coded)])
