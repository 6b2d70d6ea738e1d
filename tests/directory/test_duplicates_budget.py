"""« Doublons possibles » and « Fiches orphelines » cost few queries, the same whatever the rows."""

import datetime

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from directory.duplicates.finding import find_duplicates
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, RorReferentFactory, UnitFactory
from tests.test_query_budgets import ENVELOPE

PAGES = {
    "directory:duplicate_list": 8,
    "directory:duplicate_list?nature=eg&departement=92&texte=vega": 8,
    "directory:orphan_list": 8,
    "directory:orphan_list?liste=eg-sans-uo&departement=92&texte=vega": 8,
    "directory:orphan_list?liste=referents-silencieux": 8,
    "directory:orphan_workbook?liste=referents-silencieux": 8,
    "home": 18,
}


def grow(world, numbers):
    """A pair of EGs and of their UOs for each number, and an EG of each kind of orphan."""
    for number in numbers:
        for _ in range(2):
            house = GeographicEntityFactory(legal_entity=world.ej, name=f"Foyer Vega {number}", nanterre=True)
            UnitFactory(geographic_entity=house, act=True, name=f"ACT Vega {number}")
            AssignmentFactory(role="director", geographic_entity=house)
        empty = GeographicEntityFactory(legal_entity=world.ej, name=f"Vide Vega {number}", nanterre=True)
        RorReferentFactory(geographic_entity=empty)
    type(world.eg).objects.update(created_at=timezone.now() - datetime.timedelta(days=400))
    find_duplicates(now=timezone.now())


def queries_of(client, url):
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        response = client.post(url) if "xlsx" in url else client.get(url)
        if response.streaming:
            b"".join(response.streaming_content)
    assert response.status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["sesan", "directeur"])
def test_the_lists_keep_to_their_budget(client, cast, world, page, who):
    name, _, query = page.partition("?")
    if who == "directeur" and "duplicate" in name:
        pytest.skip("support settles duplicates")
    url = reverse(name) + (f"?{query}" if query else "")
    AssignmentFactory(user=cast.directeur, role="director", legal_entity=world.ej)
    client.force_login(getattr(cast, who))
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    grow(world, range(2))
    few = queries_of(client, url)
    grow(world, range(2, 8))
    many = queries_of(client, url)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= PAGES[page], "\n".join(many)
