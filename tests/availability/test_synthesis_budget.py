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


BEHIND = ("sante-precarite/92/", "sante-precarite/region/", "etablissements/{entity}/")
ASKED = (
    "depuis=Nanterre",
    "depuis=75010&places=on&public=adulte",
    "depuis=92&ages=20 a",
    "depuis=nulle part&perimes=on",
    "depuis=Saint-&date={past}",
    "depuis=Nanterre&date={past}&etablissement=a",
)


@pytest.mark.parametrize("path", BEHIND)
@pytest.mark.parametrize("person", ["consultation", "responsable"])
def test_distances_and_the_past_keep_to_the_budget(client, cast, world, path, person):
    client.force_login(getattr(cast, person))
    client.get("/")
    grow(world, 3)
    past = f"{timezone.localtime() - datetime.timedelta(minutes=2):%Y-%m-%dT%H:%M}"
    urls = [f"{PATH}{path.format(entity=world.eg.pk)}?{asked.format(past=past)}" for asked in ASKED]
    few = {url: len(queries_of(client, url)) for url in urls}
    grow(world, 6)
    for url in urls:
        many = queries_of(client, url)
        assert len(many) == few[url] <= BUDGET, "\n".join([url, *many])
    assert "availability_availabilityentry" in "".join(many)
