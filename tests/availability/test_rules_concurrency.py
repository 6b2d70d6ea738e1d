"""A unit that changes its type while crisis mode is switched: whoever comes second applies the rules of both."""

import datetime
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting

import pytest
from django.db import connections, transaction
from django.utils import timezone

from availability import groupings, membership
from availability.models import CurrentFigure, GroupedUnit, Grouping
from directory.models import OperationalUnit
from directory.scopes import scope_of
from directory.signals import units_changed
from tests.factories.availability import GroupingFactory

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = datetime.timedelta(hours=1)
WAIT = 0.7  # seconds


@pytest.fixture
def crisis(world):
    """A grouping of a crisis, of LAM alone; the ACT of the world is to become one."""
    grouping = GroupingFactory(code="crise", name="Crise", unit_types=[world.lam.unit_type])
    Grouping.objects.filter(pk=grouping.pk).update(is_crisis=True, rhythm=HOUR)
    membership.bring_to_rhythm(unit_ids=None)
    return grouping


def switch(cast):
    groupings.switch_crisis_mode(
        is_on=True, reason="Épidémie", scope=scope_of(cast.sesan), by=cast.sesan, now=timezone.now()
    )


def retype(world):
    OperationalUnit.objects.filter(pk=world.act.pk).update(unit_type=world.lam.unit_type)
    units_changed.send(sender=OperationalUnit, unit_ids=[world.act.pk])


def alone(act, *arguments):
    """Run ``act`` in its own connection and transaction."""
    try:
        with transaction.atomic():
            act(*arguments)
    finally:
        connections.close_all()


@pytest.mark.parametrize("first", ["unit", "switch"])
def test_the_second_waits_and_misses_no_rule(cast, world, crisis, first):
    acts = [(retype, world), (switch, cast)]
    before, after = acts if first == "unit" else acts[::-1]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            before[0](before[1])
            second = pool.submit(alone, *after)
            with pytest.raises(StillWaiting):
                second.result(WAIT)
        second.result(20)
    assert CurrentFigure.objects.get(pk=world.act.pk).rhythm == HOUR
    assert GroupedUnit.objects.filter(unit=world.act, grouping=crisis, rhythm=HOUR).exists()
