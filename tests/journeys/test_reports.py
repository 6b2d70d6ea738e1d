"""« Signaler une erreur » in a browser: filed, taken, answered, read; with script and without."""

import re

import pytest
from playwright.sync_api import expect

from directory.models import ErrorReport

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Le téléphone des soignants ne répond plus."


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def java_script_enabled(request):
    return request.param


@pytest.fixture
def browser_context_args(browser_context_args, java_script_enabled):
    return {**browser_context_args, "java_script_enabled": java_script_enabled}


@pytest.mark.console_errors("422")
def test_filed_on_a_block_taken_answered_and_read(page, live_server, open_session, cast, world):
    open_session(cast.consultation)
    record = f"{live_server.url}/repertoire/uo/{world.act.pk}/"
    page.goto(record)
    page.locator("#contacts").get_by_role("link", name="Signaler une erreur dans cet encadré").click()
    expect(page.get_by_label("Encadré")).to_have_value("contacts")
    expect(page.get_by_role("heading", name="ce que dit la fiche")).to_be_visible()
    page.get_by_role("button", name="Signaler").click()
    expect(page.get_by_text("Décrivez l’erreur constatée.").first).to_be_visible()
    page.get_by_label("Erreur constatée").fill(TEXT)
    page.get_by_role("button", name="Signaler").click()
    expect(page).to_have_url(record)
    expect(page.get_by_text("Erreur signalée")).to_be_visible()
    expect(page.locator("#contacts").get_by_text("Signalé, en cours")).to_be_visible()

    open_session(cast.directeur)
    page.goto(f"{live_server.url}/")
    expect(page.get_by_role("heading", name="1 signalement à traiter")).to_be_visible()
    page.get_by_role("link", name="ACT ALTAIR VESTA – Contacts").click()
    expect(page.get_by_text(TEXT)).to_be_visible()
    page.get_by_role("button", name="Prendre en charge").click()
    expect(page.get_by_text("Le signalement est pris en charge.")).to_be_visible()
    page.get_by_role("button", name=re.compile("corrigé")).click()
    expect(page.get_by_text("Écrivez une réponse pour clore le signalement.").first).to_be_visible()
    page.get_by_label("Réponse à la personne qui a signalé").fill("Le numéro est à jour.")
    page.get_by_role("button", name=re.compile("corrigé")).click()
    expect(page.get_by_text("La personne qui l’a signalé est prévenue.")).to_be_visible()
    expect(page.get_by_role("button", name="Prendre en charge")).to_have_count(0)

    open_session(cast.consultation)
    page.goto(f"{live_server.url}/signalements/")
    page.get_by_role("link", name="ACT ALTAIR VESTA – Contacts").click()
    expect(page.get_by_text("Le numéro est à jour.")).to_have_count(1)
    page.goto(record)
    expect(page.get_by_text("Signalé, en cours")).to_have_count(0)
    assert ErrorReport.objects.get().state == "corrected"
