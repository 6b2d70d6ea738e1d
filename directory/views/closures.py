"""Closing a record and reopening it, with all that stands below (RG_EXP_043 to RG_EXP_046)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest

from .. import closing, closing_notes, closures, records, services
from ..enums import PublicationStatus, RecordKind
from ..forms.closures import ClosureForm, ReopeningForm, VersionForm
from ..models import OperationalUnit, Structure
from ..permissions import why_not_edit
from .access import find_own_record, readers_only

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSED, CONFLICT = 422, 409


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def record_close(request: SignedInRequest, kind: str, record_id: int) -> HttpResponse:
    """Close an EJ, an EG, a structure or a UO, after saying what is closed with it.

    404 when it is hidden from this person, 403 outside his scope, 422 for a form to correct, 409 when somebody saved
    the record meanwhile; a closed record leads back to its page.
    """
    record = find(request, kind, record_id)
    if record.is_closed:
        return redirect(page_of(record))
    if request.method != "POST":
        return close_page(request, record, ClosureForm(initial={"version": record.version}))
    form = ClosureForm(request.POST, opened_on=record.opened_on)
    if not form.is_valid():
        return close_page(request, record, form, status=REFUSED)
    below = closing.closed_with(record)
    changes = {
        "status": PublicationStatus.CLOSED,
        **{name: form.cleaned_data[name] for name in ("closure_kind", "closed_on", "reopens_on")},
    }
    if refused := save(request, record, form, changes):
        return close_page(request, *refused)
    also = f" Avec elle\u00a0: {', '.join(level.words for level in below)}." if below else ""
    messages.success(request, f"La fiche «\u00a0{record}\u00a0» est fermée.{also}")
    return redirect(page_of(record))


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def record_reopen(request: SignedInRequest, kind: str, record_id: int) -> HttpResponse:
    """Reopen a closed record and what its closure had closed below; answers as ``record_close``.

    A record below a closed one cannot be reopened: the page says which comes first (RG_EXP_044).
    """
    record = find(request, kind, record_id)
    if not record.is_closed:
        return redirect(page_of(record))
    if request.method != "POST":
        return reopen_page(request, record, ReopeningForm(initial={"version": record.version}))
    form = ReopeningForm(request.POST)
    if not form.is_valid():
        return reopen_page(request, record, form, status=REFUSED)
    below = closing.reopened_with(record)
    if refused := save(request, record, form, {"status": closures.status_before_closure(record)}):
        return reopen_page(request, *refused)
    also = f" Avec elle\u00a0: {', '.join(level.words for level in below)}." if below else ""
    messages.success(request, f"La fiche «\u00a0{record}\u00a0» est rouverte.{also}")
    return redirect(page_of(record))


def find(request: SignedInRequest, kind: str, record_id: int) -> Any:
    """Record that this person may close, with what stands above it."""
    if kind != RecordKind.STRUCTURE:
        record = find_own_record(request, kind, record_id)
    else:
        above = ("parent", "geographic_entity__legal_entity", "geographic_entity__commune")
        structures = Structure.objects.visible_to(request.scope).select_related(*above)
        record = get_object_or_404(structures.defer("geographic_entity__commune__outline"), pk=record_id)
    if refusal := why_not_edit(request.scope, record):
        raise PermissionDenied(refusal)
    return record


def save(
    request: SignedInRequest, record: Any, form: VersionForm, changes: Mapping[str, Any]
) -> tuple[Any, VersionForm, int] | None:
    """Write the act; when it is refused, the record as it is now, the form to show again and the status."""
    try:
        services.update_record(
            record=record,
            changes=changes,
            expected_version=form.read_version,
            by=request.user,
            scope=request.scope,
            reason=form.cleaned_data["reason"],
        )
    except services.StaleRecord as stale:
        data = request.POST.copy()
        data["version"] = str(stale.current.version)
        again = type(form)(data)
        again.add_error(None, "La fiche a été modifiée entre-temps\u00a0: vérifiez-la, puis confirmez à nouveau.")
        return stale.current, again, CONFLICT
    except ValidationError as refused:
        for message in refused.messages:
            form.add_error(None, message)
        record.refresh_from_db(fields=["status", "closure_kind", "closed_on", "reopens_on", "version"])
        return record, form, REFUSED
    return None


def close_page(request: SignedInRequest, record: Any, form: VersionForm, status: int = 200) -> HttpResponse:
    """The form beside what would be closed."""
    return render(
        request,
        "directory/record_close.html",
        {
            **shared(record, "Fermer la fiche"),
            "form": form,
            "below": closing.closed_with(record),
            "notes": closing_notes.notes_on(request.scope, record),
        },
        status=status,
    )


def reopen_page(request: SignedInRequest, record: Any, form: VersionForm, status: int = 200) -> HttpResponse:
    """What would be reopened, or the record to reopen first."""
    first = closing.closed_above(record)
    context = {
        **shared(record, "Rouvrir la fiche"),
        "form": form,
        "first": first,
        "first_url": closing.closure_url(request.scope, first) if first else "",
        "below": closing.reopened_with(record),
    }
    return render(request, "directory/record_reopen.html", context, status=status)


def shared(record: Any, title: str) -> dict[str, Any]:
    """What both pages show of the record."""
    anchor = record.geographic_entity if isinstance(record, Structure) else record
    return {
        "record": record,
        "record_url": page_of(record),
        "is_unit": isinstance(record, OperationalUnit),
        "crumbs": records.page_crumbs(anchor, f"{title} «\u00a0{record}\u00a0»" if anchor is not record else title),
    }


def page_of(record: Any) -> str:
    """Page that shows a record; a structure stands on the page of its EG."""
    if isinstance(record, Structure):
        return f"{records.record_url(record.geographic_entity)}#unites"
    return records.record_url(record)
