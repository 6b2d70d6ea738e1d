"""« Mon compte », home, export, sessions."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import home
from accounts.home import HomeCard
from accounts.models import AuditEntry
from accounts.roles import Role
from tests.factories.accounts import AuditEntryFactory, LegalTextFactory, UserFactory
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, UnitFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client):
    LegalTextFactory(version=3)
    person = UserFactory(username="samir", first_name="Samir", last_name="Benali", phone="0199000004")
    entity = GeographicEntityFactory(name="ACT EXEMPLE")
    AssignmentFactory(user=person, role=Role.AVAILABILITY_MANAGER, geographic_entity=entity)
    UnitFactory(geographic_entity=entity, name="ACT Hébergement exemple")
    AssignmentFactory(user=person, role=Role.DIRECTOR, unit=UnitFactory(name="Rôle fini"), ended=True)
    client.force_login(person)
    return person


def test_the_page_shows_identity_roles_structures_and_terms(client, manager):
    response = client.get("/compte/")
    for shown in ("Samir Benali", "samir", "01\u00a099\u00a000\u00a000\u00a004", "Version 3 acceptée le"):
        assertContains(response, shown)
    assertContains(response, "Responsable de disponibilités")
    assertContains(response, "Saisir les places disponibles")
    assertContains(response, "ACT EXEMPLE")
    assertContains(response, "ACT Hébergement exemple")


def test_ended_roles_are_not_shown(client, manager):
    assertNotContains(client.get("/compte/"), "Rôle fini")


def test_nobody_without_a_role_is_left_wondering(client):
    client.force_login(UserFactory())
    assertContains(client.get("/compte/"), "Aucun rôle ne vous est encore donné")
    assertContains(client.get("/"), "Aucun rôle ne vous est encore donné")


@pytest.mark.parametrize("units", [1, 30])
def test_queries_of_the_account_page_do_not_grow(client, manager, django_assert_max_num_queries, units):
    entity = manager.assignments.first().geographic_entity
    for _ in range(units):
        AssignmentFactory(user=manager, role=Role.AVAILABILITY_MANAGER, unit=UnitFactory(geographic_entity=entity))
    client.get("/compte/")
    with django_assert_max_num_queries(11):
        client.get("/compte/")


def test_signing_out_everywhere_ends_every_session(client, manager):
    phone = type(client)()
    phone.force_login(manager)
    assertRedirects(client.post(reverse("sign_out_everywhere")), "/connexion/")
    for browser in (client, phone):
        assertRedirects(browser.get("/compte/"), "/connexion/?next=/compte/")
    assert AuditEntry.objects.filter(action="signed_out", details={"everywhere": True}).count() == 1


def test_the_export_holds_what_the_ror_knows_and_nothing_of_others(client, manager):
    support = UserFactory(username="soutien")
    AuditEntryFactory(action="account_changed", actor=support, target="samir", ip_address="192.0.2.99")
    AuditEntryFactory(actor=support)
    response = client.post(reverse("account_export"))
    assert response["Content-Disposition"].startswith('attachment; filename="ror-mes-donnees-')
    data = response.json()
    assert data["compte"]["identifiant"] == "samir"
    assert [row["version"] for row in data["conditions_generales"]] == [3]
    assert [(row["structure"], row["role"]) for row in data["roles"]] == [
        ("ACT EXEMPLE", "Responsable de disponibilités"),
        ("Rôle fini", "Directeur"),
    ]
    assert {row["action"] for row in data["journal"]} == {"Connexion", "Compte modifié", "Export"}
    assert "192.0.2.99" not in response.text
    assert "soutien" not in response.text


def test_exporting_needs_a_post(client, manager):
    assert client.get(reverse("account_export"))["Location"] == reverse("account")


def test_home_greets_and_says_when_nothing_waits(client, monkeypatch):
    monkeypatch.setattr(home.registry, "_fragments", {})
    client.force_login(UserFactory(first_name="Claire", last_name="Moreau", roles=[Role.CONSULTATION]))
    response = client.get("/")
    assertContains(response, "Bienvenue, Claire Moreau")
    assertContains(response, "Rien ne vous attend")


def test_home_shows_the_cards_that_have_something_to_say(client, monkeypatch):
    monkeypatch.setattr(home.registry, "_fragments", {})
    note = "accounts/legal_text_blocks.html"
    blocks = [{"kind": "paragraph", "lines": ["Trois places à confirmer"]}]
    home.register(HomeCard(key="full", template=note, context=lambda request: {"blocks": blocks}))
    home.register(HomeCard(key="empty", template=note, context=lambda request: None))
    home.register(HomeCard(key="closed", template=note, context=lambda request: {}, visible=lambda request: False))
    client.force_login(UserFactory(roles=[Role.CONSULTATION]))
    response = client.get("/")
    assertContains(response, "Trois places à confirmer", count=1)
    assertNotContains(response, "Rien ne vous attend")


@pytest.mark.parametrize("address", ["/", "/compte/", "/compte/mot-de-passe/", "/conditions-generales/accepter/"])
def test_visitors_are_led_to_sign_in(client, address):
    assertRedirects(client.get(address), f"/connexion/?next={address}", fetch_redirect_response=False)
