"""From the list to the map, a marker, the record and back; the zone of the map; by keyboard; without script."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from directory.models import OperationalUnit
from search.indexing import index

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


@pytest.mark.parametrize("width", [360, 1100])
def test_the_list_stands_under_the_map_where_they_do_not_fit_beside(reader, address, world, width):
    reader.set_viewport_size({"width": width, "height": 900})
    reader.goto(address + QUERY)
    drawn, line = reader.locator(".results-map .map"), reader.locator(f"#lieu-{world.eg.pk}")
    expect(reader.locator(".leaflet-marker-icon").first).to_be_visible()
    expect(line).to_be_visible()
    title = reader.locator("#titre-resultats").bounding_box()
    above, below = drawn.bounding_box(), line.bounding_box()
    assert title["y"] < above["y"] < above["y"] + above["height"] < below["y"]
    assert abs(above["x"] - title["x"]) < 24
    assert above["y"] - title["y"] < 700
    assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_unit_apart_lights_its_line_and_the_other_way_round(reader, address, world):
    OperationalUnit.objects.filter(pk=world.act_mobile.pk).update(
        commune=world.paris10, lat=48.87, lon=2.36, position_source="address"
    )
    index.rebuild_all()
    reader.goto(address + "?quoi=Altair&vue=carte")
    markers = reader.get_by_role("button", name=re.compile(f"^{world.eg.name}"))
    expect(markers).to_have_count(2)
    line = reader.locator(f"#lieu-{world.eg.pk}")
    reader.get_by_role("button", name=re.compile(f"^{world.eg.name}, Paris 10")).focus()
    expect(line).to_have_class("lit")
    line.get_by_role("link").first.focus()
    expect(reader.locator(".leaflet-marker-icon.lit")).to_have_count(2)


def test_a_cluster_tells_unknown_from_zero_and_gives_the_focus_to_what_comes_out(reader, address, world):
    for number, unit in enumerate((world.act_mobile, world.lam), start=1):
        OperationalUnit.objects.filter(pk=unit.pk).update(
            commune=world.nanterre,
            lat=world.eg.lat + number / 2000,
            lon=world.eg.lon,
            position_source="address",
        )
    OperationalUnit.objects.filter(pk=world.lhss.pk).update(name="Altair Paris")
    index.rebuild_all()
    reader.goto(address + "?quoi=Altair&vue=carte&zone=48,1.5,49.5,3.5")
    found = reader.get_by_role("button", name=re.compile("lieux, .*agrandir"))
    expect(found).to_be_visible()
    expect(found).to_contain_text("8 places libres, 1 lieu connu sur 2")
    found.focus()
    reader.keyboard.press("Enter")
    expect(reader.locator(".leaflet-marker-icon:focus")).to_have_count(1)
    expect(reader.locator(".leaflet-marker-icon.map-cluster:focus")).to_have_count(0)


def test_axe_finds_nothing(reader, address, axe):
    for size in SIZES.values():
        reader.set_viewport_size(size)
        reader.goto(address + QUERY)
        expect(reader.locator(".leaflet-marker-icon").first).to_be_visible()
        assert axe() == []
        assert reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
