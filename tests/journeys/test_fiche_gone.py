"""A director whose role support ends while he types: his save gives his text back, to be copied."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collaborative.services import open_dossier
from directory.models import Assignment
from directory.scopes import scope_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.console_errors("status of 403")]


@pytest.mark.parametrize("javascript", [True, False])
def test_what_was_typed_is_there_to_be_copied(browser, page, live_server, world, cast, open_session, axe, javascript):
    dossier = open_dossier(entity=world.eg, by=cast.sesan, scope=scope_of(cast.sesan), now=timezone.now())
    fiche = dossier.fiches.get(geographic_entity=world.eg)
    open_session(cast.directeur)
    if not javascript:
        cookies = page.context.cookies()
        page = browser.new_page(java_script_enabled=False, viewport={"width": 360, "height": 800})
        page.context.add_cookies(cookies)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server.url}/dossiers/{dossier.pk}/fiches/{fiche.pk}/")
    page.locator("#contact").get_by_label("Téléphone standard").fill("01 39 50 60 11")
    Assignment.objects.filter(user=cast.directeur, role="director").delete()
    page.get_by_role("button", name="Enr. et mettre en attente").last.click()
    expect(page.get_by_role("heading", name="Fiche non enregistrée")).to_be_visible()
    expect(page.locator("#contact").get_by_label("Téléphone standard")).to_have_value("01 39 50 60 11")
    expect(page.get_by_text(re.compile("ne vous est plus ouverte"))).to_be_visible()
    if javascript:
        assert axe() == []
    page.close()
