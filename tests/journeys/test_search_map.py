"""From the list to the map, a marker, the record and back; the zone of the map; by keyboard; without script."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from search import index

from .test_accessibility import SIZES

QUERY = "?ou=75010&quoi=ACT&vue=carte"


@pytest.fixture
def reader(page, open_session, cast, world):
    index.rebuild_all()
    open_session(cast.consultation)
    return page


@pytest.fixture
def address(live_server):
    return live_server.url + reverse("search:results")


def test_list_map_marker_record_and_back(reader, address, world):
    reader.goto(address + "?ou=75010&quoi=ACT")
    reader.get_by_role("link", name="Agrandir la carte").click()
    reader.wait_for_url("**vue=carte**")
    marker = reader.get_by_role("button", name=re.compile(f"^{world.eg.name}, Nanterre"))
    expect(marker).to_be_visible()
    marker.focus()
    reader.keyboard.press("Enter")
    popup = reader.locator(".leaflet-popup")
    link = popup.get_by_role("link", name=world.eg.name, exact=True).first
    expect(link).to_be_focused()
    expect(reader.locator("li.lit")).to_contain_text(world.eg.name)
    reader.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    expect(marker).to_be_focused()
    reader.keyboard.press("Enter")
    expect(link).to_be_focused()
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("heading", level=1)).to_contain_text(world.eg.name)
    reader.go_back()
    expect(reader.get_by_role("heading", level=2).first).to_contain_text("établissement")
    assert "vue=carte" in reader.url


def test_the_zone_of_the_map_becomes_the_search(reader, address, world):
    reader.goto(address + QUERY)
    offer = reader.get_by_role("link", name="Rechercher dans cette zone")
    expect(reader.get_by_role("button", name=re.compile(f"^{world.eg.name}, Nanterre"))).to_be_visible()
    expect(offer).to_be_hidden()
    reader.get_by_role("button", name="Zoomer", exact=True).click()
    expect(offer).to_be_visible()
    offer.click()
    reader.wait_for_url("**zone=**")
    expect(reader.get_by_role("link", name=re.compile("Dans la zone de la carte"))).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(reader, address, axe, scheme):
    reader.emulate_media(color_scheme=scheme)
    for size in SIZES.values():
        reader.set_viewport_size(size)
        reader.goto(address + QUERY)
        expect(reader.locator(".leaflet-marker-icon").first).to_be_visible()
        assert axe() == []
        assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
