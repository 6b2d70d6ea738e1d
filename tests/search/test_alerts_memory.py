"""What an alert told and has not risen since is not told again: hours, ages, pools, closures go by."""

import datetime
from typing import NamedTuple

import pytest
from django.core import mail

from availability.models import CurrentFigure, Pool
from common.french import PARIS
from search.indexing import index
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory, WeeklyHoursFactory

from .kept import DAY, HOUR, look, state, watch

pytestmark = pytest.mark.django_db
NOON = datetime.datetime.now(PARIS).replace(hour=12, minute=0, second=0, microsecond=0)
NIGHT = NOON.replace(hour=23)
WEEK = 7 * DAY


class Step(NamedTuple):
    """A look at ``at``, once this many places were stated (``None``: nothing was); how many mails it makes."""

    at: datetime.datetime
    told: int
    figure: int | None = None


@pytest.fixture
def reader(cast, world, rebuilt):
    rebuilt()
    return cast.consultation


def follow(unit, steps):
    """Go through these steps; the number of mails of each."""
    for rank, step in enumerate(steps):
        if step.figure is not None:
            state(unit, step.figure, at=step.at - HOUR)
        assert look(step.at) == step.told, (rank, step)


OPEN = {
    "the same every day": [Step(NOON, 1, 3), Step(NIGHT, 0), Step(NOON + DAY, 0), Step(NOON + 2 * DAY, 0)],
    "risen by night": [Step(NOON, 1, 3), Step(NIGHT, 0, 5), Step(NOON + DAY, 1), Step(NOON + 2 * DAY, 0)],
    "fallen by night, back by day": [Step(NOON, 1, 3), Step(NIGHT, 0, 1), Step(NOON + DAY, 1, 3)],
    "full by night, free by day": [Step(NOON, 1, 3), Step(NIGHT, 0, 0), Step(NOON + DAY, 1, 1)],
    "fallen by night and so by day": [Step(NOON, 1, 3), Step(NIGHT, 0, 1), Step(NOON + DAY, 0), Step(NIGHT + DAY, 0)],
    "first free by night": [Step(NIGHT, 0, 3), Step(NOON + DAY, 1), Step(NIGHT + DAY, 0), Step(NOON + 2 * DAY, 0)],
}


@pytest.mark.parametrize("steps", OPEN.values(), ids=OPEN)
def test_hours_that_go_by_bring_no_place(reader, world, steps):
    for weekday in range(1, 8):
        WeeklyHoursFactory(unit=world.act, weekday=weekday)
    index.refresh_units(unit_ids=[world.act.pk])
    watch(reader, query="quoi=ACT&ouvert=maintenant", looked_at=NOON - DAY)
    follow(world.act, steps)


FRESH = {
    "aged then confirmed": [Step(NOON, 1, 3), Step(NOON + 6 * DAY, 0), Step(NOON + WEEK, 0, 3)],
    "aged then risen": [Step(NOON, 1, 3), Step(NOON + 6 * DAY, 0), Step(NOON + WEEK, 1, 4)],
    "aged, fallen, back": [
        *(Step(NOON, 1, 3), Step(NOON + 6 * DAY, 0)),
        *(Step(NOON + WEEK, 0, 2), Step(NOON + 8 * DAY, 1, 3)),
    ],
    "expired then confirmed": [Step(NOON, 1, 3), Step(NOON + 22 * DAY, 0), Step(NOON + 23 * DAY, 0, 3)],
    "expired then risen": [Step(NOON, 1, 3), Step(NOON + 22 * DAY, 0), Step(NOON + 23 * DAY, 1, 4)],
    "expired, taken, free": [
        *(Step(NOON, 1, 3), Step(NOON + 22 * DAY, 0)),
        *(Step(NOON + 23 * DAY, 0, 0), Step(NOON + 24 * DAY, 1, 3)),
    ],
}


@pytest.mark.parametrize("steps", FRESH.values(), ids=FRESH)
@pytest.mark.parametrize("query", ["quoi=ACT&ajour=1", "quoi=ACT"])
def test_a_figure_that_ages_brings_no_place(reader, world, query, steps):
    watch(reader, query=query, looked_at=NOON - DAY)
    follow(world.act, steps)


def test_a_contested_place_that_is_free_again_is_told_again(reader, world):
    watch(reader)
    assert look() == 1
    state(world.act, 8, contested_at=NOON)
    assert look() == 0
    state(world.act, 8, contested_at=None)
    CurrentFigure.objects.filter(unit=world.act).update(contested_at=None)
    assert look() == 1


def test_a_unit_that_leaves_the_search_is_forgotten(reader, world):
    alert = watch(reader)
    look()
    type(world.act).objects.filter(pk=world.act.pk).update(status="hidden")
    index.refresh_units(unit_ids=[world.act.pk])
    assert look() == 0
    alert.refresh_from_db()
    assert alert.seen == {}


@pytest.fixture
def two(reader, world):
    """Two units of one EG with 4 and 2 free places, told."""
    units = [UnitFactory(geographic_entity=world.eg, name=f"Paire {rank}") for rank in (1, 2)]
    for unit, figure in zip(units, (4, 2), strict=True):
        CurrentFigureFactory(unit=unit, figure=figure)
    index.rebuild_all()
    watch(reader, query="quoi=Paire", name="Paire")
    assert look() == 1
    mail.outbox.clear()
    return units


def share(units, figure):
    """Let these units share this many places, or none stated yet."""
    pool, _ = Pool.objects.get_or_create(
        name="Plateau", geographic_entity=units[0].geographic_entity, defaults={"installed_places": 20, "rhythm": WEEK}
    )
    for unit in units:
        if figure is None:
            moments = dict.fromkeys(("figure", "stated_at", "confirmed_at", "expires_at"))
            CurrentFigure.objects.filter(unit=unit).update(pool=pool, version=0, **moments)
            index.refresh_figures(unit_ids=[unit.pk])
        else:
            state(unit, figure, pool=pool, version=1)
    return pool


@pytest.mark.parametrize(("first", "figure", "told"), [(None, 6, 0), (6, 6, 0), (None, 4, 0), (None, 7, 1), (7, 7, 1)])
def test_units_that_share_their_places_bring_none(two, first, figure, told):
    share(two, first)
    before = look()
    share(two, figure)
    assert before + look() == told
    assert look() == 0


def test_a_unit_that_joins_a_pool_with_its_figure_is_not_told(two):
    share(two[:1], 4)
    assert look() == 0
    share(two, 6)
    assert look() == 0
    share(two, 8)
    assert look() == 1
    assert "(6 places au dernier regard)" in mail.outbox[0].body.replace("\u00a0", " ")


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "to be confirmed"])
def test_units_that_leave_their_pool_bring_no_place(two, waits):
    share(two, 6)
    assert look() == 0
    if waits:
        CurrentFigure.objects.filter(unit__in=two).update(pool=None, to_confirm_since=NOON + DAY)
        index.refresh_figures(unit_ids=[unit.pk for unit in two])
        assert look() == 0
    for unit, figure in zip(two, (4, 2), strict=True):
        state(unit, figure, pool=None, to_confirm_since=None)
        assert look() == 0
    state(two[0], 5)
    assert look() == 1
    assert "5 places (4 places au dernier regard)" in mail.outbox[0].body.replace("\u00a0", " ")
