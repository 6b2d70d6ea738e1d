"""What units are worth for a need: the same answers as the guichet unique, for any units, in one query."""

import datetime as dt
import random
import time
from collections import Counter

import pytest
from django.db import connection
from django.utils import timezone

from accounts.roles import Role
from availability.expected.services import expected_of
from availability.guichet.judging import judge
from availability.guichet.needs import Answer, Fit, Needs, Who
from availability.guichet.supply import Offer
from availability.models import CurrentFigure, ExpectedPlace, UnitClosure
from availability.shown import local_day
from directory.enums import Nomenclature, Sex
from directory.models import OperationalUnit, UnitTerm
from directory.scopes import Grant, Scope, ScopeKind
from search.criteria import SearchCriteria
from search.engine.beside import tried_needs
from search.engine.fit import judge_units
from search.engine.query import run_search
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import TermFactory, UnitFactory

pytestmark = pytest.mark.django_db
READER = Scope(1, (Grant(Role.CONSULTATION, ScopeKind.REGION, None),))
NOBODY = Scope(2, ())
DAY = dt.timedelta(days=1)
LINES = [
    {"count": 2, "state": "free", "sex": "women", "access": "yes", "room": "single"},
    {"count": 1, "state": "reserved", "sex": "men", "until": "2026-12-01"},
]
OTHER_LINES = [
    {"count": 1, "state": "free", "sex": "couple", "animal": "yes", "access": "possible"},
    {"count": 1, "state": "free", "sex": "men", "room": "shared", "animal": "no", "min_age": 18, "max_age": 30},
    {"count": 3, "state": "closed", "sex": "women"},
]
COUNTS = [
    *({}, {"women": 2, "accessible": 0}, {"any_sex": 3, "single_room": 1}, {"lines": LINES}, {"lines": OTHER_LINES}),
    *({"women": 0, "any_sex": 0}, {"men": 8}, {"accessible": 1}, {"shared_room": 8}, {"adults": 2, "children": 0}),
    *({"women": 1, "men": 1, "accessible": 2}, {"lines": [*LINES, *OTHER_LINES]}),
]


@pytest.fixture
def now():
    return timezone.now()


def any_unit(numbers: random.Random, now) -> OperationalUnit:
    """A unit of any state: never opened, never stated, expired, closed, contested, described or not."""
    unit = UnitFactory(
        sex=numbers.choice(["", "", Sex.WOMEN, Sex.MEN]),
        min_age_value=numbers.choice([0, 0, 16]),
        max_age_value=numbers.choice([16, 60, 150, 150]),
        pets=numbers.choice(["", "Chiens acceptés", "Animaux non admis.", "Pas d’animaux, sauf chiens guides"]),
    )
    if numbers.random() < 0.15:
        return unit
    state = numbers.choice(
        [
            *[{}] * 5,
            *({"late": True}, {"late": True}, {"due_soon": True}),
            *({"expired": True}, {"never": True}, {"closed_entry": True}, {"full": True}, {"full": True}),
        ]
    )
    counts = numbers.choice(COUNTS)
    contested = now if numbers.random() < 0.2 else None
    CurrentFigureFactory(unit=unit, now=now, contested_at=contested, **({} if "never" in state else counts), **state)
    if numbers.random() < 0.3:
        start = now + numbers.choice([-5, -5, 3]) * DAY
        end = numbers.choice([None, start + DAY, start + 10 * DAY])
        UnitClosure.objects.create(unit=unit, starts_at=start, ends_at=end, reason="works", recorded_at=now)
    if numbers.random() < 0.3:
        ExpectedPlace.objects.create(unit=unit, count=1, expected_on=local_day(now) + 4 * DAY, recorded_at=now)
    return unit


def slowly_judged(unit_id: int, needs: Needs, now):
    """The same by whole objects, one unit at a time."""
    unit = OperationalUnit.objects.get(pk=unit_id)
    offer = Offer(
        unit=unit,
        figure=CurrentFigure.objects.filter(unit=unit).first(),
        viewer_id=1,
        now=now,
        closures=list(UnitClosure.objects.held().filter(unit=unit).order_by("starts_at", "pk")),
        scope=READER,
    )
    awaited = expected_of([unit_id], local_day(now)).get(unit_id, ())
    return judge(needs, offer.supply(tuple((one.expected_on, one.count) for one in awaited), doubt=offer.doubt))


@pytest.mark.parametrize("seed", range(3))
def test_every_unit_is_judged_as_the_guichet_judges_it(seed, now):
    numbers = random.Random(seed)
    units = [any_unit(numbers, now).pk for _ in range(40)]
    today = local_day(now)
    asked = [
        Needs(who=Who.WOMAN, accessible=True),
        Needs(who=Who.MAN, age=17),
        Needs(who=Who.COUPLE, animal=True, on=today + 6 * DAY),
        Needs(age=34, single_room=True),
        Needs(on=today + 6 * DAY),
        Needs(who=Who.WOMAN, on=today + DAY),
    ]
    for needs in asked:
        assert judge_units(units, needs, READER, now) == {pk: slowly_judged(pk, needs, now) for pk in units}
    found = {judged.fit for needs in asked for judged in judge_units(units, needs, READER, now).values()}
    assert found == set(Fit)


@pytest.mark.parametrize("seed", range(4))
def test_search_classes_every_unit_as_the_guichet_does(seed, now, rebuilt):
    numbers = random.Random(seed)
    owners = {unit.geographic_entity_id: unit.pk for unit in (any_unit(numbers, now) for _ in range(60))}
    rebuilt()
    for _ in range(12):
        needs = any_needs(numbers, local_day(now))
        judged = judge_units(owners.values(), needs, READER, now)
        outcome = run_search(SearchCriteria(needs=needs), READER, now)
        ranks = [judged[owners[group.group_id]].fit.rank for group in outcome.groups]
        assert len(ranks) == len(owners)
        assert ranks == sorted(ranks), needs
        assert Counter(ranks) == +Counter({fit.rank: count for fit, count in outcome.fits.items()}), needs
        hidden = run_search(SearchCriteria(needs=needs, hides_unfit=True), READER, now)
        assert hidden.units == sum(rank != Fit.NO_FIT.rank for rank in ranks)
        assert hidden.fitting.items() <= outcome.fitting.items()
        if needs.is_ahead(local_day(now)):
            assert outcome.fitting == {}
            continue
        for box, tried in tried_needs(SearchCriteria(needs=needs)).items():
            fits = [judged.fit for judged in judge_units(owners.values(), tried, READER, now).values()]
            assert outcome.fitting[box] == fits.count(Fit.FITS), (needs, box)


def test_needs_are_counted_once_one_is_asked(rebuilt, now):
    CurrentFigureFactory(accessible=3)
    CurrentFigureFactory(women=2)
    rebuilt()
    assert run_search(SearchCriteria(what="ACT"), READER, now).fitting == {}
    asked = run_search(SearchCriteria(what="ACT", needs=Needs(accessible=True)), READER, now)
    assert asked.fitting == {"femme": 0, "homme": 0, "couple": 0, "pmr": 1, "chambre": 0, "animal": 0}


def any_needs(numbers: random.Random, today: dt.date) -> Needs:
    """Some needs, at least one."""
    needs = Needs(
        who=numbers.choice([Who.ANYBODY, *Who]),
        age=numbers.choice([None, None, 15, 16, 17, 25, 60]),
        accessible=numbers.random() < 0.3,
        single_room=numbers.random() < 0.3,
        animal=numbers.random() < 0.3,
        on=numbers.choice([None, None, today + DAY, today + 6 * DAY, today + 20 * DAY]),
    )
    return needs if not needs.is_empty or needs.on else any_needs(numbers, today)


@pytest.mark.parametrize("count", [1, 25])
def test_one_query_whatever_the_number_of_units(count, now, django_assert_num_queries):
    numbers = random.Random(4)
    units = [any_unit(numbers, now).pk for _ in range(count)]
    with django_assert_num_queries(1):
        judge_units(units, Needs(who=Who.WOMAN, age=30, animal=True), READER, now)
    with django_assert_num_queries(0):
        assert judge_units([], Needs(age=30), READER, now) == {}


def test_what_decides_is_said(now):
    unit = UnitFactory(sex=Sex.MEN)
    CurrentFigureFactory(unit=unit)
    (judged,) = judge_units([unit.pk], Needs(who=Who.WOMAN), READER, now).values()
    assert (judged.fit, [reason.text for reason in judged.reasons]) == (Fit.NO_FIT, ["hommes seulement"])
    (judged,) = judge_units([unit.pk], Needs(who=Who.MAN, accessible=True), READER, now).values()
    assert judged.fit is Fit.TO_CONFIRM
    assert "PMR\u00a0: non précisé" in [reason.text for reason in judged.reasons]


def test_a_late_figure_or_a_day_to_come_is_to_be_confirmed_and_counted_so(rebuilt, now):
    CurrentFigureFactory(figure=2, any_sex=2)
    CurrentFigureFactory(figure=5, any_sex=5, late=True)
    CurrentFigureFactory(figure=4, any_sex=4, due_soon=True)
    rebuilt()
    outcome = run_search(SearchCriteria(what="ACT", needs=Needs(who=Who.WOMAN)), READER, now)
    assert (outcome.fits[Fit.FITS], outcome.fits[Fit.TO_CONFIRM], outcome.fitting["femme"]) == (2, 1, 2)
    on = local_day(now) + 9 * DAY
    outcome = run_search(SearchCriteria(what="ACT", needs=Needs(who=Who.WOMAN, on=on)), READER, now)
    assert (outcome.fits[Fit.FITS], outcome.fits[Fit.TO_CONFIRM], outcome.fitting) == (0, 3, {})


def test_an_audience_asked_for_is_told(now):
    homeless, young = (
        TermFactory(nomenclature=Nomenclature.AUDIENCE, label=label) for label in ("Sans abri", "Jeunes")
    )
    told, untold = (CurrentFigureFactory(any_sex=8).unit for _ in range(2))
    UnitTerm.objects.create(unit=told, term=homeless)
    judged = judge_units([told.pk, untold.pk], Needs(who=Who.WOMAN), READER, now, [homeless.pk, young.pk])
    assert (judged[told.pk].fit, judged[told.pk].reasons[0].text) == (Fit.FITS, "accueille\u00a0: Sans abri")
    assert (judged[untold.pk].fit, judged[untold.pk].reasons[0].answer) == (Fit.TO_CONFIRM, Answer.MAYBE)


def test_what_may_not_be_opened_is_not_judged(now):
    shown, hidden = UnitFactory(), UnitFactory(hidden=True)
    assert set(judge_units([shown.pk, hidden.pk], Needs(age=30), READER, now)) == {shown.pk}
    assert judge_units([shown.pk], Needs(age=30), NOBODY, now) == {}


def test_a_thousand_units_are_judged_fast(now):
    """Processor time, far above what it takes on a quiet machine."""
    entity = UnitFactory().geographic_entity
    made = OperationalUnit.objects.bulk_create(
        OperationalUnit(geographic_entity=entity, name=f"Unité {n}", max_age_days=55152) for n in range(1000)
    )
    CurrentFigure.objects.bulk_create(
        CurrentFigure(
            unit=unit,
            rhythm=dt.timedelta(days=7),
            figure=2,
            version=1,
            stated_at=now,
            confirmed_at=now,
            expires_at=now + 21 * DAY,
            any_sex=1,
        )
        for unit in made
    )
    needs = Needs(who=Who.WOMAN, age=30, accessible=True)
    connection.ensure_connection()
    best = 9.0
    for _ in range(3):
        started = time.process_time()
        judged = judge_units([unit.pk for unit in made], needs, READER, now)
        best = min(best, time.process_time() - started)
    assert len(judged) == 1000
    assert best < 0.4, f"{best * 1000:.0f} ms"
