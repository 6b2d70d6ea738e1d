"""Entering places in a browser: with script, without, on a phone; ageing of the page."""

import datetime
import re

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from availability.models import CurrentFigure
from tests.factories.accounts import PASSWORD
from tests.factories.availability import CurrentFigureFactory
from tests.factories.directory import UnitFactory

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/disponibilites/mise-a-jour/"
GREEN = re.compile(r"(^| )saved( |$)")


@pytest.fixture
def opened(page, live_server, cast, open_session):
    """The entry page of ``responsable``."""
    open_session(cast.responsable)
    page.goto(live_server.url + PATH)
    return page


def row_of(page, unit):
    return page.locator(f"#ligne-{unit.pk}")


def figure_of(page, unit):
    return row_of(page, unit).get_by_label("Disponibilité courante")


def button_of(page, unit, name):
    return row_of(page, unit).get_by_role("button", name=name)


def test_a_row_turns_green_at_once_and_the_next_one_waits(opened, world):
    figure_of(opened, world.lam).fill("3")
    expect(button_of(opened, world.lam, "Enregistrer")).to_have_class(re.compile("btn-primary"))
    expect(opened.get_by_text("1 ligne modifiée, non enregistrée.")).to_be_visible()
    button_of(opened, world.lam, "Enregistrer").click()
    row = row_of(opened, world.lam)
    expect(row).to_have_class(GREEN)
    expect(row.get_by_text("Enregistré le ")).to_be_visible()
    expect(row.get_by_text("< 1 h")).to_be_visible()
    expect(figure_of(opened, world.act)).to_be_focused()
    expect(opened.locator("[data-announcement]")).to_have_text(re.compile(r"LAM Altair\s: 3 places, enregistré."))
    expect(opened.get_by_text("non enregistrée.")).to_have_count(0)
    assert CurrentFigure.objects.get(unit=world.lam).figure == 3


def test_enter_saves_the_row_one_is_in(opened, world):
    figure_of(opened, world.act).fill("7")
    figure_of(opened, world.act).press("Enter")
    expect(row_of(opened, world.act)).to_have_class(GREEN)
    assert CurrentFigure.objects.get(unit=world.act).figure == 7
    assert CurrentFigure.objects.get(unit=world.lam).figure is None


def test_the_stepper_and_unchanged(opened, world):
    row_of(opened, world.act).get_by_role("button", name="Une place de moins").click()
    expect(opened.get_by_text("Modifié : 7 au lieu de 8")).to_be_visible()
    button_of(opened, world.act, "Inchangé").click()
    expect(row_of(opened, world.act)).to_have_class(GREEN)
    expect(figure_of(opened, world.act)).to_have_value("8")


def test_above_installed_asks_then_saves(opened, world):
    figure_of(opened, world.act).fill("41")
    button_of(opened, world.act, "Enregistrer").click()
    question = row_of(opened, world.act).get_by_role("checkbox")
    expect(question).to_be_focused()
    expect(figure_of(opened, world.act)).to_have_value("41")
    question.check()
    button_of(opened, world.act, "Enregistrer").click()
    expect(row_of(opened, world.act).get_by_text("Surcapacité confirmée")).to_be_visible()


def test_leaving_with_something_typed_asks_first(opened, world):
    asked = []
    opened.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    figure_of(opened, world.act).fill("7")
    opened.reload()
    assert asked == ["beforeunload"]
    opened.reload()
    assert asked == ["beforeunload"]


def test_a_figure_ages_on_an_open_page(page, live_server, cast, world, open_session):
    unit = UnitFactory(geographic_entity=world.eg, name="LAM du soir", lam=True)
    now = timezone.now()
    CurrentFigureFactory(unit=unit, rhythm=datetime.timedelta(hours=4), age=datetime.timedelta(minutes=58), now=now)
    open_session(cast.directeur)
    page.clock.install(time=now)
    page.goto(live_server.url + PATH)
    row = row_of(page, unit)
    expect(row.get_by_text("< 1 h")).to_be_visible()
    page.clock.run_for("03:00")
    expect(row.get_by_text("< 3 h")).to_be_visible()
    expect(row).to_have_class(re.compile("f-3h"))
    page.clock.run_for("02:30:00")
    expect(row.get_by_text(re.compile("À confirmer avant"))).to_be_visible()
    page.clock.run_for("02:30:00")
    expect(row.get_by_text("En retard de 2 h")).to_be_visible()


def test_the_page_works_without_script(browser, live_server, cast, world, browser_context_args, client):
    client.force_login(cast.responsable)
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    context.add_cookies(
        [{"name": name, "value": cookie.value, "url": live_server.url} for name, cookie in client.cookies.items()]
    )
    page = context.new_page()
    page.goto(live_server.url + PATH)
    figure_of(page, world.lam).fill("2")
    figure_of(page, world.act).fill("plein")
    page.get_by_role("button", name="Tout enregistrer").click()
    expect(page.get_by_text("1 ligne non enregistrée")).to_be_visible()
    expect(row_of(page, world.lam)).to_have_class(GREEN)
    expect(figure_of(page, world.act)).to_have_value("plein")
    page.get_by_role("link", name=re.compile("Écrivez un nombre entier")).click()
    figure_of(page, world.act).fill("0")
    figure_of(page, world.act).press("Enter")
    expect(row_of(page, world.act)).to_have_class(GREEN)
    context.close()
    assert CurrentFigure.objects.get(unit=world.act).figure == 0


@pytest.mark.console_errors("401")
@pytest.mark.parametrize("saved_by", ["row", "page"])
def test_a_session_that_ends_loses_nothing(opened, live_server, cast, world, saved_by):
    figure_of(opened, world.act).fill("7")
    opened.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    button_of(opened, world.act, "Enregistrer").click()
    alert = opened.get_by_role("alert")
    expect(alert).to_contain_text("Votre connexion a expiré")
    expect(figure_of(opened, world.act)).to_have_value("7")
    with opened.context.expect_page() as popup:
        alert.get_by_role("link").click()
    sign_in = popup.value
    sign_in.locator("#id_username").fill(cast.responsable.username)
    sign_in.locator("#id_password").fill(PASSWORD)
    sign_in.get_by_role("button", name="Connexion", exact=True).click()
    sign_in.wait_for_url(live_server.url + PATH)
    if saved_by == "row":
        button_of(opened, world.act, "Enregistrer").click()
    else:
        opened.get_by_role("button", name="Tout enregistrer").click()
    expect(row_of(opened, world.act)).to_have_class(GREEN)
    expect(opened.get_by_text("Votre connexion a expiré")).to_have_count(0)
    assert CurrentFigure.objects.get(unit=world.act).figure == 7


def test_a_session_that_ends_loses_nothing_without_script(
    browser, live_server, cast, world, browser_context_args, client
):
    client.force_login(cast.responsable)
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(live_server.url + PATH)
    figure_of(page, world.act).fill("7")
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    button_of(page, world.act, "Enregistrer").click()
    expect(page.get_by_role("heading", name="Votre connexion a expiré")).to_be_visible()
    context.add_cookies(cookies)
    page.go_back()
    expect(figure_of(page, world.act)).to_have_value("7")
    button_of(page, world.act, "Enregistrer").click()
    expect(row_of(page, world.act)).to_have_class(GREEN)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(opened, axe, world, width, scheme):
    opened.emulate_media(color_scheme=scheme)
    opened.set_viewport_size({"width": width, "height": 3000})
    assert axe() == []
    figure_of(opened, world.act).fill("41")
    button_of(opened, world.act, "Enregistrer").click()
    expect(row_of(opened, world.act)).to_have_class(re.compile("wrong"))
    row_of(opened, world.act).locator("summary").click()
    assert axe() == []
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
