"""Entering places in a browser: with script, without, on a phone; ageing of the page."""

import datetime
import re

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import expect

from availability.models import CurrentFigure, UnitClosure
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
    row = row_of(opened, world.act)
    expect(row.get_by_text("Ce que vous avez tapé est gardé, non enregistré.")).to_be_visible()
    expect(figure_of(opened, world.act)).to_have_value("7")
    stored = CurrentFigure.objects.get(unit=world.act)
    assert (stored.figure, stored.version) == (8, 2)
    button_of(opened, world.act, "Enregistrer").click()
    expect(row).to_have_class(GREEN)
    assert CurrentFigure.objects.get(unit=world.act).figure == 7


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


def test_a_figure_ages_through_all_states_on_an_open_page(page, live_server, cast, world, open_session):
    unit = UnitFactory(geographic_entity=world.eg, name="LAM du soir", lam=True)
    now = timezone.now()
    CurrentFigureFactory(unit=unit, rhythm=datetime.timedelta(hours=8), age=datetime.timedelta(minutes=58), now=now)
    open_session(cast.directeur)
    page.clock.install(time=now)
    page.goto(live_server.url + PATH)
    row = row_of(page, unit)
    expect(row.get_by_text("< 1 h")).to_be_visible()
    expect(row.get_by_text("À jour")).to_be_visible()
    for wait, band, state in (
        ("03:00", "< 3 h", "À jour"),
        ("02:30:00", "< 6 h", "À jour"),
        ("03:00:00", "< 12 h", re.compile("À confirmer avant")),
        ("06:00:00", "< 24 h", "En retard de 4 h"),
        ("13:00:00", "> 24 h", "Périmée"),
    ):
        page.clock.run_for(wait)
        expect(row.get_by_text(band)).to_be_visible()
        expect(row.get_by_text(state)).to_be_visible()
    expect(row).to_have_class(re.compile("f-old"))


def test_after_a_closure_the_state_stays_to_confirm_while_the_page_ages(page, live_server, cast, world, open_session):
    now = timezone.now()
    hour = datetime.timedelta(hours=1)
    UnitClosure.objects.create(
        unit=world.act, starts_at=now - hour / 2, ends_at=now - hour / 4, reason="works", recorded_at=now - hour
    )
    open_session(cast.responsable)
    page.clock.install(time=now)
    page.goto(live_server.url + PATH)
    row = row_of(page, world.act)
    expect(row.get_by_text("À confirmer", exact=True)).to_be_visible()
    page.clock.run_for("02:30:00")
    expect(row.get_by_text("< 6 h")).to_be_visible()
    expect(row.get_by_text("À confirmer", exact=True)).to_be_visible()


def lines_of(page, unit):
    return row_of(page, unit).locator(".place-line")


def state_with_lines(page, unit):
    """Seed: 8 of 35 places, the sentence « X places Homme … » generated; each click is a request."""
    row = row_of(page, unit)
    row.locator("[data-detail] > summary").click()
    row.get_by_label("Place par place").check()
    button_of(page, unit, "Ajouter une ligne").click()
    expect(lines_of(page, unit)).to_have_count(1)
    expect(lines_of(page, unit).get_by_label("Nombre")).to_be_focused()
    lines_of(page, unit).get_by_label("Nombre").fill("5")
    lines_of(page, unit).get_by_label("Genre").select_option("homme")
    button_of(page, unit, "Ajouter une ligne").click()
    expect(lines_of(page, unit)).to_have_count(2)
    second = lines_of(page, unit).nth(1)
    second.get_by_label("Nombre").fill("3")
    second.get_by_label("Genre").select_option("femme")
    button_of(page, unit, "Ajouter une ligne").click()
    expect(lines_of(page, unit)).to_have_count(3)
    button_of(page, unit, "Retirer la ligne 3").click()
    expect(lines_of(page, unit)).to_have_count(2)
    expect(lines_of(page, unit).first.get_by_label("Nombre")).to_have_value("5")
    expect(row.get_by_text("sur 35 installées").first).to_be_visible()
    figure_of(page, unit).fill("8")
    button_of(page, unit, "Enregistrer").click()
    expect(row).to_have_class(GREEN)
    expect(row.get_by_text(re.compile(r"Enregistré le \d\d/\d\d/\d{4} à \d\d:\d\d"))).to_be_visible()
    expect(row.get_by_text("5 places Homme / 3 places Femme")).to_be_visible()
    button_of(page, unit, "Annuler").click()
    expect(row.get_by_text("Saisie annulée")).to_be_visible()


def test_place_lines_then_taken_back(opened, world):
    state_with_lines(opened, world.act)
    expect(figure_of(opened, world.act)).to_be_focused()
    expect(opened.locator("[data-announcement]")).to_have_text(re.compile("Saisie annulée"))


def test_place_lines_then_taken_back_without_script(unscripted, world):
    state_with_lines(unscripted, world.act)


def test_everything_is_confirmed_at_once_without_script(unscripted, live_server, world):
    unscripted.get_by_role("link", name="Tout est inchangé").click()
    expect(unscripted.get_by_role("heading", name="Tout confirmer")).to_be_visible()
    expect(unscripted.get_by_text("8 places, le")).to_be_visible()
    unscripted.get_by_role("button", name="Confirmer les chiffres cochés").click()
    expect(unscripted.get_by_text("1 chiffre confirmé le")).to_be_visible()
    assert CurrentFigure.objects.get(unit=world.act).version == 2


@pytest.fixture
def unscripted(browser, live_server, cast, world, browser_context_args, client):
    """The entry page of ``responsable``, where no script runs."""
    client.force_login(cast.responsable)
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    context.add_cookies(
        [{"name": name, "value": cookie.value, "url": live_server.url} for name, cookie in client.cookies.items()]
    )
    page = context.new_page()
    page.goto(live_server.url + PATH)
    yield page
    context.close()


def test_the_page_works_without_script(unscripted, world):
    page = unscripted
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


@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(opened, axe, live_server, world, width):
    opened.set_viewport_size({"width": width, "height": 3000})
    assert axe() == []
    figure_of(opened, world.act).fill("41")
    button_of(opened, world.act, "Enregistrer").click()
    expect(row_of(opened, world.act)).to_have_class(re.compile("wrong"))
    row_of(opened, world.act).locator("[data-detail] > summary").click()
    row_of(opened, world.act).get_by_label("Place par place").check()
    button_of(opened, world.act, "Ajouter une ligne").click()
    expect(lines_of(opened, world.act)).to_have_count(1)
    assert axe() == []
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    opened.goto(live_server.url + PATH + "confirmer/")
    expect(opened.get_by_role("heading", name="Tout confirmer")).to_be_visible()
    assert axe() == []
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
