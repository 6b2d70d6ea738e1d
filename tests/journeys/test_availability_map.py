"""Where a person could go: guichet → unit → back; list and map → record → back; the keyboard; without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from availability.membership import write_rows
from availability.models import CurrentFigure
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory

GUICHET, MAP = "/disponibilites/guichet/", "/disponibilites/carte/"
NEEDS = "?pour=femme&pmr=on&age=34&depuis=75010"
LINE = {"count": 1, "state": "free", "sex": "women", "access": "yes", "room": "single"}
SIZES = {"phone": {"width": 360, "height": 2400}, "laptop": {"width": 1280, "height": 1800}}


@pytest.fixture
def reader(page, live_server, open_session, cast, world):
    """A reader's browser; both establishments have a point, and one more has a place for a woman, PMR."""
    for entity, lat in ((world.eg, 48.89), (world.other_eg, 48.80)):
        entity.lat, entity.lon, entity.position_source = lat, 2.3, "manual"
        entity.save()
    near = GeographicEntityFactory(legal_entity=world.ej, name="LAM Proche", lat=48.88, lon=2.7)
    unit = UnitFactory(geographic_entity=near, name="LAM Proche", lam=True, admission_conditions="Orientation.")
    CurrentFigureFactory(unit=unit, figure=1, comment="Appeler avant 17 h.")
    CurrentFigure.objects.filter(pk=unit.pk).update(lines=[LINE], women=1, accessible=1, single_room=1)
    write_rows(unit_ids=None)
    open_session(cast.consultation)
    return page


def orient_and_back(page, live_server):
    """Ask for needs, open the unit that suits, come back: nothing is lost."""
    page.goto(live_server.url + GUICHET)
    page.get_by_label("Pour qui").select_option("femme")
    page.get_by_label("Âge (en années)").fill("34")
    page.get_by_label("Place PMR (fauteuil)").check()
    page.get_by_label("Autour de", exact=True).fill("75010")
    with page.expect_navigation():
        page.get_by_role("button", name="Chercher une place").click()
    first = page.locator("article.hit").first
    expect(first).to_contain_text("LAM Proche")
    expect(first).to_contain_text("Convient")
    expect(first).to_contain_text("1 place PMR")
    address = page.url
    with page.expect_navigation():
        first.get_by_role("link", name="LAM Proche").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("LAM Proche")
    page.go_back()
    page.wait_for_url(address)
    expect(page.get_by_label("Pour qui")).to_have_value("femme")
    expect(page.locator("article.hit").first).to_contain_text("LAM Proche")


def test_somebody_is_oriented(reader, live_server):
    orient_and_back(reader, live_server)


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_both_pages_work_without_javascript(reader, live_server):
    orient_and_back(reader, live_server)
    reader.goto(live_server.url + MAP)
    reader.get_by_label("PMR").check()
    with reader.expect_navigation():
        reader.get_by_role("button", name="Filtrer").click()
    expect(reader.get_by_role("heading", name="1 lieu affiché")).to_be_visible()
    with reader.expect_navigation():
        reader.get_by_role("link", name="LAM Proche", exact=True).click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("LAM Proche")


def test_a_marker_is_opened_by_the_keyboard_closed_by_escape_and_leads_to_the_record(reader, live_server):
    page = reader
    page.goto(live_server.url + MAP)
    marker = page.get_by_role("button", name=re.compile("^LAM Proche, .*1 place libre"))
    expect(marker).to_be_visible()
    marker.focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("Appeler avant 17 h.")
    link = popup.get_by_role("link", name="LAM Proche", exact=True)
    expect(link).to_be_focused()
    expect(page.locator("li.lit")).to_contain_text("LAM Proche")
    page.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    expect(marker).to_be_focused()
    page.get_by_role("button", name=re.compile("Voir sur la carte.*LAM Proche")).click()
    expect(popup).to_contain_text("Appeler avant 17 h.")
    link.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("LAM Proche")
    page.go_back()
    expect(page.get_by_role("heading", name="3 lieux affichés")).to_be_visible()


def test_a_lost_session_shows_the_way_to_sign_in(reader, live_server):
    reader.goto(live_server.url + MAP)
    marker = reader.get_by_role("button", name=re.compile("^LAM Proche"))
    expect(marker).to_be_visible()
    reader.context.clear_cookies()
    marker.focus()
    reader.keyboard.press("Enter")
    popup = reader.locator(".leaflet-popup")
    expect(popup).to_contain_text("Votre session est terminée")
    expect(popup.get_by_role("link", name="reconnectez-vous")).to_be_visible()


def test_axe_finds_nothing(reader, live_server, axe):
    page = reader
    for size in SIZES.values():
        page.set_viewport_size(size)
        for address in (GUICHET + NEEDS, GUICHET + "?age=trente", MAP, MAP + "?homme=on"):
            page.goto(live_server.url + address)
            if address == MAP and size["width"] > 1000:
                expect(page.locator(".pin").first).to_be_visible()
            assert axe() == [], address
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide == 0, address
