"""Recording a statement: who may, what is refused, what is asked, what is written."""

import datetime
import uuid

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from availability import services
from availability.breakdown import NOTHING_GIVEN, Counts, Share
from availability.exceptions import (
    BreakdownBeyondFigure,
    FigureOutOfRange,
    NothingToConfirm,
    OverCapacity,
    RequestReused,
    StaleFigure,
    StatementRefused,
    UnlikelyRise,
)
from availability.models import AvailabilityEntry, CurrentFigure
from availability.permissions import Refusal
from availability.signals import figures_changed
from availability.statement import Statement
from directory.enums import PublicationStatus
from directory.models import OperationalUnit
from directory.scopes import ANONYMOUS, scope_of
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db


def state(cast, unit, figure, *, who="responsable", **options):
    """Record ``figure`` as somebody of the cast who saw the newest version."""
    by = getattr(cast, who)
    row = CurrentFigure.objects.filter(unit=unit).first()
    values = {
        "expected_version": row.version if row else 0,
        "request_id": uuid.uuid4(),
        "source": AvailabilityEntry.Source.WEB,
        "now": timezone.now(),
        "scope": scope_of(by),
    }
    said = Statement(
        figure=figure,
        counts=options.pop("breakdown", NOTHING_GIVEN),
        lines=options.pop("lines", ()),
        comment=options.pop("comment", ""),
    )
    return services.record_statement(unit_id=unit.pk, said=said, by=by, **values | options)


def confirm(cast, unit, version, **options):
    values = {"request_id": uuid.uuid4(), "source": "web", "now": timezone.now(), "scope": scope_of(cast.responsable)}
    return services.confirm_unchanged(
        unit_id=unit.pk, expected_version=version, by=cast.responsable, **values | options
    )


def test_a_statement_is_appended_and_becomes_the_current_figure(cast, world):
    now = timezone.now()
    entry = state(cast, world.act, 5, breakdown=Counts(men=3, women=2), comment="Studios", now=now)
    row = CurrentFigure.objects.get(unit=world.act)
    assert (entry.version, entry.figure, entry.men, entry.by, entry.source) == (2, 5, 3, cast.responsable, "web")
    assert (row.version, row.figure, row.women, row.comment, row.by) == (2, 5, 2, "Studios", cast.responsable)
    assert row.stated_at == row.changed_at == entry.stated_at == entry.recorded_at == now
    assert row.expires_at == now + 3 * row.rhythm
    assert AvailabilityEntry.objects.filter(unit=world.act).count() == 2


def test_zero_is_a_statement_like_any_other(cast, world):
    state(cast, world.act, 0)
    assert CurrentFigure.objects.get(unit=world.act).figure == 0


def test_an_unchanged_figure_is_a_new_statement_that_refreshes_the_date(cast, world):
    before = world.act_figure.changed_at
    entry = confirm(cast, world.act, 1)
    row = CurrentFigure.objects.get(unit=world.act)
    assert (entry.version, entry.figure) == (2, 8)
    assert row.stated_at == entry.stated_at
    assert row.changed_at == before


def test_confirming_keeps_breakdown_and_comment(cast, world):
    state(cast, world.act, 5, breakdown=Counts(men=5), comment="Studios")
    entry = confirm(cast, world.act, 2)
    assert (entry.men, entry.comment) == (5, "Studios")


def test_nothing_is_confirmed_before_the_first_statement(cast, world):
    with pytest.raises(NothingToConfirm):
        confirm(cast, world.lam, 0)


@pytest.mark.parametrize("who", ["consultation", "pdses", "ars", "newcomer", "stranger"])
def test_only_those_who_hold_the_unit_state_it(cast, world, who):
    with pytest.raises(StatementRefused) as refused:
        state(cast, world.act, 5, who=who)
    assert refused.value.refusal is Refusal.NOT_HELD
    assert CurrentFigure.objects.get(unit=world.act).version == 1


def test_a_visitor_states_nothing(cast, world):
    with pytest.raises(StatementRefused):
        state(cast, world.act, 5, scope=ANONYMOUS)


@pytest.mark.parametrize("who", ["responsable", "directeur", "sesan"])
def test_responsable_director_and_support_state_it(cast, world, who):
    assert state(cast, world.act, 5, who=who).by == getattr(cast, who)


def test_a_unit_not_open_to_entry_is_refused(cast, world):
    CurrentFigure.objects.filter(unit=world.act).update(is_open=False)
    with pytest.raises(StatementRefused) as refused:
        state(cast, world.act, 5)
    assert refused.value.refusal is Refusal.NOT_OPEN


def test_a_unit_never_opened_is_refused(cast, world):
    with pytest.raises(StatementRefused) as refused:
        state(cast, world.act_mobile, 5, who="directeur")
    assert refused.value.refusal is Refusal.NOT_OPEN


def test_an_unknown_unit_is_told_apart(cast, world):
    with pytest.raises(OperationalUnit.DoesNotExist):
        state(cast, OperationalUnit(pk=0), 5)


def test_a_closed_unit_is_refused(cast):
    row = CurrentFigureFactory(unit=UnitFactory(closed=True))
    with pytest.raises(StatementRefused) as refused:
        state(cast, row.unit, 5, who="sesan")
    assert refused.value.refusal is Refusal.CLOSED


def test_a_hidden_unit_is_refused(cast, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(status=PublicationStatus.HIDDEN)
    with pytest.raises(StatementRefused) as refused:
        state(cast, world.act, 5)
    assert refused.value.refusal is Refusal.NOT_PUBLISHED


def test_a_save_over_a_newer_figure_is_told_the_newer_figure(cast, world):
    state(cast, world.act, 5, who="directeur")
    with pytest.raises(StaleFigure) as stale:
        state(cast, world.act, 6, expected_version=1)
    assert (stale.value.current.figure, stale.value.current.by) == (5, cast.directeur)
    assert CurrentFigure.objects.get(unit=world.act).figure == 5
    assert state(cast, world.act, 6, expected_version=2).version == 3


def test_sending_the_same_form_twice_makes_one_statement(cast, world):
    request_id = uuid.uuid4()
    first = state(cast, world.act, 5, request_id=request_id, expected_version=1)
    again = state(cast, world.act, 5, request_id=request_id, expected_version=1)
    assert first == again
    assert AvailabilityEntry.objects.filter(unit=world.act).count() == 2


def test_another_figure_under_the_same_request_is_not_lost_silently(cast, world):
    request_id = uuid.uuid4()
    state(cast, world.act, 5, request_id=request_id, expected_version=1)
    with pytest.raises(StaleFigure):
        state(cast, world.act, 6, request_id=request_id, expected_version=1)


def test_a_request_of_another_unit_is_refused(cast, world):
    request_id = uuid.uuid4()
    state(cast, world.act, 5, request_id=request_id)
    with pytest.raises(RequestReused):
        state(cast, world.lam, 5, request_id=request_id)


@pytest.mark.parametrize("figure", [-1, 10_000])
def test_a_figure_out_of_range_is_refused(cast, world, figure):
    with pytest.raises(FigureOutOfRange):
        state(cast, world.act, figure)


def test_above_installed_asks_and_is_marked_once_confirmed(cast, world):
    with pytest.raises(OverCapacity) as over:
        state(cast, world.act, 36)
    assert (over.value.figure, over.value.installed) == (36, 35)
    assert state(cast, world.act, 36, is_confirmed=True).is_over_capacity
    assert CurrentFigure.objects.get(unit=world.act).is_over_capacity


def test_over_capacity_once_confirmed_is_not_asked_again_going_down(cast, world):
    state(cast, world.act, 40, is_confirmed=True)
    assert state(cast, world.act, 38).is_over_capacity
    with pytest.raises(OverCapacity):
        state(cast, world.act, 39)
    assert not state(cast, world.act, 35).is_over_capacity


def test_above_installed_places_reduced_since_nothing_is_asked_going_down_or_unchanged(cast, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(installed_places=5)
    assert confirm(cast, world.act, 1).is_over_capacity
    assert state(cast, world.act, 7).is_over_capacity
    with pytest.raises(OverCapacity):
        state(cast, world.act, 8)
    assert not state(cast, world.act, 5).is_over_capacity


def test_a_first_statement_above_installed_asks(cast, world):
    OperationalUnit.objects.filter(pk=world.lam.pk).update(installed_places=20)
    with pytest.raises(OverCapacity):
        state(cast, world.lam, 21)
    assert state(cast, world.lam, 21, is_confirmed=True).is_over_capacity


def test_without_installed_places_there_is_no_upper_check(cast, world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(installed_places=None)
    assert not state(cast, world.act, 12).is_over_capacity


@pytest.mark.parametrize(
    ("previous", "figure", "asks"),
    [(0, 5, False), (0, 6, True), (8, 13, False), (8, 14, True), (12, 18, False), (12, 19, True), (14, 20, False)],
)
def test_the_slip_guard_asks_beyond_five_places_and_half(cast, world, previous, figure, asks):
    state(cast, world.act, previous, is_confirmed=True)
    if not asks:
        assert state(cast, world.act, figure).figure == figure
        return
    with pytest.raises(UnlikelyRise) as rise:
        state(cast, world.act, figure)
    assert (rise.value.previous, rise.value.figure) == (previous, figure)
    assert state(cast, world.act, figure, is_confirmed=True).figure == figure


def test_the_slip_guard_never_asks_going_down_nor_on_a_first_statement(cast, world):
    assert state(cast, world.lam, 20).version == 1
    assert state(cast, world.lam, 0).version == 2


@pytest.mark.parametrize(
    ("counts", "share"),
    [
        (Counts(men=3, women=3), Share.SEX),
        (Counts(accessible=6), Share.ACCESSIBLE),
        (Counts(single_room=6), Share.ROOM),
    ],
)
def test_a_breakdown_beyond_the_total_is_refused(cast, world, counts, share):
    with pytest.raises(BreakdownBeyondFigure) as beyond:
        state(cast, world.act, 5, breakdown=counts)
    assert (beyond.value.share, beyond.value.figure) == (share, 5)


def test_a_statement_never_goes_back_in_time(cast, world):
    last = state(cast, world.act, 5).stated_at
    entry = state(cast, world.act, 4, now=last - datetime.timedelta(seconds=2))
    assert entry.stated_at == last


def test_listeners_hear_of_it_inside_the_transaction(cast, world):
    heard = []

    def listen(sender, *, unit_ids, **kwargs):
        heard.append((unit_ids, connection.in_atomic_block))
        raise RuntimeError("the index failed")

    figures_changed.connect(listen)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            state(cast, world.act, 5)
    finally:
        figures_changed.disconnect(listen)
    assert heard == [([world.act.pk], True)]
    assert CurrentFigure.objects.get(unit=world.act).version == 1


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_refuses_to_change_a_statement(world, act):
    rows = AvailabilityEntry.objects.filter(unit=world.act)
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        rows.update(figure=1) if act == "update" else rows.delete()
    assert rows.get().figure == 8


@pytest.mark.parametrize("sql", ["UPDATE {} SET figure = 1", "DELETE FROM {}"])
def test_the_database_refuses_it_in_sql_too(world, sql):
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(AvailabilityEntry._meta.db_table))


def test_saving_takes_nine_queries(cast, world, django_assert_num_queries):
    options = {"expected_version": 1, "request_id": uuid.uuid4(), "source": "web"}
    scope, now = scope_of(cast.responsable), timezone.now()
    said = Statement(figure=5)
    with django_assert_num_queries(9):  # two of them the savepoint, one the totals' rows, one the search index
        services.record_statement(unit_id=world.act.pk, said=said, by=cast.responsable, scope=scope, now=now, **options)
