"""Typing on the entry page while a row is being saved: the focus stays, and nothing that was typed is lost."""

import pytest
from playwright.sync_api import expect

from availability.models import CurrentFigure
from tests.journeys.test_entry import GREEN, PATH, button_of, figure_of, row_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def opened(page, live_server, cast, world, open_session):
    """The entry page of ``responsable``."""
    open_session(cast.responsable)
    page.goto(live_server.url + PATH)
    return page


@pytest.fixture
def held(opened):
    """Answers to saves wait until the list is emptied: each item lets one go."""
    waiting = []
    opened.route(
        "**" + PATH, lambda route: waiting.append(route) if route.request.method == "POST" else route.fallback()
    )
    return waiting


def wait_for(page, waiting):
    for _ in range(100):
        if waiting:
            return waiting.pop()
        page.wait_for_timeout(20)
    raise AssertionError("nothing was sent")


def test_the_focus_stays_where_somebody_types(opened, world, held):
    figure_of(opened, world.lam).fill("3")
    figure_of(opened, world.lam).press("Enter")
    sent = wait_for(opened, held)
    figure_of(opened, world.act).fill("")
    opened.keyboard.type("1")
    row_of(opened, world.act).get_by_text("Détail et commentaire").focus()
    sent.continue_()
    expect(row_of(opened, world.lam)).to_have_class(GREEN)
    expect(row_of(opened, world.act).locator("summary").first).to_be_focused()
    expect(figure_of(opened, world.act)).to_have_value("1")


def test_the_next_figure_is_selected_so_that_typing_replaces_it(opened, world):
    figure_of(opened, world.lam).fill("3")
    figure_of(opened, world.lam).press("Enter")
    expect(row_of(opened, world.lam)).to_have_class(GREEN)
    expect(figure_of(opened, world.act)).to_be_focused()
    opened.keyboard.type("4")
    expect(figure_of(opened, world.act)).to_have_value("4")


def test_a_row_on_its_way_takes_no_typing(opened, world, held):
    figure_of(opened, world.lam).fill("3")
    figure_of(opened, world.lam).press("Enter")
    sent = wait_for(opened, held)
    row = row_of(opened, world.lam)
    expect(row).to_have_attribute("aria-busy", "true")
    expect(row.get_by_text("Envoi en cours…")).to_be_visible()
    opened.keyboard.type("9")
    expect(figure_of(opened, world.lam)).to_have_value("3")
    sent.continue_()
    expect(row).to_have_class(GREEN)
    expect(figure_of(opened, world.lam)).to_be_editable()


def test_enter_on_any_control_saves_its_row_alone(opened, world):
    figure_of(opened, world.act).fill("7")
    figure_of(opened, world.lam).fill("3")
    row = row_of(opened, world.lam)
    row.locator("[data-detail] > summary").click()
    row.get_by_label("Par nombres").press("Enter")
    expect(row).to_have_class(GREEN)
    expect(figure_of(opened, world.act)).to_have_value("7")
    figure_of(opened, world.act).fill("41")
    button_of(opened, world.act, "Enregistrer").click()
    question = row_of(opened, world.act).get_by_role("checkbox")
    question.check()
    question.press("Enter")
    expect(row_of(opened, world.act)).to_have_class(GREEN)
    assert CurrentFigure.objects.get(unit=world.act).figure == 41
    assert CurrentFigure.objects.get(unit=world.lam).version == 1
