"""Pages cost a bounded number of queries, the same with three times the rows (search, entry 10; tree 6; record 12)."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from search.indexing.index import rebuild_all
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import (
    AssignmentFactory,
    GeographicEntityFactory,
    InterventionAreaFactory,
    StructureFactory,
    UnitFactory,
    WeeklyHoursFactory,
    commune,
)

# What the test client's own transaction adds: in production these are one « BEGIN READ ONLY ».
ENVELOPE = re.compile(r"^(SAVEPOINT|RELEASE SAVEPOINT|SET TRANSACTION)")
ROWS = 4


def grow(world, cast, numbers):
    """Add one of everything for each number, that a page lists, at the EG of the world and around it."""
    structure = StructureFactory(geographic_entity=world.eg)
    for number in numbers:
        neighbour = GeographicEntityFactory(legal_entity=world.ej, nanterre=True)
        for entity in (world.eg, neighbour):
            unit = UnitFactory(geographic_entity=entity, act=True)
            CurrentFigureFactory(unit=unit)
            AssignmentFactory(user=cast.responsable, role="availability_manager", unit=unit)
        UnitFactory(geographic_entity=world.eg, structure=structure)
        WeeklyHoursFactory(unit=world.act, weekday=1 + number % 7, opens_at=f"{number % 24:02}:{number // 24:02}")
        StructureFactory(geographic_entity=world.eg)
    for insee in ("92050", "75110"):
        InterventionAreaFactory._meta.model.objects.get_or_create(unit=world.act, commune=commune(insee))
    rebuild_all()


def queries_of(client, url):
    """Queries of one page, session and account included."""
    cache.clear()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]


def address(name, **kwargs):
    return lambda world: reverse(name, kwargs={key: getattr(world, value).pk for key, value in kwargs.items()})


PAGES = {
    "recherche": (8, lambda world: reverse("search:results") + "?ou=75010&quoi=ACT"),
    "recherche sans lieu": (7, lambda world: reverse("search:results") + "?quoi=ACT"),
    "recherche avec un besoin": (8, lambda world: reverse("search:results") + "?ou=75010&quoi=ACT&pour=femme&pmr=1"),
    "recherche sans ce qui ne convient pas": (
        8,
        lambda world: reverse("search:results") + "?ou=75010&quoi=ACT&pour=femme&age=30&masquer=1&places=1",
    ),
    "recherche dans un rayon": (8, lambda world: reverse("search:results") + "?ou=75010&quoi=ACT&distance=50"),
    "suggestions": (5, lambda world: reverse("search:suggestions") + "?champ=quoi&q=ACT"),
    "saisie": (10, address("availability:entry")),
    "arbre": (6, address("directory:tree")),
    "arbre, département": (6, lambda world: reverse("directory:tree_department", kwargs={"code": "92"})),
    "arbre, établissement": (6, address("directory:tree_entity", entity_id="eg")),
    "fiche UO": (14, address("directory:unit_detail", unit_id="act")),
    "fiche EG": (12, address("directory:geographic_entity_detail", entity_id="eg")),
    "fiche EJ": (12, address("directory:legal_entity_detail", entity_id="ej")),
}


RECORDS = ("fiche UO", "fiche EG", "fiche EJ")  # a director sees more panels there


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "who"), [*((name, "responsable") for name in PAGES), *((name, "directeur") for name in RECORDS)]
)
def test_a_page_keeps_to_its_budget_with_three_times_the_rows(client, cast, world, name, who):
    budget, url = PAGES[name]
    AssignmentFactory(user=cast.directeur, role="director", legal_entity=world.ej)
    client.force_login(getattr(cast, who))
    client.get(reverse("directory:department_outlines"))  # the first page of a session marks it as used
    grow(world, cast, range(ROWS))
    few = queries_of(client, url(world))
    grow(world, cast, range(ROWS, 3 * ROWS))
    many = queries_of(client, url(world))
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= budget, "\n".join(many)
