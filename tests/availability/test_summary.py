"""The summary of the default totals: always equal to what figures, closures and rules say, whatever was written."""

import contextlib
import datetime
import uuid
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability import membership, services, summary
from availability.cells import Cell
from availability.exceptions import UnitsNotGrouped
from availability.models import CellDelta, CurrentFigure, GroupedUnit, Grouping, Pool, UnitClosure
from availability.openings import services as openings
from availability.standing import Standing, closures_of, standing_at
from availability.statement import Statement
from availability.synthesis.totals import Criteria, live_totals
from directory.enums import PublicationStatus
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.signals import units_changed
from tests.factories.availability import CurrentFigureFactory, GroupingFactory
from tests.factories.directory import ACT, ACT_MOBILE, LAM, LHSS, UnitFactory, unit_type

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
START = datetime.datetime(2026, 10, 20, 9, 30, tzinfo=datetime.UTC)
TYPES = (ACT, LAM, LHSS, ACT_MOBILE)
CHILDHOOD = 6574  # days, 18 years


def by_hand(now):
    """Totals worked out in Python from the figures, unit by unit."""
    cells = {}
    for grouping in Grouping.objects.prefetch_related("unit_types"):
        types = {term.pk for term in grouping.unit_types.all()}
        for unit in OperationalUnit.objects.select_related("geographic_entity__commune", "current_figure__pool"):
            if unit.unit_type_id not in types or unit.status != PublicationStatus.PUBLISHED:
                continue
            if grouping.until_days is not None and (unit.min_age_days or 0) >= grouping.until_days:
                continue
            department = unit.geographic_entity.commune.department_id
            cell = cells.setdefault(
                (grouping.pk, department), SimpleNamespace(free={}, counted=0, open=0, units=0, confirmed=[])
            )
            cell.units += 1
            _add(cell, unit, grouping, now)
    return {
        key: Cell(*key, sum(cell.free.values()), cell.counted, cell.open, cell.units, min(cell.confirmed, default=None))
        for key, cell in cells.items()
    }


def _add(cell, unit, grouping, now):
    figure = getattr(unit, "current_figure", None)
    if figure is None or not figure.is_open:
        return
    standing = standing_at(figure, closures_of([unit.pk], now).get(unit.pk, ()), now)
    cell.open += standing is not Standing.UNAVAILABLE
    free = getattr(figure, grouping.counted or "figure")
    if standing is Standing.COUNTED and free is not None:
        cell.counted += 1
        cell.free[(figure.pool_id and -figure.pool_id) or unit.pk] = free
        cell.confirmed.append(figure.confirmed_at)


@pytest.fixture
def region(world, cast):
    """Three groupings that overlap, eight units in two departments, nothing stated."""
    GroupingFactory(code="urgent", name="Urgent", rhythm=HOUR, unit_types=[unit_type(ACT)])
    women = GroupingFactory(code="femmes", name="Femmes", rhythm=12 * HOUR, unit_types=[unit_type(LAM)])
    Grouping.objects.filter(pk=women.pk).update(counted="women")
    young = GroupingFactory(code="jeunes", name="Jeunes", rhythm=24 * HOUR, unit_types=[unit_type(LHSS)])
    Grouping.objects.filter(pk=young.pk).update(until_days=CHILDHOOD)
    more = [UnitFactory(geographic_entity=eg, lhss=True) for eg in (world.eg, world.other_eg) for _ in range(2)]
    units = [world.act, world.act_mobile, world.lam, world.lhss, *more]
    for unit in (world.act_mobile, *more[:3]):
        CurrentFigureFactory(unit=unit, never=True)
    stated = CurrentFigure.objects.exclude(figure=None)
    stated.update(stated_at=START - HOUR, confirmed_at=START - HOUR, expires_at=START - HOUR + 3 * F("rhythm"))
    openings.apply_rhythms()
    membership.write_rows(unit_ids=None)
    return SimpleNamespace(units=units, by=cast.sesan, scope=scope_of(cast.sesan))


class Play:
    """Writes on the region, as services and pages do them."""

    def __init__(self, region, now):
        self.region, self.now = region, now

    def unit(self, number):
        return OperationalUnit.objects.get(pk=self.region.units[number % len(self.region.units)].pk)

    def state(self, number, value):
        row = CurrentFigure.objects.filter(unit=self.unit(number)).first()
        values = {"request_id": uuid.uuid4(), "source": "web", "by": self.region.by, "scope": self.region.scope}
        said = Statement(figure=value, counts=services.counts_of(SimpleNamespace(**_counts(value))))
        try:
            with transaction.atomic():
                services.record_statement(
                    unit_id=self.unit(number).pk,
                    said=said,
                    expected_version=row.version if row else 0,
                    now=self.now,
                    is_confirmed=True,
                    **values,
                )
        except services.StatementRefused:
            pass

    def pass_time(self, number, value):
        self.now += value * HOUR if number % 2 else value * datetime.timedelta(minutes=17)

    def close(self, number, value):
        starts_at = self.now + (value - 5) * HOUR
        ends_at = None if number % 3 == 0 else starts_at + (1 + value) * HOUR
        unit = self.unit(number)
        UnitClosure.objects.create(
            unit=unit, starts_at=starts_at, ends_at=ends_at, reason="works", recorded_at=self.now, by=self.region.by
        )
        services.tell_figures([unit.pk, *_sharing(unit)])

    def withdraw(self, number, value):
        unit = self.unit(number)
        UnitClosure.objects.filter(unit=unit).update(withdrawn_at=self.now)
        services.tell_figures([unit.pk, *_sharing(unit)])

    def open_entry(self, number, value):
        with contextlib.suppress(UnitsNotGrouped):
            openings.open_entry(
                unit_ids=[self.unit(number).pk], scope=self.region.scope, now=self.now, by=self.region.by
            )

    def close_entry(self, number, value):
        openings.close_entry(unit_ids=[self.unit(number).pk], scope=self.region.scope, by=self.region.by)

    def change_type(self, number, value):
        unit = self.unit(number)
        OperationalUnit.objects.filter(pk=unit.pk).update(unit_type=unit_type(TYPES[value % len(TYPES)]))
        units_changed.send(OperationalUnit, unit_ids=[unit.pk])

    def change_age(self, number, value):
        unit = self.unit(number)
        OperationalUnit.objects.filter(pk=unit.pk).update(min_age_days=CHILDHOOD if value % 2 else 0)
        units_changed.send(OperationalUnit, unit_ids=[unit.pk])

    def hide(self, number, value):
        status = PublicationStatus.HIDDEN if value % 2 else PublicationStatus.PUBLISHED
        unit = self.unit(number)
        OperationalUnit.objects.filter(pk=unit.pk).update(status=status)
        units_changed.send(OperationalUnit, unit_ids=[unit.pk])

    def ask_again(self, number, value):
        unit = self.unit(number)
        CurrentFigure.objects.filter(unit=unit).update(to_confirm_since=self.now)
        services.tell_figures([unit.pk])

    def share(self, number, value):
        unit = self.unit(number)
        mates = CurrentFigure.objects.filter(unit__geographic_entity=unit.geographic_entity, pool=None)
        if (chosen := [row.pk for row in mates[:2]]) and len(chosen) > 1:
            pool = Pool.objects.create(name="Partagés", geographic_entity=unit.geographic_entity, rhythm=HOUR)
            CurrentFigure.objects.filter(pk__in=chosen).update(pool=pool, **_blank())
            openings.apply_unit_rhythms(unit_ids=chosen)
            services.tell_figures(chosen)

    def merge(self, number, value):
        summary.merge_lines(now=self.now)

    def rebuild(self, number, value):
        call_command("rebuild_availability", verbosity=0)


def _counts(value):
    return dict.fromkeys(services.COUNT_FIELDS) | {"women": value // 2 if value % 3 else None}


def _blank():
    names = ("figure", "stated_at", "confirmed_at", "expires_at", "changed_at")
    return dict.fromkeys(names) | {"version": 0}


def _sharing(unit):
    pool = CurrentFigure.objects.filter(unit=unit).values_list("pool", flat=True).first()
    return list(CurrentFigure.objects.filter(pool=pool).values_list("pk", flat=True)) if pool else []


ACTIONS = sorted(name for name, value in vars(Play).items() if callable(value) and name not in {"__init__", "unit"})
LIKELY = [*ACTIONS, "state", "state", "state", "pass_time"]
STEPS = st.lists(st.tuples(st.sampled_from(LIKELY), st.integers(0, 7), st.integers(0, 12)), min_size=1, max_size=14)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.sampled_from([0, 1, 2, 35, 37]))
def test_the_summary_equals_the_figures_whatever_is_written(region, steps, later):
    with transaction.atomic():
        play = Play(region, START)
        for name, number, value in steps:
            getattr(play, name)(number, value)
        for moment in (play.now, play.now + later * HOUR, play.now.replace(minute=0) + HOUR):
            assert summary.default_cells(moment) == by_hand(moment)
        summary.merge_lines(now=play.now)
        assert summary.default_cells(play.now) == by_hand(play.now)
        before = set(GroupedUnit.objects.values_list("grouping", "unit", "free", "expires_at", "is_volatile", "pool"))
        call_command("rebuild_availability", verbosity=0)
        after = set(GroupedUnit.objects.values_list("grouping", "unit", "free", "expires_at", "is_volatile", "pool"))
        assert before == after
        assert summary.default_cells(play.now) == by_hand(play.now)
        transaction.set_rollback(True)


def test_a_figure_leaves_the_total_at_the_very_moment_it_expires(region, world):
    figure = CurrentFigure.objects.get(unit=world.act)
    second = datetime.timedelta(seconds=1)
    key = (world.grouping.pk, "92")
    assert summary.default_cells(figure.expires_at - second)[key].free == 8
    found = summary.default_cells(figure.expires_at)[key]
    assert found.free == 8
    live = live_totals(Criteria(), figure.expires_at, overall=True)
    assert [cell.expires_at for cell in (found, live.cells[key])] == [figure.expires_at] * 2
    gone = summary.default_cells(figure.expires_at + second)[key]
    assert (gone.free, gone.counted, gone.oldest) == (0, 0, None)


def test_merging_leaves_one_line_a_cell_and_hour(region, world):
    play = Play(region, timezone.now())
    for value in range(6):
        play.state(0, value)
    before = summary.default_cells(play.now)
    summary.merge_lines(now=play.now)
    keys = list(CellDelta.objects.values_list("grouping_id", "department_code", "rhythm", "hour"))
    assert len(keys) == len(set(keys))
    assert summary.default_cells(play.now) == before
    count = CellDelta.objects.count()
    summary.merge_lines(now=play.now)
    assert CellDelta.objects.count() == count


def test_saves_merge_the_lines_now_and_then(region, world, monkeypatch, django_capture_on_commit_callbacks):
    monkeypatch.setattr(summary, "WRITES_A_MERGE", 1)
    play = Play(region, timezone.now())
    for value in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            play.state(0, value)
    keys = list(CellDelta.objects.values_list("grouping_id", "department_code", "rhythm", "hour"))
    assert len(keys) == len(set(keys))


def test_a_grouping_deleted_leaves_no_total(region, world):
    Grouping.objects.filter(code="urgent").delete()
    now = timezone.now()
    assert summary.default_cells(now) == by_hand(now)
    summary.merge_lines(now=now)
    held = set(CellDelta.objects.values_list("grouping_id", flat=True))
    assert held <= set(Grouping.objects.values_list("pk", flat=True))


def test_totals_are_one_query(region, django_assert_num_queries):
    with django_assert_num_queries(1):
        summary.default_cells(timezone.now())


def test_rebuilding_mends_what_was_written_by_hand(region, capsys):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE availability_celldelta SET free = free + 1000")
    now = timezone.now()
    assert summary.default_cells(now) != by_hand(now)
    call_command("rebuild_availability")
    assert summary.default_cells(now) == by_hand(now)
    assert "Regroupements" in capsys.readouterr().out
