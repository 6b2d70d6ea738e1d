"""Terms of use: stated at the first sign-in, asked again when they change; public texts."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import services
from accounts.middleware import TERMS_CHECKED_AT
from accounts.models import AuditEntry, LegalText
from accounts.reference import load_legal_texts
from tests.factories.accounts import PASSWORD, LegalTextFactory, UserFactory

pytestmark = pytest.mark.django_db

ACCEPT = "/conditions-generales/accepter/"


@pytest.fixture
def terms():
    return LegalTextFactory(version=1)


@pytest.fixture
def newcomer(terms):
    return UserFactory(username="nouvelle", accepted_terms=False)


def publish(body="## Objet\n\nNouveau."):
    return services.publish_legal_text(kind=LegalText.Kind.TERMS, body=body, by=None)


def sign_in(client, user, address="/compte/"):
    return client.post("/connexion/", {"username": user.username, "password": PASSWORD, "next": address})


def minutes_later(client):
    session = client.session
    session[TERMS_CHECKED_AT] -= 61
    session.save()


def test_the_first_sign_in_states_acceptance(client, newcomer, terms):
    assertRedirects(sign_in(client, newcomer), "/compte/")
    assert list(newcomer.terms_acceptances.values_list("text", flat=True)) == [terms.pk]
    assert AuditEntry.objects.filter(action="terms_accepted", actor=newcomer).count() == 1


def test_a_new_version_is_asked_at_the_next_sign_in(client, newcomer):
    sign_in(client, newcomer)
    client.post(reverse("logout"))
    publish()
    response = sign_in(client, newcomer, "/compte/?onglet=1")
    asked = client.get(response["Location"])
    assertRedirects(asked, f"{ACCEPT}?next=%2Fcompte%2F%3Fonglet%3D1")


def test_an_open_session_meets_a_new_version_within_a_minute(client, newcomer):
    sign_in(client, newcomer)
    publish()
    assert client.get("/compte/").status_code == 200
    minutes_later(client)
    assertRedirects(client.get("/compte/"), f"{ACCEPT}?next=%2Fcompte%2F")


def test_accepting_leads_where_one_was_going(client, newcomer):
    sign_in(client, newcomer)
    newest = publish()
    minutes_later(client)
    assertContains(client.get(ACCEPT, {"next": "/compte/"}), "J’ai lu et j’accepte")
    response = client.post(ACCEPT, {"version": newest.version, "next": "/compte/"})
    assertRedirects(response, "/compte/")
    assert newcomer.terms_acceptances.filter(text=newest).exists()


def test_the_version_accepted_is_the_one_shown(client, newcomer):
    sign_in(client, newcomer)
    shown = publish()
    later = publish("## Objet\n\nEncore.")
    assertContains(client.post(ACCEPT, {"version": shown.version}), "Nouvelles conditions")
    assert not newcomer.terms_acceptances.filter(text=later).exists()


def test_accepting_never_leads_out_of_the_site(client, newcomer):
    sign_in(client, newcomer)
    newest = publish()
    response = client.post(ACCEPT, {"version": newest.version, "next": "https://ailleurs.example/"})
    assertRedirects(response, "/", fetch_redirect_response=False)


def test_what_is_being_saved_is_never_interrupted(client, newcomer):
    sign_in(client, newcomer)
    publish()
    minutes_later(client)
    assertRedirects(client.post(reverse("sign_out_everywhere")), "/connexion/")


def test_public_pages_and_sign_out_stay_open(client, newcomer, terms):
    sign_in(client, newcomer)
    publish()
    minutes_later(client)
    assert client.get("/conditions-generales/").status_code == 200
    assertRedirects(client.post(reverse("logout")), "/connexion/")


def test_nothing_is_asked_when_nothing_is_new(client, newcomer):
    sign_in(client, newcomer)
    minutes_later(client)
    assert client.get("/compte/").status_code == 200
    assertRedirects(client.get(ACCEPT), "/", fetch_redirect_response=False)


def test_no_query_for_it_within_the_minute(client, newcomer):
    sign_in(client, newcomer)
    with CaptureQueriesContext(connection) as queries:
        client.get("/compte/")
    assert not any("is_accepted" in query["sql"] for query in queries)
    minutes_later(client)
    with CaptureQueriesContext(connection) as queries:
        client.get("/compte/")
    assert sum("is_accepted" in query["sql"] for query in queries) == 1


@pytest.mark.parametrize("address", ["/conditions-generales/", "/mentions-legales/", "/accessibilite/"])
def test_texts_are_public(client, address):
    assert client.get(address).status_code == 404
    load_legal_texts()
    assertContains(client.get(address), "<h2>")


def test_loading_twice_keeps_what_support_published():
    assert [done.created for done in load_legal_texts()] == [3]
    publish()
    assert [done.created for done in load_legal_texts()] == [0]
    assert LegalText.objects.count() == 4


def test_a_text_cannot_hold_markup(client):
    publish("<script>alert(1)</script> https://www.cnil.fr")
    response = client.get("/conditions-generales/")
    assertNotContains(response, "<script>alert")
    assertContains(response, 'href="https://www.cnil.fr"')
