"""What the page says of distances: the radius applied, places whose distance is not told, how far to look instead."""

import html
import re

import pytest

from accounts.roles import Role
from tests.factories.accounts import UserFactory
from tests.factories.directory import (
    GeographicEntityFactory,
    PracticePlaceFactory,
    PractitionerFactory,
    UnitFactory,
    commune,
)

pytestmark = pytest.mark.django_db
NB = "\u00a0"
UNTOLD = "Aucun lieu dont la distance est communiquée"


@pytest.fixture
def text_of(client):
    """Text of the page of results under this address, as one line, for somebody who may not see sensitive places."""
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))

    def get(query: str) -> str:
        page = client.get(f"/recherche/?{query}")
        assert page.status_code == 200
        main = page.content.decode().partition('id="titre-resultats"')[2]
        return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))

    return get


def near(km: float, insee: str = "75110", **values):
    """A unit that many kilometres north of the centre of Paris 10."""
    start = commune("75110")
    place = {"commune": commune(insee), "lat": start.lat + km / 111.195, "lon": start.lon}
    return UnitFactory(geographic_entity=GeographicEntityFactory(**place), **values)


def test_filters_that_leave_nothing_offer_greater_distances_than_the_usual_one(rebuilt, text_of):
    for number in range(16):
        near(number)
    near(85, insee="92050")
    rebuilt()
    text = text_of("ou=75010&quoi=ACT&departement=92")
    assert "Aucun résultat" in text
    assert "Dans un rayon de 50 km" in text
    assert "rayon de 100 km : 1 établissement" in text


def test_a_search_that_finds_nothing_anywhere_is_not_called_widened(rebuilt, text_of):
    commune("75110")
    rebuilt()
    text = text_of("ou=75010&quoi=ACT")
    assert "Aucun résultat" in text
    assert "élargie" not in text


def test_places_without_a_told_distance_come_last_and_say_so(rebuilt, text_of):
    near(0.5, name="Refuge", sensitive=True)
    near(0.9, name="Ouvert")
    near(4, name="Plus loin")
    rebuilt()
    text = text_of("ou=75010&quoi=ACT&distance=1")
    assert text.count("distance non communiquée") == 1
    assert text.index("Ouvert") < text.index("distance non communiquée")
    assert UNTOLD not in text


def test_when_no_distance_is_told_greater_ones_are_offered(rebuilt, text_of, django_assert_max_num_queries):
    near(0.5, name="Refuge", sensitive=True)
    near(4, name="Plus loin")
    rebuilt()
    text_of("ou=75010&quoi=ACT")  # the first request of a session renews it
    with django_assert_max_num_queries(8 + 3):  # three are those of the transaction
        text = text_of("ou=75010&quoi=ACT&distance=1")
    assert f"{UNTOLD} à 1 km au plus. La même recherche : rayon de 5 km" in text
    assert "2 établissements" in text


def test_professionals_have_a_duration_too(rebuilt, text_of):
    PracticePlaceFactory(practitioner=PractitionerFactory(last_name="Durandal"))
    commune("75110")
    rebuilt()
    assert re.search(r"\d km 00:\d\d est\.", text_of("ou=75010&quoi=Durandal"))
