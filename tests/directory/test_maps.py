import json

import pytest
from django.urls import reverse

from directory.models import Commune, Department, InterventionArea
from tests.factories.directory import commune

SQUARE = {"type": "Polygon", "coordinates": [[[2.2, 48.8], [2.3, 48.8], [2.3, 48.9], [2.2, 48.8]]]}
OUTLINES = ["department_outlines", "commune_outlines"]


@pytest.fixture
def outlines(world):
    commune("75056")
    Department.objects.update(outline=SQUARE)
    Commune.objects.exclude(insee="75056").update(outline=SQUARE)


def features(response):
    return json.loads(response.content)["features"]


@pytest.mark.parametrize("name", OUTLINES)
def test_outlines_are_for_signed_in_people_and_read_only(client, cast, outlines, name):
    url = reverse(f"directory:{name}")
    assert client.get(url).url.startswith("/connexion/")
    client.force_login(cast.consultation)
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 405


@pytest.mark.parametrize("codes", ["2A", "'; DROP", ["92", "2A"]])
def test_outlines_of_an_unknown_department_are_not_found(client, cast, outlines, codes):
    client.force_login(cast.consultation)
    assert client.get(reverse("directory:commune_outlines"), {"departement": codes}).status_code == 404


def test_departments_carry_their_code(client, cast, outlines):
    client.force_login(cast.consultation)
    response = client.get(reverse("directory:department_outlines"))
    assert response["Content-Type"] == "application/geo+json"
    assert [row["properties"]["code"] for row in features(response)] == ["75", "92"]
    assert features(response)[0]["geometry"] == SQUARE


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"departement": "92"}, ["92050"]),
        ({"departement": ["92", "75"]}, ["75110", "92050"]),
        ({}, []),
    ],
)
def test_communes_are_those_of_the_departments_asked(client, cast, outlines, query, found):
    client.force_login(cast.consultation)
    response = client.get(reverse("directory:commune_outlines"), query)
    assert response.status_code == 200
    assert [row["properties"]["insee"] for row in features(response)] == found


@pytest.mark.parametrize("name", OUTLINES)
def test_outlines_are_not_sent_twice(client, cast, outlines, name):
    client.force_login(cast.consultation)
    first = client.get(reverse(f"directory:{name}"))
    assert "private" in first["Cache-Control"]
    again = client.get(reverse(f"directory:{name}"), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304


def test_territory_is_drawn_paris_by_its_arrondissements(client, cast, world, outlines):
    Commune.objects.filter(insee="75110").update(parent="75056")
    for insee in ("92050", "75056"):
        InterventionArea.objects.create(unit=world.act, commune_id=insee)
    client.force_login(cast.consultation)
    found = features(client.get(reverse("directory:unit_territory", args=[world.act.pk])))
    assert [row["properties"]["insee"] for row in found] == ["75110", "92050"]


def test_territory_of_a_hidden_unit_is_not_found(client, cast, world):
    url = reverse("directory:unit_territory", args=[world.act.pk])
    type(world.act).objects.filter(pk=world.act.pk).update(status="hidden")
    for user, status in ((cast.consultation, 404), (cast.directeur, 200), (cast.newcomer, 403)):
        client.force_login(user)
        assert client.get(url).status_code == status
