"""Drafts of a fiche go on being kept after a photo was added and after signing in again in another tab."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collaborative.models import Draft
from collaborative.services import open_dossier
from directory.scopes import scope_of
from tests.collaborative.test_files import picture
from tests.factories.accounts import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = re.compile("^Brouillon enregistré à")


@pytest.fixture
def form_url(world, cast, live_server, settings):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    dossier = open_dossier(entity=world.eg, by=cast.directeur, scope=scope_of(cast.directeur), now=timezone.now())
    fiche = dossier.fiches.get(geographic_entity=world.eg)
    return f"{live_server.url}/dossiers/{dossier.pk}/fiches/{fiche.pk}/"


def type_in(page, label, text):
    with page.expect_response(re.compile("/brouillon/$")) as answer:
        page.locator("#contact").get_by_label(label).fill(text)
    assert answer.value.status == 200
    expect(page.locator("[data-draft-said]")).to_have_text(KEPT)


def test_what_is_typed_is_kept_around_a_photo_and_a_new_session(page, live_server, cast, open_session, form_url):
    open_session(cast.directeur)
    page.on("dialog", lambda dialog: dialog.accept())  # leaving with something typed asks first
    page.goto(form_url)
    type_in(page, "Téléphone standard", "01 39 50 60 11")
    page.get_by_role("link", name="Gérer la photo et les pièces jointes").click()
    page.wait_for_url("**/fichiers/")
    page.locator("input[type=file][name=photo]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": picture().read()}
    )
    with page.expect_navigation():
        page.get_by_role("button", name="Enregistrer la photo").click()
    expect(page.get_by_text("La photo est enregistrée")).to_be_visible()
    page.goto(form_url)
    page.get_by_role("link", name="Reprendre ma saisie").click()
    page.wait_for_url("**brouillon=reprendre")
    type_in(page, "Adresse mail", "neuf@example.org")

    page.context.clear_cookies()
    other = page.context.new_page()
    other.goto(f"{live_server.url}/connexion/")
    other.locator("#id_username").fill(cast.directeur.username)
    other.locator("#id_password").fill(PASSWORD)
    with other.expect_navigation():
        other.get_by_role("button", name="Connexion", exact=True).click()
    other.close()
    type_in(page, "Adresse mail", "encore@example.org")
    assert "encore@example.org" in str(Draft.objects.get().data)

    page.get_by_role("button", name="Enr. et mettre en attente").last.click()
    expect(page.get_by_text("est enregistrée et mise en attente")).to_be_visible()
    assert not Draft.objects.exists()
