"""« Suite de l’appel » of a unit: a page for lists, and where every such form is sent (spec 20, Beyond the seeds)."""

import uuid
from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from common.french import NBSP, on_moment, time_of_day
from directory.contacts import main_phone
from directory.duplicates.replaced import refer_on
from directory.models import OperationalUnit
from directory.permissions import sees_contacts
from directory.records import page_crumbs

from ..calls.form import CallForm
from ..calls.services import EntryNotOpen, Reported, StatedSince, prompt_of, report_call
from ..exceptions import RequestReused, StaleFigure
from ..locks import SharedMeanwhile
from ..panels import badges, shown_unit
from ..wording import capacity_noun, figure_words
from .access import readers_only

CHANGED = "Le chiffre a changé depuis que vous l’avez lu : vérifiez ci-dessous, puis répondez de nouveau."


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def call(request: SignedInRequest, unit_id: int) -> HttpResponse:
    """Ask what was answered on the phone, keep it, go back to ``retour`` (a path of this site; else the record)."""
    unit = find_unit(request, unit_id)
    if request.method != "POST":
        return _page(request, unit)
    form = CallForm(request.POST)
    if not form.is_valid():
        if form.is_broken:
            raise BadRequest("call form")
        return _page(request, unit, form, status=422)
    try:
        reported = report_call(
            unit_id=unit.pk,
            said=form.report,
            request_id=form.sent_id,
            by=request.user,
            scope=request.scope,
            now=timezone.now(),
            base_url=request.build_absolute_uri("/"),
        )
    except StatedSince as since:
        return _page(request, unit, form, changed=_since_words(since, unit), status=409)
    except (StaleFigure, RequestReused, SharedMeanwhile):
        return _page(request, unit, form, changed=CHANGED, status=409)
    except (EntryNotOpen, OperationalUnit.DoesNotExist):
        return _page(request, unit, status=409)
    messages.success(request, _words(reported, unit))
    return redirect(_back(request, unit))


def find_unit(request: SignedInRequest, unit_id: int) -> OperationalUnit:
    """Unit that this person may open, with its place and its EJ (one query). Raises ``Http404``."""
    units = OperationalUnit.objects.visible_to(request.scope).with_place()
    unit = None
    if unit_id < 2**63:
        unit = units.select_related("geographic_entity__legal_entity").filter(pk=unit_id).first()
    if unit is None:
        raise Http404
    refer_on(request, unit)
    return unit


def _back(request: SignedInRequest, unit: OperationalUnit) -> str:
    """Where one came from, when it is a path of this site."""
    asked = request.POST.get("retour") or request.GET.get("retour") or ""
    allowed = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if allowed and asked.startswith("/") else reverse("directory:unit_detail", args=[unit.pk])


def _words(reported: Reported, unit: OperationalUnit) -> str:
    said = f"{unit.name}{NBSP}: «{NBSP}{reported.call.get_outcome_display()}{NBSP}» est noté, merci."
    if not reported.is_contested:
        return said
    told = " Les personnes qui le saisissent sont prévenues." if reported.is_told else ""
    return f"{said} Le chiffre affiché est marqué contesté jusqu’à sa prochaine confirmation.{told}"


def _since_words(since: StatedSince, unit: OperationalUnit) -> str:
    """« Le chiffre a été confirmé depuis, à 12:17 : 8 places… », and how to answer all the same."""
    current = since.current
    kind = current.capacity_kind
    figure = figure_words(current.figure or 0, kind)
    at = current.confirmed_at or current.stated_at or timezone.now()
    when = f"à {time_of_day(at)}" if timezone.localdate(at) == timezone.localdate() else on_moment(at)
    done = "confirmé" if since.shown == current.figure else "mis à jour"
    return (
        f"Le chiffre a été {done} depuis, {when}{NBSP}: {figure}. Si l’on vous a répondu plus tard qu’il n’y a plus de"
        f" {capacity_noun(1, kind)}, répondez de nouveau «{NBSP}Plus de place{NBSP}»{NBSP}: il sera marqué contesté."
    )


def _page(
    request: SignedInRequest,
    unit: OperationalUnit,
    form: CallForm | None = None,
    *,
    changed: str = "",
    status: int = 200,
) -> HttpResponse:
    """The unit, its figure, and the form, with what was typed."""
    back = _back(request, unit)
    row = shown_unit(request, unit)
    prompt = prompt_of(unit, row.figure, back)
    if prompt is not None and form is not None:
        typed = {name: form.data.get(name, "") for name in ("outcome", "reason", "comment")}
        prompt = replace(prompt, **typed, errors=form.shown_errors, request_id=str(uuid.uuid4()))
    context = {
        "unit": unit,
        "row": row,
        "call": prompt,
        "phone": main_phone(unit, contacts=sees_contacts(request.scope, unit)),
        "changed": changed,
        "back": back,
        "crumbs": page_crumbs(unit, "Suite de l’appel"),
        **badges(),
    }
    return render(request, "availability/call_report.html", context, status=status)
