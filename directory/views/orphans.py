"""« Fiches orphelines »: the three lists, and their Excel file (spec 30, Duplicates and orphans)."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import AuditEntry
from accounts.requests import SignedInRequest
from accounts.roles import Permission
from accounts.services import log_action
from common.client_address import client_address
from common.pages import posted_from
from common.xlsx import Sheet, xlsx_response

from ..orphans import listing
from ..orphans.kinds import EXPLANATIONS, LABELS, NONE_LEFT, OrphanKind
from ..permissions import edits_somewhere, settles_duplicates
from .quality import CountedPaginator, query_without

NOT_YOURS = "Les fiches orphelines sont suivies par les directeurs et le support."
COLUMNS = (
    *(("Fiche", 7), ("Nom", 45), ("Type", 40), ("Établissement", 45), ("Département", 24), ("Créée le", 18)),
    *(("Personnes à joindre", 60), ("Adresses mail", 60)),
)


def editors_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to a person who edits no record."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not edits_somewhere(request):
            raise PermissionDenied(NOT_YOURS)
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@editors_only
def orphan_list(request: SignedInRequest) -> HttpResponse:
    """Orphans among the records that this person edits, 25 a page, filtered by department and name."""
    asked, now = listing.Asked.read(request.GET), timezone.now()
    counts = listing.counts(asked, request.scope, now)
    records = listing.records_asked(asked, request.scope, now)
    page = CountedPaginator(records, listing.PER_PAGE, total=counts[asked.kind]).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "page": page,
        "lines": list(listing.lines_of(asked.kind, page.object_list, request.scope.user_id)),
        "lists": [(kind, LABELS[kind], counts[kind], _list_query(request, kind)) for kind in OrphanKind],
        "title": LABELS[asked.kind],
        "explanation": EXPLANATIONS[asked.kind],
        "none_left": NONE_LEFT[asked.kind],
        "departments": listing.departments(request.scope),
        "may_name": request.scope.may(Permission.ROLE_DELEGATE),
        "settles_duplicates": settles_duplicates(request),
        "export_query": query_without(request, "page"),
    }
    return render(request, "directory/orphan_list.html", context)


def _list_query(request: HttpRequest, kind: OrphanKind) -> str:
    """Query string of another list, the filters kept."""
    return query_without(request, "page", liste=kind.value)


@editors_only
@posted_from(lambda: reverse("directory:orphan_list"))
def orphan_workbook(request: SignedInRequest) -> HttpResponseBase:
    """The list as it is filtered, in an Excel file written line by line; logged."""
    asked, now = listing.Asked.read(request.GET), timezone.now()
    log_action(
        action=AuditEntry.Action.EXPORTED,
        actor=request.user,
        target="Fiches orphelines",
        request_ip=client_address(request),
        details={"what": "orphans", "query": query_without(request, "page")[:1000]},
    )
    records = listing.records_asked(asked, request.scope, now).iterator(chunk_size=2000)
    signs = [(label, 20) for label in listing.sign_labels()] if asked.kind == OrphanKind.SILENT else []
    sheet = Sheet(LABELS[asked.kind], (*COLUMNS, *signs), sheet_rows(listing.lines_of(asked.kind, records)))
    return xlsx_response(f"{asked.kind.value}-{timezone.localdate(now):%Y-%m-%d}.xlsx", [sheet])


def sheet_rows(lines: Iterator[listing.OrphanLine]) -> Iterator[tuple[Any, ...]]:
    """Rows of the sheet, in the order of its columns."""
    for line in lines:
        yield (
            *(line.code, line.name, line.type_label, line.entity_name or line.name),
            *(f"{line.department.name} ({line.department.code})", line.created_at),
            ", ".join(f"{contact.name} ({contact.role})" for contact in line.contacts),
            ", ".join(contact.email for contact in line.contacts if contact.email),
            *(at for _, at in line.signs),
        )
