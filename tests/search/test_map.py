"""The map of results: the lines of the list, their places, what a marker opens; hidden places nowhere."""

import datetime
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from availability.models import CurrentFigure, Pool
from directory.models import OperationalUnit
from directory.scopes import scope_of
from search.criteria import SearchCriteria
from search.indexing import index
from search.results.map_data import spot_of, spots_on_screen
from tests.factories.availability import CurrentFigureFactory
from tests.test_query_budgets import ENVELOPE

pytestmark = pytest.mark.django_db


def markers(client, query="quoi=ACT"):
    answer = client.get(f"{reverse('search:map_data')}?{query}")
    assert answer["Content-Type"] == "application/geo+json"
    return {feature["properties"]["id"]: feature for feature in json.loads(answer.content)["features"]}


@pytest.fixture
def indexed(world):
    index.rebuild_all()
    return world


def test_lines_of_the_list_have_their_marker(client, cast, indexed):
    client.force_login(cast.consultation)
    eg = indexed.eg
    found = markers(client, "ou=75010&quoi=ACT")
    marker = found[str(eg.pk)]
    assert marker["geometry"]["coordinates"] == [eg.lon, eg.lat]
    assert marker["properties"]["name"] == eg.name
    listed = client.get(reverse("search:results"), {"ou": "75010", "quoi": "ACT"}).context["lines"]
    assert {line.group_id for line in listed} == {int(key.split("/")[0]) for key in found}


def test_nothing_asked_gives_no_marker(client, cast, indexed):
    client.force_login(cast.consultation)
    assert markers(client, "") == {}


def test_a_hidden_place_is_on_no_map(client, cast, indexed):
    OperationalUnit.objects.filter(pk=indexed.act.pk).update(sensitive_unit=True)
    index.rebuild_all()
    client.force_login(cast.consultation)
    assert str(indexed.eg.pk) not in markers(client)
    spot = reverse("search:map_spot", args=[indexed.eg.pk])
    assert client.get(f"{spot}?quoi=ACT").status_code == 404
    client.force_login(cast.sesan)
    assert str(indexed.eg.pk) in markers(client)


def test_a_marker_opens_a_short_record(client, cast, indexed):
    client.force_login(cast.consultation)
    address = reverse("search:map_spot", args=[indexed.eg.pk])
    page = client.get(f"{address}?quoi=ACT").content.decode()
    assert indexed.eg.name in page
    assert indexed.act.name in page
    assert client.get(f"{address}?quoi=introuvable").status_code == 404


@pytest.mark.parametrize("key", ["x", "0", "1/2/3", "9" * 40, "-", "1/", "%00"])
def test_a_key_of_no_marker_is_not_found(client, cast, indexed, key):
    client.force_login(cast.consultation)
    assert client.get(f"/recherche/carte/{key}/?quoi=ACT").status_code in (400, 404)


def test_a_unit_that_stands_elsewhere_has_its_own_marker(cast, indexed):
    unit = indexed.act
    OperationalUnit.objects.filter(pk=unit.pk).update(
        commune=indexed.paris10, lat=48.87, lon=2.36, position_source="address"
    )
    index.refresh_units(unit_ids=[unit.pk])
    scope, now = scope_of(cast.consultation), timezone.now()
    criteria = SearchCriteria(what="ACT")
    keys = [spot.key for spot in spots_on_screen(criteria, scope, now)]
    key = f"{indexed.eg.pk}/{unit.pk}"
    assert key in keys
    spot = spot_of(key, criteria, scope, now)
    assert (spot.point.lat, spot.point.lon) == (48.87, 2.36)


def test_shared_beds_are_told_as_shared_and_unknown_is_no_zero(client, cast, indexed):
    pool = Pool.objects.create(
        name="Plateau",
        geographic_entity=indexed.eg,
        installed_places=20,
        rhythm=datetime.timedelta(days=7),
        capacity_kind="bed",
    )
    CurrentFigureFactory(unit=indexed.act_mobile)
    shared = CurrentFigure.objects.filter(unit__in=[indexed.act, indexed.act_mobile])
    shared.update(pool=pool, figure=4)
    OperationalUnit.objects.filter(pk=indexed.act_mobile.pk).update(
        commune=indexed.paris10, lat=48.87, lon=2.36, position_source="address"
    )
    index.rebuild_all()
    client.force_login(cast.consultation)
    found = markers(client, "quoi=Altair")
    told = [found[key]["properties"] for key in (str(indexed.eg.pk), f"{indexed.eg.pk}/{indexed.act_mobile.pk}")]
    assert [(each["kind"], each["free"], each["shared"]) for each in told] == [("known", 4, {str(pool.pk): 4})] * 2
    assert "4 lits" in client.get(reverse("search:results"), {"quoi": "Altair"}).content.decode().replace("\u00a0", " ")
    old = timezone.now() - datetime.timedelta(days=60)
    CurrentFigure.objects.filter(figure__isnull=False).update(stated_at=old, confirmed_at=old, expires_at=old)
    index.rebuild_all()
    assert {each["properties"]["kind"] for each in markers(client, "quoi=Altair").values()} == {"unknown"}


@pytest.mark.parametrize(
    "query",
    [
        *("ou=75010&quoi=ACT", "quoi=apartement+de+coordinaton", "ou=75010&quoi=apartement+de+coordinaton&age=30"),
        *("quoi=apartement+de+coordinaton&dans=etablissements", "quoi=introuvable", "quoi=LHSS+92"),
        "ou=75010&quoi=apartement+de+coordinaton&exact=1&type=999999&age=30",
    ],
)
def test_the_markers_and_their_short_records_take_few_queries(client, cast, indexed, query):
    """The session and the account are among them; a marker that a changed search shows no more costs no more."""
    client.force_login(cast.consultation)
    client.get(reverse("search:results"))
    for url in (reverse("search:map_data"), reverse("search:map_spot", args=[indexed.eg.pk])):
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{url}?{query}").status_code in (200, 404)
        found = [query["sql"] for query in captured if not ENVELOPE.match(query["sql"])]
        assert len(found) <= 8, "\n".join([url, *found])


def test_a_short_record_holds_the_units_of_its_line_only(client, cast, indexed):
    """Those within the distance searched, and nothing once a filter leaves them all out."""
    client.force_login(cast.consultation)
    spot = reverse("search:map_spot", args=[indexed.eg.pk])
    lines = {line.group_id: line for line in client.get("/recherche/?ou=75010&quoi=ACT").context["lines"]}
    shown = client.get(f"{spot}?ou=75010&quoi=ACT").context["line"]
    assert [unit.name for unit in shown.units] == [unit.name for unit in lines[indexed.eg.pk].units]
    assert client.get(f"{spot}?ou=75010&quoi=ACT&distance=1").status_code == 404
    assert client.get(f"{spot}?ou=75010&quoi=ACT&type=999999").status_code == 404
