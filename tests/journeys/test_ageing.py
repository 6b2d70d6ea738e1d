"""Figures that grow old on an open page; the map on a phone, with tiles, and closed by Escape from anywhere."""

import base64
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from availability.membership import write_rows
from availability.models import CurrentFigure
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory, department

pytestmark = pytest.mark.django_db(transaction=True)

SYNTHESIS, MAP = "/disponibilites/consultation/", "/disponibilites/carte/"
HOURS, DAYS = 3_600_000, 86_400_000
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
SINCE = "Des chiffres sont devenus périmés depuis l’affichage"


@pytest.fixture
def reader(page, open_session, cast, world):
    """A reader's browser whose clock the test moves; both establishments have a point."""
    for entity, lat, lon in ((world.eg, 48.89, 2.2), (world.other_eg, 48.5, 1.7)):
        entity.lat, entity.lon, entity.position_source = lat, lon, "manual"
        entity.save()
    open_session(cast.consultation)
    page.clock.install(time=timezone.now())
    return page


def test_behind_a_cell_a_figure_that_expires_is_struck_and_the_total_says_so(reader, live_server):
    reader.goto(f"{live_server.url}{SYNTHESIS}sante-precarite/92/")
    unit = reader.locator(".hit", has_text="ACT ALTAIR VESTA").first
    note = reader.get_by_text(SINCE)
    reader.clock.fast_forward(4 * HOURS)
    expect(unit.locator(".fresh")).to_contain_text("< 6 h".replace(" ", "\u00a0"))
    expect(unit.locator(".places s")).to_have_count(0)
    expect(note).to_be_hidden()
    reader.clock.fast_forward(21 * DAYS)
    expect(unit.locator(".state")).to_have_text("Périmée")
    expect(unit.locator(".places s")).to_have_text("8")
    expect(unit.locator(".places")).to_contain_text("périmé")
    expect(note).to_be_visible()
    expect(note.get_by_role("link", name="actualisez")).to_be_visible()


def test_under_a_maximum_age_the_figure_is_struck_at_that_age(reader, live_server):
    reader.goto(f"{live_server.url}{SYNTHESIS}sante-precarite/92/?fraicheur=3h")
    reader.clock.fast_forward(3 * HOURS)
    expect(reader.locator(".hit .places", has_text="trop ancien").locator("s")).to_have_text("8")


@pytest.mark.parametrize(("query", "days", "word"), [("", 21, "périmé"), ("?fraicheur=3h", 0.125, "trop ancien")])
def test_a_cell_of_a_paused_synthesis_is_struck(reader, live_server, world, query, days, word):
    CurrentFigure.objects.exclude(unit=world.act).delete()
    write_rows(unit_ids=None)
    reader.goto(live_server.url + SYNTHESIS + query)
    cell = reader.locator("#case-sante-precarite-92")
    reader.get_by_role("button", name="Suspendre").click()
    reader.clock.fast_forward(2 * 60_000)
    expect(cell.locator("s")).to_have_count(0)
    expect(reader.get_by_text(SINCE)).to_be_hidden()
    reader.clock.fast_forward(days * DAYS + 60_000)
    expect(cell.locator("s")).to_have_text(re.compile("^8"))
    expect(cell).to_contain_text(word)
    expect(reader.get_by_text(SINCE)).to_be_visible()


@pytest.mark.parametrize("path", ["/repertoire/uo/{}/", "/disponibilites/unites/{}/historique/"])
def test_on_the_record_and_its_history_too(reader, live_server, world, path):
    reader.goto(live_server.url + path.format(world.act.pk))
    panel = reader.locator(".availability")
    reader.clock.fast_forward(4 * HOURS)
    expect(panel).to_have_class(re.compile("f-6h"))
    reader.clock.fast_forward(21 * DAYS)
    expect(panel.locator(".places s")).to_have_text("8")


def test_markers_and_lines_of_several_units_grow_older(reader, live_server, world):
    more = UnitFactory(geographic_entity=world.eg, name="LAM Deuxième", lam=True)
    CurrentFigureFactory(unit=more, figure=2)
    write_rows(unit_ids=None)
    reader.goto(live_server.url + MAP)
    marker = reader.locator(".pin", has_text="ACT ALTAIR")
    expect(marker).to_have_class(re.compile("f-3h"))
    reader.clock.fast_forward(4 * HOURS)
    expect(marker).to_have_class(re.compile("f-6h"))
    expect(marker).to_contain_text("saisie <\u00a06\u00a0h")
    line = reader.locator(".atlas-list .ledger > li", has_text="ACT ALTAIR").first
    expect(line.locator("[data-aged-at] .fresh")).to_have_class(re.compile("f-6h"))
    reader.clock.fast_forward(21 * DAYS)
    expect(marker.locator("s")).to_have_text("10")
    expect(line.locator(".places").first).to_contain_text("en partie périmé")
    expect(reader.get_by_text(SINCE)).to_be_visible()


@pytest.mark.console_errors("Failed to load resource")
def test_cells_grow_older_while_refreshing_fails_and_the_last_success_is_dated(reader, live_server):
    for code in ("77", "78", "91", "93", "94", "95"):
        department(code)
    reader.goto(live_server.url + SYNTHESIS)
    refreshed = reader.locator("[data-refreshed]").inner_text()
    assert re.match(r"le \d\d/\d\d/\d{4} à \d\d:\d\d", refreshed)
    reader.route("**/consultation/**", lambda route: route.abort())
    reader.clock.fast_forward(4 * HOURS)
    expect(reader.locator(".synth-state")).to_contain_text(f"les chiffres sont ceux actualisés {refreshed}")
    expect(reader.locator("#case-sante-precarite-92 .fresh")).to_have_class(re.compile("f-6h"))
    reader.clock.fast_forward(2 * HOURS)
    expect(reader.locator(".synth-state")).to_contain_text(f"les chiffres sont ceux actualisés {refreshed}")


def test_on_a_phone_a_popup_stays_in_the_map_above_its_marker(reader, live_server, world):
    CurrentFigure.objects.filter(pk=world.act.pk).update(comment="Appeler avant 17 h. " * 20)
    reader.set_viewport_size({"width": 360, "height": 740})
    reader.goto(live_server.url + MAP)
    reader.get_by_text("Afficher la carte").click()
    marker, popup = reader.locator(".pin", has_text="ACT ALTAIR"), reader.locator(".leaflet-popup")
    marker.click()
    expect(popup).to_contain_text("Appeler avant 17 h.")
    expect(reader.locator(".leaflet-control-zoom")).to_be_hidden()
    frame, box, pin = (part.bounding_box() for part in (reader.locator("[data-map]"), popup, marker))
    assert frame["x"] <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]
    assert frame["y"] <= box["y"]
    assert pin["y"] + pin["height"] <= frame["y"] + frame["height"]
    assert box["height"] >= 150
    reader.get_by_label("Fermer").click()
    expect(reader.locator(".leaflet-control-zoom")).to_be_visible()


def test_escape_closes_the_popup_wherever_the_focus_is(reader, live_server):
    reader.goto(live_server.url + MAP)
    popup = reader.locator(".leaflet-popup")
    reader.locator(".pin", has_text="ACT ALTAIR").click()
    expect(popup).to_contain_text("ACT ALTAIR VESTA")
    box = reader.get_by_label("PMR")
    box.focus()
    reader.keyboard.press("Escape")
    expect(popup).to_have_count(0)
    expect(box).to_be_focused()


def test_tiles_are_told_where_they_are_asked_from_and_stay_readable_in_the_dark(reader, live_server, settings):
    settings.MAP_TILES = {"url": "https://tuiles.test/{z}/{x}/{y}.png", "attribution": "Tuiles"}
    settings.SECURE_CSP = {**settings.SECURE_CSP, "img-src": ["'self'", "data:", "https://tuiles.test"]}
    asked = []

    def answer(route):
        asked.append(route.request.all_headers().get("referer"))
        route.fulfill(body=DOT, content_type="image/png")

    reader.route("https://tuiles.test/**", answer)
    reader.emulate_media(color_scheme="dark")
    reader.goto(live_server.url + MAP)
    expect(reader.locator(".leaflet-tile-loaded").first).to_be_attached()
    assert asked[0] == f"{live_server.url}/"
    assert reader.locator("[data-map]").evaluate("map => getComputedStyle(map).colorScheme") == "light only"
    expect(reader.locator(".pin b", has_text="8")).to_have_css("color", "rgb(22, 32, 43)")
