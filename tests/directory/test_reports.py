"""Error reports, their rules: who files, who is told and when, who answers."""

import datetime
from io import StringIO

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.roles import Role
from directory.models import ErrorReport, ErrorReportStep, ReportSettings
from directory.reports import services as reports
from directory.scopes import scope_of
from tests.factories.accounts import UserFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, UnitFactory
from tests.factories.reports import ErrorReportFactory

pytestmark = pytest.mark.django_db

BASE = "https://ror.example/"
SUPPORT = "ror.support@sesan.fr"
NOW = datetime.datetime(2026, 11, 21, 14, 30, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
SECOND = datetime.timedelta(seconds=1)


@pytest.fixture
def file(world, cast, django_capture_on_commit_callbacks):
    """Return a function that files a report, by ``consultation`` on ``world.act`` unless told otherwise."""

    def filed(by=cast.consultation, record=world.act, block="contacts", text="Le numéro ne répond plus."):
        with django_capture_on_commit_callbacks(execute=True):
            return reports.file_report(record=record, block=block, text=text, by=by, scope=scope_of(by), base_url=BASE)

    return filed


@pytest.fixture
def act_on(django_capture_on_commit_callbacks):
    """Return a function that closes a report, or takes it."""

    def acted(report, by, state=None, text="C’est corrigé.", version=None):
        shared = {
            "report": report,
            "expected_version": version or report.version,
            "by": by,
            "scope": scope_of(by),
        }
        with django_capture_on_commit_callbacks(execute=True):
            if state is None:
                return reports.take_report(text="", **shared)
            return reports.answer_report(state=state, answer=text, base_url=BASE, **shared)

    return acted


def addresses():
    return sorted(message.to[0] for message in mail.outbox)


def test_a_report_goes_to_the_directors_at_once_with_a_link(file, cast, world):
    report, is_new = file()
    assert is_new
    assert (report.state, report.version, report.support_told_at) == ("new", 1, None)
    assert [(step.from_state, step.to_state, step.by) for step in report.steps.all()] == [
        ("", "new", cast.consultation)
    ]
    assert addresses() == [cast.directeur.email]
    message = mail.outbox[0]
    assert message.subject == "[ROR Île-de-France] Erreur signalée\u00a0: ACT ALTAIR VESTA"
    assert f"{BASE}signalements/{report.pk}/" in message.body
    assert "Contacts" in message.body
    assert cast.consultation.last_name not in message.body


def test_directors_of_the_unit_its_establishment_and_its_legal_entity_are_told(world, file, cast):
    near, far, ended, closed, manager = (UserFactory() for _ in range(5))
    AssignmentFactory(user=near, role=Role.DIRECTOR, unit=world.act)
    AssignmentFactory(user=far, role=Role.DIRECTOR, legal_entity=world.ej)
    AssignmentFactory(user=far, role=Role.DIRECTOR, unit=world.act)
    AssignmentFactory(user=ended, role=Role.DIRECTOR, unit=world.act, ended=True)
    AssignmentFactory(user=UserFactory(inactive=True), role=Role.DIRECTOR, unit=world.act)
    AssignmentFactory(user=closed, role=Role.DIRECTOR, unit=world.lam)
    AssignmentFactory(user=manager, role=Role.AVAILABILITY_MANAGER, unit=world.act)
    assert reports.directors_of(world.act) == [near, far, cast.directeur]
    assert reports.directors_of(world.eg) == [cast.directeur, far]
    file()
    assert addresses() == sorted(user.email for user in (near, far, cast.directeur))


def test_twenty_directors_at_most_are_told(world):
    for _ in range(21):
        AssignmentFactory(user=UserFactory(), role=Role.DIRECTOR, unit=world.lhss)
    assert len(reports.directors_of(world.lhss)) == 20


def test_support_is_told_at_once_when_there_is_no_director(file, cast):
    report, _ = file(record=UnitFactory(name="Sans directeur"))
    assert report.support_told_at is not None
    assert addresses() == [SUPPORT]
    assert mail.outbox[0].subject == "[ROR Île-de-France] 1 signalement à traiter"
    assert f"{BASE}signalements/{report.pk}/" in mail.outbox[0].body


def test_support_is_told_at_once_without_a_delay(file, cast):
    ReportSettings.objects.update_or_create(pk=1, defaults={"support_delay_hours": 0})
    file()
    assert addresses() == sorted([cast.directeur.email, SUPPORT])


def test_a_director_who_reports_is_not_told_of_it_and_answers_it_himself(file, act_on, cast, world):
    AssignmentFactory(user=cast.stranger, role=Role.DIRECTOR, legal_entity=world.ej)
    report, _ = file(by=cast.directeur)
    assert addresses() == [cast.stranger.email]
    mail.outbox.clear()
    act_on(report, cast.directeur, "corrected")
    assert mail.outbox == []


def test_a_report_of_the_only_director_goes_to_support_at_once(file, cast):
    report, _ = file(by=cast.directeur)
    assert report.support_told_at is not None
    assert addresses() == [SUPPORT]


def test_a_line_end_in_a_name_stays_out_of_the_subject(file, world):
    world.act.name = "ACT\nALTAIR"
    world.act.save()
    file()
    assert mail.outbox[0].subject.endswith("ACT ALTAIR")


def test_the_same_report_twice_is_one(file, cast):
    report, _ = file()
    assert file() == (report, False)
    assert file(text=" Le numéro ne répond plus.\r\n") == (report, False)
    assert len(mail.outbox) == 1
    assert file(block="offre")[1]
    assert file(by=cast.pdses)[1]
    report.refresh_from_db()
    assert ErrorReportStep.objects.filter(report=report).count() == 1


def test_once_closed_the_same_text_is_a_new_report(file, act_on, cast):
    report, _ = file()
    act_on(report, cast.directeur, "rejected")
    assert file()[1]


@pytest.mark.parametrize(
    ("block", "text"), [("inconnu", "Faux."), ("contacts", " \n "), ("contacts", "a" * 2001), ("etablissements", "a")]
)
def test_what_cannot_be_read_is_refused(file, block, text):
    with pytest.raises(ValidationError):
        file(block=block, text=text)
    assert not ErrorReport.objects.exists()


def test_a_person_files_thirty_reports_a_day(file, cast, world):
    old = timezone.now() - datetime.timedelta(hours=24)
    for number in range(30):
        ErrorReportFactory(unit=world.act, reported_by=cast.consultation, reported_at=old + number * HOUR / 2)
    file()
    with pytest.raises(reports.TooManyReports):
        file(text="Une de trop.")
    assert file(by=cast.pdses)[1]


def test_a_hidden_record_takes_reports_of_those_who_may_open_it(file, cast, world):
    hidden = UnitFactory(geographic_entity=world.eg, hidden=True)
    with pytest.raises(PermissionDenied):
        file(record=hidden)
    assert file(by=cast.directeur, record=hidden)[1]


def test_taken_then_closed_the_reporter_is_told(file, act_on, cast):
    report, _ = file()
    mail.outbox.clear()
    taken = act_on(report, cast.directeur)
    assert (taken.state, taken.version) == ("in_progress", 2)
    assert mail.outbox == []
    closed = act_on(taken, cast.directeur, "corrected", "Le numéro est à jour.")
    assert (closed.state, closed.closed_by, closed.answer) == ("corrected", cast.directeur, "Le numéro est à jour.")
    assert addresses() == [cast.consultation.email]
    assert "Corrigé" in mail.outbox[0].body
    assert "Le numéro est à jour." in mail.outbox[0].body
    assert [(step.from_state, step.to_state) for step in report.steps.all()] == [
        ("", "new"),
        ("new", "in_progress"),
        ("in_progress", "corrected"),
    ]


def test_who_filed_it_and_left_gets_no_mail(file, act_on, cast):
    report, _ = file()
    mail.outbox.clear()
    cast.consultation.is_active = False
    cast.consultation.save()
    act_on(report, cast.directeur, "rejected")
    assert mail.outbox == []


def test_the_answer_does_not_name_a_record_hidden_since(file, act_on, cast, world):
    report, _ = file()
    mail.outbox.clear()
    world.act.status, world.act.name = "hidden", "Nom devenu secret"
    world.act.save()
    act_on(report, cast.directeur, "corrected")
    (message,) = mail.outbox
    assert "secret" not in message.subject + message.body
    assert "Une fiche qui ne vous est plus ouverte" in message.subject


def test_taking_again_changes_nothing(act_on, cast, world):
    report = ErrorReportFactory(unit=world.act, in_progress=True)
    assert act_on(report, cast.directeur).version == 2
    assert report.steps.count() == 1


@pytest.mark.parametrize("state", ["new", "in_progress", "closed", ""])
def test_only_a_closing_state_closes(act_on, cast, world, state):
    with pytest.raises(ValidationError):
        act_on(ErrorReportFactory(unit=world.act), cast.directeur, state or "x")


def test_no_closing_without_an_answer(act_on, cast, world):
    with pytest.raises(ValidationError):
        act_on(ErrorReportFactory(unit=world.act), cast.directeur, "corrected", " ")


@pytest.mark.parametrize("who", ["directeur", "sesan", "consultation", "responsable", "pdses", "ars", "stranger"])
def test_directors_of_the_record_and_support_act(act_on, cast, world, who):
    report = ErrorReportFactory(unit=world.act, reported_by=cast.consultation)
    person = getattr(cast, who)
    for state in (None, "corrected"):
        if who in {"directeur", "sesan"}:
            report = act_on(report, person, state)
        else:
            with pytest.raises(PermissionDenied):
                act_on(report, person, state)


def test_two_people_at_once_the_second_is_told(act_on, cast, world):
    report = ErrorReportFactory(unit=world.act)
    act_on(report, cast.directeur, "corrected")
    for state in (None, "rejected"):
        with pytest.raises(reports.StaleReport) as stale:
            act_on(report, cast.sesan, state, version=1)
        assert stale.value.current.state == "corrected"
    with pytest.raises(reports.StaleReport):
        act_on(report, cast.sesan, "rejected", version=2)


def test_steps_are_never_changed(world):
    step = ErrorReportFactory(unit=world.act).steps.get()
    for statement in (step.delete, lambda: ErrorReportStep.objects.update(text="autre")):
        with pytest.raises(DatabaseError), transaction.atomic():
            statement()


def test_lists_hold_ones_own_reports_and_those_of_ones_records(cast, world):
    mine = ErrorReportFactory(unit=world.lhss, reported_by=cast.directeur)
    on_unit = ErrorReportFactory(unit=world.act, reported_by=cast.consultation)
    on_entity = ErrorReportFactory(unit=None, geographic_entity=world.eg, block="contact")
    closed = ErrorReportFactory(unit=world.lam, corrected=True)
    seen = {name: set(ErrorReport.objects.visible_to(scope_of(getattr(cast, name)))) for name in vars(cast)}
    assert seen["directeur"] == {mine, on_unit, on_entity, closed}
    assert seen["sesan"] == {mine, on_unit, on_entity, closed}
    assert seen["consultation"] == {on_unit}
    assert seen["stranger"] == {mine}
    assert seen["responsable"] == seen["pdses"] == seen["ars"] == set()
    assert set(ErrorReport.objects.to_handle(scope_of(cast.directeur))) == {on_unit, on_entity}
    assert set(ErrorReport.objects.to_handle(scope_of(cast.consultation))) == set()


# The delay.


def tell(at, capture):
    with capture(execute=True):
        return reports.tell_support(now=at, base_url=BASE)


@pytest.mark.parametrize(("early", "expected"), [(SECOND, 0), (0 * SECOND, 1), (-SECOND, 1)])
def test_support_is_told_at_the_end_of_the_delay(world, early, expected, django_capture_on_commit_callbacks):
    ReportSettings.objects.update_or_create(pk=1, defaults={"support_delay_hours": 48})
    report = ErrorReportFactory(unit=world.act, reported_at=NOW - 48 * HOUR + early)
    assert tell(NOW, django_capture_on_commit_callbacks) == expected
    report.refresh_from_db()
    assert report.support_told_at == (NOW if expected else None)
    assert addresses() == [SUPPORT] * expected


def test_the_delay_is_72_hours_unless_support_says_otherwise():
    ReportSettings.objects.all().delete()
    assert reports.support_delay() == 72 * HOUR
    call_command("load_reference", verbosity=0)
    assert reports.support_delay() == 72 * HOUR
    ReportSettings.objects.update(support_delay_hours=24)
    call_command("load_reference", verbosity=0)
    assert reports.support_delay() == 24 * HOUR


def test_only_open_reports_are_told_and_once(world, django_capture_on_commit_callbacks):
    old = {"unit": world.act, "reported_at": NOW - 100 * HOUR}
    ErrorReportFactory(**old)
    ErrorReportFactory(**old, in_progress=True)
    ErrorReportFactory(**old, corrected=True)
    ErrorReportFactory(**old, support_told_at=NOW - HOUR)
    assert tell(NOW, django_capture_on_commit_callbacks) == 2
    assert tell(NOW + HOUR, django_capture_on_commit_callbacks) == 0
    assert [message.subject for message in mail.outbox] == ["[ROR Île-de-France] 2 signalements à traiter"]


def test_many_reports_are_told_in_several_mails(world, django_capture_on_commit_callbacks):
    for _ in range(51):
        ErrorReportFactory(unit=world.act, reported_at=NOW - 100 * HOUR)
    assert tell(NOW, django_capture_on_commit_callbacks) == 51
    assert [message.body.count("signalements/") for message in mail.outbox] == [51, 2]


def test_the_command_tells_with_absolute_links(world, settings, django_capture_on_commit_callbacks):
    settings.SITE_URL = "https://ror.example.fr/"
    report = ErrorReportFactory(unit=None, geographic_entity=GeographicEntityFactory(), reported_at=NOW - 73 * HOUR)
    out = StringIO()
    with django_capture_on_commit_callbacks(execute=True):
        call_command("tell_support_of_reports", now=NOW.isoformat(), stdout=out)
    assert out.getvalue() == "1 signalement dont le support est prévenu.\n"
    assert f"https://ror.example.fr/signalements/{report.pk}/" in mail.outbox[0].body


@pytest.mark.parametrize("now", ["hier", "2026-11-21T12:00"])
def test_the_command_refuses_a_moment_it_cannot_read(now):
    with pytest.raises(CommandError):
        call_command("tell_support_of_reports", now=now)
