"""What other pages show of error reports: Menu, home page, account page and export; the row of their settings."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts import account_sections, home
from accounts.account_sections import AccountSection
from accounts.models import User
from common import navigation, reference
from common.reference import Loaded, sync_rows

from ..history import KINDS
from ..models import ErrorReport, ErrorReportStep, ReportSettings
from ..permissions import edits_somewhere, reads_directory
from ..scopes import scope_of
from .pages import ShownReport, block_title, in_order, shown_name, with_record

SHOWN_AT_HOME = 5


def register() -> None:
    """Put the reports in the Menu and on the home page; called by ``DirectoryConfig.ready``."""
    navigation.register(
        navigation.NavItem("Signalements", "reports:report_list", section="menu", order=30, visible=reads_directory)
    )
    home.register(
        home.HomeCard(
            key="reports",
            template="directory/report_home.html",
            context=waiting_reports,
            visible=edits_somewhere,
            order=30,
        )
    )
    account_sections.register(
        AccountSection(
            key="signalements",
            template="directory/report_account.html",
            context=lambda request: {},
            visible=reads_directory,
            export=export_reports,
            order=30,
        )
    )
    reference.register(load_report_settings, order=25)


def waiting_reports(request: HttpRequest) -> dict[str, Any] | None:
    """Oldest open reports on the records that this person keeps, and their number; two queries."""
    found = ErrorReport.objects.to_handle(request.scope)
    first = list(in_order(with_record(found, request.scope))[: SHOWN_AT_HOME + 1])
    if not first:
        return None
    now = timezone.now()
    return {
        "waiting": [ShownReport(report, request.scope, now) for report in first[:SHOWN_AT_HOME]],
        "count": found.count() if len(first) > SHOWN_AT_HOME else len(first),
    }


def export_reports(user: User) -> dict[str, Any]:
    """Reports that the person filed, with their answers, and what the person wrote on reports."""
    filed = with_record(ErrorReport.objects.filter(reported_by=user), scope_of(user)).order_by("reported_at", "pk")
    written = ErrorReportStep.objects.filter(by=user).order_by("at", "pk")
    return {
        "signales": [
            {
                "fiche": shown_name(report),
                "encadre": block_title(KINDS[type(report.record)], report.block),
                "texte": report.text,
                "date": report.reported_at.isoformat(),
                "etat": report.get_state_display(),
                "reponse": report.answer,
            }
            for report in filed
        ],
        "etapes": [
            {
                "signalement": step.report_id,
                "etat": step.get_to_state_display(),
                "texte": step.text,
                "date": step.at.isoformat(),
            }
            for step in written
        ],
    }


def load_report_settings() -> Iterable[Loaded]:
    """Make the row of settings, once: support changes it in the back office."""
    rows = [{"pk": 1}]
    return [sync_rows(ReportSettings.objects, "réglages des signalements", rows, key=("pk",))]
