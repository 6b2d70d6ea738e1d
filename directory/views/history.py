"""History of an EJ, an EG or a UO: its acts, one act in full, and putting an earlier version back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.requests import SignedInRequest

from ..forms.history import HistoryFilter
from ..history import KINDS
from ..models import RecordChange
from ..records import page_crumbs, record_url
from ..services import StaleRecord
from ..versions import past
from .access import find_record

ACTS_A_PAGE = 25


@require_safe
def record_history(request: SignedInRequest, kind: str, record_id: int) -> HttpResponse:
    """Acts on a record, newest first, filtered by block, author and days. 403 to whoever may not edit the record."""
    record = _readable(request, kind, record_id)
    changes = _changes(record)
    authors = User.objects.filter(pk__in=changes.order_by().values("by")).order_by("last_name", "first_name", "pk")
    form = HistoryFilter(request.GET, kind=kind, authors=list(authors))
    page = Paginator(form.applied(changes), ACTS_A_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "directory/record_history.html",
        {
            "record": record,
            "kind": kind,
            "crumbs": page_crumbs(record, "Historique"),
            "form": form,
            "page": page,
            "acts": [past.act_of(change) for change in page],
            "filtered": form.filters,
        },
    )


@require_safe
def record_change(request: SignedInRequest, kind: str, record_id: int, change_id: int) -> HttpResponse:
    """One act in full; support sees how to put the version before or after it back."""
    record = _readable(request, kind, record_id)
    change = get_object_or_404(_changes(record), pk=change_id)
    return render(
        request,
        "directory/record_change.html",
        {
            "record": record,
            "kind": kind,
            "crumbs": page_crumbs(record, f"Version {change.version}"),
            "act": past.act_of(change),
            "may_restore": past.restores_history(request.scope) and past.is_restorable(change),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def record_restore(request: SignedInRequest, kind: str, record_id: int, change_id: int, moment: str) -> HttpResponse:
    """Confirm, then put back the block of an act as it was just before (« avant ») or just after (« apres ») it.

    404 for an act that leaves nothing to put back.
    """
    record = _readable(request, kind, record_id)
    if not past.restores_history(request.scope):
        raise PermissionDenied("Seul le support rétablit une version antérieure.")
    change = get_object_or_404(_changes(record), pk=change_id)
    if not past.is_restorable(change):
        raise Http404
    if request.method == "POST":
        refusal = _restore(request, record, change, before=moment == "avant")
        if not refusal:
            return redirect(f"{record_url(record)}#{change.block}")
    else:
        refusal = ""
    record.refresh_from_db()
    try:
        fields = past.restore_differences(record, past.values_at(record, change, before=moment == "avant"))
    except ValidationError as error:
        fields, refusal = [], " ".join(error.messages)
    context = {
        "record": record,
        "kind": kind,
        "crumbs": page_crumbs(record, "Rétablir une version"),
        "act": past.act_of(change),
        "before": moment == "avant",
        "fields": fields,
        "refusal": refusal,
    }
    return render(request, "directory/record_restore.html", context, status=409 if refusal else 200)


def _restore(request: SignedInRequest, record: Any, change: RecordChange, *, before: bool) -> str:
    """Put the version back; return why it was refused, empty when it was done."""
    version = request.POST.get("version", "")
    try:
        done = past.restore_block(
            record=record,
            change=change,
            before=before,
            expected_version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
            by=request.user,
            scope=request.scope,
        )
    except StaleRecord:
        return "La fiche a été modifiée pendant que vous lisiez cette page. Relisez ce qui changera, puis confirmez."
    except ValidationError as error:
        return " ".join(error.messages)
    messages.success(request, "La version est rétablie." if done else "La fiche est déjà dans cette version.")
    return ""


def _readable(request: SignedInRequest, kind: str, record_id: int) -> Any:
    record = find_record(request, kind, record_id, follow=False)
    if not past.reads_history(request.scope, record):
        raise PermissionDenied("L’historique est réservé aux personnes qui mettent cette fiche à jour.")
    return record


def _changes(record: Any):
    lines = RecordChange.objects.filter(record_kind=KINDS[type(record)], record_id=record.pk)
    return lines.select_related("by").order_by("-version")
