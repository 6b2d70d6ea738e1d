"""A director names a Responsable and asks for an account; support approves, and the mails can be read."""

import datetime
import re

import pytest
from django.conf import settings as ror_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from accounts.roles import Role
from directory.models import Assignment
from tests.factories.accounts import UserFactory
from tests.factories.delegation import AccountRequestFactory, cpts_with_director
from tests.factories.directory import AssignmentFactory, GeographicEntityFactory, PractitionerFactory

SIZES = {"phone": {"width": 360, "height": 1600}, "laptop": {"width": 1280, "height": 1200}}


@pytest.fixture
def karim(cast):
    return UserFactory(username="karim.ouali", email="karim.ouali@asso.example", first_name="Karim", last_name="Ouali")


@pytest.fixture
def sent_mails(settings):
    """Mails go where the demonstration shows them."""
    settings.MAILERS = {"default": {"BACKEND": "ror.demo.mail.SentMailBackend"}}


def name_karim(page, server, world, open_session, cast):
    """The director first mistypes the mail, then names Karim on a UO that nobody follows."""
    open_session(cast.directeur)
    page.goto(f"{server.url}{reverse('directory:geographic_entity_detail', args=[world.eg.pk])}")
    page.get_by_role("link", name="Gérer les responsables").click()
    page.get_by_role("link", name="Nommer un responsable pour ACT hors les murs").click()
    expect(page.get_by_role("checkbox", name=re.compile("^ACT hors les murs"))).to_be_checked()
    page.get_by_label("Adresse mail professionnelle").fill("karim@asso.example")
    page.get_by_role("button", name="Nommer", exact=True).click()
    expect(page.get_by_role("link", name="Demandez-le au support")).to_be_visible()
    page.get_by_label("Adresse mail professionnelle").fill("karim.ouali@asso.example")
    page.get_by_role("button", name="Nommer", exact=True).click()
    expect(page.get_by_text("Karim Ouali est responsable de disponibilités pour 1 unité")).to_be_visible()


def ask_for_an_account(page):
    page.get_by_role("link", name="Demander un compte").click()
    page.get_by_label("Nom", exact=False).first.fill("Diop")
    page.get_by_label("Prénom").fill("Fatou")
    page.get_by_label("Adresse mail professionnelle").fill("fatou.diop@asso.example")
    page.get_by_role("checkbox", name=re.compile("^LAM Altair")).check()
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("Votre demande est envoyée au support.")).to_be_visible()


def approve(page, server, open_session, cast):
    open_session(cast.sesan)
    page.goto(f"{server.url}/")
    page.get_by_role("link", name="Fatou Diop").click()
    expect(page.get_by_label("Identifiant du compte")).to_have_value("fatou.diop")
    page.get_by_role("button", name="Accepter et créer le compte").click()
    expect(page.get_by_text("Demande acceptée")).to_be_visible()


def read_mails(page, server):
    page.goto(f"{server.url}/demo/courriels/")
    for subject in ("Demande de compte acceptée", "Votre compte ROR"):
        expect(page.get_by_role("link", name=re.compile(subject)).first).to_be_visible()
    page.get_by_role("link", name=re.compile("Demande de compte acceptée")).click()
    expect(page.get_by_text("Fatou Diop est responsable de disponibilités")).to_be_visible()


def whole_story(page, server, world, open_session, cast):
    name_karim(page, server, world, open_session, cast)
    ask_for_an_account(page)
    approve(page, server, open_session, cast)
    read_mails(page, server)
    fatou = User.objects.get(username="fatou.diop")
    assert [row.unit for row in Assignment.objects.filter(user=fatou)] == [world.lam]


@pytest.mark.console_errors("422")
@pytest.mark.parametrize("size", SIZES)
def test_a_director_delegates_and_support_approves(
    page, live_server, open_session, cast, world, karim, sent_mails, size
):
    page.set_viewport_size(SIZES[size])
    whole_story(page, live_server, world, open_session, cast)


@pytest.fixture
def pages(cast, world):
    """Pages with every state: requests, rights due, members, an EG with Responsables."""
    cpts = cpts_with_director("directeur")
    other = GeographicEntityFactory(name="CPTS Voisine", category=cpts.category)
    member = PractitionerFactory(cpts=cpts, takes_part_in_sas=True, last_name="Aubert")
    for where in (cpts, other, None):
        PractitionerFactory(cpts=where, last_name="Aubert")
    role = AssignmentFactory(user=cast.responsable, role=Role.AVAILABILITY_MANAGER, geographic_entity=world.eg)
    Assignment.objects.update(given_at=timezone.now() - datetime.timedelta(days=400))
    asked = [
        AccountRequestFactory(requested_by=cast.directeur, units=[world.act], **{one: True})
        for one in ("approved", "refused")
    ]
    asked.append(AccountRequestFactory(requested_by=cast.directeur, units=[world.act]))
    members = reverse("directory:cpts_members", args=[cpts.pk])
    shared = [
        reverse("home"),
        reverse("directory:delegations") + f"?eg={world.eg.pk}",
        reverse("directory:delegation_add", args=[world.eg.pk]),
        reverse("directory:assignment_end", args=[role.pk]),
        reverse("directory:account_requests"),
        *(reverse("directory:account_request_detail", args=[one.pk]) for one in asked),
        reverse("directory:rights_review"),
        reverse("directory:rights_review") + "?q=introuvable",
        members,
        f"{members}ajouter/?q=aubert",
        f"{members}{member.pk}/retirer/",
        reverse("directory:geographic_entity_detail", args=[cpts.pk]),
    ]
    own = reverse("directory:account_request_add")
    return {
        "directeur": [*shared, reverse("directory:delegations"), own, f"{own}?eg={world.eg.pk}"],
        "sesan": [*shared, reverse("directory:delegations"), reverse("directory:delegations") + "?q=altair"],
    }


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_are_accessible(page, axe, live_server, open_session, cast, pages, size):
    page.set_viewport_size(SIZES[size])
    found = []
    for who, addresses in pages.items():
        open_session(getattr(cast, who))
        for address in addresses:
            answer = page.goto(f"{live_server.url}{address}")
            assert answer.status == 200, address
            found += [f"{who} {address}: {line}" for line in axe()]
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [f"{who} {address}: {over} px too wide"] if over > 0 else []
    assert found == []


@pytest.mark.console_errors("422")
@pytest.mark.parametrize("size", SIZES)
def test_refused_forms_are_accessible(page, axe, live_server, open_session, cast, world, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.directeur)
    page.goto(f"{live_server.url}{reverse('directory:delegation_add', args=[world.eg.pk])}")
    page.get_by_role("button", name="Nommer", exact=True).click()
    expect(page.get_by_text("informations sont à corriger")).to_be_visible()
    found = axe()
    page.goto(f"{live_server.url}{reverse('directory:account_request_add')}")
    page.get_by_role("button", name="Envoyer la demande").click()
    expect(page.get_by_text("informations sont à corriger")).to_be_visible()
    assert found + axe() == []


def test_a_director_delegates_without_script(
    browser, browser_context_args, live_server, cast, world, karim, sent_mails
):
    """The same acts where no script runs; sessions are given as cookies to a context of its own."""
    with browser.new_context(**browser_context_args, java_script_enabled=False) as context:
        page = context.new_page()
        whole_story(page, live_server, world, cookies_of(context, live_server), cast)


def cookies_of(context, server):
    """Return a function that gives a browser context the session of a user."""

    def opened(user):
        client = Client()
        client.force_login(user)
        cookie = client.cookies[ror_settings.SESSION_COOKIE_NAME]
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": server.url}])

    return opened
