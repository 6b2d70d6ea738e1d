"""The synthesis in a browser: to a unit and back with nothing lost, with script and without; refresh; phone; axe."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from availability.membership import write_rows
from availability.models import CurrentFigure
from tests.factories.directory import department

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/disponibilites/consultation/"
QUERY = "?etablissement=altair&departement=92&departement=75"
CELL = "#case-sante-precarite-92"


@pytest.fixture
def opened(page, live_server, cast, open_session):
    """The filtered synthesis of ``consultation``."""
    for code in ("77", "78", "91", "93", "94", "95"):
        department(code)
    open_session(cast.consultation)
    page.goto(live_server.url + PATH + QUERY)
    return page


def test_to_a_unit_and_back_nothing_is_lost(opened, live_server):
    cell = opened.locator(CELL)
    expect(cell).to_contain_text("8")
    with opened.expect_navigation():
        cell.click()
    expect(opened.get_by_role("heading", level=1)).to_contain_text("Santé Précarité, Hauts-de-Seine (92)")
    with opened.expect_navigation():
        opened.locator(".hit").get_by_role("link", name="ACT ALTAIR VESTA", exact=True).click()
    opened.go_back()
    opened.wait_for_url(re.compile("sante-precarite/92/"))
    with opened.expect_navigation():
        opened.get_by_role("link", name="Retour à la synthèse").click()
    expect(opened.get_by_label("Établissement")).to_have_value("altair")
    expect(opened.get_by_label("92 Hauts-de-Seine")).to_be_checked()
    expect(opened.locator(CELL)).to_be_focused()


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_the_same_without_script(opened):
    with opened.expect_navigation():
        opened.locator(CELL).click()
    with opened.expect_navigation():
        opened.get_by_role("link", name="Retour à la synthèse").click()
    expect(opened.get_by_label("Établissement")).to_have_value("altair")
    with opened.expect_navigation():
        opened.get_by_role("link", name="Actualiser").click()
    expect(opened.locator(CELL)).to_contain_text("8")


def test_refreshing_keeps_the_focus_and_tells_what_changed(opened, world):
    cell = opened.locator(CELL)
    cell.focus()
    CurrentFigure.objects.filter(unit=world.act).update(figure=5, confirmed_at=timezone.now())
    write_rows(unit_ids=None)
    opened.evaluate("document.querySelector('[data-refresh-now]').click()")
    expect(cell).to_contain_text("5")
    expect(cell).to_be_focused()
    expect(opened.locator("[data-announcement]")).to_contain_text("cases ont changé")
    pause = opened.get_by_role("button", name="Suspendre")
    pause.click()
    expect(opened.get_by_role("button", name="Reprendre")).to_have_attribute("aria-pressed", "true")


def test_on_a_phone_one_department_at_a_time(opened, live_server):
    opened.set_viewport_size({"width": 360, "height": 740})
    expect(opened.locator(CELL)).to_be_hidden()
    opened.locator(".synth-columns").get_by_role("link", name="92").click()
    expect(opened.locator(CELL)).to_be_visible()
    expect(opened).to_have_url(re.compile("colonne=92"))
    assert opened.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_on_a_phone_the_department_is_kept_by_the_cells_and_the_filters(opened):
    opened.set_viewport_size({"width": 360, "height": 800})
    opened.locator('[data-column="92"]').click()
    expect(opened.locator(CELL)).to_have_attribute("href", re.compile("colonne=92"))
    expect(opened.locator("[data-kept-column]")).to_have_value("92")
    expect(opened.locator("[data-kept-column]")).to_be_enabled()


def test_a_lost_session_leads_to_signing_in(opened):
    opened.context.clear_cookies()
    with opened.expect_navigation(url=re.compile("connexion|login")):
        opened.locator("[data-refresh-now]").click()


def test_axe_finds_nothing(opened, live_server, axe):
    for width in (360, 1280):
        opened.set_viewport_size({"width": width, "height": 2400})
        for path in ("?comparer=on", "?ages=x", "sante-precarite/92/?depuis=Nanterre", "etablissements/"):
            opened.goto(live_server.url + PATH + path)
            assert axe() == [], (path, width)
