"""« Modifications publiées à relire »: what directors published at once, read by support afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.french import counted
from common.pages import PAGE_SIZE, Crumb, posted_from
from directory.models import Department
from directory.services import StaleRecord
from directory.versions.past import restore_differences, values_at

from ..direct import services
from ..direct.changes import (
    KIND_LABELS,
    STATES,
    ChangeFilter,
    ChangeLine,
    block_choices,
    later_change,
    lines_of,
    published_at_once,
)
from ..forms.direct import QuestionForm
from .access import LARGEST_ID, support_only

TITLE = "Modifications publiées à relire"
METHODS = ["GET", "HEAD", "POST"]
STALE = "La fiche a été modifiée pendant que vous lisiez cette page. Relisez ce qui changera, puis confirmez."


def _list_url(**_: Any) -> str:
    return reverse("collaborative:direct_changes")


@require_safe
@support_only
def direct_changes(request: SignedInRequest) -> HttpResponse:
    """Changes to read, 15 a page, the newest first, with filters."""
    asked = ChangeFilter.read(request.GET.dict())
    page = Paginator(asked.apply(), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": lines_of(page.object_list),
        "asked": asked,
        "states": STATES,
        "kinds": KIND_LABELS,
        "blocks": block_choices(),
        "departments": list(Department.objects.only("code", "name", "order").order_by("order", "code")),
        "back": request.get_full_path(),
        "title": TITLE,
        "crumbs": [Crumb(TITLE)],
    }
    return render(request, "collaborative/direct_change_list.html", context)


@support_only
@posted_from(_list_url)
def changes_read(request: SignedInRequest) -> HttpResponse:
    """« Relue », one line or all those shown (« modification », repeated). What was typed wrong is left out."""
    typed = request.POST.getlist("modification")
    ids = [int(text) for text in typed if text.isascii() and text.isdigit() and len(text) < 19]
    count = services.mark_read(change_ids=ids, by=request.user, scope=request.scope, now=timezone.now())
    if count:
        messages.success(request, f"{counted(count, 'modification relue', 'modifications relues')}.")
    else:
        messages.info(request, "Ces modifications étaient déjà relues.")
    return redirect(_list_url())


@require_http_methods(METHODS)
@support_only
def change_restore(request: SignedInRequest, change_id: int) -> HttpResponse:
    """Confirm, then put back what the fields of a change held before it. 404 when there is nothing to put back."""
    line = _find_line(change_id)
    if not line.is_restorable:
        raise Http404
    refusal = _restore(request, line) if request.method == "POST" else ""
    if request.method == "POST" and not refusal:
        messages.success(request, f"La valeur d’avant est rétablie sur la fiche «\u00a0{line.record}\u00a0».")
        return redirect(_list_url())
    line.record.refresh_from_db()
    try:
        fields = restore_differences(line.record, values_at(line.record, line.change, before=True, whole=False))
    except ValidationError as error:
        fields, refusal = [], " ".join(error.messages)
    context = {
        "line": line,
        "act": line.act,
        "fields": fields,
        "later": later_change(line.change) if fields else None,
        "refusal": refusal,
        "crumbs": [Crumb(TITLE, _list_url()), Crumb("Rétablir la valeur d’avant")],
    }
    return render(request, "collaborative/direct_change_restore.html", context, status=409 if refusal else 200)


@require_http_methods(METHODS)
@support_only
def change_ask(request: SignedInRequest, change_id: int) -> HttpResponse:
    """Write a question to the author of a change. 422 to correct."""
    line = _find_line(change_id)
    form = QuestionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.ask_author(
                change=line.change,
                text=form.cleaned_data["text"],
                by=request.user,
                scope=request.scope,
                now=timezone.now(),
            )
        except ValidationError as refused:
            form.add_error("text", refused.messages)
        else:
            messages.success(request, f"Votre question est envoyée à {line.change.by}.")
            return redirect(_list_url())
    context = {
        "line": line,
        "act": line.act,
        "form": form,
        "crumbs": [Crumb(TITLE, _list_url()), Crumb("Demander une précision")],
    }
    return render(request, "collaborative/direct_change_ask.html", context, status=422 if form.is_bound else 200)


def _restore(request: SignedInRequest, line: ChangeLine) -> str:
    """Put the value back; return why it was refused, empty when it was done."""
    version = request.POST.get("version", "")
    try:
        services.restore_before(
            change=line.change,
            record=line.record,
            expected_version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0,
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
        )
    except StaleRecord:
        return STALE
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _find_line(change_id: int) -> ChangeLine:
    changes = published_at_once().select_related("by", "direct_review__by")
    found = lines_of(changes.filter(pk=change_id)) if change_id <= LARGEST_ID else []
    if not found:
        raise Http404
    return found[0]
