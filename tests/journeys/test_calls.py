"""After the call, in a browser: a figure contested by phone, then confirmed; with and without script; accessibility."""

import datetime
import uuid

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from availability.models import CallOutcome, CurrentFigure, UnitClosure
from tests.factories.availability import EntryFactory

from .test_accessibility import SIZES, errors_of

pytestmark = pytest.mark.django_db(transaction=True)


def record(world):
    return f"/repertoire/uo/{world.act.pk}/"


def report_full(page, live_server, world):
    """From the record, say that there is no place left."""
    page.goto(live_server.url + record(world))
    with page.expect_navigation():
        page.get_by_role("button", name="Plus de place").click()
    expect(page.get_by_text("est noté, merci.")).to_be_visible()


def test_a_call_contests_a_figure_and_a_confirmation_clears_it(page, live_server, cast, world, open_session):
    open_session(cast.consultation)
    report_full(page, live_server, world)
    assert page.url == live_server.url + record(world)
    mark = page.locator(".availability .tag", has_text="Contesté le")
    expect(mark).to_be_visible()
    expect(page.locator(".availability").get_by_text("sur 35 installées")).to_be_visible()  # it still counts
    open_session(cast.responsable)
    page.goto(f"{live_server.url}/disponibilites/unites/{world.act.pk}/historique/")
    expect(page.get_by_text(f"par {cast.consultation.short_name}")).to_be_visible()
    page.goto(f"{live_server.url}/disponibilites/mise-a-jour/")
    row = page.locator(f"#ligne-{world.act.pk}")
    row.get_by_role("button", name="Inchangé").click()
    expect(row.get_by_text("Enregistré le ")).to_be_visible()
    open_session(cast.consultation)
    page.goto(live_server.url + record(world))
    expect(mark).to_have_count(0)
    assert CurrentFigure.objects.get(pk=world.act.pk).contested_at is None


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_the_same_without_script(page, live_server, cast, world, open_session):
    open_session(cast.consultation)
    report_full(page, live_server, world)
    expect(page.locator(".availability .tag", has_text="Contesté le")).to_be_visible()
    page.get_by_role("link", name="Historique des places").click()
    page.wait_for_url("**/historique/")
    page.get_by_label("À la date du").fill("2024-08-14T12:17")
    with page.expect_navigation():
        page.get_by_role("button", name="Voir").click()
    expect(page.get_by_role("heading", name="Tel qu’affiché le 14/08/2024 à 12:17")).to_be_visible()
    open_session(cast.responsable)
    page.goto(f"{live_server.url}/disponibilites/mise-a-jour/")
    with page.expect_navigation():
        page.locator(f"#ligne-{world.act.pk}").get_by_role("button", name="Inchangé").click()
    assert CurrentFigure.objects.get(pk=world.act.pk).contested_at is None


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_calls_and_history_are_accessible(page, axe, live_server, open_session, cast, world, size):
    page.set_viewport_size(SIZES[size])
    now = timezone.now()
    for version, hours in enumerate((200, 90, 30, 5), start=2):
        at = now - datetime.timedelta(hours=hours)
        EntryFactory(unit=world.act, version=version, figure=hours % 11, stated_at=at, men=1, comment="Rez-de-chaussée")
    UnitClosure.objects.create(
        unit=world.act,
        starts_at=now - datetime.timedelta(hours=80),
        ends_at=now - datetime.timedelta(hours=50),
        reason="works",
        recorded_at=now,
    )
    CallOutcome.objects.create(
        unit=world.act, outcome="full", version=1, figure=8, at=now, by=cast.pdses, request_id=uuid.uuid4()
    )
    CurrentFigure.objects.filter(pk=world.act.pk).update(contested_at=now)
    open_session(cast.responsable)
    unit = f"/disponibilites/unites/{world.act.pk}"
    pages = [
        record(world),
        f"/repertoire/eg/{world.eg.pk}/",
        f"{unit}/historique/",
        f"{unit}/historique/?periode=tout&au=2024-08-14T12:17",
        f"{unit}/appel/",
        f"/disponibilites/unites/{world.act_mobile.pk}/historique/",
    ]
    assert errors_of(page, axe, live_server, pages) == []
