"""The main job, on the demonstration's data: a place is stated, then found, by two people in two browsers."""

import re

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from accounts.demo_accounts import DEMO_PASSWORD
from availability.models import AvailabilityEntry
from directory.models import OperationalUnit

NBSP = "\u00a0"


@pytest.fixture
def region(live_server):
    """The small fictitious region, served by a live server."""
    call_command("load_demo", size="small", verbosity=0)
    return live_server


@pytest.fixture
def act(region):
    return OperationalUnit.objects.get(name="ACT ALTAIR VESTA")


def sign_in_by_hand(page, server, username):
    page.goto(f"{server.url}/")
    expect(page).to_have_url(re.compile("/connexion/"))
    page.locator("#id_username").fill(username)
    page.locator("#id_password").fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Connexion", exact=True).click()


def state_eight_places(page, server, act):
    """The Responsable lands on his units, types 8 on ACT ALTAIR VESTA and saves the row."""
    sign_in_by_hand(page, server, "responsable")
    expect(page).to_have_url(f"{server.url}/disponibilites/mise-a-jour/")
    row = page.locator(f"#ligne-{act.pk}")
    expect(row.get_by_text("sur 35 installées")).to_be_visible()
    row.get_by_label("Disponibilité courante").fill("8")
    row.get_by_role("button", name="Enregistrer").click()
    expect(row).to_have_class(re.compile(r"\bsaved\b"))
    expect(row.get_by_text(re.compile(r"Enregistré le \d\d/\d\d/\d{4} à \d\d:\d\d"))).to_be_visible()
    expect(row.get_by_text(f"<{NBSP}1{NBSP}h")).to_be_visible()


def find_and_open(page, server, act):
    """The social worker searches ACT near 75010, sees the figure and the distance, opens the record."""
    sign_in_by_hand(page, server, "consultation")
    page.get_by_label("Où").fill("75010")
    page.get_by_label("Que recherchez-vous").fill("ACT")
    page.get_by_role("button", name="Rechercher").click()
    measured = rf"^\d+ établissement\(s\), \d+ UO en \d+{NBSP}?\s?ms\. Distances calculées à partir de Paris 10"
    expect(page.get_by_text(re.compile(measured))).to_be_visible()
    hit = page.locator("article.hit").filter(has=page.get_by_role("heading", name="ACT ALTAIR VESTA", exact=True))
    expect(hit.locator(".count").first).to_contain_text(re.compile(r"8\s*/\s35"))
    shown = re.search(r"([\d,]+)\s?km", hit.inner_text())
    assert shown
    assert 11 <= float(shown[1].replace(",", ".")) < 12
    hit.locator("summary").click()
    hit.locator(f"a[href='/repertoire/uo/{act.pk}/']").first.click()
    expect(page.get_by_role("heading", level=1, name="ACT ALTAIR VESTA")).to_be_visible()
    places = page.locator(".availability")
    expect(places).to_contain_text(re.compile(r"8\s*sur 35"))
    expect(places).to_contain_text(f"<{NBSP}1{NBSP}h")


def test_places_are_stated_then_found(page, browser, browser_context_args, region, act):
    before = AvailabilityEntry.objects.filter(unit=act).count()
    state_eight_places(page, region, act)
    assert AvailabilityEntry.objects.filter(unit=act).count() == before + 1
    with browser.new_context(**browser_context_args) as context:
        find_and_open(context.new_page(), region, act)


def test_places_are_stated_then_found_without_script(browser, browser_context_args, region, act):
    with browser.new_context(**browser_context_args, java_script_enabled=False) as context:
        state_eight_places(context.new_page(), region, act)
    with browser.new_context(**browser_context_args, java_script_enabled=False) as context:
        find_and_open(context.new_page(), region, act)
