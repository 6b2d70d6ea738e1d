"""Support's call list, and which mails somebody accepts about the figures of his units."""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import AuditEntry
from accounts.requests import SignedInRequest
from accounts.services import log_action
from common.client_address import client_address
from common.pages import page_query, posted_from
from common.phones import display_phone
from common.xlsx import Sheet, xlsx_response

from ..criteria_words import applied_words, criteria_line
from ..reminders.call_list import CallFilter, CallLine, call_lines, figures_to_call
from ..reminders.panels import calls_units, is_mailed, save_preference

PER_PAGE = 30
PRINTED = 1000  # calls on one page, to be printed
NOT_YOURS = "La liste des appels à passer est celle du support."
NOT_MAILED = "Aucun rappel n’est envoyé à votre compte."
SHEET_COLUMNS = (
    *(("Unité", 45), ("Type d’UO", 40), ("Établissement", 45), ("Commune", 25), ("Département", 12)),
    *(("Téléphone", 16), ("Poste", 8), ("Places affichées", 10), ("Confirmé le", 18), ("Attendu depuis le", 18)),
    *(("Rythme attendu", 16), ("Personnes qui saisissent", 45)),
)


def support_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to a person who calls no unit."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not calls_units(request):
            raise PermissionDenied(NOT_YOURS)
        return view(request, *args, **kwargs)

    return guarded


@require_safe
@support_only
def call_list(request: HttpRequest) -> HttpResponse:
    """Units silent for more than four rhythms, the longest silence first; none while a filter cannot be read.

    ``tout`` puts them on one page, to be printed.
    """
    form, now = CallFilter(request.GET), timezone.now()
    wanted = form.wanted
    figures = figures_to_call(wanted, now)
    is_whole = "tout" in request.GET
    listed = Paginator(figures.none() if form.errors else figures, PRINTED if is_whole else PER_PAGE)
    page = listed.get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": list(call_lines(page.object_list, now)),
        "filtered": bool(wanted or form.errors),
        "export_query": page_query(request.GET, 1),
        "is_whole": is_whole,
        "criteria": criteria_line(applied_words(form)),
        "now": now,
        "whole_query": urlencode({**wanted, "tout": 1}),
    }
    return render(request, "availability/reminder_calls.html", context)


@posted_from(lambda: reverse("availability:call_list"))
@support_only
def call_list_workbook(request: SignedInRequest) -> HttpResponseBase:
    """The whole list as it is filtered, in an Excel file; logged. Back to the page while a filter cannot be read."""
    form, now = CallFilter(request.GET), timezone.now()
    wanted = form.wanted
    query = page_query(request.GET, 1)
    if form.errors:
        return redirect(reverse("availability:call_list") + query)
    log_action(
        action=AuditEntry.Action.EXPORTED,
        actor=request.user,
        target="Appels à passer",
        request_ip=client_address(request),
        details={"what": "call_list", "query": query[:1000]},
    )
    rows = sheet_rows(call_lines(figures_to_call(wanted, now), now))
    sheet = Sheet("Appels à passer", SHEET_COLUMNS, rows)
    return xlsx_response(f"appels-a-passer-{timezone.localdate(now):%Y-%m-%d}.xlsx", [sheet])


def sheet_rows(lines: Iterator[CallLine]) -> Iterator[tuple[Any, ...]]:
    """Rows of the sheet, in the order of its columns."""
    for line in lines:
        unit, entity, phone = line.unit, line.unit.geographic_entity, line.phone or {}
        yield (
            *(unit.name, unit.unit_type.label if unit.unit_type else "", entity.name, entity.commune.list_name),
            *(entity.commune.department_id, display_phone(phone.get("number", "")), phone.get("extension", "")),
            *(line.figure.figure, line.figure.confirmed_at, line.figure.awaited_since, line.rhythm),
            ", ".join(f"{person.display_name} <{person.email}>" for person in line.people),
        )


@posted_from(lambda: reverse("account") + "#rappels")
def preferences(request: SignedInRequest) -> HttpResponseBase:
    """Keep which mails the person accepts."""
    if not is_mailed(request.scope):
        raise PermissionDenied(NOT_MAILED)
    save_preference(
        user=request.user, wants_digest="wants_digest" in request.POST, wants_weekly="wants_weekly" in request.POST
    )
    messages.success(request, "Vos choix de mails sont enregistrés.")
    return redirect(reverse("account") + "#rappels")
