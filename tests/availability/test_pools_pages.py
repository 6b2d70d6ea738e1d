"""Pages of shared beds, for support."""

import pytest
from django.urls import reverse

from availability.models import CurrentFigure, Pool
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db

LIST = "/disponibilites/mutualisation/"


@pytest.fixture
def support(client, cast):
    client.force_login(cast.sesan)
    return client


def add_url(world):
    return f"{LIST}etablissement/{world.eg.pk}/"


def form(*units, **more):
    return {"name": "Lits partagés", "units": [unit.pk for unit in units], "installed_places": "20", **more}


def made(client, world):
    client.post(add_url(world), form(world.act, world.lam, figure="7"))
    return Pool.objects.get()


def test_from_the_list_to_a_pool(support, world):
    assert "Aucuns lits mutualisés" in support.get(LIST).text
    assert add_url(world) in support.get(LIST + "?q=altair").text
    assert "Aucun ne correspond" in support.get(LIST + "?q=bellatrix").text
    answer = support.post(add_url(world), form(world.act, world.lam, figure="7"), follow=True)
    assert "créés" in answer.text
    assert "<b>7 places</b>" in answer.text
    assert "20 places installées" in answer.text
    assert "Lits partagés" in support.get(LIST).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Donnez un nom."),
        ("installed_places", "beaucoup", "Écrivez un nombre entier"),
        ("installed_places", "-1", "Écrivez 0 ou plus."),
        ("installed_places", "9" * 30, "d’au plus"),
        ("figure", "21", "Plus de places disponibles que d’installées"),
        ("units", [], "Cochez au moins deux unités."),
        ("units", ["x"], "n’est plus proposée"),
    ],
)
def test_bad_input_is_told_and_kept(support, world, field, value, words):
    answer = support.post(add_url(world), form(world.act, world.lam) | {field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert not Pool.objects.exists()


def test_one_unit_is_not_enough(support, world):
    answer = support.post(add_url(world), form(world.act))
    assert answer.status_code == 422
    assert "Cochez au moins deux unités" in answer.text


def test_an_establishment_without_two_units_says_so(support, world):
    assert "Pas assez d’unités" in support.get(f"{LIST}etablissement/{world.other_eg.pk}/").text


def test_units_come_and_go(support, world):
    third = CurrentFigureFactory(unit=UnitFactory(geographic_entity=world.eg, name="LHSS Altair", lhss=True)).unit
    pool = made(support, world)
    url = f"{LIST}{pool.pk}/"
    assert "LHSS Altair" in support.get(url).text
    assert support.post(url, form(world.act, third, name="Lits ACT et LHSS")).status_code == 302
    pool.refresh_from_db()
    assert pool.name == "Lits ACT et LHSS"
    assert set(pool.members.values_list("pk", flat=True)) == {world.act.pk, third.pk}
    assert support.post(url, form(third)).status_code == 422
    assert CurrentFigure.objects.filter(pool=pool).count() == 2


def test_separating_asks_first(support, world):
    pool = made(support, world)
    url = f"{LIST}{pool.pk}/separer/"
    assert "Séparer les unités" in support.get(url).text
    assert "chaque unité retrouve son dernier chiffre" in support.post(url, follow=True).text
    assert support.get(url).status_code == 302
    assert support.post(url).status_code == 302
    assert "séparés" in support.get(f"{LIST}{pool.pk}/").text
    assert "Lits partagés" in support.get(LIST + "?voir=separes").text


def test_the_establishment_leads_there_for_support_alone(support, client, cast, world):
    pool = made(support, world)
    page = reverse("directory:geographic_entity_detail", args=[world.eg.pk])
    assert f"{LIST}{pool.pk}/" in support.get(page).text
    client.force_login(cast.directeur)
    assert LIST not in client.get(page).text


def test_each_unit_says_its_places_are_shared(support, client, cast, world):
    made(support, world)
    client.force_login(cast.responsable)
    page = client.get("/disponibilites/mise-a-jour/").text
    assert page.count("Lits mutualisés sur plusieurs UO") >= 2


def test_absurd_ids_are_not_found(support):
    assert support.get(f"{LIST}99999999999999999999999/").status_code == 404
    assert support.get(f"{LIST}etablissement/99999999999999999999999/").status_code == 404
    assert support.get(f"{LIST}1/separer/").status_code == 404
