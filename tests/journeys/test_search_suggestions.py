"""Suggestions in a browser: keyboard, mouse, « Rechercher dans », a session that ended, no script, phone, axe."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from search.indexing.index import rebuild_all
from tests.factories.directory import department

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/recherche/"
WHAT, WHERE = "Que recherchez-vous", "Où"


@pytest.fixture
def opened(page, live_server, cast, open_session):
    """The empty search page of ``consultation``."""
    for code in ("77", "78", "91", "93", "94", "95"):
        department(code)
    rebuild_all()
    open_session(cast.consultation)
    page.goto(live_server.url + PATH)
    return page


def options(page, field="quoi"):
    return page.locator(f"#{field}-liste [role=option]")


def asked(page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_the_keyboard_alone_chooses_and_searches(opened):
    field = opened.get_by_label(WHAT)
    expect(field).to_have_attribute("aria-expanded", "false")
    field.press_sequentially("appartement de coo")
    expect(options(opened).first).to_contain_text("Appartement de Coordination")
    expect(opened.get_by_text(re.compile(r"suggestions?.: flèches"))).to_be_attached()
    field.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", options(opened).first.get_attribute("id"))
    field.press("End")
    expect(options(opened).last).to_have_attribute("aria-selected", "true")
    field.press("Home")
    expect(options(opened).first).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(field).to_have_value(re.compile("^Appartement de Coordination Thérapeutique"))
    expect(opened.locator("#quoi-liste")).to_be_hidden()
    with opened.expect_navigation():
        field.press("Enter")
    assert asked(opened)["quoi"][0].startswith("Appartement de Coordination")


def test_escape_closes_and_keeps_what_was_typed(opened):
    field = opened.get_by_label(WHAT)
    field.press_sequentially("act")
    expect(options(opened).first).to_be_visible()
    field.press("Escape")
    expect(options(opened).first).to_be_hidden()
    expect(field).to_have_value("act")
    field.press("ArrowDown")
    expect(options(opened).first).to_be_visible()
    field.press("Tab")
    expect(options(opened).first).to_be_hidden()


def test_the_mouse_chooses_a_place_and_searches_in_one_list(opened):
    opened.get_by_label(WHERE).press_sequentially("75010")
    options(opened, "ou").first.click()
    expect(opened.get_by_label(WHERE)).to_have_value("Paris 10 (75010)")
    opened.get_by_label(WHAT).press_sequentially("altair")
    expect(options(opened).last).to_contain_text("dans les noms d’établissements")
    with opened.expect_navigation():
        options(opened).last.click()
    assert asked(opened) == {"ou": ["Paris 10 (75010)"], "quoi": ["altair"], "dans": ["etablissements"]}
    field = opened.get_by_label(WHAT)
    field.press_sequentially(" v")
    expect(options(opened).first).to_be_visible()
    expect(opened.locator("form.search-form input[name=dans]")).to_have_count(0)


def test_a_session_that_ended_is_said_and_nothing_is_lost(opened):
    opened.context.clear_cookies()
    field = opened.get_by_label(WHAT)
    field.press_sequentially("lhss")
    expect(opened.locator(".combo-note").last).to_contain_text("Votre connexion a expiré")
    expect(opened.get_by_role("link", name="Se reconnecter (nouvel onglet)")).to_be_visible()
    expect(field).to_have_value("lhss")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_script_the_form_searches(opened):
    opened.get_by_label(WHAT).fill("appartement")
    with opened.expect_navigation():
        opened.get_by_role("button", name="Rechercher", exact=True).click()
    assert asked(opened) == {"quoi": ["appartement"]}
    expect(opened.get_by_label(WHAT)).not_to_have_attribute("role", "combobox")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_open_list_is_accessible(opened, axe, width):
    opened.set_viewport_size({"width": width, "height": 240})
    opened.get_by_label(WHAT).press_sequentially("altair")
    expect(options(opened).first).to_be_visible()
    listed = opened.locator("[role=listbox]:visible")
    assert listed.evaluate("list => list.scrollHeight > list.clientHeight")
    opened.keyboard.press("ArrowDown")
    assert axe() == []
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert opened.evaluate(overflow) <= 0
