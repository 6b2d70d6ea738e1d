"""A reminder's link in a browser, signed out; support's call list; axe on both and on the account page."""

import datetime

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from availability.models import AvailabilityEntry, CurrentFigure
from availability.reminders.confirm_links import token_of

pytestmark = pytest.mark.django_db(transaction=True)
DAY = datetime.timedelta(days=1)
SIZES = {"phone": {"width": 360, "height": 2000}, "laptop": {"width": 1280, "height": 1400}}


def address(live_server, user, figure, age=DAY):
    token = token_of(user=user, unit_id=figure.pk, version=figure.version, written_at=timezone.now() - age)
    return f"{live_server.url}/disponibilites/confirmer/{token}/"


def test_a_figure_is_confirmed_from_the_mail_without_signing_in(page, live_server, cast, world):
    url = address(live_server, cast.responsable, world.act_figure)
    page.goto(url)
    expect(page.get_by_role("heading", name="Ce chiffre est-il toujours vrai")).to_be_visible()
    expect(page.get_by_text("ACT ALTAIR VESTA", exact=True)).to_be_visible()
    assert AvailabilityEntry.objects.filter(unit=world.act).count() == 1
    page.get_by_role("button", name="toujours 8 places").click()
    expect(page.get_by_role("heading", name="C’est confirmé")).to_be_visible()
    assert AvailabilityEntry.objects.get(unit=world.act, version=2).source == "mail"
    page.reload()
    expect(page.get_by_role("heading", name="C’est confirmé")).to_be_visible()
    assert AvailabilityEntry.objects.filter(unit=world.act).count() == 2


@pytest.mark.console_errors("410|404")
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(page, axe, live_server, cast, world, open_session, size):
    page.set_viewport_size(SIZES[size])
    CurrentFigure.objects.filter(unit=world.act).update(contested_at=timezone.now())
    pages = [
        address(live_server, cast.responsable, world.act_figure),
        address(live_server, cast.responsable, world.act_figure, age=4 * DAY),
        f"{live_server.url}/disponibilites/confirmer/abc/",
    ]
    for url in pages:
        page.goto(url)
        assert axe() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    CurrentFigure.objects.filter(unit=world.lhss).update(opened_at=timezone.now() - 90 * DAY)
    open_session(cast.sesan)
    page.goto(f"{live_server.url}/disponibilites/appels-a-passer/")
    expect(page.get_by_role("heading", name="2 appels")).to_be_visible()
    assert axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    open_session(cast.responsable)
    for path in ("/", "/compte/"):
        page.goto(live_server.url + path)
        assert axe() == []
