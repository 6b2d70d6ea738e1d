"""A campaign from its list of establishments to its reminder, with and without JavaScript."""

import re

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from collaborative.models import Campaign, Dossier

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_campaign_is_opened_followed_and_closed(browser, browser_context_args, live_server, cast, world, script):
    client = Client()
    client.force_login(cast.sesan)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    with browser.new_context(**{**browser_context_args, "java_script_enabled": script}) as context:
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.goto(f"{live_server.url}/dossiers/campagnes/nouvelle/")
        page.get_by_label("Nom de la campagne").fill("ACT, LAM, LHSS 2024")
        page.get_by_label("Début").fill("2024-05-01")
        page.get_by_label("Fin").fill("2099-12-31")
        page.get_by_label("Coller une liste d’établissements").fill(f"{world.eg.name}\nRien de tel")
        with page.expect_navigation():
            page.get_by_role("button", name="Reconnaître la liste").click()
        expect(page.get_by_text("Lignes inconnues")).to_be_visible()
        expect(page.get_by_label("Nom de la campagne")).to_have_value("ACT, LAM, LHSS 2024")
        expect(page.get_by_text("1 établissement choisi")).to_be_visible()
        page.get_by_label("Coller une liste d’établissements").fill("")
        with page.expect_navigation(url=re.compile(r"/campagnes/\d+/$")):
            page.get_by_role("button", name="Ouvrir la campagne").click()
        expect(page.get_by_text("1 établissement : 1 non commencé.")).to_be_visible()
        page.get_by_role("button", name="Relancer les silencieux (1)").click()
        expect(page.get_by_text("1 relance, la dernière")).to_be_visible()
        filters = page.get_by_role("search", name="Filtrer les établissements de la campagne")
        filters.get_by_label("Avancement").select_option(label="Validé")
        with page.expect_navigation():
            filters.get_by_role("button", name="Filtrer").click()
        expect(page.get_by_text("Aucun établissement")).to_be_visible()
        page.get_by_role("link", name="Clore la campagne").click()
        with page.expect_navigation():
            page.get_by_role("button", name="Clore la campagne").click()
        expect(page.get_by_role("link", name="Ajouter des établissements")).to_have_count(0)
    assert Campaign.objects.get().closed_at is not None
    assert Dossier.objects.get().state == "abandoned"
