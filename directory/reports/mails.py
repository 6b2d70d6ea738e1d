"""Mails about error reports, sent in the background: to a director, to support, to whoever filed the report.

They name the record and its block, never a person; the page, behind the sign-in, says who.
"""

from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from common.context import site_name

from ..history import KINDS
from ..models import ErrorReport
from ..scopes import scope_of
from .pages import block_title, shown_name, with_record

WITH_RECORD = ("unit", "geographic_entity")


@task
def mail_director(report_id: int, user_id: int, base_url: str) -> None:
    """Tell a director of the record that an error was reported there."""
    report = ErrorReport.objects.select_related(*WITH_RECORD).get(pk=report_id)
    director = User.objects.get(pk=user_id)
    subject = f"Erreur signalée\u00a0: {report.record}"
    _send(director.email, "report_filed", subject, user=director, line=_line(report, base_url))


@task
def mail_reporter(report_id: int, base_url: str) -> None:
    """Tell whoever filed a report that it is closed, and how; nothing when the account is no longer in use."""
    reporter = User.objects.get(pk=ErrorReport.objects.values_list("reported_by", flat=True).get(pk=report_id))
    if not reporter.is_active:
        return
    report = with_record(ErrorReport.objects.all(), scope_of(reporter)).get(pk=report_id)
    line = _line(report, base_url) | {"name": shown_name(report)}
    subject = f"Réponse à votre signalement\u00a0: {line['name']}"
    _send(reporter.email, "report_closed", subject, user=reporter, line=line)


@task
def mail_support(report_ids: list[int], base_url: str) -> None:
    """List to support the reports that wait: no director, or still open after the delay. One mail."""
    reports = ErrorReport.objects.filter(pk__in=report_ids).select_related(*WITH_RECORD)
    lines = [_line(report, base_url) for report in reports.order_by("reported_at", "pk")]
    words = "1 signalement à traiter" if len(lines) == 1 else f"{len(lines)} signalements à traiter"
    url = urljoin(base_url, reverse("reports:report_list"))
    _send(settings.SUPPORT_DESK["email"], "reports_waiting", words.capitalize(), lines=lines, list_url=url)


def _line(report: ErrorReport, base_url: str) -> dict[str, Any]:
    """What a mail says of one report."""
    kind = KINDS[type(report.record)]
    return {
        "report": report,
        "kind": kind.label,
        "block": block_title(kind, report.block),
        "url": urljoin(base_url, reverse("reports:report_detail", args=[report.pk])),
    }


def _send(address: str, name: str, subject: str, **values: Any) -> None:
    context = {"site_name": site_name(), "support_desk": settings.SUPPORT_DESK, **values}
    body = render_to_string(f"directory/mails/{name}.txt", context)
    one_line = " ".join(subject.splitlines())  # a name of a record may hold a line end, a header never
    EmailMessage(f"[{site_name()}] {one_line}", body, to=[address]).send()
