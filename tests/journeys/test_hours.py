"""Hours and closures in a browser, as the director: with script, without, on a phone."""

import datetime as dt

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from directory.models import OperationalUnit
from tests.factories.directory import HoursExceptionFactory, StructureFactory, WeeklyHoursFactory

pytestmark = pytest.mark.django_db(transaction=True)

SIZES = {"phone": {"width": 360, "height": 2400}, "laptop": {"width": 1280, "height": 1800}}
NIGHT = (1, dt.time(20), dt.time(6))


@pytest.fixture
def form_url(live_server, world):
    path = reverse("directory:block_edit", kwargs={"kind": "uo", "record_id": world.act.pk, "block": "horaires"})
    return live_server.url + path


@pytest.fixture
def unit_url(live_server, world):
    return live_server.url + reverse("directory:unit_detail", args=[world.act.pk])


@pytest.fixture
def plain_page(browser, live_server, cast, client, browser_context_args):
    """The browser of the director, without script."""
    client.force_login(cast.directeur)
    context = browser.new_context(**browser_context_args, java_script_enabled=False)
    context.add_cookies(
        [{"name": name, "value": cookie.value, "url": live_server.url} for name, cookie in client.cookies.items()]
    )
    yield context.new_page()
    context.close()


def day_of(page, name):
    """Fieldset of a day (of the first template when there are several), by its legend."""
    return page.get_by_role("group", name=name, exact=True).first


def type_range(page, day, opens, closes, line=1):
    day_of(page, day).get_by_label(f"de (plage {line})").fill(opens)
    day_of(page, day).get_by_label(f"à (plage {line})").fill(closes)


def copy_monday(page, *days):
    copy = day_of(page, "Copier un jour sur d’autres")
    copy.get_by_label("Copier les horaires du").select_option("lundi")
    for day in days:
        copy.get_by_role("checkbox", name=day).check()
    copy.get_by_role("button", name="Copier").click()


def kept(unit):
    return list(unit.weekly_hours.order_by("weekday", "opens_at").values_list("weekday", "opens_at", "closes_at"))


def describe_the_week(page):
    """Two ranges on Monday with a night, copied on Tuesday; Thursday all day; an exception."""
    type_range(page, "Lundi", "8h30", "12:00")
    day_of(page, "Lundi").get_by_role("button", name="Ajouter une plage").click()
    type_range(page, "Lundi", "20:00", "0600", line=2)
    copy_monday(page, "mardi")
    expect(page.get_by_text("Horaires du lundi copiés")).to_be_visible()
    expect(day_of(page, "Mardi").get_by_label("à (plage 2)")).to_have_value("0600")
    day_of(page, "Jeudi").get_by_label("24 h/24").check()
    page.get_by_role("button", name="Ajouter une exception").click()
    exception = day_of(page, "Exception 1")
    exception.get_by_label("Du", exact=True).fill("2026-12-25")
    exception.get_by_label("Motif").fill("Noël")


def assert_the_week_is_kept(unit):
    ranges = [(dt.time(8, 30), dt.time(12)), (dt.time(20), dt.time(6))]
    expected = [(day, *times) for day in (1, 2) for times in ranges]
    assert kept(unit) == [*expected, (4, dt.time(0), dt.time(0))]
    assert unit.hours_exceptions.get().label == "Noël"


def test_the_director_describes_the_hours(page, live_server, cast, world, open_session, unit_url):
    open_session(cast.directeur)
    page.goto(f"{unit_url}#horaires")
    page.locator("#horaires").get_by_role("link", name="Modifier").click()
    expect(day_of(page, "Lundi")).to_be_visible()
    describe_the_week(page)
    expect(day_of(page, "Lundi").get_by_text("le lendemain").last).to_be_visible()
    page.locator("#horaires").get_by_role("button", name="Modifier", exact=True).click()
    expect(page.get_by_text("L’encadré « Horaires » est modifié.")).to_be_visible()
    expect(page.get_by_text("20:00 – 06:00 (le lendemain)").first).to_be_visible()
    assert_the_week_is_kept(world.act)
    page.locator("#horaires").get_by_role("link", name="Mois", exact=True).click()
    expect(page.locator("#horaires").get_by_role("list", name="Horaires d’ouverture")).to_be_visible()


def test_the_same_without_script(plain_page, world, form_url, unit_url):
    plain_page.goto(form_url)
    describe_the_week(plain_page)
    plain_page.get_by_role("button", name="Modifier", exact=True).click()
    expect(plain_page.get_by_text("L’encadré « Horaires » est modifié.")).to_be_visible()
    assert_the_week_is_kept(world.act)


def test_enter_in_a_time_saves_and_adds_no_line(plain_page, world, form_url):
    plain_page.goto(form_url)
    type_range(plain_page, "Lundi", "20:00", "06:00")
    day_of(plain_page, "Lundi").get_by_label("à (plage 1)").press("Enter")
    expect(plain_page.get_by_text("L’encadré « Horaires » est modifié.")).to_be_visible()
    assert kept(world.act) == [NIGHT]


@pytest.mark.console_errors("422")
def test_an_overlap_is_said_beside_its_range(page, live_server, cast, world, open_session, form_url):
    open_session(cast.directeur)
    page.goto(form_url)
    type_range(page, "Lundi", "20:00", "06:00")
    type_range(page, "Mardi", "05:00", "25:00")
    page.get_by_role("button", name="Modifier", exact=True).click()
    expect(page.get_by_text("n’est pas une heure. Écrivez par exemple 08:30.").first).to_be_visible()
    expect(day_of(page, "Mardi").get_by_label("à (plage 1)")).to_have_value("25:00")
    type_range(page, "Mardi", "05:00", "12:00")
    page.get_by_role("button", name="Modifier", exact=True).click()
    link = page.get_by_role("alert").get_by_role("link", name="Mardi 05:00 – 12:00 recouvre lundi 20:00 – 06:00")
    link.click()
    expect(day_of(page, "Mardi").get_by_label("de (plage 1)")).to_be_focused()


@pytest.mark.parametrize("script", [True, False])
def test_an_establishment_is_closed_and_reopened(page, plain_page, live_server, cast, world, open_session, script):
    shown = page if script else plain_page
    open_session(cast.directeur)
    shown.goto(live_server.url + reverse("directory:geographic_entity_detail", args=[world.eg.pk]))
    shown.get_by_role("link", name="Fermer", exact=True).click()
    expect(shown.get_by_text("3 unités opérationnelles")).to_be_visible()
    shown.get_by_label("Provisoire").check()
    shown.get_by_label("Réouverture prévue le").fill("2099-01-01")
    shown.get_by_label("Motif").fill("Travaux")
    shown.get_by_label("Je confirme").check()
    shown.get_by_role("button", name="Fermer la fiche").click()
    expect(shown.get_by_text("Avec elle : 3 unités opérationnelles.")).to_be_visible()
    expect(shown.get_by_text("réouverture prévue le 01/01/2099")).to_be_visible()
    assert not OperationalUnit.objects.filter(geographic_entity=world.eg).exclude(status="closed").exists()
    shown.get_by_role("link", name="Rouvrir").first.click()
    shown.get_by_role("button", name="Rouvrir la fiche").click()
    expect(shown.get_by_text("est rouverte. Avec elle : 3 unités opérationnelles.")).to_be_visible()
    assert not OperationalUnit.objects.filter(geographic_entity=world.eg, status="closed").exists()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.console_errors("422")
def test_hours_and_closures_are_accessible(page, axe, live_server, open_session, cast, world, form_url, unit_url, size):
    for day in range(1, 6):
        WeeklyHoursFactory(unit=world.act, weekday=day)
    WeeklyHoursFactory(unit=world.act, weekday=1, opens_at="09:00", valid_until="2025-12-31")
    HoursExceptionFactory(unit=world.act, starts_on="2026-08-10", ends_on="2026-08-16")
    pole = StructureFactory(geographic_entity=world.eg)
    closing = {"kind": "structure", "record_id": pole.pk}
    page.set_viewport_size(SIZES[size])
    open_session(cast.directeur)
    found = []
    addresses = [
        f"{unit_url}?mois=2026-08",
        form_url,
        live_server.url + reverse("directory:record_close", kwargs={"kind": "eg", "record_id": world.eg.pk}),
        live_server.url + reverse("directory:record_close", kwargs=closing),
        live_server.url + reverse("directory:tree") + "?fermees=1",
    ]
    for address in addresses:
        page.goto(address)
        found += check(page, axe, address)
    page.goto(addresses[3])
    with page.expect_navigation():
        page.get_by_role("button", name="Fermer la fiche").click()
    found += check(page, axe, "fermeture refusée")
    page.get_by_label("Définitive").check()
    page.get_by_label("Motif").fill("Fin de convention")
    page.get_by_label("Je confirme").check()
    page.get_by_role("button", name="Fermer la fiche").click()
    page.goto(live_server.url + reverse("directory:record_reopen", kwargs=closing))
    found += check(page, axe, "réouverture")
    page.goto(form_url)
    type_range(page, "Samedi", "25:00", "8")
    page.get_by_role("button", name="Ajouter une exception").click()
    day_of(page, "Exception 2").wait_for()
    page.get_by_role("button", name="Modifier", exact=True).click()
    page.get_by_text("n’est pas une heure").first.wait_for()
    assert found + check(page, axe, "horaires refusés") == []


def check(page, axe, address):
    """What axe and the width find on a page."""
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    wide = [f"{address}: {overflow} px wider than the window"] if overflow > 0 else []
    return [f"{address}: {line}" for line in axe()] + wide
