"""Pages of kept things cost eight queries at most, the same with three times the rows."""

import pytest

from tests.directory.merges import merge
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory, WeeklyHoursFactory
from tests.test_query_budgets import queries_of

from .kept import keep, watch

pytestmark = pytest.mark.django_db
BUDGET = 8  # the session and the account among them
PAGES = {
    "recherches": "/recherche/enregistrees/",
    "sélection": "/recherche/selection/",
    "fiche": "/recherche/selection/fiche/",
    "enregistrer": "/recherche/enregistrees/ajouter/?ou=75010&quoi=ACT&departement=75&type=1",
}


def grow(world, user, count):
    """Keep this many units more, each with its figure and hours, and as many searches."""
    units = []
    for _ in range(count):
        unit = UnitFactory(geographic_entity=world.eg, act=True)
        CurrentFigureFactory(unit=unit)
        WeeklyHoursFactory(unit=unit)
        units.append(unit)
        watch(user, query=f"quoi=ACT&type={unit.unit_type_id}&departement=92", name=f"Recherche {unit.pk}")
    keep(user, *units)
    return units


@pytest.mark.parametrize("name", [*PAGES, "comparaison"])
def test_a_page_keeps_to_its_budget(client, cast, world, rebuilt, name):
    user = cast.consultation
    client.force_login(user)
    client.get("/recherche/")
    units = grow(world, user, 2)
    rebuilt()
    url = PAGES.get(name) or "/recherche/comparer/?" + "&".join(f"uo={unit.pk}" for unit in units)
    few = queries_of(client, url)
    units += grow(world, user, 4)
    rebuilt()
    url = PAGES.get(name) or "/recherche/comparer/?" + "&".join(f"uo={unit.pk}" for unit in units)
    many = queries_of(client, url)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= BUDGET, "\n".join(many)


def test_a_comparison_of_what_is_unknown_or_was_merged_costs_no_more(client, cast, world, rebuilt):
    """An old link: units one no longer finds, others at the end of a chain of merges."""
    client.force_login(cast.consultation)
    client.get("/recherche/")
    first, second, third, other = grow(world, cast.consultation, 4)
    rebuilt()
    merge(second, third, cast.sesan)
    merge(first, second, cast.sesan)
    for asked in (
        [first, other],
        [third, other],
        [third],
        [other, 999_999],
        [third, second, other, 999_999],
        [999_999],
    ):
        url = "/recherche/comparer/?" + "&".join(f"uo={getattr(unit, 'pk', unit)}" for unit in asked)
        found = queries_of(client, url)
        assert len(found) <= BUDGET, "\n".join([url, *found])
