"""The page of results in a browser: filters, active filters, order, the way back; keyboard; phone; without script."""

import re

import pytest
from playwright.sync_api import expect

from search.indexing.index import rebuild_all
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import GeographicEntityFactory, UnitFactory

PATH = "/recherche/?ou=75010&quoi=ACT"
SIZES = {"phone": {"width": 360, "height": 740}, "laptop": {"width": 1280, "height": 900}}


@pytest.fixture
def reader(page, live_server, open_session, cast, world):
    """A reader's browser; a dozen units around, one of them in another department."""
    for number in range(12):
        entity = GeographicEntityFactory(legal_entity=world.ej, name=f"Maison {number:02}", nanterre=number == 0)
        CurrentFigureFactory(unit=UnitFactory(geographic_entity=entity, name=f"Maison {number:02}"), figure=number)
    rebuild_all()
    open_session(cast.consultation)
    return page


def refine_then_undo(page, live_server):
    """Tick filters, apply, see them named, drop one, sort: each step is an address."""
    page.goto(live_server.url + PATH)
    expect(page.get_by_text("Distances calculées à partir de Paris 10")).to_be_visible()
    page.get_by_label("Pour qui").select_option("femme")
    page.get_by_label("Place PMR (fauteuil)").check()
    page.get_by_label("Au moins une place libre").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Appliquer").click()
    expect(page.get_by_label("Pour qui")).to_have_value("femme")
    active = page.get_by_role("list", name="Filtres actifs")
    expect(active).to_contain_text("Femme")
    with page.expect_navigation():
        active.get_by_role("link", name="Retirer le filtre Au moins une place libre").click()
    expect(page.get_by_label("Au moins une place libre")).not_to_be_checked()
    expect(page.get_by_label("Place PMR (fauteuil)")).to_be_checked()
    page.get_by_label("Trier par").select_option("places")
    with page.expect_navigation():
        page.get_by_role("button", name="Trier").click()
    expect(page).to_have_url(re.compile("pmr=1.*tri=places"))
    with page.expect_navigation():
        page.get_by_role("link", name="Effacer les filtres").click()
    expect(page.get_by_role("list", name="Filtres actifs")).to_have_count(0)


def test_filters_are_applied_named_and_dropped(reader, live_server):
    refine_then_undo(reader, live_server)


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_the_same_without_script(reader, live_server):
    refine_then_undo(reader, live_server)


def test_a_new_search_says_what_it_lifts(reader, live_server):
    search_anew(reader, live_server)


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_a_new_search_says_what_it_lifts_without_script(reader, live_server):
    search_anew(reader, live_server)


def search_anew(reader, live_server):
    """The same search again keeps everything; a new one lifts the values of the facets, says it, and puts them back."""
    reader.goto(live_server.url + PATH + "&places=1&departement=92&distance=30")
    with reader.expect_navigation():
        reader.get_by_role("button", name="Rechercher", exact=True).click()
    expect(reader.get_by_text("Filtres retirés")).to_have_count(0)
    expect(reader.get_by_role("link", name="Retirer le filtre Département : Hauts-de-Seine")).to_be_visible()
    reader.get_by_label("Que recherchez-vous").fill("LHSS")
    with reader.expect_navigation():
        reader.get_by_role("button", name="Rechercher", exact=True).click()
    expect(reader.get_by_label("Au moins une place libre")).to_be_checked()
    expect(reader.get_by_label("Distance maximale")).to_have_value("30")
    expect(
        reader.get_by_text("Filtres retirés par la nouvelle recherche : Département : Hauts-de-Seine")
    ).to_be_visible()
    with reader.expect_navigation():
        reader.get_by_role("link", name="les remettre").click()
    expect(reader).to_have_url(re.compile("quoi=LHSS.*departement=92"))
    expect(reader.get_by_text("Filtres retirés")).to_have_count(0)


def test_each_form_sends_what_was_typed_in_the_other(reader, live_server):
    reader.goto(live_server.url + PATH + "&distance=5")
    reader.get_by_label("Où").fill("92000")
    reader.get_by_label("Au moins une place libre").check()
    with reader.expect_navigation():
        reader.get_by_role("button", name="Appliquer").click()
    expect(reader).to_have_url(f"{live_server.url}/recherche/?ou=92000&quoi=ACT&distance=5&places=1")
    reader.get_by_label("Place PMR (fauteuil)").check()
    reader.get_by_label("Au moins une place libre").uncheck()
    reader.get_by_label("Que recherchez-vous").fill("LHSS")
    with reader.expect_navigation():
        reader.get_by_role("button", name="Rechercher", exact=True).click()
    expect(reader).to_have_url(f"{live_server.url}/recherche/?ou=92000&quoi=LHSS&distance=5&pmr=1")
    reader.go_back()
    reader.wait_for_url(re.compile("quoi=ACT"))
    expect(reader.get_by_label("Que recherchez-vous")).to_have_value("ACT")
    expect(reader.get_by_label("Au moins une place libre")).to_be_checked()
    expect(reader.get_by_label("Place PMR (fauteuil)")).not_to_be_checked()


def test_coming_back_finds_the_page_as_it_was_left(reader, live_server):
    reader.goto(live_server.url + PATH)
    hit = reader.locator("article.hit").filter(has_text="Maison 09")
    hit.locator("summary").click()
    link = hit.get_by_role("link", name=re.compile("Ouvrir la fiche"))
    expect(link).to_be_visible()
    height = reader.evaluate("scrollY")
    assert height > 0
    with reader.expect_navigation():
        link.click()
    reader.go_back()
    reader.wait_for_url(re.compile("/recherche/"))
    expect(link).to_be_visible()
    reader.wait_for_function("y => Math.abs(scrollY - y) < 2", arg=height)


def test_an_applied_form_leaves_a_short_address(reader, live_server):
    reader.goto(live_server.url + PATH)
    reader.get_by_label("Ouvert maintenant").check()
    with reader.expect_navigation():
        reader.get_by_role("button", name="Appliquer").click()
    expect(reader).to_have_url(live_server.url + PATH + "&ouvert=maintenant")


def test_a_day_of_opening_goes_with_its_choice(reader, live_server):
    reader.goto(live_server.url + PATH)
    day = reader.get_by_label("Jour d’ouverture")
    day.fill("2026-12-24")
    day.dispatch_event("change")
    expect(reader.get_by_label("Ouvert un jour")).to_be_checked()
    with reader.expect_navigation():
        reader.get_by_role("button", name="Appliquer").click()
    expect(reader).to_have_url(re.compile("ouvert_le=2026-12-24"))
    reader.get_by_role("radio", name="Peu importe").check()
    expect(reader.get_by_label("Jour d’ouverture")).to_have_value("")
    with reader.expect_navigation():
        reader.get_by_role("button", name="Appliquer").click()
    expect(reader).to_have_url(live_server.url + PATH)


def test_the_keyboard_passes_over_the_filters(reader, live_server):
    reader.goto(live_server.url + PATH)
    skip = reader.get_by_role("link", name="Passer les filtres, aller aux résultats")
    skip.focus()
    expect(skip).to_be_in_viewport()
    reader.keyboard.press("Enter")
    expect(reader.locator("#titre-resultats")).to_be_focused()


def test_a_phone_shows_results_first(reader, live_server):
    reader.set_viewport_size(SIZES["phone"])
    reader.goto(live_server.url + PATH + "&pmr=1")
    expect(reader.get_by_role("button", name="Appliquer")).to_be_hidden()
    reader.locator(".facets > summary").click()
    expect(reader.get_by_role("button", name="Appliquer")).to_be_visible()
    assert reader.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_phone_draws_the_map_once_asked_for(reader, live_server):
    asked = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.set_viewport_size(SIZES["phone"])
    reader.goto(live_server.url + PATH)
    expect(reader.locator("[data-map]")).to_be_hidden()
    assert not [url for url in asked if "carte.geojson" in url]
    with reader.expect_navigation():
        reader.get_by_role("navigation", name="Affichage des résultats").get_by_role("link", name="Carte").click()
    expect(reader.locator("[data-map]")).to_be_visible()
    expect(reader.locator("article.hit").first).to_be_visible()
    with reader.expect_navigation():
        reader.get_by_role("navigation", name="Affichage des résultats").get_by_role("link", name="Liste").click()
    expect(reader.locator("[data-map]")).to_be_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(reader, live_server, axe, size):
    reader.set_viewport_size(SIZES[size])
    reader.goto(live_server.url + PATH + "&pmr=1&pour=femme&places=1")
    if size == "phone":
        reader.locator(".facets > summary").click()
    assert axe() == []
    reader.goto(live_server.url + "/recherche/?ou=75010&quoi=introuvable&pmr=1")
    assert axe() == []
