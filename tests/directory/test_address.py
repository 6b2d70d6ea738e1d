"""The block « Adresse »: commune of the reference list, postal code, and where the point comes from."""

import pytest
from django.urls import reverse

from directory.enums import PositionSource
from directory.forms import block_form_class
from directory.models import Commune, GeographicEntity, RecordChange
from directory.scopes import scope_of
from directory.snapshots import differences, state_of
from directory.territory.geocoding import Position
from tests.factories.directory import commune

pytestmark = pytest.mark.django_db

NANTERRE, PARIS_10, PARIS_1, KREMLIN = "92050", "75110", "75101", "94043"
MAROLLES = ("94048", "77278")


@pytest.fixture
def communes(world):
    for insee in (NANTERRE, PARIS_10, PARIS_1, KREMLIN, *MAROLLES):
        commune(insee)


@pytest.fixture
def send(client, cast, world, communes):
    client.force_login(cast.directeur)
    url = reverse("directory:block_edit", args=["eg", world.eg.pk, "adresse"])

    def sent(**data):
        entity = GeographicEntity.objects.get(pk=world.eg.pk)
        form = block_form_class("eg", "adresse")(record=entity, scope=scope_of(cast.directeur))
        typed = {name: "" if value is None else value for name, value in form.initial.items()}
        return client.post(url, {**typed, **data})

    return sent


def entity(world):
    return GeographicEntity.objects.get(pk=world.eg.pk)


def placed(world):
    found = entity(world)
    return found.lat, found.lon, found.position_source


def test_the_form_gives_back_what_the_record_holds(world, cast, communes):
    scope = scope_of(cast.directeur)
    form_class = block_form_class("eg", "adresse")
    shown = form_class(record=world.eg, scope=scope)
    form = form_class(shown.initial, record=world.eg, scope=scope)
    assert form.is_valid(), form.errors
    assert differences(state_of(world.eg), state_of(world.eg) | form.values()) == {}


def test_a_new_street_puts_the_point_at_the_centre_of_the_commune(send, world):
    assert send(street_name="Rue neuve").status_code == 302
    nanterre = Commune.objects.get(pk=NANTERRE)
    assert placed(world) == (nanterre.lat, nanterre.lon, PositionSource.COMMUNE)


def test_a_point_placed_by_hand_stays_while_the_address_does(send, world):
    assert send(lat="48,9", lon="2.21").status_code == 302
    assert placed(world) == (48.9, 2.21, PositionSource.MANUAL)
    assert send(address_complement="Bâtiment B").status_code == 302
    assert placed(world) == (48.9, 2.21, PositionSource.MANUAL)
    assert send(street_number="7").status_code == 302
    assert placed(world)[2] == PositionSource.COMMUNE
    send(lat="48.9", lon="2.21")
    assert send(replacer="on").status_code == 302
    assert placed(world)[2] == PositionSource.COMMUNE


@pytest.mark.parametrize(
    ("lat", "lon", "field"),
    [("45.75", "4.85", "lat"), ("", "2.2", "lat"), ("48.9", "", "lon"), ("nan", "2.2", "lat"), ("91", "2", "lat"),
     ("1e400", "2", "lat"), ("abc", "2", "lat")],
)  # fmt: skip
def test_a_point_far_away_or_unreadable_is_refused(send, world, lat, lon, field):
    before = placed(world)
    response = send(lat=lat, lon=lon)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert placed(world) == before


@pytest.mark.parametrize(
    ("text", "insee"),
    [("kremlin bicetre", KREMLIN), ("94270", KREMLIN), ("Paris 10", PARIS_10), ("75010", PARIS_10)],
)
def test_a_commune_by_name_or_code(send, world, text, insee):
    assert send(commune=text, postal_code="").status_code == 302
    found = entity(world)
    assert found.commune_id == insee
    assert found.postal_code in found.commune.postal_codes
    changes = RecordChange.objects.filter(record_kind="eg", record_id=found.pk).latest("version").changes
    assert changes["commune"][1] == {"id": insee, "label": Commune.objects.get(pk=insee).list_name}


def test_the_postal_code_tells_arrondissements_and_homonyms_apart(send, world):
    assert send(commune="Paris", postal_code="75010").status_code == 302
    assert entity(world).commune_id == PARIS_10
    assert send(commune="Marolles-en-Brie", postal_code="94440").status_code == 302
    assert entity(world).commune_id == MAROLLES[0]


def test_several_communes_are_offered_and_none_is_guessed(send, world):
    response = send(commune="Marolles-en-Brie", postal_code="")
    assert response.status_code == 422
    assert {place.insee for place in response.context["form"].candidates} == set(MAROLLES)
    assert f'value="{MAROLLES[1]}"' in response.text
    assert send(commune="Marolles-en-Brie", postal_code="", commune_choisie=NANTERRE).status_code == 422
    assert send(commune="Marolles-en-Brie", postal_code="", commune_choisie=MAROLLES[1]).status_code == 302
    assert entity(world).commune_id == MAROLLES[1]
    paris = send(commune="Paris", postal_code="")
    assert {PARIS_1, PARIS_10} <= {place.insee for place in paris.context["form"].candidates}


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"commune": "Atlantide"}, "commune"),
        ({"commune": ""}, "commune"),
        ({"postal_code": "75010"}, "postal_code"),
        ({"postal_code": "abc"}, "postal_code"),
        ({"street_number": ""}, "street_number"),
        ({"street_name": ""}, "street_name"),
        ({"street_name": "x" * 500}, "street_name"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_kept(send, world, data, field):
    response = send(**data)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert entity(world).version == 1


def test_a_cedex_that_was_there_stays(send, world):
    GeographicEntity.objects.filter(pk=world.eg.pk).update(postal_code="92014")
    assert send(address_complement="Hall").status_code == 302
    assert entity(world).postal_code == "92014"


def test_steps_save_nothing(send, world):
    chosen = send(etape=f"commune:{KREMLIN}", commune="krem").context["form"]
    assert (chosen["commune"].value(), chosen["postal_code"].value()) == ("Kremlin-Bicêtre (Le) (94270)", "94270")
    shown = send(etape="localiser", street_name="Rue neuve").context["form"]
    nanterre = Commune.objects.get(pk=NANTERRE)
    assert (shown["lat"].value(), shown["street_name"].value()) == (nanterre.lat, "Rue neuve")
    assert "centre de la commune" in shown.notice
    assert send(etape="localiser", commune="").status_code in {200, 422}
    assert send(etape="commune:99999").status_code == 200
    assert entity(world).version == 1


def test_a_point_moved_after_a_step_is_by_hand_and_one_that_is_not_is_not(send, world):
    nanterre = Commune.objects.get(pk=NANTERRE)
    seen = Position(nanterre.lat, nanterre.lon, PositionSource.COMMUNE)
    written = f"{seen.lat} {seen.lon} commune"
    send(street_name="Rue neuve", lat=seen.lat, lon=seen.lon, point_vu=written)
    assert placed(world)[2] == PositionSource.COMMUNE
    send(street_name="Rue vieille", lat=seen.lat + 0.01, lon=seen.lon, point_vu=written)
    assert placed(world)[2] == PositionSource.MANUAL


@pytest.mark.parametrize("seen", ["nan nan address", "inf inf address", "48.9 nan manual", "a b", "48.9 2.2 nowhere"])
def test_a_tampered_seen_point_does_not_relabel_the_point(send, world, seen):
    before = placed(world)
    assert send(point_vu=seen, address_complement="Hall").status_code == 302
    assert placed(world) == before


def test_a_code_of_another_region_is_said_to_be_outside(send, world):
    response = send(commune="13055", postal_code="")
    assert response.status_code == 422
    assert "hors de la région" in response.context["form"].errors["commune"][0]
