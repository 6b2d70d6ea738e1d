"""« Signaler une erreur » on a record, and the pages « Signalements »."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.french import NBSP, on_moment
from common.pages import PAGE_SIZE, Crumb

from .. import records
from ..duplicates.replaced import refer_on, stands_for
from ..enums import RecordKind
from ..forms.reports import AnswerForm, ReportForm
from ..history import KINDS
from ..models import Department, ErrorReport
from ..permissions import edits_somewhere
from ..reports import pages as report_pages
from ..reports import services as reports
from ..reports.pages import ReportFilter, ShownReport
from .access import readers_only

TOO_MANY = (
    f"Vous avez signalé {reports.REPORTS_PER_DAY} erreurs en vingt-quatre heures, le maximum{NBSP}: "
    "recommencez demain, ou écrivez au support."
)
TAKE = "prendre"
CLOSINGS = {"corriger": ErrorReport.State.CORRECTED, "refuser": ErrorReport.State.REJECTED}


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def report_error(request: SignedInRequest, kind: str, record_id: int) -> HttpResponse:
    """File a report on a record (« encadre » presets the block). 404 when the record is hidden from this person."""
    record_kind = RecordKind(kind)
    try:
        record = report_pages.whole_record(request.scope, record_kind, record_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    refer_on(request, record)
    if kept := stands_for(request.scope, record):  # something is sent: it is about the record that stays
        record = report_pages.whole_record(request.scope, record_kind, kept.pk)
    asked = request.GET.get("encadre", "") if "block" not in request.GET else request.GET["block"]
    if request.method != "POST":
        return _report_page(request, record, ReportForm(record_kind, initial={"block": asked}), asked)
    form = ReportForm(record_kind, request.POST)
    if not form.is_valid():
        return _report_page(request, record, form, request.POST.get("block", ""), status=422)
    try:
        report, is_new = reports.file_report(
            record=record,
            block=form.cleaned_data["block"],
            text=form.cleaned_data["text"],
            by=request.user,
            scope=request.scope,
            base_url=request.build_absolute_uri("/"),
        )
    except reports.TooManyReports:
        form.add_error(None, TOO_MANY)
        return _report_page(request, record, form, form.cleaned_data["block"], status=422)
    filed = "Erreur signalée" if is_new else "Cette erreur était déjà enregistrée"
    told = "le support en est prévenu" if report.support_told_at else "les directeurs de la fiche en sont prévenus"
    messages.success(request, f"{filed}{NBSP}: {told}. La réponse vous sera envoyée par mail.")
    return redirect(records.record_url(record))


def _report_page(
    request: SignedInRequest, record: Any, form: ReportForm, block: str, *, status: int = 200
) -> HttpResponse:
    """The form, with what the block says now when one is chosen."""
    kind, url = KINDS[type(record)], records.record_url(record)
    known = block if block in dict(report_pages.block_choices(kind)) else ""
    context = {
        "record": record,
        "record_url": url,
        "form": form,
        "block_title": report_pages.block_title(kind, known) if known else "",
        "rows": report_pages.block_now(request.scope, record, known) if known else [],
        "not_shown": report_pages.hidden_words(request.scope, record, known) if known else "",
        "block_url": f"{url}#t-{known}",
        "crumbs": records.page_crumbs(record, "Signaler une erreur"),
    }
    return render(request, "directory/report_create.html", context, status=status)


@require_safe
@readers_only
def report_list(request: SignedInRequest) -> HttpResponse:
    """Reports on the records one keeps and those one filed, 15 a page, filtered by state, department, age, record."""
    now = timezone.now()
    handles = edits_somewhere(request)
    default = report_pages.OPEN if handles else report_pages.ALL
    wanted = ReportFilter.read(request.GET, default=default)
    mine = ErrorReport.objects.visible_to(request.scope)
    found = report_pages.with_record(report_pages.in_order(wanted.apply(mine, now)), request.scope)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [ShownReport(report, request.scope, now) for report in page.object_list],
        "wanted": wanted,
        "states": [(key, label) for key, (label, _) in report_pages.STATES.items()],
        "ages": list(report_pages.AGES.values()),
        "departments": Department.objects.only("code", "name", "order").order_by("order", "code"),
        "handles": handles,
        "is_filtered": wanted != ReportFilter(state=default),
    }
    return render(request, "directory/report_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def report_detail(request: SignedInRequest, report_id: int) -> HttpResponse:
    """Show one report and its steps; take it or close it. 404 on reports that are not this person's."""
    found = report_pages.with_record(ErrorReport.objects.visible_to(request.scope), request.scope)
    report = found.filter(pk=report_id).first()
    if report is None:
        raise Http404
    if request.method != "POST":
        return _detail_page(request, report, AnswerForm(initial={"version": report.version}))
    if not ShownReport(report, request.scope, timezone.now()).may_handle:
        raise PermissionDenied("Ce signalement est traité par les directeurs de la fiche et par le support.")
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, report, form, status=422)
    try:
        message = _act(request, report, form)
    except reports.StaleReport as stale:
        form = AnswerForm({"version": stale.current.version, "answer": form.cleaned_data["answer"]})
        return _detail_page(request, stale.current, form, stale=_stale_words(request, stale.current), status=409)
    except ValidationError as error:
        form.add_error(None, error)
        return _detail_page(request, report, form, status=422)
    messages.success(request, message)
    return redirect("reports:report_detail", report_id=report.pk)


def _act(request: SignedInRequest, report: ErrorReport, form: AnswerForm) -> str:
    """Do what the button says; return what to tell. 400 when it says nothing."""
    act = request.POST.get("acte", "")
    shared = {
        "report": report,
        "expected_version": form.read_version,
        "by": request.user,
        "scope": request.scope,
    }
    if act == TAKE:
        reports.take_report(text=form.cleaned_data["answer"], **shared)
        return "Le signalement est pris en charge."
    if act not in CLOSINGS:
        raise BadRequest("submit button")
    state = CLOSINGS[act]
    reports.answer_report(
        state=state, answer=form.cleaned_data["answer"], base_url=request.build_absolute_uri("/"), **shared
    )
    told = "" if report.reported_by_id == request.user.pk else " La personne qui l’a signalé est prévenue."
    return f"Signalement clos{NBSP}: {state.label.lower()}.{told}"


def _stale_words(request: SignedInRequest, report: ErrorReport) -> str:
    """What was done meanwhile; when nothing was, that the page was not up to date."""
    last = report.steps.select_related("by").last()
    if last is None or not last.from_state:
        return "Cette page n’était pas à jour."
    who = last.by.short_name if last.by else "le système"
    state = last.get_to_state_display()
    who = "vous avez" if last.by_id == request.user.pk else f"{who} a"
    return f"Entre-temps, {who} mis ce signalement dans l’état «{NBSP}{state}{NBSP}», {on_moment(last.at)}."


def _detail_page(
    request: SignedInRequest, report: ErrorReport, form: AnswerForm, *, stale: str = "", status: int = 200
) -> HttpResponse:
    shown = ShownReport(report, request.scope, timezone.now())
    try:
        record = report_pages.whole_record(request.scope, shown.kind, report.record.pk)
    except ObjectDoesNotExist:
        record = None
    url = records.record_url(report.record) if record else ""
    context = {
        "shown": shown,
        "report": report,
        "steps": report.steps.select_related("by"),
        "form": form,
        "stale": stale,
        "rows": report_pages.block_now(request.scope, record, report.block) if record and report.block else [],
        "record_url": url,
        "block_url": f"{url}#t-{report.block}" if url and report.block else url,
        "may_handle": report.is_open and shown.may_handle,
        "crumbs": [Crumb("Signalements", reverse("reports:report_list")), Crumb(f"Signalement {report.pk}")],
    }
    return render(request, "directory/report_detail.html", context, status=status)
