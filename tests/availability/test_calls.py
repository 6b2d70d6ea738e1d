"""After the call: what is kept, what contests a figure, who is written to (spec 20, Beyond the seeds; 01-settled)."""

import datetime
import uuid

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.utils import Error
from django.utils import timezone

from availability import services
from availability.calls.services import CallReport, EntryNotOpen, StatedSince, report_call
from availability.exceptions import RequestReused, StaleFigure
from availability.membership import write_rows
from availability.models import AvailabilityEntry, CallOutcome, CurrentFigure, Pool, UnitClosure
from availability.signals import figures_changed
from availability.statement import Statement
from directory.scopes import scope_of

pytestmark = pytest.mark.django_db

Outcome = CallOutcome.Outcome
NOW = datetime.datetime(2026, 11, 21, 14, 30, tzinfo=datetime.UTC)


@pytest.fixture
def report(cast, django_capture_on_commit_callbacks):
    """Return a function that reports a call by ``consultation``, mails included."""

    def reported(unit, outcome=Outcome.FULL, *, by=None, version=1, **values):
        person = by or cast.consultation
        arguments = {"request_id": uuid.uuid4(), "now": timezone.now(), "scope": scope_of(person), **values}
        reason, comment = arguments.pop("reason", ""), arguments.pop("comment", "")
        said = CallReport(outcome=outcome, version=version, reason=reason, comment=comment)
        with django_capture_on_commit_callbacks(execute=True):
            return report_call(unit_id=unit.pk, said=said, by=person, base_url="https://ror.test/", **arguments)

    return reported


def confirm(unit, by, version=1):
    return services.confirm_unchanged(
        unit_id=unit.pk,
        expected_version=version,
        request_id=uuid.uuid4(),
        source=AvailabilityEntry.Source.WEB,
        by=by,
        scope=scope_of(by),
        now=timezone.now(),
    )


def contested(unit):
    return CurrentFigure.objects.get(pk=unit.pk).contested_at


def pooled(world):
    """Put ``act`` and ``lam`` in one pool of 8 places at version 1."""
    figure = world.act_figure
    shared = ("rhythm", "version", "figure", "stated_at", "confirmed_at", "changed_at", "expires_at", "source")
    state = {name: getattr(figure, name) for name in shared}
    pool = Pool.objects.create(geographic_entity=world.eg, name="Lits d’Altair", **state)
    CurrentFigure.objects.filter(pk__in=[world.act.pk, world.lam.pk]).update(pool=pool, **state)
    write_rows(unit_ids=None)
    return pool


def test_no_place_left_contests_a_figure_above_zero(report, world, cast):
    heard = []
    figures_changed.connect(listener := lambda sender, unit_ids, **_: heard.append(unit_ids))
    reported = report(world.act)
    figures_changed.disconnect(listener)
    call = reported.call
    assert (call.figure, call.version, call.outcome, call.by) == (8, 1, "full", cast.consultation)
    assert contested(world.act) == call.at
    assert reported.is_contested
    assert heard == [[world.act.pk]]


@pytest.mark.parametrize("outcome", [Outcome.ADMITTED, Outcome.REFUSED, Outcome.NO_ANSWER])
def test_the_other_outcomes_change_no_figure(report, world, outcome):
    before = CurrentFigure.objects.filter(pk=world.act.pk).values().get()
    assert not report(world.act, outcome).is_contested
    assert CurrentFigure.objects.filter(pk=world.act.pk).values().get() == before
    assert mail.outbox == []


def test_no_place_left_agrees_with_zero(report, world):
    CurrentFigure.objects.filter(pk=world.act.pk).update(figure=0)
    assert not report(world.act).is_contested
    assert contested(world.act) is None


def test_a_figure_stated_since_is_contested_knowingly(report, world, cast):
    confirm(world.act, cast.responsable)
    with pytest.raises(StatedSince) as since:
        report(world.act, version=1)
    assert (since.value.shown, since.value.current.figure) == (8, 8)
    assert not CallOutcome.objects.exists()
    assert contested(world.act) is None
    assert report(world.act, version=2).is_contested


def test_what_agrees_with_the_figure_stated_since_is_kept(report, world, cast):
    confirm(world.act, cast.responsable)
    assert report(world.act, Outcome.ADMITTED, version=1).call.figure == 8
    CurrentFigure.objects.filter(pk=world.act.pk).update(figure=0)
    reported = report(world.act, version=1)
    assert (reported.is_contested, reported.call.figure, reported.call.version) == (False, 8, 1)


def test_a_contested_figure_counts_until_it_is_confirmed(report, world, cast):
    report(world.act)
    row = world.grouping.rows.get(unit=world.act)
    assert (row.free, row.is_open) == (8, True)
    confirm(world.act, cast.responsable)
    assert contested(world.act) is None


def test_stating_another_figure_clears_it_too(report, world, cast):
    report(world.act)
    services.record_statement(
        unit_id=world.act.pk,
        said=Statement(figure=0),
        expected_version=1,
        request_id=uuid.uuid4(),
        source=AvailabilityEntry.Source.WEB,
        by=cast.responsable,
        scope=scope_of(cast.responsable),
        now=timezone.now(),
    )
    assert contested(world.act) is None


def test_the_entry_people_are_written_to_once_a_statement(report, world, cast):
    assert report(world.act).is_told
    assert not report(world.act, by=cast.pdses).is_told
    assert [message.to for message in mail.outbox] == [[cast.responsable.email]]
    [message] = mail.outbox
    assert "Chiffre contesté\u00a0: ACT ALTAIR VESTA" in message.subject
    assert "8 places" in message.body
    assert f"https://ror.test/disponibilites/unites/{world.act.pk}/historique/" in message.body
    assert cast.consultation.last_name not in message.body
    confirm(world.act, cast.responsable)
    report(world.act, version=2)
    assert len(mail.outbox) == 2


def test_directors_are_written_to_where_nobody_else_states_the_unit(report, world, cast):
    cast.responsable.assignments.all().delete()
    report(world.act)
    assert [message.to for message in mail.outbox] == [[cast.directeur.email]]


def test_nobody_is_written_to_about_his_own_call_nor_without_an_account_in_use(report, world, cast):
    assert not report(world.act, by=cast.responsable).is_told
    confirm(world.act, cast.responsable)
    cast.responsable.is_active = False
    cast.responsable.save()
    cast.directeur.is_active = False
    cast.directeur.save()
    assert not report(world.act, version=2).is_told
    assert mail.outbox == []


def test_a_pool_is_contested_as_a_whole(report, world, cast):
    pool = pooled(world)
    report(world.lam)
    pool.refresh_from_db()
    assert pool.contested_at == contested(world.act) == contested(world.lam)
    assert pool.contested_at is not None
    assert [message.to for message in mail.outbox] == [[cast.responsable.email]]
    confirm(world.act, cast.responsable)
    pool.refresh_from_db()
    assert pool.contested_at is contested(world.act) is contested(world.lam) is None


def test_the_same_sending_is_kept_once(report, world):
    request_id = uuid.uuid4()
    first = report(world.act, request_id=request_id)
    again = report(world.act, request_id=request_id)
    assert again.call == first.call
    assert again.is_contested
    assert CallOutcome.objects.count() == 1
    assert len(mail.outbox) == 1


def test_a_sending_belongs_to_one_unit_and_one_person(report, world, cast):
    request_id = uuid.uuid4()
    report(world.act, request_id=request_id)
    with pytest.raises(RequestReused):
        report(world.lam, request_id=request_id, version=0)
    with pytest.raises(RequestReused):
        report(world.act, request_id=request_id, by=cast.pdses)


def test_a_version_never_shown_is_refused(report, world):
    with pytest.raises(StaleFigure):
        report(world.act, version=12)
    assert not CallOutcome.objects.exists()


def test_before_the_first_statement_there_is_no_figure(report, world):
    assert report(world.lam, version=0).call.figure is None
    assert contested(world.lam) is None


def test_in_indisponibilite_totale_no_figure_was_shown(report, world):
    UnitClosure.objects.create(
        unit=world.act,
        starts_at=timezone.now() - datetime.timedelta(hours=1),
        reason="works",
        recorded_at=timezone.now(),
    )
    reported = report(world.act)
    assert (reported.is_contested, reported.call.figure) == (False, None)


def test_a_unit_closed_to_entry_shows_no_figure_to_speak_of(report, world):
    with pytest.raises(EntryNotOpen):
        report(world.act_mobile, version=0)
    CurrentFigure.objects.filter(pk=world.act.pk).update(is_open=False, is_allowed=False)
    with pytest.raises(EntryNotOpen):
        report(world.act)


def test_readers_alone_report(report, world, cast):
    with pytest.raises(PermissionDenied):
        report(world.act, by=cast.newcomer)


def test_only_a_refusal_has_a_reason(report, world):
    refused = report(world.act, Outcome.REFUSED, reason="Autre motif", comment="Rappeler lundi").call
    assert (refused.reason, refused.comment) == ("Autre motif", "Rappeler lundi")
    assert report(world.act, Outcome.ADMITTED, reason="Autre motif").call.reason == ""


@pytest.mark.parametrize("statement", ["UPDATE {} SET outcome = 'admitted'", "DELETE FROM {}"])
def test_lines_are_never_changed(report, world, statement):
    report(world.act)
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(CallOutcome._meta.db_table))
