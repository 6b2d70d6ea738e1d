"""Back office: support alone, accounts without passwords, legal texts, audit log."""

import pytest
from django.contrib import admin
from django.core import mail
from django.db import transaction
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import AuditEntry, LegalText, User
from accounts.roles import Role
from tests.factories.accounts import AuditEntryFactory, LegalTextFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    person = UserFactory(username="soutien", roles=[Role.SUPPORT])
    client.force_login(person)
    return person


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPPORT])
def test_other_roles_are_refused(client, role):
    client.force_login(UserFactory(roles=[role], is_staff=True, is_superuser=True))
    for address in ("/admin/", "/admin/accounts/user/", "/admin/login/"):
        assertContains(client.get(address), "réservé au support", status_code=403)


def test_a_visitor_is_led_to_the_one_sign_in_page(client):
    response = client.get("/admin/accounts/user/", follow=True)
    assertRedirects(response, "/connexion/?next=/admin/accounts/user/")
    assertRedirects(client.get("/admin/login/"), "/connexion/?next=/admin/")


def test_support_already_signed_in_goes_straight_to_the_back_office(client, support):
    assertRedirects(client.get("/admin/login/"), "/admin/")


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/accounts/user/", "/admin/accounts/legaltext/", "/admin/accounts/auditentry/"]
)
def test_support_opens_every_page(client, support, page):
    AuditEntryFactory()
    LegalTextFactory()
    assert client.get(page).status_code == 200


def account(**changes):
    fields = {"username": "claire.moreau", "first_name": "Claire", "last_name": "Moreau"}
    fields |= {"email": "claire@ror.example", "phone": "01 99 00 00 04", "job_title": "", "organisation": "CHU"}
    return fields | changes


def test_creating_an_account_mails_a_link_and_no_password(client, support, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/admin/accounts/user/add/", account())
    created = User.objects.get(username="claire.moreau")
    assert created.phone == "0199000004"
    assert not created.has_usable_password()
    assert "http://testserver/mot-de-passe/" in mail.outbox[0].body
    assert "claire.moreau" in mail.outbox[0].body
    assert AuditEntry.objects.filter(action="account_created", actor=support, target="claire.moreau").exists()


@pytest.mark.parametrize(
    "wrong", [{"username": "SOUTIEN"}, {"email": "pas une adresse"}, {"phone": "01 23"}, {"username": ""}]
)
def test_a_wrong_account_is_explained_in_place(client, support, wrong):
    response = client.post("/admin/accounts/user/add/", account(**wrong))
    assertContains(response, "errorlist")
    assert User.objects.count() == 1


def test_closing_an_account_ends_its_session_and_is_logged(client, support):
    person = UserFactory(username="claire.moreau", email="claire@ror.example")
    browser = type(client)()
    browser.force_login(person)
    address = reverse("admin:accounts_user_change", args=[person.pk])
    client.post(address, account())
    assertRedirects(browser.get("/compte/"), "/connexion/?next=/compte/")
    entry = AuditEntry.objects.get(action="account_changed")
    assert "is_active" in entry.details["fields"]


def test_accounts_are_never_deleted(client, support):
    person = UserFactory()
    assert client.post(reverse("admin:accounts_user_delete", args=[person.pk]), {"post": "yes"}).status_code == 403


def test_a_link_may_be_sent_again(client, support, django_capture_on_commit_callbacks):
    person = UserFactory()
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/admin/accounts/user/", {"action": "send_password_links", "_selected_action": [person.pk]})
    assert mail.outbox[0].to == [person.email]


def test_publishing_a_text_makes_a_new_version(client, support):
    LegalTextFactory(version=1, body="Ancien")
    assertContains(client.get("/admin/accounts/legaltext/add/"), "Ancien")
    client.post("/admin/accounts/legaltext/add/", {"kind": "terms", "body": "Nouveau"})
    bodies = LegalText.objects.filter(kind="terms").values_list("version", "body")
    assert list(bodies) == [(2, "Nouveau"), (1, "Ancien")]
    assert AuditEntry.objects.filter(action="legal_text_published", actor=support).exists()


def test_a_published_text_is_never_changed(client, support):
    text = LegalTextFactory()
    address = reverse("admin:accounts_legaltext_change", args=[text.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"kind": "terms", "body": "Autre"}).status_code == 403


@pytest.mark.parametrize("page", ["add", "change", "delete"])
def test_the_audit_log_is_read_only(client, support, page):
    entry = AuditEntryFactory()
    arguments = [] if page == "add" else [entry.pk]
    address = reverse(f"admin:accounts_auditentry_{page}", args=arguments)
    assert client.post(address, {"post": "yes"}).status_code == 403
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        entry.delete()


def test_the_support_signs_out_of_the_back_office_as_elsewhere(client, support):
    assertRedirects(client.post("/admin/logout/"), "/connexion/")
    assert AuditEntry.objects.filter(action="signed_out", actor=support).exists()


def test_passwords_are_changed_on_the_account_page(client, support):
    assertRedirects(client.get("/admin/password_change/"), "/compte/mot-de-passe/")


def test_the_menu_leads_support_alone_to_the_back_office(client, cast):
    link = f'href="{reverse("admin:index")}"'
    client.force_login(cast.sesan)
    assert link in client.get("/").content.decode()
    client.force_login(cast.consultation)
    assert link not in client.get("/").content.decode()


@pytest.mark.parametrize("row", ["abc", "9" * 30, "\x00"])
def test_a_forged_choice_of_rows_is_refused_by_every_list(client, support, row):
    client.force_login(support)
    for model, page in admin.site._registry.items():
        form = {"action": "delete_selected", "_selected_action": row, "index": "0"}
        form["action"] = next((key for key in page.actions or () if isinstance(key, str)), "delete_selected")
        answer = client.post(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"), form)
        assert answer.status_code < 500, model
