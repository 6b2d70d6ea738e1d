"""A closure that starts and ends by itself, a pool edited from two units, with and without script."""

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from availability.models import CurrentFigure, UnitClosure
from availability.pools import services as pools
from directory.scopes import scope_of

pytestmark = pytest.mark.django_db(transaction=True)

ENTRY = "/disponibilites/mise-a-jour/"
LIST = "/disponibilites/indisponibilites/"
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def clock(monkeypatch):
    """Return a function that moves the server's clock forward."""
    real = timezone.now
    ahead = [datetime.timedelta(0)]
    monkeypatch.setattr(timezone, "now", lambda: real() + ahead[0])

    def forward(by):
        ahead[0] += by

    return forward


def row_of(page, unit):
    return page.locator(f"#ligne-{unit.pk}")


def typed(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def test_a_closure_starts_and_ends_by_itself(page, live_server, cast, world, open_session, clock):
    open_session(cast.responsable)
    page.goto(live_server.url + ENTRY)
    row_of(page, world.act).get_by_role("link", name="Déclarer une indisponibilité").click()
    page.wait_for_url(re.compile("declarer"))
    expect(page.get_by_role("checkbox", name=re.compile("^ACT ALTAIR VESTA"))).to_be_checked()
    page.get_by_label("Début").fill(typed(timezone.now() + HOUR))
    page.get_by_label("Fin").fill(typed(timezone.now() + 3 * HOUR))
    page.get_by_label("Motif").select_option("works")
    page.get_by_role("button", name="Déclarer").click()
    expect(page.get_by_text("1 unité déclarée en indisponibilité totale du")).to_be_visible()
    page.goto(live_server.url + ENTRY)
    expect(row_of(page, world.act).get_by_text("Indisponibilité prévue le")).to_be_visible()
    expect(row_of(page, world.act).get_by_label("Disponibilité courante")).to_be_visible()
    clock(2 * HOUR)
    page.goto(live_server.url + ENTRY)
    expect(row_of(page, world.act).get_by_text("UO en indisponibilité totale, saisie bloquée")).to_be_visible()
    expect(row_of(page, world.act).get_by_label("Disponibilité courante")).to_have_count(0)
    clock(2 * HOUR)
    page.goto(live_server.url + ENTRY)
    expect(row_of(page, world.act).get_by_text("À confirmer", exact=False).first).to_be_visible()
    row_of(page, world.act).get_by_role("button", name="Inchangé").click()
    expect(row_of(page, world.act)).to_have_class(re.compile(r"(^| )saved( |$)"))
    assert CurrentFigure.objects.get(pk=world.act.pk).figure == 8


def test_a_pool_is_edited_from_two_units(page, live_server, cast, world, open_session):
    pools.make_pool(
        entity=world.eg,
        unit_ids=[world.act.pk, world.lam.pk],
        name="Lits partagés",
        installed_places=20,
        figure=7,
        by=cast.sesan,
        scope=scope_of(cast.sesan),
        now=timezone.now(),
    )
    open_session(cast.responsable)
    for unit, figure in ((world.act, "6"), (world.lam, "5")):
        page.goto(live_server.url + ENTRY)
        row = row_of(page, unit)
        expect(row.get_by_text("Lits mutualisés sur plusieurs UO")).to_be_visible()
        row.get_by_label("Disponibilité courante").fill(figure)
        row.get_by_role("button", name="Enregistrer").click()
        expect(row).to_have_class(re.compile(r"(^| )saved( |$)"))
    page.goto(live_server.url + ENTRY)
    for unit in (world.act, world.lam):
        expect(row_of(page, unit).get_by_label("Disponibilité courante")).to_have_value("5")


def test_declaring_and_withdrawing_without_script(browser, live_server, cast, world, browser_context_args, client):
    client.force_login(cast.directeur)
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    context.add_cookies(
        [{"name": name, "value": cookie.value, "url": live_server.url} for name, cookie in client.cookies.items()]
    )
    page = context.new_page()
    page.goto(f"{live_server.url}{LIST}declarer/")
    page.get_by_role("button", name="Déclarer").click()
    expect(page.get_by_role("link", name=re.compile("Cochez au moins une unité"))).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("^ACT ALTAIR VESTA")).check()
    page.get_by_label("Début").fill(typed(timezone.now() + 24 * HOUR))
    page.get_by_label("Motif").select_option("summer")
    page.get_by_role("button", name="Déclarer").click()
    expect(page.get_by_text("sans date de fin").first).to_be_visible()
    page.get_by_role("link", name="Retirer l’indisponibilité de ACT ALTAIR VESTA").click()
    page.get_by_role("button", name="Retirer l’indisponibilité").click()
    expect(page.get_by_text("elle n’aura pas lieu")).to_be_visible()
    context.close()
    assert not UnitClosure.objects.held().exists()


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(page, live_server, axe, cast, world, open_session, width):
    now = timezone.now()
    made = UnitClosure.objects.create(unit=world.act, starts_at=now - HOUR, reason="works", recorded_at=now)
    open_session(cast.sesan)
    page.set_viewport_size({"width": width, "height": 1600})
    paths = (
        LIST,
        f"{LIST}declarer/?q=altair",
        f"{LIST}{made.pk}/",
        f"{LIST}{made.pk}/fin/",
        "/disponibilites/mutualisation/?q=altair",
        f"/disponibilites/mutualisation/etablissement/{world.eg.pk}/",
        f"/disponibilites/unites/{world.lam.pk}/place-attendue/",
    )
    for path in paths:
        page.goto(live_server.url + path)
        assert axe() == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
