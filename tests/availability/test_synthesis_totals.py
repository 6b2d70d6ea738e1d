"""Totals of the synthesis against brute force in Python: random statements, closures, pools, criteria and moments."""

import datetime
import uuid
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from availability import membership, services, summary
from availability.breakdown import Counts
from availability.models import AvailabilityEntry, CurrentFigure, Grouping, Pool, PoolMembership, UnitClosure
from availability.openings import services as openings
from availability.pools import services as pools
from availability.statement import Statement
from availability.synthesis.totals import Criteria, live_totals, with_row_totals
from availability.synthesis.units import read_behind
from directory.ages import ADULT_DAYS
from directory.models import OperationalUnit
from directory.scopes import scope_of
from tests.factories.availability import CurrentFigureFactory, GroupingFactory, share
from tests.factories.directory import LAM, LHSS, UnitFactory, commune, unit_type

pytestmark = pytest.mark.django_db

HOUR = datetime.timedelta(hours=1)
START = datetime.datetime(2026, 10, 20, 9, 30, tzinfo=datetime.UTC)
PAEDIATRIC = (0, ADULT_DAYS - 1)
ADULT = (ADULT_DAYS, None)


@pytest.fixture
def region(world, cast):
    """Three groupings that overlap, one of them counting women; nine units in two departments, a pool across both."""
    GroupingFactory(code="lits", name="Lits", rhythm=12 * HOUR, unit_types=[unit_type(LHSS), unit_type(LAM)])
    women = GroupingFactory(code="femmes", name="Femmes", rhythm=24 * HOUR, unit_types=[unit_type(LHSS)])
    Grouping.objects.filter(pk=women.pk).update(counted="women")
    CurrentFigure.objects.all().update(is_open=False, is_allowed=False)  # their statements are of another time
    act, lam = UnitFactory(geographic_entity=world.eg, act=True), UnitFactory(geographic_entity=world.eg, lam=True)
    more = [
        UnitFactory(geographic_entity=entity, lhss=True, min_age_days=low, max_age_days=high)
        for entity in (world.eg, world.other_eg)
        for low, high in ((0, 6000), (0, 40000), (ADULT_DAYS, 40000))
    ]
    OperationalUnit.objects.filter(pk=more[2].pk).update(commune=commune("75110"))  # stands apart
    units = [act, lam, *more, world.act_mobile]
    for unit in units[:-1]:
        CurrentFigureFactory(unit=unit, never=True)
    pool = Pool.objects.create(name="Partagés", geographic_entity=world.eg, rhythm=HOUR, installed_places=20)
    share(pool, more[:3], START - 100 * HOUR)
    openings.apply_rhythms()
    membership.write_rows(unit_ids=None)
    return SimpleNamespace(units=units, by=cast.sesan, scope=scope_of(cast.sesan))


def state(region, number, hours, figure, late, women):
    """A statement ``hours`` after the start, typed ``late`` hours before it was sent."""
    unit = region.units[number % len(region.units)]
    row = CurrentFigure.objects.filter(unit=unit).first()
    now = START + hours * HOUR
    try:
        with transaction.atomic():
            services.record_statement(
                unit_id=unit.pk,
                said=Statement(figure=figure, counts=Counts(women=min(women, figure)) if women else Counts()),
                expected_version=row.version if row else 0,
                request_id=uuid.uuid4(),
                source="web",
                by=region.by,
                scope=region.scope,
                now=now,
                stated_at=now - late * HOUR if late else None,
                is_confirmed=True,
            )
    except services.StatementRefused:
        pass


def close(region, number, hours, length, withdrawn):
    """A closure declared ``hours`` after the start, for ``length`` hours (0: open end), perhaps withdrawn later."""
    unit = region.units[number % len(region.units)]
    at = START + hours * HOUR
    UnitClosure.objects.create(
        unit=unit,
        starts_at=at + 2 * HOUR,
        ends_at=at + (2 + length) * HOUR if length else None,
        reason="works",
        recorded_at=at,
        by=region.by,
        withdrawn_at=at + withdrawn * HOUR if withdrawn else None,
    )
    pool = CurrentFigure.objects.filter(unit=unit).values_list("pool", flat=True).first()
    mates = CurrentFigure.objects.filter(pool=pool).values_list("pk", flat=True) if pool else []
    services.tell_figures([unit.pk, *mates])


def regroup(region, number, hours, is_leaving):
    """A unit leaves its pool, or comes into the pool in force of its EG, made with another unit if there is none."""
    unit, now, who = region.units[number], START + hours * HOUR, {"by": region.by, "scope": region.scope}
    row = CurrentFigure.objects.select_related("unit").filter(unit=unit).first()
    if row is None:
        return
    entity = row.unit.geographic_entity
    pool = Pool.objects.filter(geographic_entity=entity, ended_at=None).first()
    try:
        with transaction.atomic():
            if is_leaving and row.pool_id:
                pools.remove_members(pool_id=row.pool_id, unit_ids=[unit.pk], now=now, **who)
            elif pool is not None:
                pools.add_members(pool_id=pool.pk, unit_ids=[unit.pk], now=now, **who)
            else:
                mates = CurrentFigure.objects.filter(unit__geographic_entity=entity).exclude(pk=unit.pk)
                chosen = [unit.pk, *mates.values_list("pk", flat=True)[:1]]
                figure = number if number % 2 else None
                fields = {"name": "Autres", "installed_places": 20, "figure": figure, "now": now}
                pools.make_pool(entity=entity, unit_ids=chosen, **fields, **who)
    except (pools.PoolRefused, services.StatementRefused):
        pass


def shared_at(unit, moment, is_past):
    """Pool of a unit at a moment, and when it last left one."""
    rows = list(PoolMembership.objects.filter(unit=unit))
    if is_past:
        rows = [row for row in rows if row.since <= moment]
    held = [row.pool_id for row in rows if row.until is None or (is_past and row.until > moment)]
    left = [row.until for row in rows if row.until is not None and not held]
    assert len(held) <= 1
    return held[0] if held else None, max(left, default=None)


def by_hand(criteria, now):
    """Cells, totals of rows and the overall total, unit by unit, from statements and closures alone."""
    moment = criteria.at or now
    holders, facts = {}, {}
    for grouping in Grouping.objects.prefetch_related("unit_types"):
        types = {term.pk for term in grouping.unit_types.all()}
        for unit in OperationalUnit.objects.select_related("geographic_entity__commune", "commune", "current_figure"):
            code = (unit.commune or unit.geographic_entity.commune).department_id
            if unit.unit_type_id not in types or not is_asked(criteria, grouping, unit, code):
                continue
            free, confirmed, is_open = worth(criteria, grouping, unit, moment, is_past=criteria.at is not None)
            pool_id, _ = shared_at(unit, moment, criteria.at is not None)
            holder = -pool_id if pool_id else unit.pk
            for key in ((grouping.pk, code), (grouping.pk, None), (None, None)):
                counted, opened, units, oldest = facts.setdefault(key, (set(), set(), set(), []))
                units.add(unit.pk)
                if is_open:
                    opened.add(unit.pk)
                if free is not None:
                    places = holders.setdefault(key, {})
                    places[holder] = max(free, places.get(holder, 0))
                    counted.add(unit.pk)
                    oldest.append(confirmed)
    return {
        key: (sum(holders.get(key, {}).values()), len(counted), len(opened), len(units), min(oldest, default=None))
        for key, (counted, opened, units, oldest) in facts.items()
    }


def is_asked(criteria, grouping, unit, code):
    low, high = unit.min_age_days or 0, unit.max_age_days
    return (
        (not criteria.grouping_ids or grouping.pk in criteria.grouping_ids)
        and (not criteria.department_codes or code in criteria.department_codes)
        and (criteria.unit_type_id is None or unit.unit_type_id == criteria.unit_type_id)
        and (criteria.entity_id is None or unit.geographic_entity_id == criteria.entity_id)
        and all((high is None or high >= first) and (last is None or low <= last) for first, last in criteria.ages)
        and all(word in unit.sort_name or word in unit.geographic_entity.sort_name for word in criteria.words)
    )


def worth(criteria, grouping, unit, moment, *, is_past):
    """Free places that count or ``None``, when they were confirmed, whether the unit is in the coverage."""
    figure = getattr(unit, "current_figure", None)
    if figure is None or not figure.is_open:
        return None, None, False
    closures = [row for row in UnitClosure.objects.filter(unit=unit) if is_known(row, moment, is_past)]
    closures = [row for row in closures if row.starts_at <= moment]
    if any(row.ends_at is None or row.ends_at > moment for row in closures):
        return None, None, False
    pool_id, left = shared_at(unit, moment, is_past)
    assert is_past or pool_id == figure.pool_id
    mine = AvailabilityEntry.objects.filter(pool=pool_id) if pool_id else unit.entries.filter(pool=None)
    entries = [row for row in mine if not is_past or row.recorded_at <= moment]
    if not entries:
        return None, None, True
    last = max(entries, key=lambda row: (row.stated_at, row.version))
    free = getattr(last, grouping.counted or "figure")
    age = moment - last.confirmed_at
    by_rhythm = criteria.any_age or age <= 3 * figure.rhythm
    is_young = by_rhythm if criteria.max_age is None else age < criteria.max_age
    waits = any(row.ends_at > last.confirmed_at for row in closures) or (left and left > last.confirmed_at)
    return (free, last.confirmed_at, True) if is_young and not waits and free is not None else (None, None, True)


def is_known(closure, moment, is_past):
    if not is_past:
        return closure.withdrawn_at is None
    return closure.recorded_at <= moment and (closure.withdrawn_at is None or closure.withdrawn_at > moment)


def plain(cell):
    return cell.free, cell.counted, cell.open, cell.units, cell.oldest


def found(totals):
    """Totals in the shape of ``by_hand``."""
    cells = {key: plain(cell) for key, cell in totals.cells.items()}
    rows = {(grouping, None): plain(cell) for grouping, cell in totals.rows.items()}
    overall = {(None, None): plain(totals.overall)} if totals.overall and totals.overall.units else {}
    return cells | rows | overall


SAID = st.tuples(
    st.integers(0, 8), st.integers(0, 60), st.integers(0, 9), st.sampled_from([0, 0, 0, 5]), st.integers(0, 9)
)
CLOSED = st.tuples(st.integers(0, 8), st.integers(0, 50), st.sampled_from([0, 4, 20]), st.sampled_from([0, 0, 10]))
SHARED = st.tuples(st.integers(0, 8), st.integers(0, 60), st.booleans())
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "department_codes": st.sampled_from([("92",), ("75",), ("92", "75"), ("77",)]),
        "ages": st.sampled_from([(PAEDIATRIC,), (ADULT,), (ADULT, (0, 9000))]),
        "words": st.sampled_from([("altair",), ("lhss", "bellatrix"), ("zzz",)]),
        "max_age": st.sampled_from([HOUR, 6 * HOUR, 24 * HOUR]),
        "any_age": st.booleans(),
        "at": st.integers(-2, 70).map(lambda hours: START + hours * HOUR),
        "codes": st.sampled_from([("lits",), ("lits", "femmes"), ("sante-precarite",)]),
        "types": st.sampled_from([LAM, LHSS]),
    },
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(SAID, max_size=12),
    st.lists(CLOSED, max_size=4),
    st.lists(SHARED, max_size=6),
    st.lists(ASKED, min_size=3, max_size=4),
    st.integers(61, 200),
)
def test_totals_equal_brute_force(region, said, closed, shared, asked, later):
    now = START + later * HOUR
    with transaction.atomic():
        steps = [(hours, state, (number, hours, *rest)) for number, hours, *rest in said]
        steps += [(hours, close, (number, hours, *rest)) for number, hours, *rest in closed]
        steps += [(hours, regroup, (number, hours, *rest)) for number, hours, *rest in shared]
        for _, act, values in sorted(steps, key=lambda step: step[0]):
            act(region, *values)
        for wanted in asked:
            criteria = criteria_of(wanted)
            totals = live_totals(criteria, now, overall=True)
            assert found(totals) == by_hand(criteria, now)
            for (grouping_id, code), cell in totals.cells.items():
                asked_cell = replace(criteria, grouping_ids=(grouping_id,), department_codes=(code,))
                assert plain(read_behind(asked_cell, region.scope, now).total) == plain(cell)
        whole = live_totals(Criteria(), now)
        assert summary.default_cells(now) == whole.cells
        assert with_row_totals(whole.cells, Criteria(), now) == whole
        transaction.set_rollback(True)


def wanted_fields(wanted):
    fields = {name: value for name, value in wanted.items() if name not in ("codes", "types")}
    if "types" in wanted:
        fields["unit_type_id"] = unit_type(wanted["types"]).pk
    return fields


def criteria_of(wanted):
    codes = wanted.get("codes", ())
    ids = tuple(Grouping.objects.filter(code__in=codes).values_list("pk", flat=True))
    return Criteria(grouping_ids=ids, **wanted_fields(wanted))


def test_a_pool_whose_units_are_in_two_departments_counts_once_in_its_row(region):
    state(region, 2, 1, 5, 0, 0)
    now = START + 2 * HOUR
    totals = live_totals(Criteria(), now, overall=True)
    lits = Grouping.objects.get(code="lits")
    assert (totals.cells[lits.pk, "92"].free, totals.cells[lits.pk, "75"].free) == (5, 5)
    assert (totals.rows[lits.pk].free, totals.rows[lits.pk].counted) == (5, 3)
    assert totals.overall.free == 5


def test_a_separated_pool_leaves_the_past_as_it_was(region):
    first, second = region.units[2:4]
    pool_id = CurrentFigure.objects.get(unit=first).pool_id
    state(region, 2, 1, 11, 0, 0)
    moments = [START + hours * HOUR for hours in (0, 1, 2, 3)]

    def past():
        asked = [Criteria(at=moment) for moment in moments]
        return [live_totals(criteria, START + 9 * HOUR, overall=True) for criteria in asked]

    before = past()
    assert before[-1].overall.free == 11
    pools.separate_pool(pool_id=pool_id, by=region.by, scope=region.scope, now=START + 4 * HOUR)
    assert past() == before
    later = live_totals(Criteria(at=START + 5 * HOUR), START + 9 * HOUR, overall=True)
    assert later.overall.free == 0
    assert not PoolMembership.objects.filter(unit__in=[first, second], until=None).exists()


def test_each_reading_is_one_query(region, django_assert_num_queries):
    for criteria in (Criteria(), Criteria(words=("altair",), ages=(ADULT,)), Criteria(at=START)):
        with django_assert_num_queries(1):
            live_totals(criteria, START + HOUR, overall=True)
