"""Error reports under several hands at once: one report for a double click, one closing, one mail to support."""

import datetime

import pytest
from django.core import mail
from django.utils import timezone

from directory.models import ErrorReport, ErrorReportStep
from directory.reports import services as reports
from directory.scopes import scope_of
from tests.factories.reports import ErrorReportFactory

pytestmark = pytest.mark.django_db(transaction=True)

HANDS = 6
BASE = "https://ror.example/"


def test_clicks_at_once_file_one_report(cast, world, at_once):
    scope = scope_of(cast.consultation)

    def click(number):
        return reports.file_report(
            record=world.act, block="offre", text="Faux.", by=cast.consultation, scope=scope, base_url=BASE
        )

    done = at_once(click, HANDS)
    assert sorted(is_new for _, is_new in done) == [False] * (HANDS - 1) + [True]
    assert len({report.pk for report, _ in done}) == ErrorReport.objects.count() == 1
    assert len(mail.outbox) == 1


def test_the_limit_holds_whatever_the_clicks(cast, world, at_once):
    for _ in range(29):
        ErrorReportFactory(unit=world.act, reported_by=cast.consultation)
    scope = scope_of(cast.consultation)

    def click(number):
        try:
            reports.file_report(
                record=world.act, block="", text=f"Faux {number}", by=cast.consultation, scope=scope, base_url=BASE
            )
        except reports.TooManyReports:
            return False
        return True

    assert at_once(click, HANDS).count(True) == 1


def test_one_of_several_answers_closes(cast, world, at_once):
    report = ErrorReportFactory(unit=world.act, reported_by=cast.consultation)

    def close(number):
        by = cast.sesan if number % 2 else cast.directeur
        try:
            reports.answer_report(
                report=report,
                state="corrected",
                answer=f"Réponse {number}",
                expected_version=1,
                by=by,
                scope=scope_of(by),
                base_url=BASE,
            )
        except reports.StaleReport:
            return False
        return True

    assert at_once(close, HANDS).count(True) == 1
    assert ErrorReportStep.objects.filter(to_state="corrected").count() == 1
    assert len(mail.outbox) == 1


def test_runs_of_the_command_at_once_tell_each_report_once(world, at_once):
    now = timezone.now()
    for _ in range(120):
        ErrorReportFactory(unit=world.act, reported_at=now - datetime.timedelta(hours=80))
    assert sum(at_once(lambda number: reports.tell_support(now=now, base_url=BASE), HANDS)) == 120
    assert sum(message.body.count("– Contacts") for message in mail.outbox) == 120
