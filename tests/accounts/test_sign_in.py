"""Signing in and out: what is said, where one arrives, who is stopped (spec 50)."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts import services
from accounts.demo_accounts import DEMO_PASSWORD
from accounts.models import AuditEntry, User
from accounts.roles import Role
from tests.factories.accounts import PASSWORD, UserFactory
from tests.factories.directory import AssignmentFactory, UnitFactory

pytestmark = pytest.mark.django_db

LOGIN = "/connexion/"


def sign_in(client, username, password=PASSWORD, **extra):
    return client.post(LOGIN, {"username": username, "password": password}, **extra)


@pytest.fixture
def reader():
    return UserFactory(username="lectrice", roles=[Role.CONSULTATION])


def test_the_page_has_the_words_of_the_ror(client):
    response = client.get(LOGIN)
    assertContains(response, "Bienvenue sur l’application")
    assertContains(response, "En vous connectant vous confirmez avoir lu et accepté les")
    assertContains(response, "Consulter les mentions légales")
    assertContains(response, 'name="username"')
    assertContains(response, 'name="password"')
    assert "kinésithérapeute" not in response.text


def test_the_link_for_physiotherapists_needs_its_setting(client, settings):
    settings.LOGIN_ALTERNATIVE_URL = "https://autre.example/connexion"
    assertContains(client.get(LOGIN), 'href="https://autre.example/connexion"')


def test_signing_in_leads_home_and_changes_the_session_key(client, reader):
    client.get(LOGIN)
    client.session["before"] = 1
    response = sign_in(client, "lectrice")
    assertRedirects(response, "/", fetch_redirect_response=False)
    first = client.session.session_key
    client.post(reverse("logout"))
    sign_in(client, "lectrice")
    assert client.session.session_key != first


def test_case_and_spaces_of_the_identifier_do_not_matter(client, reader):
    assertRedirects(sign_in(client, " Lectrice "), "/", fetch_redirect_response=False)


@pytest.mark.parametrize("typed", ["d\u0131recteur", "DIRECTEUR\u0301", "directeur\u200b"])
def test_letters_that_resemble_others_open_nothing(client, typed):
    UserFactory(username="directeur")
    assertContains(sign_in(client, typed), "L’identifiant ou le mot de passe n’est pas le bon")


def test_one_identifier_has_one_count_however_it_is_typed(client):
    UserFactory(username="directeur")
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in "directeur")
    for typed in ("directeur", "DIRECTEUR", " Directeur ", wide):
        assert sign_in(client, typed, "faux").status_code == 200
    assert sign_in(client, "directeur", "faux").status_code == 429
    assert sign_in(client, wide).status_code == 429


def test_an_identifier_is_stored_in_lower_case_without_accents():
    user = User(username="Claire.Moreau", email="claire@ror.example")
    services.create_account(user=user, by=None)
    assert User.objects.get(pk=user.pk).username == "claire.moreau"
    with pytest.raises(ValidationError, match="Lettres sans accent"):
        services.create_account(user=User(username="hélène", email="helene@ror.example"), by=None)
    with pytest.raises(ValidationError, match="déjà pris"):
        services.create_account(user=User(username="CLAIRE.moreau", email="autre@ror.example"), by=None)


def test_a_responsable_alone_lands_on_the_entry_page(client):
    manager = UserFactory()
    AssignmentFactory(user=manager, role=Role.AVAILABILITY_MANAGER, unit=UnitFactory())
    response = sign_in(client, manager.username)
    assertRedirects(response, reverse("availability:entry"), fetch_redirect_response=False)


def test_a_responsable_with_another_role_lands_home(client):
    manager = UserFactory(roles=[Role.CONSULTATION])
    AssignmentFactory(user=manager, role=Role.AVAILABILITY_MANAGER, unit=UnitFactory())
    assertRedirects(sign_in(client, manager.username), "/", fetch_redirect_response=False)


@pytest.mark.parametrize("wrong", [("lectrice", "pas-le-bon"), ("personne-de-ce-nom", PASSWORD)])
def test_a_wrong_pair_gets_one_message_and_keeps_the_identifier(client, reader, wrong):
    response = sign_in(client, *wrong)
    assertContains(response, "L’identifiant ou le mot de passe n’est pas le bon")
    assertContains(response, f'value="{wrong[0]}"')
    assert "_auth_user_id" not in client.session


def test_a_closed_account_does_not_sign_in(client):
    UserFactory(username="partie", inactive=True)
    assertContains(sign_in(client, "partie"), "L’identifiant ou le mot de passe n’est pas le bon")


def test_empty_fields_say_what_to_type(client):
    response = client.post(LOGIN, {})
    assertContains(response, "Saisissez votre identifiant.")
    assertContains(response, "Saisissez votre mot de passe.")


@pytest.mark.parametrize("asked", ["/compte/", "/recherche/?ou=75010&quoi=ACT"])
def test_next_is_followed_inside_the_site(client, reader, asked):
    response = client.post(LOGIN, {"username": "lectrice", "password": PASSWORD, "next": asked})
    assertRedirects(response, asked, fetch_redirect_response=False)


@pytest.mark.parametrize(
    "asked",
    ["https://ailleurs.example/", "//evil", "javascript:alert(1)", "/\\evil", "abc", "logout", "admin:index", "?a=1"],
)
def test_next_never_leads_out_of_the_site(client, reader, asked):
    response = client.post(LOGIN, {"username": "lectrice", "password": PASSWORD, "next": asked})
    assertRedirects(response, "/", fetch_redirect_response=False)
    assert asked not in client.get(LOGIN, {"next": asked}).text


@pytest.mark.parametrize("asked", ["abc", "logout", "//evil", "/\\evil"])
def test_somebody_signed_in_is_not_sent_to_what_is_no_path(client, reader, asked):
    client.force_login(reader)
    for address in (LOGIN, reverse("accept_terms")):
        assertRedirects(client.get(address, {"next": asked}), "/", fetch_redirect_response=False)


def test_a_private_page_leads_to_sign_in_and_back(client):
    assertRedirects(client.get("/compte/"), "/connexion/?next=/compte/")


def test_somebody_signed_in_is_sent_on(client, reader):
    client.force_login(reader)
    assertRedirects(client.get(LOGIN), "/", fetch_redirect_response=False)


def test_signing_out_needs_a_post_and_ends_the_session(client, reader):
    client.force_login(reader)
    assert client.get(reverse("logout")).status_code == 405
    assertRedirects(client.post(reverse("logout")), LOGIN)
    assertRedirects(client.get("/compte/"), "/connexion/?next=/compte/")


def test_sign_ins_are_in_the_audit_log(client, reader):
    sign_in(client, "Lectrice", "pas-le-bon", REMOTE_ADDR="192.0.2.7")
    sign_in(client, "lectrice", REMOTE_ADDR="192.0.2.7")
    client.post(reverse("logout"), REMOTE_ADDR="192.0.2.7")
    log = AuditEntry.objects.order_by("pk").values_list("action", "actor", "target", "ip_address")
    assert list(log) == [
        ("sign_in_failed", None, "lectrice", "192.0.2.7"),
        ("signed_in", reader.pk, "lectrice", "192.0.2.7"),
        ("signed_out", reader.pk, "lectrice", "192.0.2.7"),
    ]


def test_five_failures_close_the_pair_even_to_the_right_password(client, reader):
    answers = [sign_in(client, "lectrice", "faux").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]
    closed = sign_in(client, "lectrice")
    assertContains(closed, "Trop d’essais", status_code=429)
    assert "_auth_user_id" not in client.session


def test_tries_on_a_closed_pair_do_not_fill_the_audit_log(client, reader):
    for _ in range(9):
        sign_in(client, "lectrice", "faux")
    failures = AuditEntry.objects.filter(action="sign_in_failed")
    assert failures.count() == 5
    assert failures.first().details == {"closed": True}


def test_a_stranger_elsewhere_closes_nobodys_account(client, reader):
    for _ in range(6):
        sign_in(client, "LECTRICE", "faux", REMOTE_ADDR="203.0.113.9")
    response = sign_in(client, "lectrice", REMOTE_ADDR="192.0.2.7")
    assertRedirects(response, "/", fetch_redirect_response=False)


def test_a_success_forgives_the_failures_before_it(client, reader):
    for _ in range(4):
        sign_in(client, "lectrice", "faux")
    sign_in(client, "lectrice")
    client.post(reverse("logout"))
    assert sign_in(client, "lectrice", "faux").status_code == 200


def test_an_address_that_fails_on_many_accounts_is_closed(client, reader, settings):
    settings.SIGN_IN_ADDRESS_LIMIT = 8
    for number in range(8):
        sign_in(client, f"essai{number}", "faux", REMOTE_ADDR="203.0.113.9")
    assert sign_in(client, "lectrice", REMOTE_ADDR="203.0.113.9").status_code == 429
    assert sign_in(client, "lectrice", REMOTE_ADDR="192.0.2.7").status_code == 302


def test_a_closed_pair_is_told_how_to_get_a_new_password(client, reader):
    for _ in range(5):
        closed = sign_in(client, "lectrice", "faux")
    assertContains(closed, f'href="{reverse("password_reset")}"', status_code=429)
    assert "après ce délai" not in closed.text


def test_the_buttons_of_the_demonstration_open_whatever_was_mistyped_before(client, settings):
    user = UserFactory(username="directeur")
    user.set_password(DEMO_PASSWORD)
    user.save()
    for _ in range(6):
        sign_in(client, "directeur", "faux")
    settings.DEMO = False
    assert sign_in(client, "directeur", DEMO_PASSWORD).status_code == 429
    settings.DEMO = True
    assert sign_in(client, "directeur", DEMO_PASSWORD).status_code == 302


def test_the_link_to_the_documents_needs_its_setting(client, settings):
    assert "Télécharger tous les documents du ROR" not in client.get(LOGIN).text
    settings.DOCUMENTS_URL = "https://documents.example/ror.zip"
    assertContains(client.get(LOGIN), 'href="https://documents.example/ror.zip"')
    assertContains(client.get(LOGIN), "Télécharger tous les documents du ROR")


def test_the_demonstration_offers_its_accounts(client):
    response = client.get(LOGIN)
    for username in ("consultation", "responsable", "directeur", "sesan", "pdses", "ars"):
        assertContains(response, f'name="username" value="{username}"')
    assertContains(response, reverse("sent_mail_list"))


def test_elsewhere_no_account_is_offered(client, settings):
    settings.DEMO = False
    assert "demo-ror-2026" not in client.get(LOGIN).text
