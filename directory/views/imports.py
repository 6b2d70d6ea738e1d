"""« Imports »: the runs, a new one by kind, one run with its progress and its lines, its report."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import AuditEntry
from accounts.requests import SignedInRequest
from accounts.services import log_action
from common.client_address import client_address
from common.pages import Crumb, posted_from

from ..imports import engine, pages, registry, runs
from ..imports.contract import Importer
from ..imports.finess import entities_to_complete
from ..imports.forms import NewRunForm
from ..models import ImportLine, ImportRun
from .quality import CountedPaginator

RUNS_SHOWN = 20
TO_COMPLETE_SHOWN = 20
BIGGEST_ID = 2**63 - 1
FOR_SUPPORT = "Les imports sont réservés au support du ROR."


def support_only(view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer 403 to whoever may not import."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: Any, **kwargs: Any) -> Any:
        if not runs.may_see(request.scope):
            raise PermissionDenied(FOR_SUPPORT)
        return view(request, *args, **kwargs)

    return guarded


def find_run(request: SignedInRequest, run_id: int) -> ImportRun:
    """Run of a kind that the person may import. 404 otherwise."""
    if run_id > BIGGEST_ID:
        raise Http404
    return get_object_or_404(pages.visible_runs(request.scope), pk=run_id)


@require_safe
@support_only
def import_list(request: SignedInRequest) -> HttpResponse:
    """Kinds of files, past runs twenty a page, EJs that wait for their name."""
    waiting = entities_to_complete()
    first = list(waiting.order_by("-created_at", "pk")[: TO_COMPLETE_SHOWN + 1])
    return render(
        request,
        "directory/import_list.html",
        {
            "importers": [kind for kind in registry.importers() if runs.may_run(request.scope, kind.kind)],
            "page": Paginator(pages.visible_runs(request.scope), RUNS_SHOWN).get_page(request.GET.get("page")),
            "to_complete": first[:TO_COMPLETE_SHOWN],
            "to_complete_total": len(first) if len(first) <= TO_COMPLETE_SHOWN else waiting.count(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@support_only
def import_create(request: SignedInRequest, kind: str) -> HttpResponse:
    """Take a file and read it in the background."""
    importer = find_importer(request, kind)
    data = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = NewRunForm(*data, importer=importer)
    options = importer.options_form(*data) if importer.options_form else None
    if request.method == "POST" and all([form.is_valid(), options is None or options.is_valid()]):
        run = runs.start_run(
            kind=importer.kind,
            file=form.cleaned_data["file"],
            file_name=form.cleaned_data["file"].name,
            dry_run=form.cleaned_data["dry_run"],
            options=(options.cleaned_data if options else {}) | mail_options(request, importer),
            by=request.user,
            request_ip=client_address(request),
        )
        return redirect("directory:import_detail", run.pk)
    context = {"importer": importer, "form": form, "options": options, "crumbs": crumbs(importer.title)}
    return render(request, "directory/import_create.html", context, status=422 if request.method == "POST" else 200)


def mail_options(request: SignedInRequest, importer: type[Importer]) -> dict[str, str]:
    """Address of the site, for the mails that the reading of the file sends."""
    return {"base_url": request.build_absolute_uri("/")} if importer.sends_mails else {}


def find_importer(request: SignedInRequest, kind: str) -> type[Importer]:
    """Importer of a kind that the person may import. 404 otherwise."""
    try:
        importer = registry.importer_of(kind)
    except KeyError as unknown:
        raise Http404 from unknown
    if not runs.may_run(request.scope, kind):
        raise Http404
    return importer


@require_safe
@support_only
@vary_on_headers("HX-Request")
def import_detail(request: SignedInRequest, run_id: int) -> HttpResponse:
    """One run. The page asks for its progress alone (``HX-Request``), and is told to reload when the run is over."""
    run = find_run(request, run_id)
    progress = pages.progress_of(run)
    context = {"run": run, "progress": progress, "counts": pages.counts_of(run)}
    if request.headers.get("HX-Request"):
        response = render(request, "directory/import_progress.html", context)
        if not progress.is_active:
            response.headers["HX-Refresh"] = "true"
        return response
    return render(request, "directory/import_detail.html", context | detail_of(request, run))


def detail_of(request: SignedInRequest, run: ImportRun) -> dict[str, Any]:
    """Lines of a run, by verdict when ``verdict`` names one, and what may be done next."""
    wanted = request.GET.get("verdict", "")
    lines = ImportLine.objects.filter(run=run)
    if wanted in ImportLine.Verdict.values:
        lines, total = lines.filter(verdict=wanted), run.counts.get(wanted, 0)
    else:
        wanted, total = "", sum(run.counts.values())
    pages_of_lines = CountedPaginator(pages.in_order(run, lines), pages.LINES_SHOWN, total=total)
    page = pages_of_lines.get_page(request.GET.get("page"))
    page.object_list = pages.with_words(run, page.object_list)
    finished_trial = run.dry_run and run.state == ImportRun.State.DONE
    follower = runs.confirmed_run(run) if finished_trial else None
    importer = registry.importer_of(run.kind)
    confirm = importer.confirm_form_for(run) if finished_trial and not follower else None
    return {
        "importer": importer,
        "crumbs": crumbs(run.file_name),
        "wanted": wanted,
        "page": page,
        "total": sum(run.counts.values()),
        "refused": engine.lines_refused(run),
        "warnings": importer.warnings_of(run),
        "title_of_end": pages.title_of_end(run),
        "may_confirm": finished_trial and not follower,
        "confirm_form": confirm() if confirm else None,
        "follower": follower,
    }


def crumbs(last: str) -> list[Crumb]:
    """Breadcrumb of the pages below the list."""
    return [Crumb("Imports", reverse("directory:import_list")), Crumb(last)]


@posted_from(lambda run_id: reverse("directory:import_detail", args=[run_id]))
@support_only
def import_report(request: SignedInRequest, run_id: int) -> StreamingHttpResponse:
    """Verdict on each line, as a CSV file written as it is read; logged, as every export."""
    run = find_run(request, run_id)
    log_action(
        action=AuditEntry.Action.EXPORTED,
        actor=request.user,
        target=f"Rapport de l’import {run.pk}",
        request_ip=client_address(request),
        details={"what": "import_report", "run": run.pk},
    )
    response = StreamingHttpResponse(runs.report_csv(run), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="import-{run.pk}-rapport.csv"'
    return response


@require_POST
@support_only
def import_confirm(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Import for good the file of a dry run."""
    run = find_run(request, run_id)
    asked = registry.importer_of(run.kind).confirm_form_for(run)
    form: forms.Form = asked(request.POST) if asked else forms.Form(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return redirect("directory:import_detail", run.pk)
    try:
        follower = runs.confirm_run(
            run=run,
            options=form.cleaned_data,
            by=request.user,
            request_ip=client_address(request),
        )
    except engine.RunTaken:
        messages.error(request, "Seul un essai à blanc terminé peut être importé pour de bon.")
        return redirect("directory:import_detail", run.pk)
    return redirect("directory:import_detail", follower.pk)


@require_POST
@support_only
def import_stop(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Stop a run at the end of its present batch."""
    run = find_run(request, run_id)
    if not runs.stop_run(run=run):
        messages.info(request, "Cet import était déjà terminé.")
    return redirect("directory:import_detail", run.pk)


@require_POST
@support_only
def import_resume(request: SignedInRequest, run_id: int) -> HttpResponse:
    """Go on with a run that was stopped or cut."""
    run = find_run(request, run_id)
    if not runs.resume_run(run=run):
        messages.info(request, "Cet import est déjà en cours, ou terminé.")
    return redirect("directory:import_detail", run.pk)
