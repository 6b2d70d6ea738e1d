"""Free places of the region on the home page."""

import datetime

import pytest
from django.core.cache import cache
from django.utils import timezone

from availability import key_figures
from availability.models import CurrentFigure

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_cache():
    cache.delete(key_figures.CACHE_KEY)
    yield
    cache.delete(key_figures.CACHE_KEY)


def test_nothing_is_said_while_no_unit_is_open():
    assert key_figures.home_figures(None) is None


def test_only_figures_that_stand_count(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        before = key_figures.free_places()
    with django_assert_num_queries(0):
        assert key_figures.free_places() == before
    assert before["open"] == CurrentFigure.objects.open().count()
    cache.delete(key_figures.CACHE_KEY)
    CurrentFigure.objects.filter(unit=world.act).update(expires_at=timezone.now() - datetime.timedelta(seconds=1))
    assert key_figures.free_places() == {
        "places": before["places"] - 8,
        "counted": before["counted"] - 1,
        "open": before["open"],
    }


@pytest.mark.parametrize("level", ["eg", "ej"])
def test_units_of_a_hidden_record_count_nowhere(world, level):
    getattr(world, level).status = "hidden"
    getattr(world, level).save()
    held = CurrentFigure.objects.open().filter(unit__geographic_entity=world.eg).count()
    assert key_figures.free_places()["open"] == CurrentFigure.objects.open().count() - held


def test_the_home_page_says_how_many_units_count(client, cast, world):
    client.force_login(cast.consultation)
    totals = key_figures.free_places()
    text = client.get("/").content.decode()
    assert f"sur {totals['open']}</dt><dd>{totals['places']}</dd>" in text
    client.force_login(cast.newcomer)
    assert "comptée" not in client.get("/").content.decode()
