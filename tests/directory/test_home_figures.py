import pytest
from django.core.cache import cache

from directory import key_figures
from tests.factories.directory import PractitionerFactory, UnitFactory, unit_type


@pytest.fixture(autouse=True)
def no_cache():
    cache.delete(key_figures.CACHE_KEY)
    yield
    cache.delete(key_figures.CACHE_KEY)


def counts():
    return {figure.label: figure.count for figure in key_figures.key_figures()}


def test_an_empty_directory_has_no_figures(db):
    assert key_figures.key_figures() == []
    assert key_figures.home_figures(None) is None


def test_establishments_are_counted_once_a_group_and_only_when_published(world, django_assert_num_queries):
    UnitFactory(geographic_entity=world.eg, unit_type=unit_type("21.46"))
    UnitFactory(geographic_entity=world.other_eg, unit_type=unit_type("21.46"), hidden=True)
    PractitionerFactory.create_batch(2)
    with django_assert_num_queries(2):
        counted = counts()
    assert counted["établissements pour personnes en difficultés spécifiques"] == 2
    assert counted["établissements pour personnes âgées"] == 1
    assert counted["unités opérationnelles"] == 5
    assert counted["professionnels de ville"] == 2
    assert "établissements de soins de suite et de réadaptation" not in counted
    with django_assert_num_queries(0):
        counts()


@pytest.mark.parametrize("level", ["eg", "ej"])
def test_what_stands_below_a_hidden_record_counts_nowhere(world, level):
    getattr(world, level).status = "hidden"
    getattr(world, level).save()
    assert counts()["unités opérationnelles"] == 1


def test_the_home_page_and_the_header_lead_to_the_directory(client, cast):
    client.force_login(cast.consultation)
    text = client.get("/").content.decode()
    assert "Chiffres clés de la région" in text
    assert 'href="/repertoire/"' in text
    client.force_login(cast.newcomer)
    text = client.get("/").content.decode()
    assert "Chiffres clés" not in text
    assert 'href="/repertoire/"' not in text
