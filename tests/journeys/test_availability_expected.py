"""Places attendues in a browser: announced from a unit's row, found in the list, said arrived; axe."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from availability.models import ExpectedPlace

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/disponibilites/places-attendues/"


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_from_the_announcement_to_the_arrival_without_script(page, live_server, cast, world, open_session):
    open_session(cast.responsable)
    page.goto(f"{live_server.url}/disponibilites/unites/{world.act.pk}/place-attendue/")
    page.get_by_label("Places attendues").fill("2")
    page.get_by_label("Attendues le").fill(f"{timezone.localdate():%Y-%m-%d}")
    with page.expect_navigation():
        page.get_by_role("button", name="Annoncer").click()
    with page.expect_navigation():
        page.get_by_role("link", name="Places attendues", exact=True).first.click()
    with page.expect_navigation():
        page.get_by_role("link", name="2 places attendues aujourd’hui").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Arrivées").click()
    page.goto(live_server.url + LIST + "?voir=arrivees")
    expect(page.locator(".ledger > li")).to_contain_text("2 places, pour le")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page, live_server, cast, world, open_session, axe, scheme):
    now, today = timezone.now(), timezone.localdate()
    for days, outcome in ((2, ""), (-1, ""), (0, "arrived")):
        settled = {"settled_at": now, "outcome": outcome} if outcome else {}
        day = today + datetime.timedelta(days=days)
        ExpectedPlace.objects.create(unit=world.act, count=2, expected_on=day, recorded_at=now, **settled)
    open_session(cast.sesan)
    page.emulate_media(color_scheme=scheme)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 1200})
        for query in ("?voir=toutes", "?q=nulle+part"):
            page.goto(live_server.url + LIST + query)
            assert axe() == [], (query, width)
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
