"""Indisponibilités totales: declared, changed, ended, withdrawn; what a figure is worth meanwhile and afterwards."""

import datetime
import uuid

import pytest
from django.utils import timezone

from availability import services
from availability.closures import services as closures
from availability.closures.services import (
    BadPeriod,
    ClosureNotStarted,
    ClosureOver,
    ClosuresOverlap,
    ClosureStarted,
    Period,
)
from availability.exceptions import StatementRefused
from availability.models import CurrentFigure, GroupedUnit, UnitClosure
from availability.permissions import Refusal
from availability.standing import Standing, closures_of, counting, standing_at
from availability.statement import Statement
from directory.enums import ClosureKind, PublicationStatus
from directory.scopes import scope_of
from directory.services import update_record

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
DAY = 24 * HOUR


@pytest.fixture
def now():
    return timezone.now()


def declare(person, units, starts_at, ends_at=None, *, now, reason="works", comment=""):
    return closures.declare_closures(
        unit_ids=[unit.pk for unit in units],
        period=Period(starts_at, ends_at),
        reason=reason,
        comment=comment,
        by=person,
        scope=scope_of(person),
        now=now,
    )


def change(person, closure, period, now):
    return closures.change_closure(
        closure_id=closure.pk,
        period=period,
        reason=closure.reason,
        comment="",
        by=person,
        scope=scope_of(person),
        now=now,
    )


def act_on(service, person, closure, now):
    return service(closure_id=closure.pk, by=person, scope=scope_of(person), now=now)


def state(person, unit, figure, now):
    return services.record_statement(
        unit_id=unit.pk,
        said=Statement(figure=figure),
        expected_version=CurrentFigure.objects.get(pk=unit.pk).version,
        request_id=uuid.uuid4(),
        source="web",
        by=person,
        scope=scope_of(person),
        now=now,
    )


def standing(unit, at):
    figure = CurrentFigure.objects.get(pk=unit.pk)
    found = standing_at(figure, closures_of([unit.pk], at).get(unit.pk, ()), at)
    assert CurrentFigure.objects.filter(counting(at), pk=unit.pk).exists() == (found is Standing.COUNTED)
    return found


def test_a_closure_starts_and_ends_by_itself(cast, world, now):
    declare(cast.responsable, [world.act], now + HOUR, now + 2 * HOUR, now=now)
    assert standing(world.act, now) is Standing.COUNTED
    assert standing(world.act, now + HOUR) is Standing.UNAVAILABLE
    with pytest.raises(StatementRefused) as refused:
        state(cast.responsable, world.act, 5, now + HOUR)
    assert refused.value.refusal is Refusal.UNAVAILABLE
    assert standing(world.act, now + 2 * HOUR - datetime.timedelta(seconds=1)) is Standing.UNAVAILABLE
    assert standing(world.act, now + 2 * HOUR) is Standing.TO_CONFIRM
    services.confirm_unchanged(
        unit_id=world.act.pk,
        expected_version=1,
        request_id=uuid.uuid4(),
        source="web",
        by=cast.responsable,
        scope=scope_of(cast.responsable),
        now=now + 2 * HOUR,
    )
    assert standing(world.act, now + 2 * HOUR) is Standing.COUNTED


def test_several_units_at_once_and_an_open_end(cast, world, now):
    made = declare(cast.responsable, [world.act, world.lam], now, now=now, reason="outbreak", comment="gale")
    assert {closure.unit_id for closure in made} == {world.act.pk, world.lam.pk}
    assert standing(world.act, now + 365 * DAY) is Standing.UNAVAILABLE
    assert set(GroupedUnit.objects.filter(is_volatile=True).values_list("unit", flat=True)) == {
        world.act.pk,
        world.lam.pk,
    }


def test_the_same_declaration_twice_is_one(cast, world, now):
    first = declare(cast.responsable, [world.act], now, now + DAY, now=now)
    again = declare(cast.responsable, [world.act], now, now + DAY, now=now + HOUR)
    assert again == first
    assert UnitClosure.objects.count() == 1


@pytest.mark.parametrize(
    ("starts", "ends"), [(0, 5), (-10, None), (2, 3), (1, 4), (3, None)], ids=["around", "open", "in", "same", "end"]
)
def test_an_overlap_is_refused_and_names_the_other(cast, world, now, starts, ends):
    other = declare(cast.directeur, [world.act], now + 1 * HOUR, now + 4 * HOUR, now=now)[0]
    ends_at = None if ends is None else now + ends * HOUR
    with pytest.raises(ClosuresOverlap) as refused:
        declare(cast.responsable, [world.lam, world.act], now + starts * HOUR, ends_at, now=now)
    assert refused.value.closures == [other]
    assert UnitClosure.objects.count() == 1


def test_periods_that_touch_do_not_overlap(cast, world, now):
    declare(cast.responsable, [world.act], now + HOUR, now + 2 * HOUR, now=now)
    declare(cast.responsable, [world.act], now + 2 * HOUR, now + 3 * HOUR, now=now)
    declare(cast.responsable, [world.act], now, now + HOUR, now=now)
    assert UnitClosure.objects.count() == 3


@pytest.mark.parametrize(
    ("who", "starts", "ends", "why"),
    [
        ("responsable", 2 * HOUR, HOUR, BadPeriod.Why.ORDER),
        ("responsable", HOUR, HOUR, BadPeriod.Why.ORDER),
        ("responsable", -2 * HOUR, -HOUR, BadPeriod.Why.OVER),
        ("responsable", -25 * HOUR, HOUR, BadPeriod.Why.TOO_LATE),
        ("sesan", -367 * DAY, HOUR, BadPeriod.Why.TOO_LATE),
        ("responsable", HOUR, 2000 * DAY, BadPeriod.Why.TOO_FAR),
        ("responsable", 2000 * DAY, None, BadPeriod.Why.TOO_FAR),
    ],
)
def test_dates_that_cannot_be(cast, world, now, who, starts, ends, why):
    with pytest.raises(BadPeriod) as refused:
        declare(getattr(cast, who), [world.act], now + starts, ends and now + ends, now=now)
    assert refused.value.why is why


def test_a_closure_is_told_late_by_a_day_or_by_support_a_year(cast, world, now):
    declare(cast.responsable, [world.act], now - 23 * HOUR, now + HOUR, now=now)
    declare(cast.sesan, [world.lhss], now - 300 * DAY, None, now=now)
    assert UnitClosure.objects.count() == 2


@pytest.mark.parametrize(("who", "unit"), [("stranger", "act"), ("responsable", "lhss"), ("consultation", "act")])
def test_another_s_units_are_refused(cast, world, now, who, unit):
    with pytest.raises(closures.UnitsRefused) as refused:
        declare(getattr(cast, who), [getattr(world, unit)], now, now=now)
    assert [why for _, why in refused.value.refusals] == [Refusal.NOT_HELD]


def test_a_unit_not_open_to_entry_is_refused_with_all_the_others(cast, world, now):
    with pytest.raises(closures.UnitsRefused) as refused:
        declare(cast.directeur, [world.act, world.act_mobile], now, now=now)
    assert [(unit.pk, why) for unit, why in refused.value.refusals] == [(world.act_mobile.pk, Refusal.NOT_OPEN)]
    assert not UnitClosure.objects.exists()


def test_changing_withdraws_and_replaces(cast, world, now):
    first = declare(cast.responsable, [world.act], now + HOUR, now + DAY, now=now)[0]
    second = change(cast.directeur, first, Period(now + 2 * HOUR, None), now)
    first.refresh_from_db()
    assert (first.withdrawn_at, first.withdrawn_by) == (now, cast.directeur)
    assert (second.replaces, second.starts_at, second.ends_at, second.by) == (
        first,
        now + 2 * HOUR,
        None,
        cast.directeur,
    )
    assert change(cast.directeur, second, Period(now + 2 * HOUR, None), now) == second
    with pytest.raises(ClosureOver):
        change(cast.directeur, first, Period(now + 2 * HOUR, None), now)


def test_the_start_of_one_under_way_stays_and_its_end_moves(cast, world, now):
    closure = declare(cast.responsable, [world.act], now - HOUR, now + DAY, now=now)[0]
    with pytest.raises(BadPeriod) as refused:
        change(cast.responsable, closure, Period(now, now + DAY), now)
    assert refused.value.why is BadPeriod.Why.STARTED
    later = now + 23 * HOUR
    assert change(cast.responsable, closure, Period(now - HOUR, now + 2 * DAY), later).ends_at == now + 2 * DAY


def test_a_change_that_meets_another_closure_is_refused_whole(cast, world, now):
    first = declare(cast.responsable, [world.act], now + HOUR, now + 2 * HOUR, now=now)[0]
    declare(cast.responsable, [world.act], now + 3 * HOUR, now + 4 * HOUR, now=now)
    with pytest.raises(ClosuresOverlap):
        change(cast.responsable, first, Period(now + HOUR, now + 5 * HOUR), now)
    first.refresh_from_db()
    assert first.withdrawn_at is None


def test_ending_now_asks_for_the_figure_again(cast, world, now):
    closure = declare(cast.responsable, [world.act], now - HOUR, None, now=now)[0]
    ended = act_on(closures.end_closure, cast.responsable, closure, now + HOUR)
    assert (ended.replaces, ended.ends_at) == (closure, now + HOUR)
    assert standing(world.act, now + HOUR) is Standing.TO_CONFIRM
    state(cast.responsable, world.act, 3, now + HOUR)
    assert standing(world.act, now + HOUR) is Standing.COUNTED
    with pytest.raises(ClosureOver):
        act_on(closures.end_closure, cast.responsable, ended, now + 2 * HOUR)


def test_withdrawing_before_it_begins_leaves_the_figure(cast, world, now):
    closure = declare(cast.responsable, [world.act], now + HOUR, None, now=now)[0]
    with pytest.raises(ClosureNotStarted):
        act_on(closures.end_closure, cast.responsable, closure, now)
    act_on(closures.withdraw_closure, cast.responsable, closure, now)
    assert standing(world.act, now + 2 * HOUR) is Standing.COUNTED
    assert not GroupedUnit.objects.filter(is_volatile=True).exists()


def test_one_under_way_is_not_withdrawn(cast, world, now):
    closure = declare(cast.responsable, [world.act], now, None, now=now)[0]
    with pytest.raises(ClosureStarted):
        act_on(closures.withdraw_closure, cast.responsable, closure, now)


@pytest.mark.parametrize("service", [closures.end_closure, closures.withdraw_closure])
def test_another_s_closure_is_left_alone(cast, world, now, service):
    closure = declare(cast.responsable, [world.act], now + HOUR, None, now=now)[0]
    with pytest.raises(StatementRefused):
        act_on(service, cast.stranger, closure, now)


def test_what_was_recorded_at_a_moment_can_be_read(cast, world, now):
    first = declare(cast.responsable, [world.act], now + HOUR, now + DAY, now=now)[0]
    second = change(cast.responsable, first, Period(now + HOUR, None), now + datetime.timedelta(minutes=5))
    known = UnitClosure.objects.recorded_by
    assert list(known(now)) == [first]
    assert list(known(now + HOUR)) == [second]
    assert list(known(now - HOUR)) == []


# Closures in the directory.


def close(record, person):
    record.refresh_from_db()
    changes = {
        "status": PublicationStatus.CLOSED,
        "closure_kind": ClosureKind.TEMPORARY,
        "closed_on": timezone.localdate(),
    }
    update_record(
        record=record, changes=changes, expected_version=record.version, by=person, scope=scope_of(person), reason="x"
    )


def reopen(record, person):
    record.refresh_from_db()
    update_record(
        record=record,
        changes={"status": PublicationStatus.PUBLISHED},
        expected_version=record.version,
        by=person,
        scope=scope_of(person),
        reason="x",
    )


@pytest.mark.parametrize("record", ["act", "eg", "ej"])
def test_a_record_reopened_waits_for_its_figure(cast, world, record):
    closed = getattr(world, record)
    close(closed, cast.sesan)
    reopen(closed, cast.sesan)
    assert standing(world.act, timezone.now()) is Standing.TO_CONFIRM
    assert standing(world.lam, timezone.now()) is Standing.UNKNOWN
    assert standing(world.lhss, timezone.now()) is Standing.EXPIRED
    assert GroupedUnit.objects.get(unit=world.act).confirmed_at is None
    state(cast.responsable, world.act, 4, timezone.now())
    assert standing(world.act, timezone.now()) is Standing.COUNTED
    assert GroupedUnit.objects.get(unit=world.act).confirmed_at is not None


def test_a_unit_closed_by_itself_stays_closed_when_its_establishment_reopens(cast, world):
    close(world.lam, cast.sesan)
    close(world.eg, cast.sesan)
    reopen(world.eg, cast.sesan)
    world.lam.refresh_from_db()
    assert world.lam.is_closed
    assert CurrentFigure.objects.get(pk=world.lam.pk).to_confirm_since is None
