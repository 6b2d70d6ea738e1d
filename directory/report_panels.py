"""What other pages show of error reports: the entry of the Menu, the card of the home page, the reference row."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts import home
from common import navigation, reference
from common.reference import Loaded, sync_rows

from .models import ErrorReport, ReportSettings
from .permissions import edits_somewhere, reads_directory
from .report_pages import ShownReport, in_order, with_record

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
    reference.register(load_report_settings, order=25)


def waiting_reports(request: HttpRequest) -> dict[str, Any] | None:
    """Oldest open reports on the records that this person keeps, and their number; two queries."""
    found = ErrorReport.objects.to_handle(request.scope)
    first = list(in_order(with_record(found))[: SHOWN_AT_HOME + 1])
    if not first:
        return None
    now = timezone.now()
    return {
        "waiting": [ShownReport(report, request.scope, now) for report in first[:SHOWN_AT_HOME]],
        "count": found.count() if len(first) > SHOWN_AT_HOME else len(first),
    }


def load_report_settings() -> Iterable[Loaded]:
    """Make the row of settings, once: support changes it in the back office."""
    rows = [{"pk": 1}]
    return [sync_rows(ReportSettings.objects, "réglages des signalements", rows, key=("pk",))]
