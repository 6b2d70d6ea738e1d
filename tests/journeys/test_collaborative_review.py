"""The review by SESAN in a browser: fields decided by keyboard, a conflict, publication; axe on its pages."""

import pytest
from playwright.sync_api import expect

from collaborative.fiches import services as fiche_services
from collaborative.models import Dossier
from directory.services import update_record
from tests.collaborative.conftest import Desk
from tests.collaborative.publishing import change, coded, hours, send_and_take
from tests.factories.directory import commune

from .test_accessibility import SIZES, errors_of


@pytest.fixture
def desk(world, cast):
    """A dossier taken by ``cast.sesan``: a unit with a conflict, a territory and hours, another removed."""
    desk = Desk(world, cast)
    area = [coded(commune(insee)) for insee in ("92050", "92002")]
    values = {
        "name": "ACT Vesta",
        "email": "act@vesta.example",
        "intervention_communes": area,
        "weekly_hours": [hours(1)],
    }
    change(desk, world.act, values)
    fiche_services.remove_fiche(fiche=desk.fiche(world.lam), expected_version=1, **desk.who(None))
    send_and_take(desk)
    world.act.refresh_from_db()
    who = {"by": cast.sesan, "scope": desk.who(cast.sesan)["scope"]}
    update_record(record=world.act, changes={"email": "neuf@vesta.example"}, expected_version=1, **who)
    desk.url = f"/dossiers/{desk.dossier.pk}/"
    desk.review = f"{desk.url}validation/{desk.fiche(world.act).pk}/"
    return desk


@pytest.mark.parametrize("size", SIZES)
def test_pages_of_the_review_are_accessible(page, axe, live_server, open_session, cast, desk, size):
    page.set_viewport_size(SIZES[size])
    open_session(cast.sesan)
    pages = [
        "/dossiers/a-valider/",
        f"{desk.url}validation/",
        desk.review,
        f"{desk.review}?renvoyer=name",
        f"{desk.review}?corriger=email",
        f"{desk.url}prendre/",
        f"{desk.url}renvoyer/",
        f"{desk.url}valider/",
    ]
    assert errors_of(page, axe, live_server, pages) == []


def test_a_dossier_is_reviewed_with_the_keyboard_and_published(page, live_server, open_session, cast, desk, world):
    open_session(cast.sesan)
    page.goto(f"{live_server.url}{desk.review}#champ-name")
    row = page.locator("#champ-name")
    expect(row).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("a")
    expect(row.get_by_text("Accepté", exact=True)).to_be_visible()
    conflict = page.locator("#champ-email")
    with page.expect_navigation():
        conflict.get_by_role("button", name="Prendre le proposé").click()
    expect(page.locator(".review-bar")).not_to_contain_text("conflit")
    with page.expect_navigation():
        page.get_by_role("button", name="Accepter toute la fiche").click()
    expect(page.get_by_text("La fiche est fermée définitivement")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("link", name="Valider", exact=True).click()
    with page.expect_navigation():
        page.get_by_role("button", name="Valider et publier").click()
    expect(page.get_by_text("2 fiches sont publiées")).to_be_visible()
    world.act.refresh_from_db()
    assert (world.act.name, world.act.email) == ("ACT Vesta", "act@vesta.example")
    assert Dossier.objects.get(pk=desk.dossier.pk).state == "validated"
