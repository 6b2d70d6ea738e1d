"""The map of free places: markers, the list that says the same, filters (spec 20, Consulting)."""

import html

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from availability.membership import write_rows
from availability.models import CurrentFigure, Pool
from tests.factories.accounts import UserFactory
from tests.factories.availability import WEEK, CurrentFigureFactory, GroupingFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory

pytestmark = pytest.mark.django_db

URL, DATA = "/disponibilites/carte/", "/disponibilites/carte.geojson"
AT = {"lat": 48.9, "lon": 2.2}


@pytest.fixture
def placed(world):
    """Give both establishments of the world a point."""
    for entity, lat in ((world.eg, 48.89), (world.other_eg, 48.87)):
        entity.lat, entity.lon = lat, 2.3
        entity.position_source = "manual"
        entity.save()
    return world


@pytest.fixture
def get(client, db):
    reader = UserFactory(username="lecteur", roles=[Role.CONSULTATION])

    def page(url, user=None):
        client.force_login(user or reader)
        return client.get(url)

    return page


def markers(response):
    """Figure of each marker by its name."""
    return {one["properties"]["name"]: one["properties"]["places"] for one in response.json()["features"]}


def text_of(response):
    return html.unescape(response.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def test_a_marker_a_place_with_its_figure_its_age_and_its_name(get, placed):
    features = get(DATA).json()["features"]
    assert len(features) == 2
    found = next(one for one in features if one["properties"]["name"] == "ACT ALTAIR VESTA")
    assert found["geometry"] == {"type": "Point", "coordinates": [2.3, 48.89]}
    said = found["properties"]
    assert (said["places"], said["fresh"], said["free"]) == ("8", "3h", 8)
    assert "h" in said["age"]
    assert "8 places libres, saisie <" in said["label"].replace("\u00a0", " ")


def test_what_is_unknown_is_not_zero(get, placed):
    assert markers(get(DATA))["LHSS Bellatrix"] == "?"  # expired
    CurrentFigure.objects.filter(pk=placed.act.pk).update(figure=0)
    assert markers(get(DATA))["ACT ALTAIR VESTA"] == "0"
    assert markers(get(DATA + "?fraicheur=sans"))["LHSS Bellatrix"] == "3"


def test_the_list_shows_every_marker(get, placed):
    response = get(URL)
    shown = {spot.label for spot in response.context["page"]}
    assert shown == {one["properties"]["label"] for one in get(DATA).json()["features"]}
    assert "2 lieux affichés" in text_of(response)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?departement=75", {"LHSS Bellatrix"}),
        ("?departement=75&departement=92", {"LHSS Bellatrix", "ACT ALTAIR VESTA"}),
        ("?libres=on", {"ACT ALTAIR VESTA"}),
        ("?femme=on", {"ACT ALTAIR VESTA"}),
        ("?femme=on&homme=on", {"ACT ALTAIR VESTA"}),
        ("?homme=on", set()),
        ("?femme=on&pmr=on", {"ACT ALTAIR VESTA"}),
        ("?chambre=on", set()),
        ("?regroupement=sante-precarite", {"LHSS Bellatrix", "ACT ALTAIR VESTA"}),
        ("?regroupement=rien", set()),
    ],
)
def test_filters(get, placed, query, names):
    CurrentFigure.objects.filter(pk=placed.act.pk).update(women=2, men=0, any_sex=0, accessible=1)
    assert set(markers(get(DATA + query))) == names


def test_units_of_one_address_are_one_marker_that_lists_them_and_a_pool_counts_once(get, placed):
    beside = GeographicEntityFactory(legal_entity=placed.ej, name="ACT Voisin", lat=48.89, lon=2.3)
    other = UnitFactory(geographic_entity=beside, name="ACT Voisin", act=True)
    pool = Pool.objects.create(geographic_entity=placed.eg, name="Lits", rhythm=WEEK)
    figure = CurrentFigureFactory(unit=other, figure=8)
    for one in (placed.act_figure, figure):
        one.pool = pool
        one.save()
    write_rows(unit_ids=None)
    feature = next(one for one in get(DATA).json()["features"] if one["properties"]["places"] == "8")
    detail = text_of(get(reverse("availability:map_spot", args=[feature["properties"]["id"]])))
    assert "unités à cette adresse" in detail
    assert "ACT Voisin" in detail
    assert "ACT ALTAIR VESTA" in detail


def test_a_sensitive_unit_has_no_point_no_address_and_is_listed_apart(get, placed, cast):
    placed.lhss.sensitive_unit = True
    placed.lhss.save()
    assert set(markers(get(DATA))) == {"ACT ALTAIR VESTA"}
    text = text_of(get(URL))
    assert "Adresse non communiquée" in text
    assert "LHSS Bellatrix" in text
    assert "Paris 10 (75)" not in text
    assert get(reverse("availability:map_spot", args=[placed.lhss.pk])).status_code == 404
    assert "LHSS Bellatrix" in set(markers(get(DATA, cast.pdses)))


@pytest.mark.parametrize("query", ["?fraicheur=48", "?departement=00", "?regroupement=x", "?page=zz", "?page=-1"])
def test_bad_criteria_are_said_and_nothing_fails(get, placed, query):
    response = get(URL + query)
    assert response.status_code == 200
    assert ("Ce choix n’existe pas" in text_of(response)) is not query.startswith("?page")
    assert get(DATA + query).status_code == 200


@pytest.mark.parametrize("unit_id", [2**63, 10**25, 999_999])
def test_an_absurd_place_is_not_found(get, placed, unit_id):
    assert get(f"{URL}lieu/{unit_id}/").status_code == 404


def test_crisis_groupings_are_hidden_out_of_crisis_mode(get, placed):
    placed.grouping.is_crisis = True
    placed.grouping.save()
    assert markers(get(DATA)) == {}
    assert "Aucun lieu" in text_of(get(URL))


def test_a_contested_figure_counts_and_is_marked(get, placed):
    CurrentFigure.objects.filter(pk=placed.act.pk).update(contested_at=timezone.now())
    assert markers(get(DATA))["ACT ALTAIR VESTA"] == "8"
    assert "contesté" in text_of(get(URL)).lower()


def test_an_empty_region_has_an_empty_map(get):
    assert get(DATA).json() == {"type": "FeatureCollection", "features": []}
    assert "Aucun lieu" in text_of(get(URL))


def covid(world, **said):
    grouping = GroupingFactory(
        code="covid-plus", name="Covid+", counted="covid_positive", unit_types=[world.act.unit_type]
    )
    CurrentFigure.objects.filter(pk=world.act.pk).update(**said)
    write_rows(unit_ids=None)
    return f"?regroupement={grouping.code}"


def test_a_grouping_that_adds_up_one_count_shows_that_count(get, placed):
    query = covid(placed, covid_positive=2)
    assert markers(get(DATA + query)) == {"ACT ALTAIR VESTA": "2"}
    assert "2 places libres dans 1 unité" in text_of(get(URL + query))
    assert markers(get(DATA + query + "&regroupement=sante-precarite"))["ACT ALTAIR VESTA"] == "8"


def test_a_count_that_nobody_gave_is_unknown(get, placed):
    query = covid(placed)
    assert markers(get(DATA + query)) == {"ACT ALTAIR VESTA": "?"}
    text = text_of(get(URL + query))
    assert "Nombre de places inconnu dans 1 unité" in text
    assert "Places Covid+ : nombre non précisé." in text


def test_a_pool_at_two_addresses_is_added_once_and_marked_at_each(get, placed):
    beside = GeographicEntityFactory(legal_entity=placed.ej, name="ACT Voisin", lat=48.91, lon=2.4)
    other = UnitFactory(geographic_entity=beside, name="ACT Voisin", act=True)
    pool = Pool.objects.create(geographic_entity=placed.eg, name="Lits", rhythm=WEEK)
    for one in (placed.act_figure, CurrentFigureFactory(unit=other, figure=8)):
        one.pool = pool
        one.save()
    write_rows(unit_ids=None)
    response = get(URL + "?libres=on")
    assert "8 places libres dans 2 unités" in text_of(response)
    assert [spot.free for spot in response.context["page"]] == [8, 8]
    shared = [one["properties"]["shared"] for one in get(DATA).json()["features"] if one["properties"]["free"]]
    assert shared == [{str(pool.pk): 8}] * 2
    assert text_of(response).count("Lits mutualisés sur plusieurs UO") == 3  # the legend's included


def test_each_unit_has_its_call_link_and_how_far_it_is_relied_on(get, placed):
    text = text_of(get(URL))
    call = reverse("availability:call", args=[placed.act.pk]) + "?retour="
    assert f"{call}/disponibilites/carte/" in text
    detail = text_of(get(reverse("availability:map_spot", args=[placed.act.pk]) + "?departement=92"))
    assert f"{call}/disponibilites/carte/%3Fdepartement%3D92" in detail
    assert "Fiabilité : confirmé" in detail
    assert "Fiabilité : confirmé" in text
