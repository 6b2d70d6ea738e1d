"""Pages of closures, pools and expected places: eight queries at most, as many with three times the rows."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from availability.models import CurrentFigure, ExpectedPlace, Pool, UnitClosure
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import AssignmentFactory, UnitFactory
from tests.test_query_budgets import ENVELOPE

pytestmark = pytest.mark.django_db


def add_closure(unit):
    now = timezone.now()
    return UnitClosure.objects.create(unit=unit, starts_at=now, reason="works", recorded_at=now)


def add_expected(unit):
    return ExpectedPlace.objects.create(
        unit=unit, count=2, expected_on=timezone.localdate(), recorded_at=timezone.now()
    )


def add_pool(world, units):
    pool = Pool.objects.create(geographic_entity=world.eg, name="Lits partagés", rhythm=world.grouping.rhythm)
    CurrentFigure.objects.filter(unit__in=units).update(pool=pool)
    return pool


@pytest.fixture
def made(world):
    return {
        "closure": add_closure(world.act),
        "expected": add_expected(world.act),
        "pool": add_pool(world, [world.act, world.lam]),
    }


def grow(world, cast, times):
    for _ in range(times):
        units = [CurrentFigureFactory(unit=UnitFactory(geographic_entity=world.eg, act=True)).unit for _ in range(3)]
        for unit in units:
            AssignmentFactory(user=cast.responsable, role="availability_manager", unit=unit)
        add_closure(units[0])
        add_expected(units[0])
        add_pool(world, units[1:])
        CurrentFigureFactory(unit=UnitFactory(geographic_entity=world.eg, lam=True))


PAGES = {
    "indisponibilités": ("sesan", lambda world, made: reverse("availability:closures")),
    "mes indisponibilités": ("responsable", lambda world, made: reverse("availability:closures")),
    "places attendues": ("responsable", lambda world, made: reverse("availability:expected_list")),
    "places attendues, support": ("sesan", lambda world, made: reverse("availability:expected_list") + "?voir=toutes"),
    "déclarer": ("responsable", lambda world, made: reverse("availability:closure_add")),
    "déclarer, support": ("sesan", lambda world, made: reverse("availability:closure_add") + "?q=altair"),
    "modifier": ("responsable", lambda world, made: reverse("availability:closure_edit", args=[made["closure"].pk])),
    "terminer": ("responsable", lambda world, made: reverse("availability:closure_stop", args=[made["closure"].pk])),
    "annoncer": ("responsable", lambda world, made: reverse("availability:expected_add", args=[world.act.pk])),
    "attendues": (
        "responsable",
        lambda world, made: reverse("availability:expected_detail", args=[made["expected"].pk]),
    ),
    "mutualisés": ("sesan", lambda world, made: reverse("availability:pools") + "?q=altair"),
    "mutualiser": ("sesan", lambda world, made: reverse("availability:pool_add", args=[world.eg.pk])),
    "lot": ("sesan", lambda world, made: reverse("availability:pool_detail", args=[made["pool"].pk])),
    "séparer": ("sesan", lambda world, made: reverse("availability:pool_separate", args=[made["pool"].pk])),
}


def queries_of(client, url):
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


def test_pages_keep_to_their_budget(client, cast, world, made):
    found = {}
    for round_number in range(2):
        grow(world, cast, 1 + 2 * round_number)
        for name, (who, address) in PAGES.items():
            client.force_login(getattr(cast, who))
            client.get(address(world, made))
            found.setdefault(name, []).append(len(queries_of(client, address(world, made))))
    assert {name: counts for name, counts in found.items() if max(counts) > 8 or counts[0] != counts[1]} == {}
