"""Passwords: lost, changed, chosen for the first time."""

import re

import pytest
from django.core import mail
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts import services, tasks
from accounts.models import AuditEntry
from tests.factories.accounts import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

NEW = "un-tres-long-secret-2026"
ASK = "/mot-de-passe/oublie/"


@pytest.fixture
def person():
    return UserFactory(username="lectrice", email="lectrice@etablissement.example")


@pytest.fixture
def ask(client, django_capture_on_commit_callbacks):
    def ask(email, **extra):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(ASK, {"email": email}, **extra)

    return ask


def link_of(message):
    return re.search(r"https?://\S+/mot-de-passe/\S+/\S+/", message.body)[0]


def choose(client, link, password=NEW):
    form_address = client.get(link)["Location"]
    return client.post(form_address, {"new_password1": password, "new_password2": password})


def test_the_answer_does_not_tell_whether_the_account_exists(client, ask, person):
    known, unknown = ask("Lectrice@etablissement.example"), ask("personne@etablissement.example")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assertContains(client.get(known["Location"]), "Si cette adresse est celle d’un compte")
    assert [message.to for message in mail.outbox] == [["lectrice@etablissement.example"]]
    for asked in AuditEntry.objects.filter(action="password_reset_asked"):
        assert asked.actor is None


def test_the_mail_holds_an_absolute_link_and_no_password(ask, person):
    ask(person.email)
    message = mail.outbox[0]
    assert message.subject == "[ROR Île-de-France] Choisir un nouveau mot de passe"
    assert link_of(message).startswith("http://testserver/mot-de-passe/")
    assert PASSWORD not in message.body
    assert "&" not in message.body


def test_the_link_is_https_behind_https(client, person, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post(ASK, {"email": person.email}, secure=True)
    assert link_of(mail.outbox[0]).startswith("https://testserver/")


def test_the_link_lets_choose_a_password_once(client, ask, person):
    ask(person.email)
    link = link_of(mail.outbox[0])
    assertRedirects(choose(client, link), "/connexion/")
    person.refresh_from_db()
    assert person.check_password(NEW)
    assertContains(client.get(link), "Ce lien ne sert plus")
    assert AuditEntry.objects.filter(action="password_changed", actor=person).count() == 1


@pytest.mark.parametrize("link", ["MQ/abc-def", "pas-un-compte/abc-def"])
def test_an_invented_link_does_nothing(client, person, link):
    assertContains(client.get(f"/mot-de-passe/{link}/"), "Ce lien ne sert plus")


def test_an_old_link_does_nothing(client, ask, person, settings):
    ask(person.email)
    settings.PASSWORD_RESET_TIMEOUT = -1
    assertContains(client.get(link_of(mail.outbox[0])), "Ce lien ne sert plus")


def test_a_closed_account_gets_no_mail(ask):
    ask(UserFactory(inactive=True).email)
    assert mail.outbox == []


def test_nobodys_letter_box_is_flooded(ask, person):
    for _ in range(6):
        ask(person.email)
    assert len(mail.outbox) == 3


def test_a_stranger_who_asks_all_day_does_not_starve_the_owner(ask, person):
    for _ in range(10):
        ask(person.email, REMOTE_ADDR="203.0.113.9")
    assert len(mail.outbox) == 3
    ask(person.email.upper(), REMOTE_ADDR="192.0.2.7")
    assert len(mail.outbox) == 4
    assert AuditEntry.objects.filter(action="password_reset_sent", target=person.email).count() == 4


def test_many_strangers_do_not_flood_a_letter_box(ask, person):
    for number in range(20):
        ask(person.email, REMOTE_ADDR=f"203.0.113.{number}")
    assert len(mail.outbox) == 12


def test_a_mail_that_could_not_leave_is_not_counted(ask, person, monkeypatch):
    monkeypatch.setattr(tasks.EmailMessage, "send", fail)
    for _ in range(4):
        ask(person.email)
    monkeypatch.undo()
    ask(person.email)
    assert len(mail.outbox) == 1


def fail(message):
    raise OSError("no mail server")


def test_an_address_that_asks_too_often_is_stopped(client, person, monkeypatch):
    monkeypatch.setattr(services, "RESETS_PER_ADDRESS", 2)
    answers = [client.post(ASK, {"email": f"p{n}@ror.example"}).status_code for n in range(3)]
    assert answers == [302, 302, 429]


@pytest.mark.parametrize("typed", ["", "pas une adresse"])
def test_an_unreadable_address_is_explained(client, typed):
    response = client.post(ASK, {"email": typed})
    assertContains(response, 'class="error-summary')
    assert AuditEntry.objects.count() == 0


def test_a_weak_password_is_refused_with_its_reason(client, ask, person):
    ask(person.email)
    response = choose(client, link_of(mail.outbox[0]), "123456789012")
    assertContains(response, 'class="error-summary')
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_choosing_a_password_opens_a_closed_pair_again(client, ask, person):
    for _ in range(5):
        client.post("/connexion/", {"username": "lectrice", "password": "faux"})
    ask(person.email)
    choose(client, link_of(mail.outbox[0]))
    response = client.post("/connexion/", {"username": "lectrice", "password": NEW})
    assertRedirects(response, "/", fetch_redirect_response=False)


def change(client, old=PASSWORD, new=NEW, again=NEW):
    fields = {"old_password": old, "new_password1": new, "new_password2": again}
    return client.post(reverse("password_change"), fields)


def test_changing_the_password_keeps_this_session_and_ends_the_others(client, person):
    other = type(client)()
    client.force_login(person)
    other.force_login(person)
    assertRedirects(change(client), "/compte/")
    assertRedirects(other.get("/compte/"), "/connexion/?next=/compte/")
    assert AuditEntry.objects.filter(action="password_changed", actor=person).exists()


@pytest.mark.parametrize("wrong", [{"old": "faux"}, {"again": "autre-chose-2026"}, {"new": "court", "again": "court"}])
def test_a_wrong_change_of_password_changes_nothing(client, person, wrong):
    client.force_login(person)
    assertContains(change(client, **wrong), 'class="error-summary')
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_the_person_is_told_of_the_change(client, person, django_capture_on_commit_callbacks):
    client.force_login(person)
    with django_capture_on_commit_callbacks(execute=True):
        change(client)
    assert "vient d’être changé" in mail.outbox[0].body


def test_a_link_dies_when_its_person_signs_in(client, ask, person):
    ask(person.email)
    client.post("/connexion/", {"username": person.username, "password": PASSWORD})
    client.post(reverse("logout"))
    assertContains(client.get(link_of(mail.outbox[0])), "Ce lien ne sert plus")
