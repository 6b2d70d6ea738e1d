"""Opening and closing units to entry, and the rhythm in force."""

import datetime

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from availability import membership
from availability.exceptions import OpeningRefused, UnitsNotGrouped
from availability.models import CurrentFigure, Grouping, UnitTypeRhythm
from availability.openings import services as openings
from availability.signals import figures_changed
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.signals import units_changed
from tests.factories.availability import GroupingFactory
from tests.factories.directory import ACT, ACT_MOBILE, LAM, UnitFactory, unit_type

pytestmark = pytest.mark.django_db

DAY = datetime.timedelta(days=1)


@pytest.fixture
def heard():
    found = []

    def listen(sender, *, unit_ids, **kwargs):
        found.extend(unit_ids)

    figures_changed.connect(listen)
    yield found
    figures_changed.disconnect(listen)


def open_units(cast, *units, who="sesan"):
    by = getattr(cast, who)
    return openings.open_entry(unit_ids=[unit.pk for unit in units], scope=scope_of(by), now=timezone.now(), by=by)


def close_units(cast, *units, who="sesan"):
    by = getattr(cast, who)
    return openings.close_entry(unit_ids=[unit.pk for unit in units], scope=scope_of(by), by=by)


def test_support_opens_units_whose_type_is_grouped(cast, world, heard):
    unit = UnitFactory(geographic_entity=world.eg, lhss=True)
    assert open_units(cast, unit, world.act) == [unit.pk]
    row = CurrentFigure.objects.get(unit=unit)
    assert (row.is_open, row.figure, row.version, row.rhythm) == (True, None, 0, world.grouping.rhythm)
    assert heard == [unit.pk]


def test_a_type_outside_any_grouping_cannot_be_opened(cast, world):
    with pytest.raises(UnitsNotGrouped) as refused:
        open_units(cast, world.act_mobile)
    assert refused.value.unit_ids == [world.act_mobile.pk]


@pytest.mark.parametrize("who", ["responsable", "directeur", "consultation", "stranger"])
def test_nobody_but_support_opens_or_closes(cast, world, who):
    with pytest.raises(OpeningRefused):
        open_units(cast, world.act, who=who)
    with pytest.raises(OpeningRefused):
        close_units(cast, world.act, who=who)


def test_closing_then_opening_keeps_the_figure(cast, world, heard):
    assert close_units(cast, world.act) == [world.act.pk]
    assert close_units(cast, world.act) == []
    assert not CurrentFigure.objects.get(unit=world.act).is_open
    assert open_units(cast, world.act) == [world.act.pk]
    row = CurrentFigure.objects.get(unit=world.act)
    assert (row.is_open, row.figure, row.version) == (True, 8, 1)
    assert heard == [world.act.pk, world.act.pk]


def test_what_changed_and_nothing_else_is_in_the_audit_log(cast, world):
    close_units(cast, world.act, world.act_mobile)
    close_units(cast, world.act)
    open_units(cast, world.act, world.lam)
    lines = AuditEntry.objects.order_by("pk").values_list("action", "actor", "target", "details")
    name, details = world.act.name, {"unit_id": world.act.pk}
    assert list(lines) == [
        ("entry_closed", cast.sesan.pk, name, details),
        ("entry_opened", cast.sesan.pk, name, details),
    ]


def rhythm_of(unit):
    return membership.rhythms_of([unit.pk]).get(unit.pk)


def test_the_rhythm_is_the_types_own_else_the_shortest_of_its_groupings(world):
    act = unit_type(ACT)
    GroupingFactory(code="autre", name="Autre", rhythm=2 * DAY, unit_types=[act])
    assert rhythm_of(world.act) == 2 * DAY
    assert rhythm_of(world.lam) == world.grouping.rhythm
    UnitTypeRhythm.objects.create(unit_type=act, rhythm=3 * DAY)
    assert rhythm_of(world.act) == 3 * DAY


def test_a_rhythm_of_its_own_without_grouping_opens_nothing(world):
    mobile = world.act_mobile.unit_type
    UnitTypeRhythm.objects.create(unit_type=mobile, rhythm=DAY)
    assert rhythm_of(world.act_mobile) is None


def test_a_new_rhythm_reaches_the_figures_in_force(world, heard):
    act = unit_type(ACT)
    UnitTypeRhythm.objects.create(unit_type=act, rhythm=DAY)
    assert openings.apply_rhythms() == [world.act.pk]
    row = CurrentFigure.objects.get(unit=world.act)
    assert row.rhythm == DAY
    assert row.expires_at == row.confirmed_at + 3 * DAY
    assert openings.apply_rhythms() == []
    assert heard == [world.act.pk]


def change_type(unit, code):
    OperationalUnit.objects.filter(pk=unit.pk).update(unit_type=unit_type(code))
    units_changed.send(OperationalUnit, unit_ids=[unit.pk])


def test_a_unit_of_another_type_takes_its_rhythm(world, heard):
    UnitTypeRhythm.objects.create(unit_type=unit_type(LAM), rhythm=DAY)
    change_type(world.act, LAM)
    row = CurrentFigure.objects.get(unit=world.act)
    assert (row.rhythm, row.expires_at, row.is_open) == (DAY, row.confirmed_at + 3 * DAY, True)
    assert heard == [world.act.pk]


@pytest.mark.parametrize("kept", [True, False])
def test_a_unit_of_a_type_that_is_in_no_grouping_is_closed_to_entry(world, heard, kept):
    if kept:
        change_type(world.act, ACT)
    else:
        change_type(world.act, ACT_MOBILE)
    assert CurrentFigure.objects.get(unit=world.act).is_open is kept
    assert heard == ([] if kept else [world.act.pk])


def test_units_at_their_rhythm_take_three_queries(world, django_assert_num_queries):
    with django_assert_num_queries(5):  # two of them the savepoint
        assert openings.apply_unit_rhythms(unit_ids=[world.act.pk, world.lam.pk, world.act_mobile.pk]) == []


def test_a_type_that_leaves_its_last_grouping_is_closed_to_entry(world):
    lam = unit_type(LAM)
    Grouping.objects.get().unit_types.remove(lam)
    assert openings.apply_rhythms() == [world.lam.pk]
    assert not CurrentFigure.objects.get(unit=world.lam).is_open


def test_a_type_that_leaves_the_groupings_closes_the_entry_and_opens_it_again(cast, world, heard):
    unit = OperationalUnit.objects.get(pk=world.lam.pk)
    change_type(unit, ACT_MOBILE)
    row = CurrentFigure.objects.get(unit=unit)
    assert (row.is_allowed, row.is_open) == (True, False)
    change_type(unit, LAM)
    row.refresh_from_db()
    assert (row.is_allowed, row.is_open) == (True, True)
    lines = AuditEntry.objects.order_by("pk").values_list("action", "actor", "target", "details")
    details = {"unit_id": unit.pk, "cause": "rule"}
    assert list(lines) == [
        ("entry_closed", None, unit.name, details),
        ("entry_opened", None, unit.name, details),
    ]


def test_what_support_closed_stays_closed_when_the_type_comes_back(cast, world):
    close_units(cast, world.lam)
    unit = OperationalUnit.objects.get(pk=world.lam.pk)
    for code in (ACT_MOBILE, LAM):
        change_type(unit, code)
    row = CurrentFigure.objects.get(unit=unit)
    assert (row.is_allowed, row.is_open) == (False, False)


def test_many_units_are_opened_in_few_queries(cast, world, django_assert_max_num_queries):
    units = [UnitFactory(geographic_entity=world.eg, lhss=True) for _ in range(30)]
    with django_assert_max_num_queries(20):
        assert len(open_units(cast, *units)) == 30
    assert AuditEntry.objects.filter(action="entry_opened").count() == 30
