"""The map and the guichet cost a bounded number of queries, the same with many more units (map data 4, others 8)."""

import pytest
from django.urls import reverse

from availability.membership import write_rows
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory
from tests.test_query_budgets import queries_of

PAGES = {
    "guichet": (8, "availability:guichet", "?pour=femme&pmr=on&depuis=75010&age=34&departement=92"),
    "carte": (8, "availability:map", "?femme=on&departement=92"),
    "données": (4, "availability:map_data", "?femme=on&departement=92"),
}


def grow(world, count):
    for _ in range(count):
        entity = GeographicEntityFactory(legal_entity=world.ej, nanterre=True)
        CurrentFigureFactory(unit=UnitFactory(geographic_entity=entity, act=True), women=2)
    write_rows(unit_ids=None)


@pytest.mark.django_db
@pytest.mark.parametrize("name", PAGES)
def test_a_page_keeps_to_its_budget(client, cast, world, name):
    budget, route, query = PAGES[name]
    client.force_login(cast.consultation)
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    grow(world, 3)
    few = queries_of(client, reverse(route) + query)
    grow(world, 9)
    many = queries_of(client, reverse(route) + query)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= budget, "\n".join(many)
