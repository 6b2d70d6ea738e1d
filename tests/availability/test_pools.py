"""Lits mutualisés: entered once, counted once, separated with each unit's own figure back."""

import datetime
import uuid

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from availability import services, summary
from availability.closures import services as closures
from availability.closures.services import Period
from availability.exceptions import StaleFigure, StatementRefused
from availability.models import AvailabilityEntry, CurrentFigure, GroupedUnit, Pool
from availability.openings import services as openings
from availability.pools import services as pools
from availability.pools.services import PoolRefused
from availability.standing import Standing, closures_of, standing_at
from availability.statement import Statement
from availability.synthesis.totals import Criteria, live_totals
from directory.enums import ClosureKind
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.services import update_record
from tests.factories.availability import CurrentFigureFactory, UnitTypeRhythmFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def lhss(world):
    """A third unit of the EG: 2 places, late."""
    unit = UnitFactory(geographic_entity=world.eg, name="LHSS Altair", lhss=True)
    return CurrentFigureFactory(unit=unit, figure=2, late=True).unit


def make(cast, world, *units, figure=None, installed=20, who="sesan", now=None):
    by = getattr(cast, who)
    return pools.make_pool(
        entity=world.eg,
        unit_ids=[unit.pk for unit in units],
        name="Lits partagés",
        installed_places=installed,
        figure=figure,
        by=by,
        scope=scope_of(by),
        now=now or timezone.now(),
    )


def support(cast, **more):
    return {"by": cast.sesan, "scope": scope_of(cast.sesan), **more}


def state(person, unit, figure, version, now):
    return services.record_statement(
        unit_id=unit.pk,
        said=Statement(figure=figure),
        expected_version=version,
        request_id=uuid.uuid4(),
        source="web",
        by=person,
        scope=scope_of(person),
        now=now,
    )


def row(unit):
    return CurrentFigure.objects.get(pk=unit.pk)


def of_totals(unit):
    return GroupedUnit.objects.filter(unit=unit).values_list("pool", "free", "confirmed_at", "is_volatile").get()


def test_units_share_their_places_and_nothing_is_added_up(cast, world, now):
    pool = make(cast, world, world.act, world.lam)
    for unit in (world.act, world.lam):
        assert (row(unit).pool, row(unit).figure, row(unit).version) == (pool, None, 0)
        assert of_totals(unit) == (pool.pk, None, None, False)
    assert AvailabilityEntry.objects.filter(unit=world.act, pool=None).count() == 1
    assert AuditEntry.objects.get(action="pool_changed").details["units"] == [world.act.pk, world.lam.pk]


def test_the_first_figure_is_the_one_stated_knowingly(cast, world, now):
    pool = make(cast, world, world.act, world.lam, figure=7, now=now)
    for unit in (world.act, world.lam):
        assert (row(unit).figure, row(unit).version, row(unit).confirmed_at) == (7, 1, now)
        assert of_totals(unit) == (pool.pk, 7, now, False)
    assert list(AvailabilityEntry.objects.filter(pool=pool).values_list("figure", "by")) == [(7, cast.sesan.pk)]


def test_a_pool_is_edited_from_any_of_its_units(cast, world, now):
    make(cast, world, world.act, world.lam, figure=7, now=now)
    state(cast.responsable, world.lam, 6, 1, now)
    with pytest.raises(StaleFigure):
        state(cast.responsable, world.act, 5, 1, now)
    state(cast.responsable, world.act, 5, 2, now)
    assert (row(world.act).figure, row(world.lam).figure, row(world.lam).version) == (5, 5, 3)


@pytest.mark.parametrize(
    ("chosen", "why"),
    [
        (("act",), PoolRefused.Why.TOO_FEW),
        (("act", "act_mobile"), PoolRefused.Why.NOT_OPEN),
        (("act", "lhss"), PoolRefused.Why.ELSEWHERE),
    ],
)
def test_units_that_cannot_share(cast, world, chosen, why):
    with pytest.raises(PoolRefused) as refused:
        make(cast, world, *[getattr(world, name) for name in chosen])
    assert refused.value.why is why
    assert not Pool.objects.exists()


def test_a_unit_is_in_one_pool(cast, world, lhss):
    make(cast, world, world.act, world.lam)
    with pytest.raises(PoolRefused) as refused:
        make(cast, world, world.act, lhss)
    assert (refused.value.why, refused.value.units) == (PoolRefused.Why.SHARED, ["ACT ALTAIR VESTA"])


def test_more_free_than_installed_is_refused(cast, world):
    with pytest.raises(PoolRefused) as refused:
        make(cast, world, world.act, world.lam, figure=21)
    assert refused.value.why is PoolRefused.Why.OVER_CAPACITY
    assert not Pool.objects.exists()


def test_no_figure_while_all_are_unavailable(cast, world, now):
    by = cast.sesan
    said = {"reason": "works", "comment": "", "by": by, "scope": scope_of(by), "now": now}
    closures.declare_closures(unit_ids=[world.act.pk, world.lam.pk], period=Period(now), **said)
    with pytest.raises(PoolRefused) as refused:
        make(cast, world, world.act, world.lam, figure=3, now=now)
    assert refused.value.why is PoolRefused.Why.NOT_STATED
    assert make(cast, world, world.act, world.lam, now=now).version == 0


@pytest.mark.parametrize("who", ["directeur", "responsable", "consultation"])
def test_support_alone_makes_and_separates(cast, world, now, who):
    with pytest.raises(StatementRefused):
        make(cast, world, world.act, world.lam, who=who)
    pool = make(cast, world, world.act, world.lam)
    by = getattr(cast, who)
    with pytest.raises(StatementRefused):
        pools.separate_pool(pool_id=pool.pk, by=by, scope=scope_of(by), now=now)


def test_each_unit_has_its_own_last_figure_back_to_be_confirmed(cast, world, now):
    before = row(world.act)
    pool = make(cast, world, world.act, world.lam, figure=7, now=now)
    state(cast.responsable, world.act, 6, 1, now)
    pools.separate_pool(pool_id=pool.pk, now=now, **support(cast))
    act, lam = row(world.act), row(world.lam)
    assert (act.pool, act.figure, act.version, act.confirmed_at) == (None, 8, 1, before.confirmed_at)
    assert (act.changed_at, act.expires_at) == (before.changed_at, before.expires_at)
    assert standing_at(act, (), now) is Standing.TO_CONFIRM
    assert (lam.pool, lam.figure, lam.version, lam.confirmed_at) == (None, None, 0, None)
    assert of_totals(world.act) == (None, 8, None, False)
    pool.refresh_from_db()
    assert pool.ended_at == now
    state(cast.responsable, world.act, 4, 1, now + HOUR)
    state(cast.responsable, world.lam, 1, 0, now + HOUR)
    assert standing_at(row(world.act), (), now + HOUR) is Standing.COUNTED
    versions = AvailabilityEntry.objects.filter(unit=world.act, pool=None).order_by("version")
    assert list(versions.values_list("version", "figure")) == [(1, 8), (2, 4)]


def test_a_pool_that_ended_changes_no_more(cast, world, now):
    pool = make(cast, world, world.act, world.lam)
    pools.separate_pool(pool_id=pool.pk, now=now, **support(cast))
    with pytest.raises(PoolRefused) as refused:
        pools.change_pool(pool_id=pool.pk, name="Autre", installed_places=1, **support(cast))
    assert refused.value.why is PoolRefused.Why.ENDED


def test_the_figure_given_back_is_the_latest_whatever_its_version(cast, world, now):
    late = {"source": "mobile", "by": cast.responsable, "scope": scope_of(cast.responsable), "now": now}
    services.record_statement(
        unit_id=world.act.pk,
        said=Statement(figure=3),
        expected_version=0,
        request_id=uuid.uuid4(),
        stated_at=now - 2 * HOUR,
        **late,
    )
    state_before = row(world.act)
    pool = make(cast, world, world.act, world.lam, now=now)
    pools.separate_pool(pool_id=pool.pk, now=now, **support(cast))
    act = row(world.act)
    assert (act.figure, act.version, act.stated_at) == (8, 2, state_before.stated_at)


def test_members_come_and_go(cast, world, lhss, now):
    pool = make(cast, world, world.act, world.lam, figure=7, now=now)
    pools.add_members(pool_id=pool.pk, unit_ids=[lhss.pk], now=now, **support(cast))
    assert (row(lhss).figure, row(lhss).version) == (7, 1)
    pools.remove_members(pool_id=pool.pk, unit_ids=[world.act.pk], now=now, **support(cast))
    assert (row(world.act).pool, row(world.act).figure) == (None, 8)
    assert row(lhss).pool == pool
    pools.remove_members(pool_id=pool.pk, unit_ids=[lhss.pk], now=now, **support(cast))
    pool.refresh_from_db()
    assert (pool.ended_at, row(world.lam).pool, row(lhss).figure) == (now, None, 2)


def test_a_unit_that_is_no_member_cannot_leave(cast, world, lhss, now):
    pool = make(cast, world, world.act, world.lam)
    with pytest.raises(PoolRefused) as refused:
        pools.remove_members(pool_id=pool.pk, unit_ids=[lhss.pk], now=now, **support(cast))
    assert refused.value.why is PoolRefused.Why.NOT_MEMBER


def test_the_shortest_rhythm_is_that_of_all(cast, world, now):
    UnitTypeRhythmFactory()  # LAM: every day
    openings.apply_rhythms()
    pool = make(cast, world, world.act, world.lam, figure=7, now=now)
    pool.refresh_from_db()
    assert {pool.rhythm, row(world.act).rhythm, row(world.lam).rhythm} == {DAY}
    assert row(world.act).expires_at == now + 3 * DAY
    pools.separate_pool(pool_id=pool.pk, now=now, **support(cast))
    assert (row(world.act).rhythm, row(world.lam).rhythm) == (7 * DAY, DAY)
    assert row(world.act).expires_at == row(world.act).confirmed_at + 21 * DAY


def edit(record, cast, **changes):
    record = type(record).objects.get(pk=record.pk)
    scope = scope_of(cast.sesan)
    update_record(record=record, changes=changes, expected_version=record.version, by=cast.sesan, scope=scope)


def test_a_unit_that_goes_to_another_establishment_leaves(cast, world, lhss):
    pool = make(cast, world, world.act, world.lam, lhss, figure=7)
    elsewhere = GeographicEntityFactory(legal_entity=world.ej)
    edit(lhss, cast, geographic_entity=elsewhere, structure=None)
    assert (row(lhss).pool, row(lhss).figure) == (None, 2)
    assert row(world.act).pool == pool
    edit(world.act, cast, geographic_entity=elsewhere, structure=None)
    pool.refresh_from_db()
    assert pool.ended_at is not None
    assert (row(world.act).pool, row(world.lam).pool) == (None, None)


def test_a_type_outside_groupings_closes_one_member_and_the_others_go_on(cast, world):
    pool = make(cast, world, world.act, world.lam, figure=7)
    edit(world.act, cast, unit_type=world.act_mobile.unit_type)
    assert (row(world.act).is_open, row(world.act).pool) == (False, pool)
    state(cast.responsable, world.lam, 3, 1, timezone.now())
    assert row(world.act).figure == 3


def test_a_member_closed_to_entry_stays_and_the_others_state(cast, world):
    make(cast, world, world.act, world.lam, figure=7)
    openings.close_entry(unit_ids=[world.act.pk], **support(cast))
    with pytest.raises(StatementRefused):
        state(cast.responsable, world.act, 3, 1, timezone.now())
    state(cast.responsable, world.lam, 3, 1, timezone.now())
    assert row(world.act).figure == 3


def closing(record, cast, status):
    changes = {"status": status}
    if status == "closed":
        changes |= {"closure_kind": ClosureKind.TEMPORARY, "closed_on": timezone.localdate()}
    edit(record, cast, **changes)


def test_a_member_reopened_in_the_directory_waits_alone(cast, world):
    pool = make(cast, world, world.act, world.lam, figure=7)
    closing(world.act, cast, "closed")
    closing(world.act, cast, "published")
    now = timezone.now()
    assert standing_at(row(world.act), (), now) is Standing.TO_CONFIRM
    assert standing_at(row(world.lam), (), now) is Standing.COUNTED
    pool.refresh_from_db()
    assert pool.to_confirm_since is None


def test_a_pool_reopened_whole_waits_whole(cast, world):
    pool = make(cast, world, world.act, world.lam, figure=7)
    closing(world.eg, cast, "closed")
    closing(world.eg, cast, "published")
    now = timezone.now()
    pool.refresh_from_db()
    assert pool.to_confirm_since is not None
    assert {standing_at(row(unit), (), now) for unit in (world.act, world.lam)} == {Standing.TO_CONFIRM}
    state(cast.responsable, world.lam, 5, 1, timezone.now())
    now = timezone.now()
    assert {standing_at(row(unit), (), now) for unit in (world.act, world.lam)} == {Standing.COUNTED}


def test_a_closure_of_one_member_leaves_the_places_to_the_others(cast, world, now):
    pool = make(cast, world, world.act, world.lam, figure=7, now=now)
    said = {"reason": "works", "comment": "", "by": cast.responsable, "scope": scope_of(cast.responsable), "now": now}
    closures.declare_closures(unit_ids=[world.act.pk], period=Period(now, now + HOUR), **said)
    found = closures_of([world.act.pk, world.lam.pk], now)
    assert standing_at(row(world.act), found[world.act.pk], now) is Standing.UNAVAILABLE
    assert standing_at(row(world.lam), found.get(world.lam.pk, ()), now) is Standing.COUNTED
    assert [of_totals(unit)[3] for unit in (world.act, world.lam)] == [True, True]
    state(cast.responsable, world.lam, 6, 1, now)
    with pytest.raises(StatementRefused):
        state(cast.responsable, world.act, 6, 2, now)
    assert OperationalUnit.objects.filter(current_figure__pool=pool, current_figure__figure=6).count() == 2


@pytest.mark.parametrize("who", ["act", "lam"])
def test_a_member_back_from_a_closure_counts_again_once_any_unit_is_confirmed(cast, world, now, who):
    make(cast, world, world.act, world.lam, figure=7, now=now)
    said = {"reason": "works", "comment": "", "by": cast.responsable, "scope": scope_of(cast.responsable), "now": now}
    closures.declare_closures(unit_ids=[world.act.pk], period=Period(now, now + HOUR), **said)

    def cell(moment):
        found = closures_of([world.act.pk], moment)
        live = live_totals(Criteria(), moment).cells[world.grouping.pk, "92"]
        assert summary.default_cells(moment)[world.grouping.pk, "92"] == live
        return standing_at(row(world.act), found[world.act.pk], moment), live.free, live.counted, live.open

    state(cast.responsable, world.lam, 6, 1, now + HOUR / 2)  # while it was closed: not said of it
    back = now + 2 * HOUR
    before = cell(back)
    assert before[0] is Standing.TO_CONFIRM
    state(cast.responsable, getattr(world, who), 5, 2, back)
    after = cell(back + HOUR)
    assert after == (Standing.COUNTED, before[1] - 1, before[2] + 1, before[3])


def test_the_name_and_the_installed_places_change(cast, world):
    pool = make(cast, world, world.act, world.lam)
    pools.change_pool(pool_id=pool.pk, name="Lits ACT et LAM", installed_places=None, **support(cast))
    pool.refresh_from_db()
    assert (pool.name, pool.installed_places) == ("Lits ACT et LAM", None)
    pools.change_pool(pool_id=pool.pk, name="Lits ACT et LAM", installed_places=None, **support(cast))
    assert AuditEntry.objects.filter(action="pool_changed").count() == 2
