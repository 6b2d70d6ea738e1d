"""Reminders as a function of age: pure, and the same in SQL; nobody is reminded of what could not be done."""

import datetime

import pytest
from django.utils import timezone

from availability.models import CurrentFigure, Pool, UnitClosure
from availability.reminders.awaited import awaited, beyond, once_a_pool
from availability.reminders.escalation import Step, awaited_since, step_at
from tests.factories.availability import share

HOUR = datetime.timedelta(hours=1)
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.UTC)
SECOND = datetime.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("rhythms", "before", "after"),
    [
        (1, Step.NONE, Step.DUE),
        (2, Step.DUE, Step.ENTRY),
        (3, Step.ENTRY, Step.DIRECTOR),
        (4, Step.DIRECTOR, Step.SUPPORT),
    ],
)
def test_each_step_begins_past_its_rhythm(rhythms, before, after):
    rhythm = 12 * HOUR
    at = NOW - rhythms * rhythm
    assert step_at(at, rhythm, NOW) is before
    assert step_at(at, rhythm, NOW - SECOND) is before
    assert step_at(at, rhythm, NOW + SECOND) is after


@pytest.mark.parametrize("spring", [True, False])
def test_ages_are_real_time_across_clock_changes(spring):
    paris = timezone.get_default_timezone()
    before = (
        datetime.datetime(2026, 3, 28, 12, tzinfo=paris)
        if spring
        else datetime.datetime(2026, 10, 24, 12, tzinfo=paris)
    )
    noon = before + DAY  # the same hour on the wall: 23 h or 25 h later
    assert step_at(before, 24 * HOUR, noon) is (Step.NONE if spring else Step.DUE)


def test_a_statement_is_awaited_from_what_put_the_clock_back_last():
    stated, opened, reopened = NOW - 9 * DAY, NOW - 90 * DAY, NOW - 2 * DAY
    assert awaited_since(stated, opened) == stated
    assert awaited_since(None, opened) == opened
    assert awaited_since(stated, opened, None, [reopened, NOW - 5 * DAY]) == reopened
    assert awaited_since(stated, opened, NOW - DAY, [reopened]) == NOW - DAY
    assert awaited_since(None, None) is None
    assert awaited_since(None, opened, shared_since=NOW - DAY) == NOW - DAY
    assert awaited_since(stated, opened, shared_since=NOW - DAY) == stated
    assert step_at(None, DAY, NOW) is Step.DUE
    assert step_at(NOW + HOUR, DAY, NOW) is Step.NONE


def closure(unit, starts, ends, **values):
    return UnitClosure.objects.create(
        unit=unit, starts_at=starts, ends_at=ends, reason="works", recorded_at=starts, **values
    )


def steps(now):
    """Step of every awaited unit, as the queries say it."""
    figures = awaited(now)
    found = dict.fromkeys(figures.values_list("pk", flat=True), Step.NONE)
    for step in list(Step)[1:]:
        for pk in beyond(figures, step, now).values_list("pk", flat=True):
            found[pk] = step
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("rhythms", [0.5, 1.5, 2.5, 3.5, 4.5])
@pytest.mark.parametrize(
    "state", ["stated", "never", "shared", "joined", "left", "reopened", "to_confirm", "withdrawn"]
)
def test_the_queries_say_what_the_pure_functions_say(world, rhythms, state):
    now, rhythm = timezone.now(), datetime.timedelta(days=7)
    at = now - rhythm * rhythms
    figures = CurrentFigure.objects.filter(pk=world.act.pk)
    ends, shared_since = [], None
    never = {"version": 0, "figure": None, "stated_at": None, "confirmed_at": None, "expires_at": None}
    if state in ("shared", "joined", "left"):
        pool = Pool.objects.create(geographic_entity=world.eg, name="Lits", rhythm=rhythm)
        is_left = state == "left"
        share(pool, [world.act], now - 100 * DAY if is_left else at, until=at if is_left else None)
        stated = {"confirmed_at": now - 90 * DAY} if state == "joined" else never
        figures.update(**stated, opened_at=now - 120 * DAY)
        shared_since = at
    elif state == "stated":
        figures.update(confirmed_at=at)
    elif state == "never":
        figures.update(**never, opened_at=at)
    elif state == "to_confirm":
        figures.update(confirmed_at=now - 60 * DAY, to_confirm_since=at)
    else:
        figures.update(confirmed_at=now - 60 * DAY)
        is_withdrawn = state == "withdrawn"
        closure(world.act, at - 10 * DAY, at, withdrawn_at=now if is_withdrawn else None)
        ends = [] if is_withdrawn else [at]
    figure = awaited(now).get(pk=world.act.pk)
    since = awaited_since(figure.confirmed_at, figure.opened_at, figure.to_confirm_since, ends, shared_since)
    assert figure.awaited_since == since
    assert steps(now)[world.act.pk] is step_at(since, figure.rhythm, now)


@pytest.mark.django_db
@pytest.mark.parametrize("silence", ["closure", "open end", "unit closed", "eg hidden", "ej hidden", "not open"])
def test_nobody_is_reminded_of_what_cannot_be_stated(world, silence):
    now = timezone.now()
    CurrentFigure.objects.filter(pk=world.act.pk).update(confirmed_at=now - 90 * DAY)
    assert steps(now)[world.act.pk] is Step.SUPPORT
    if silence == "closure":
        closure(world.act, now - DAY, now + DAY)
    elif silence == "open end":
        closure(world.act, now - DAY, None)
    elif silence == "unit closed":
        type(world.act).objects.filter(pk=world.act.pk).update(
            status="closed", closure_kind="DEF", closed_on=timezone.localdate()
        )
    elif silence == "not open":
        CurrentFigure.objects.filter(pk=world.act.pk).update(is_open=False)
    else:
        record = world.eg if silence.startswith("eg") else world.ej
        type(record).objects.filter(pk=record.pk).update(status="hidden")
    assert world.act.pk not in steps(now)
    if silence == "closure":
        assert steps(now + DAY + SECOND)[world.act.pk] is Step.NONE


@pytest.mark.django_db
def test_a_pool_is_one_place(world):
    now = timezone.now()
    pool = Pool.objects.create(geographic_entity=world.eg, name="Pool", rhythm=7 * DAY)
    CurrentFigure.objects.filter(pk__in=[world.act.pk, world.lam.pk]).update(pool=pool)
    first = min(world.act.pk, world.lam.pk)
    assert set(once_a_pool(awaited(now)).values_list("pk", flat=True)) == {first, world.lhss.pk}
    closure(CurrentFigure.objects.get(pk=first).unit, now - DAY, now + DAY)
    last = max(world.act.pk, world.lam.pk)
    assert set(once_a_pool(awaited(now)).values_list("pk", flat=True)) == {last, world.lhss.pk}
