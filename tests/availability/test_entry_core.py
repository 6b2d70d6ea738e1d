"""Statements beyond the plain save: taken back, late, with lines, of a pool, sent again; rows that totals read."""

import datetime
import uuid

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability import services
from availability.breakdown import Counts
from availability.exceptions import (
    BreakdownBeyondFigure,
    FigureOutOfRange,
    NothingToConfirm,
    OverCapacity,
    RequestReused,
    StaleFigure,
    StatementRefused,
    UndoRefused,
    UnlikelyRise,
)
from availability.lines import LineSex, LineState, PlaceLine
from availability.membership import write_rows
from availability.models import AvailabilityEntry, CallOutcome, CurrentFigure, GroupedUnit, Pool
from availability.statement import Statement
from directory.scopes import scope_of
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)
HOUR = 60 * MINUTE
NOW = datetime.datetime(2026, 11, 3, 12, 0, tzinfo=datetime.UTC)


def options(cast, unit, *, who="responsable", now=NOW, **others):
    by = getattr(cast, who)
    values = {"request_id": uuid.uuid4(), "source": "web", "now": now, "by": by, "scope": scope_of(by)}
    return {"unit_id": unit.pk} | values | others


def version_of(unit):
    return CurrentFigure.objects.get(unit=unit).version


def state(cast, unit, figure, *, lines=(), counts=None, **others):
    said = Statement(figure=figure, lines=lines, counts=counts or Counts())
    values = {"expected_version": version_of(unit)} | options(cast, unit, **others)
    return services.record_statement(said=said, **values)


def undo(cast, unit, **others):
    return services.undo_statement(**({"version": version_of(unit)} | options(cast, unit, **others)))


def confirm(cast, unit, **others):
    return services.confirm_unchanged(**({"expected_version": version_of(unit)} | options(cast, unit, **others)))


def figure_of(unit):
    return CurrentFigure.objects.get(unit=unit)


class TestUndoing:
    def test_the_figure_before_comes_back_with_its_moment(self, cast, world):
        state(cast, world.lam, 8, counts=Counts(men=3), now=NOW - 2 * HOUR)
        state(cast, world.lam, 5, now=NOW)
        entry = undo(cast, world.lam, now=NOW + 10 * MINUTE)
        row = figure_of(world.lam)
        assert (entry.version, entry.figure, entry.undoes.version, entry.men) == (3, 8, 2, 3)
        assert (entry.stated_at, entry.confirmed_at) == (NOW + 10 * MINUTE, NOW - 2 * HOUR)
        assert (row.version, row.figure, row.men, row.confirmed_at) == (3, 8, 3, NOW - 2 * HOUR)
        assert row.expires_at == NOW - 2 * HOUR + 3 * row.rhythm
        assert row.changed_at == NOW + 10 * MINUTE

    def test_without_a_figure_before_the_unit_is_never_stated_again(self, cast, world):
        state(cast, world.lam, 5)
        entry = undo(cast, world.lam)
        row = figure_of(world.lam)
        assert (entry.figure, entry.confirmed_at, row.version) == (None, None, 2)
        assert (row.figure, row.confirmed_at, row.expires_at, row.stated_at) == (None, None, None, NOW)
        with pytest.raises(NothingToConfirm):
            confirm(cast, world.lam)
        assert state(cast, world.lam, 4).version == 3  # a first statement again: nothing is asked

    def test_a_confirmation_is_taken_back_too(self, cast, world):
        state(cast, world.lam, 5, now=NOW - 2 * HOUR)
        confirm(cast, world.lam, now=NOW)
        undo(cast, world.lam, now=NOW + MINUTE)
        assert figure_of(world.lam).confirmed_at == NOW - 2 * HOUR

    def test_a_contested_figure_is_contested_again(self, cast, world):
        first = state(cast, world.lam, 5, now=NOW - 2 * HOUR)
        CallOutcome.objects.create(
            unit=world.lam,
            outcome="full",
            figure=5,
            version=first.version,
            at=NOW - HOUR,
            by=cast.pdses,
            request_id=uuid.uuid4(),
        )
        state(cast, world.lam, 4, now=NOW)
        assert figure_of(world.lam).contested_at is None
        undo(cast, world.lam, now=NOW + MINUTE)
        assert figure_of(world.lam).contested_at == NOW - HOUR

    def test_ten_minutes_and_no_more(self, cast, world):
        state(cast, world.lam, 5)
        with pytest.raises(UndoRefused) as refused:
            undo(cast, world.lam, now=NOW + 10 * MINUTE + datetime.timedelta(seconds=1))
        assert refused.value.why is UndoRefused.Why.TOO_LATE
        assert undo(cast, world.lam, now=NOW + 10 * MINUTE).version == 2

    def test_not_what_somebody_else_stated(self, cast, world):
        state(cast, world.lam, 5, who="directeur")
        with pytest.raises(UndoRefused) as refused:
            undo(cast, world.lam)
        assert refused.value.why is UndoRefused.Why.NOT_YOURS

    def test_not_an_undoing(self, cast, world):
        state(cast, world.lam, 5)
        undo(cast, world.lam)
        with pytest.raises(UndoRefused) as refused:
            undo(cast, world.lam)
        assert refused.value.why is UndoRefused.Why.NOT_YOURS

    @pytest.mark.parametrize("version", [0, 1, 7])
    def test_not_when_somebody_saved_since(self, cast, world, version):
        state(cast, world.lam, 5)
        state(cast, world.lam, 4, who="directeur")
        with pytest.raises(UndoRefused) as refused:
            undo(cast, world.lam, version=version)
        assert refused.value.why is UndoRefused.Why.SAVED_SINCE

    def test_not_without_the_right(self, cast, world):
        state(cast, world.lam, 5)
        with pytest.raises(StatementRefused):
            undo(cast, world.lam, who="stranger")

    def test_it_is_never_dated_before_what_it_undoes(self, cast, world):
        state(cast, world.lam, 5)
        assert undo(cast, world.lam, now=NOW - MINUTE).stated_at == NOW


class TestSentAgain:
    def test_a_confirmation_sent_twice_is_one(self, cast, world):
        state(cast, world.lam, 5)
        request = {"request_id": uuid.uuid4(), "expected_version": 1}
        assert confirm(cast, world.lam, **request) == confirm(cast, world.lam, **request)
        assert version_of(world.lam) == 2

    def test_an_undoing_sent_twice_is_one(self, cast, world):
        state(cast, world.lam, 5)
        request = {"request_id": uuid.uuid4(), "version": 1}
        assert undo(cast, world.lam, **request) == undo(cast, world.lam, **request)
        assert version_of(world.lam) == 2

    @pytest.mark.parametrize("act", [confirm, undo])
    def test_the_request_of_another_unit_is_refused(self, cast, world, act):
        used = state(cast, world.lam, 5).request_id
        state(cast, world.act, 4)
        with pytest.raises(RequestReused):
            act(cast, world.act, request_id=used)

    def test_the_request_of_a_statement_is_no_undoing(self, cast, world):
        used = state(cast, world.lam, 5).request_id
        with pytest.raises(RequestReused):
            undo(cast, world.lam, request_id=used)


class TestLines:
    LINES = (
        PlaceLine(count=3, sex=LineSex.WOMEN),
        PlaceLine(count=1, state=LineState.RESERVED, until=datetime.date(2026, 11, 24)),
    )

    def test_the_counts_are_those_of_the_free_lines(self, cast, world):
        entry = state(cast, world.act, 5, lines=self.LINES, counts=Counts(men=5))
        row = figure_of(world.act)
        assert (
            entry.lines
            == row.lines
            == [
                {"count": 3, "state": "free", "sex": "women"},
                {"count": 1, "state": "reserved", "until": "2026-11-24"},
            ]
        )
        assert (row.women, row.men, row.accessible) == (3, 0, None)

    def test_free_places_stay_within_the_total(self, cast, world):
        with pytest.raises(BreakdownBeyondFigure) as beyond:
            state(cast, world.act, 2, lines=self.LINES)
        assert beyond.value.share is None

    def test_lines_that_are_not_free_hide_no_rise_of_the_figure(self, cast, world):
        closed = PlaceLine(count=30, state=LineState.CLOSED)
        state(cast, world.act, 4, lines=(closed, PlaceLine(count=4)), now=NOW)
        for figure, lines in ((12, ()), (33, ()), (12, (closed, PlaceLine(count=4)))):
            with pytest.raises((UnlikelyRise, OverCapacity)):
                state(cast, world.act, figure, lines=lines, now=NOW)
        state(cast, world.act, 3, lines=(closed, PlaceLine(count=3)), now=NOW)
        assert state(cast, world.act, 12, now=NOW, is_confirmed=True).figure == 12

    def test_all_places_stay_within_the_installed_ones_unless_confirmed(self, cast, world):
        lines = (PlaceLine(count=34, state=LineState.CLOSED), PlaceLine(count=2))
        with pytest.raises(OverCapacity) as over:
            state(cast, world.act, 8, lines=lines)
        assert (over.value.figure, over.value.is_of_lines) == (36, True)
        assert state(cast, world.act, 8, lines=lines, is_confirmed=True).is_over_capacity
        assert state(cast, world.act, 8, lines=lines).is_over_capacity  # the same again: nothing is asked

    def test_a_line_beyond_any_size_is_refused(self, cast, world):
        with pytest.raises(FigureOutOfRange):
            state(cast, world.act, 5, lines=(PlaceLine(count=10_000, state=LineState.CLOSED),))

    def test_they_are_confirmed_and_brought_back(self, cast, world):
        state(cast, world.act, 5, lines=self.LINES)
        assert len(confirm(cast, world.act, now=NOW + MINUTE).lines) == 2
        state(cast, world.act, 4, now=NOW + 2 * MINUTE)
        assert len(undo(cast, world.act, now=NOW + 3 * MINUTE).lines) == 2


class TestLate:
    def test_what_was_typed_before_the_last_statement_joins_the_history_only(self, cast, world):
        state(cast, world.lam, 5, now=NOW)
        entry = state(cast, world.lam, 9, expected_version=0, stated_at=NOW - HOUR, now=NOW + HOUR, source="mobile")
        row = figure_of(world.lam)
        assert (entry.version, entry.stated_at, entry.recorded_at) == (2, NOW - HOUR, NOW + HOUR)
        assert (row.figure, row.stated_at, row.confirmed_at, row.version, row.source) == (5, NOW, NOW, 2, "web")

    def test_what_was_typed_after_it_is_current_at_its_own_moment(self, cast, world):
        state(cast, world.lam, 5, now=NOW)
        state(cast, world.lam, 6, stated_at=NOW + MINUTE, now=NOW + HOUR)
        row = figure_of(world.lam)
        assert (row.figure, row.stated_at, row.confirmed_at) == (6, NOW + MINUTE, NOW + MINUTE)

    def test_a_moment_to_come_is_now(self, cast, world):
        assert state(cast, world.lam, 5, stated_at=NOW + HOUR).stated_at == NOW

    def test_a_newer_version_is_asked_about_unless_it_is_late(self, cast, world):
        state(cast, world.lam, 5, now=NOW)
        with pytest.raises(StaleFigure):
            state(cast, world.lam, 6, expected_version=0, stated_at=NOW + MINUTE, now=NOW + HOUR)


@pytest.fixture
def pool(world, cast):
    """Ten beds, never stated, of ``world.lam`` and ``second``, at the director's EG."""
    pool = Pool.objects.create(
        geographic_entity=world.eg, name="Lits partagés", installed_places=10, rhythm=world.lam_figure.rhythm
    )
    pool.second = UnitFactory(geographic_entity=world.eg, name="LAM Seconde", lam=True)
    CurrentFigureFactory(unit=pool.second, never=True)
    CurrentFigure.objects.filter(unit__in=[world.lam, pool.second]).update(pool=pool)
    write_rows(unit_ids=None)
    return pool


class TestPools:
    def test_a_statement_is_that_of_every_unit(self, cast, world, pool):
        entry = state(cast, world.lam, 4, who="directeur")
        assert (entry.pool, entry.unit, entry.version) == (pool, world.lam, 1)
        pool.refresh_from_db()
        rows = [figure_of(world.lam), figure_of(pool.second), pool]
        assert {(row.figure, row.version, row.confirmed_at, row.by_id) for row in rows} == {
            (4, 1, NOW, cast.directeur.pk)
        }
        assert state(cast, pool.second, 3, who="directeur", now=NOW + MINUTE).version == 2
        assert figure_of(world.lam).figure == 3

    def test_who_saw_the_version_before_is_told(self, cast, world, pool):
        state(cast, world.lam, 4, who="directeur")
        with pytest.raises(StaleFigure):
            state(cast, pool.second, 3, who="directeur", expected_version=0)

    def test_the_installed_number_is_the_pool_s(self, cast, world, pool):
        with pytest.raises(OverCapacity) as over:
            state(cast, world.lam, 11, who="directeur")
        assert over.value.installed == 10

    def test_confirmed_and_taken_back_from_any_unit(self, cast, world, pool):
        state(cast, world.lam, 4, who="directeur", now=NOW - HOUR)
        confirm(cast, pool.second, who="directeur", now=NOW)
        undo(cast, world.lam, who="directeur", now=NOW + MINUTE)
        pool.refresh_from_db()
        assert (pool.version, figure_of(pool.second).confirmed_at) == (3, NOW - HOUR)

    def test_the_rows_of_totals_follow(self, cast, world, pool):
        state(cast, world.lam, 4, who="directeur")
        rows = GroupedUnit.objects.filter(unit__in=[world.lam, pool.second])
        assert {(row.free, row.pool_id, row.confirmed_at) for row in rows} == {(4, pool.pk, NOW)}
        assert rows.count() == 2


def test_the_rows_of_totals_follow_each_act(cast, world):
    def free():
        return list(GroupedUnit.objects.filter(unit=world.lam).values_list("free", "confirmed_at", "expires_at"))

    state(cast, world.lam, 5)
    assert free() == [(5, NOW, NOW + 3 * world.lam_figure.rhythm)]
    confirm(cast, world.lam, now=NOW + MINUTE)
    assert free()[0][:2] == (5, NOW + MINUTE)
    undo(cast, world.lam, now=NOW + 2 * MINUTE)
    assert free()[0][:2] == (5, NOW)
    state(cast, world.lam, 0, now=NOW + 3 * MINUTE)
    assert free()[0][0] == 0


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["state", "confirm", "undo", "late", "elder", "again"]),
        st.integers(0, 9),
        st.integers(0, 12),  # minutes since the step before
        st.sampled_from(["responsable", "directeur"]),
    ),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=STEPS)
def test_the_current_figure_is_the_last_statement_whatever_happened(cast, world, steps):
    """Current row = statement with the greatest (stated_at, version); versions without a hole."""
    with transaction.atomic():
        now, unit, last = NOW, world.lam, None
        for act, figure, minutes, who in steps:
            now += minutes * MINUTE
            try:
                with transaction.atomic():
                    last = _step(cast, unit, act, figure, who, now, last)
            except (NothingToConfirm, UndoRefused, StaleFigure):
                continue
            _check_current(unit)
        transaction.set_rollback(True)


def _step(cast, unit, act, figure, who, now, last):
    if act == "confirm":
        return confirm(cast, unit, who=who, now=now)
    if act == "undo":
        return undo(cast, unit, who=who, now=now)
    if act == "again" and last is not None:
        request = {"request_id": last.request_id, "expected_version": last.version - 1}
        return state(cast, unit, last.figure or 0, who=who, now=now, **request)
    elder = {"stated_at": now - 30 * MINUTE} if act == "elder" else {}
    late = {"stated_at": now - MINUTE} if act == "late" else {}
    return state(cast, unit, figure, who=who, now=now, is_confirmed=True, **elder, **late)


def _check_current(unit):
    entries = list(AvailabilityEntry.objects.filter(unit=unit).order_by("version"))
    assert [entry.version for entry in entries] == list(range(1, len(entries) + 1))
    row, last = figure_of(unit), max(entries, key=lambda entry: (entry.stated_at, entry.version))
    assert row.version == len(entries)
    assert (row.figure, row.stated_at, row.confirmed_at) == (last.figure, last.stated_at, last.confirmed_at)
    assert (row.lines, row.comment, row.by_id) == (last.lines, last.comment, last.by_id)
    rows = GroupedUnit.objects.filter(unit=unit).values_list("free", "confirmed_at")
    assert list(rows) == [(row.figure, row.confirmed_at)]
