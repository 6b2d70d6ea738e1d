"""A dossier with the keyboard alone: menus of the tree, the form of a fiche, where the focus is after each act."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collaborative.fiches.anchors import url_about
from collaborative.services import open_dossier
from collaborative.tree import fiche_url
from directory.scopes import scope_of
from tests.collaborative.publishing import first_audience
from tests.factories.directory import term

pytestmark = pytest.mark.django_db(transaction=True)
MOST_TABS = 150


def reach(page, locator):
    """Press Tab until an element has the focus."""
    expect(locator).to_be_visible()
    for _ in range(MOST_TABS):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{locator} is not reached by Tab")


def press(page, locator, address=None):
    """Reach a link or a button and press Enter; wait for the page that it leads to."""
    reach(page, locator)
    if address is None:
        page.keyboard.press("Enter")
        return
    with page.expect_navigation(url=re.compile(address)):
        page.keyboard.press("Enter")


def menu_of(page, name):
    """The button that opens the menu of a fiche, and its entries."""
    row = page.locator(".dossier-tree .tree-row").filter(has=page.locator(".node", has_text=name)).first
    return row.locator("summary"), row.locator(".node-menu ul")


@pytest.fixture
def dossier(world, cast):
    who = {"by": cast.directeur, "scope": scope_of(cast.directeur), "now": timezone.now()}
    return open_dossier(entity=world.eg, **who)


def test_menus_and_a_fiche_with_the_keyboard_alone(page, live_server, open_session, dossier, world, cast):
    open_session(cast.directeur)
    page.goto(f"{live_server.url}/dossiers/{dossier.pk}/")
    button, entries = menu_of(page, world.eg.name)
    press(page, button)
    expect(entries).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(entries).to_be_hidden()
    expect(button).to_be_focused()
    press(page, button)
    press(page, entries.get_by_role("link", name="Créer des unités opérationnelles"), "/creer-des-unites/")
    press(page, page.get_by_role("button", name="Créer", exact=True), r"/fiches/\d+/$")

    reach(page, page.locator("#identification").get_by_label("Nom", exact=False).first)
    page.keyboard.type("ACT Neuve")
    bar = page.locator(".fiche-bar")
    press(page, bar.get_by_role("button", name="Enr. et finaliser"))
    summary = page.locator(".error-summary")
    expect(summary).to_be_focused()
    press(page, summary.get_by_role("link").first)
    expect(page.get_by_label("Grand groupe de disciplines")).to_be_focused()
    press(page, bar.get_by_role("button", name="Enr. et mettre en attente"))
    expect(page.get_by_text("est enregistrée et mise en attente")).to_be_visible()
    expect(page.locator("[data-messages] .messages")).to_be_focused()

    button, entries = menu_of(page, world.lam.name)
    press(page, button)
    press(page, entries.get_by_role("link", name="Supprimer"), "/supprimer/")
    press(page, page.get_by_role("button", name="Supprimer"), r"/fiches/\d+/$|/dossiers/\d+/$")
    button, entries = menu_of(page, world.lam.name)
    press(page, button)
    press(page, entries.get_by_role("button", name="Rétablir"), r"/fiches/\d+/$")
    assert sorted(dossier.fiches.values_list("name", "state")) == sorted(
        [("ACT Neuve", "pending"), *((fiche.name, "standard") for fiche in dossier.fiches.exclude(name="ACT Neuve"))]
    )


@pytest.mark.parametrize(
    ("name", "focused"),
    [
        ("admission_conditions", "id_conditions-admission_conditions"),
        ("audience", "id_offre-audience_0"),
        ("weekly_hours", "id_horaires-p0-j1-0-de"),
        ("hours_exceptions", "horaires-exception"),
        ("intervention_communes", "id_intervention-ajout"),
        ("street_name", "t-adresse"),  # taken from the establishment: not in sight
        ("specific_act", "t-offre"),  # the type offers none
        ("photo", "photo"),
    ],
)
def test_a_link_to_a_field_gives_it_the_focus(page, live_server, open_session, dossier, world, cast, name, focused):
    term("audience", first_audience())
    fiche = dossier.fiches.get(unit=world.act)
    open_session(cast.directeur)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(live_server.url + url_about(fiche_url(fiche), fiche.kind, name))
    field = page.locator(f"#{focused}")
    expect(field).to_be_focused()
    expect(field).to_be_in_viewport()
