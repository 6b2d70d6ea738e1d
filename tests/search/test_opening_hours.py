"""The condition « open then » of a search says what the page of the unit says (``directory.hours.schedule``)."""

import datetime as dt
import random

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from directory.enums import Nomenclature
from directory.hours.schedule import PARIS, Schedule
from directory.models import HoursException, OperationalUnit, Term, WeeklyHours
from directory.records import schedule_of
from search.engine.opening_hours import open_condition, open_count
from tests.factories.directory import HoursExceptionFactory, UnitFactory, WeeklyHoursFactory

pytestmark = pytest.mark.django_db

CODES = ("01", "02", "03", "07", "08")
UNITS = 12
# Around both clock changes, the end of a year, a leap day, and an ordinary week.
DAYS = [
    dt.date(2024, 2, 29),
    *(dt.date(2024, 3, 29) + dt.timedelta(days=offset) for offset in range(5)),
    dt.date(2024, 8, 14),
    dt.date(2024, 8, 15),
    *(dt.date(2024, 10, 25) + dt.timedelta(days=offset) for offset in range(4)),
    dt.date(2024, 12, 31),
    dt.date(2025, 1, 1),
]
TIMES = [dt.time(hour, minute) for hour in (0, 1, 2, 3, 6, 9, 12, 20, 23) for minute in (0, 30)]


def open_units(at) -> set[int]:
    parameters = {}
    condition = open_condition(at, parameters)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.unit_id FROM (SELECT id AS unit_id FROM directory_operationalunit) d WHERE {condition}",
            parameters,
        )
        found = {unit_id for (unit_id,) in cursor.fetchall()}
        if isinstance(at, dt.datetime):
            parameters = {}
            count = open_count("ARRAY(SELECT id FROM directory_operationalunit)", at, parameters)
            cursor.execute(f"SELECT {count}", parameters)
            assert cursor.fetchone() == (len(found),)
        return found


def schedules() -> dict[int, Schedule]:
    units = OperationalUnit.objects.prefetch_related("weekly_hours__kind", "hours_exceptions")
    return {unit.pk: schedule_of(unit) for unit in units}


def is_open_on(schedule: Schedule, day: dt.date) -> bool:
    """Whether the public is received at some time of a day: asked each time something may change, and after."""
    moment = dt.datetime.combine(day, dt.time(0), PARIS).astimezone(dt.UTC)
    while moment.astimezone(PARIS).date() == day:
        if schedule.is_open_at(moment):
            return True
        moment += dt.timedelta(minutes=15)
    return False


@pytest.fixture
def kinds(db) -> list[Term | None]:
    of, get = Nomenclature.HOURS_KIND, Term.objects.get_or_create
    return [None, *(get(nomenclature=of, code=code, defaults={"label": code})[0] for code in CODES)]


def fill(numbers: random.Random, units, kinds) -> None:
    """Other hours for every unit, of any shape."""
    WeeklyHours.objects.all().delete()
    HoursException.objects.all().delete()
    weekly, exceptions = {}, []
    for unit in units:
        for _ in range(numbers.randint(0, 10)):
            first, last = sorted(numbers.choices(DAYS, k=2))
            rule = WeeklyHours(
                unit=unit,
                weekday=numbers.randint(1, 7),
                opens_at=numbers.choice(TIMES),
                closes_at=numbers.choice(TIMES),
                kind=numbers.choice([None, *kinds]),
                valid_from=numbers.choice([None, None, first]),
                valid_until=numbers.choice([None, None, last]),
            )
            weekly[unit.pk, rule.weekday, rule.opens_at, rule.kind_id, rule.valid_from] = rule
        for _ in range(numbers.choice([0, 0, 1, 2])):
            first, last = sorted(numbers.choices(DAYS, k=2)) if numbers.random() < 0.3 else [numbers.choice(DAYS)] * 2
            opens, closes = numbers.choice([(None, None), (numbers.choice(TIMES), numbers.choice(TIMES))])
            values = {"is_closed": opens is None, "opens_at": opens, "closes_at": closes}
            exceptions.append(HoursException(unit=unit, starts_on=first, ends_on=last, **values))
    WeeklyHours.objects.bulk_create(weekly.values())
    HoursException.objects.bulk_create(exceptions)


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), minutes=st.lists(st.integers(0, 24 * 60 - 1), min_size=4, max_size=4))
@example(seed=1, minutes=[60, 120, 150, 180])
def test_any_hours_are_read_as_the_page_of_the_unit_reads_them(kinds, seed, minutes):
    units = list(OperationalUnit.objects.all()) or [UnitFactory() for _ in range(UNITS)]
    fill(random.Random(seed), units, kinds)
    known = schedules()
    for day in DAYS:
        midnight = dt.datetime.combine(day, dt.time(0), PARIS).astimezone(dt.UTC)
        for minute in minutes:
            moment = midnight + dt.timedelta(minutes=minute)
            assert open_units(moment) == {pk for pk, each in known.items() if each.is_open_at(moment)}, moment
        assert open_units(day) == {pk for pk, each in known.items() if is_open_on(each, day)}, day


@pytest.mark.parametrize("quarter", range(8))
def test_the_hour_that_comes_twice_and_the_one_that_is_skipped(kinds, quarter):
    numbers = random.Random(quarter)
    units = [UnitFactory() for _ in range(UNITS)]
    for unit in units:
        for weekday in (6, 7):
            opens, closes = numbers.choices(TIMES[2:8], k=2)
            WeeklyHoursFactory(unit=unit, weekday=weekday, opens_at=opens, closes_at=closes)
    known = schedules()
    for jump in (dt.datetime(2024, 3, 31, 0, tzinfo=dt.UTC), dt.datetime(2024, 10, 27, 0, tzinfo=dt.UTC)):
        for step in range(-8, 24):
            moment = jump + step * dt.timedelta(minutes=7.5)
            assert open_units(moment) == {pk for pk, each in known.items() if each.is_open_at(moment)}, moment
        day = jump.date()
        assert open_units(day) == {pk for pk, each in known.items() if is_open_on(each, day)}


def test_a_range_lost_in_the_skipped_hour_opens_nothing():
    WeeklyHoursFactory(weekday=7, opens_at=dt.time(2, 15), closes_at=dt.time(2, 45))
    assert open_units(dt.date(2024, 3, 31)) == set()
    assert len(open_units(dt.date(2024, 3, 24))) == 1


def test_a_night_opens_the_day_on_which_it_ends():
    night = WeeklyHoursFactory(night=True, weekday=5).unit
    UnitFactory()
    friday = dt.date(2024, 8, 16)
    assert open_units(friday) == open_units(friday + dt.timedelta(days=1)) == {night.pk}
    assert open_units(friday + dt.timedelta(days=2)) == set()
    assert open_units(dt.datetime(2024, 8, 17, 7, 59, tzinfo=PARIS)) == {night.pk}
    assert open_units(dt.datetime(2024, 8, 17, 8, 0, tzinfo=PARIS)) == set()


def test_a_night_runs_into_a_day_of_exception():
    night = WeeklyHoursFactory(night=True, weekday=3).unit
    HoursExceptionFactory(unit=night)
    assert open_units(dt.datetime(2024, 8, 15, 7, 0, tzinfo=PARIS)) == {night.pk}
    assert open_units(dt.datetime(2024, 8, 15, 20, 0, tzinfo=PARIS)) == set()


@pytest.mark.parametrize("day", [dt.date.min, dt.date(1, 1, 2), dt.date(9999, 12, 31)])
def test_any_day_can_be_asked(day):
    unit = WeeklyHoursFactory(weekday=day.isoweekday()).unit
    assert open_units(day) == {unit.pk}
