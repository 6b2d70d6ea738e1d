"""The synthesis and what is behind a cell cost eight queries at most, the same with three times the rows."""

import datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from availability import services
from availability.membership import write_rows
from availability.models import ExpectedPlace, UnitClosure
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory
from tests.test_query_budgets import ENVELOPE

pytestmark = pytest.mark.django_db

PATH = "/disponibilites/consultation/"
BUDGET = 8
DAY = datetime.timedelta(days=1)
PAGES = {
    "synthèse": "",
    "filtrée": "?departement=92&public=adulte&etablissement=a&ages=20 a",
    "comparée": "?comparer=on",
    "passée": "?date=2026-01-01T10:00",
    "case": "sante-precarite/92/",
    "case, région": "sante-precarite/region/?public=adulte",
    "établissements": "etablissements/",
}


def grow(world, count):
    """Add establishments with units, closures and places awaited."""
    now = timezone.now()
    for number in range(count):
        entity = GeographicEntityFactory(legal_entity=world.ej, nanterre=True)
        unit = UnitFactory(geographic_entity=entity, act=True)
        CurrentFigureFactory(unit=unit)
        UnitClosure.objects.create(
            unit=unit, starts_at=now - 3 * DAY, ends_at=now + (number - 1) * DAY, reason="works", recorded_at=now
        )
        ExpectedPlace.objects.create(unit=unit, count=2, expected_on=(now + 2 * DAY).date(), recorded_at=now)
    write_rows(unit_ids=None)
    services.tell_figures([unit.pk])


def queries_of(client, url):
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_to_its_budget(client, cast, world, name):
    client.force_login(cast.consultation)
    client.get("/")
    url = PATH + PAGES[name]
    grow(world, 3)
    few = queries_of(client, url)
    grow(world, 6)
    many = queries_of(client, url)
    assert len(many) == len(few) <= BUDGET, "\n".join(many)


@pytest.mark.parametrize("start", ["Nanterre", "75010", "92050"])
def test_distances_add_three_queries_at_most(client, cast, world, start):
    client.force_login(cast.consultation)
    client.get("/")
    grow(world, 3)
    without = queries_of(client, f"{PATH}sante-precarite/92/")
    found = queries_of(client, f"{PATH}sante-precarite/92/?depuis={start}")
    assert len(found) <= len(without) + 2
