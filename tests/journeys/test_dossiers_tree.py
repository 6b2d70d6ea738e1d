"""The list, the page of a dossier and its small pages: menus by keyboard, no JavaScript needed, axe at both widths."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from collaborative.fiches.services import add_structure, add_units, remove_fiche
from collaborative.services import add_comment, open_dossier
from directory.scopes import scope_of

from .test_accessibility import errors_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dossier(world, cast):
    """With a blank unit, a structure and a removed unit, and a message of support."""
    who = {"by": cast.directeur, "scope": scope_of(cast.directeur), "now": timezone.now()}
    made = open_dossier(entity=world.eg, **who)
    top = made.fiches.get(geographic_entity=world.eg)
    add_units(parent=top, count=1, **who)
    add_structure(parent=top, level="S1", **who)
    remove_fiche(fiche=made.fiches.get(unit=world.lam), expected_version=1, **who)
    add_comment(dossier=made, text="Bonjour.", **{**who, "by": cast.sesan, "scope": scope_of(cast.sesan)})
    return made


def test_axe_at_both_widths(page, axe, live_server, open_session, dossier, world, cast):
    open_session(cast.directeur)
    top = dossier.fiches.get(geographic_entity=world.eg).pk
    act = dossier.fiches.get(unit=world.act).pk
    base = f"/dossiers/{dossier.pk}/"
    paths = [
        "/dossiers/",
        "/dossiers/ouvrir/",
        f"/dossiers/ouvrir/?eg={world.eg.pk}",
        "/dossiers/nouvel-etablissement/",
        base,
        f"{base}envoyer/",
        f"{base}abandonner/",
        f"{base}historique/",
        f"{base}fiches/{top}/creer-des-unites/",
        f"{base}fiches/{act}/deplacer/",
        f"{base}fiches/{act}/supprimer/",
    ]
    for path in paths:
        page.goto(f"{live_server.url}{path}")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("document.querySelectorAll('.dossier-split details').forEach(one => one.open = true)")
            assert axe() == [], (path, width)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)


def test_a_name_of_the_repertoire_keeps_its_room_beside_the_link_that_opens_a_dossier(
    page, axe, live_server, open_session, world, cast
):
    world.eg.name = "CENTRE COMMUNAL INTERGENERATIONNEL VILLENEUVE"
    world.eg.save()
    open_session(cast.directeur)
    tree = reverse("directory:tree_department", kwargs={"code": world.eg.commune.department_id})
    page.goto(f"{live_server.url}{tree}")
    expect(page.get_by_role("link", name="Ouvrir un dossier collaboratif")).not_to_have_count(0)
    for width in (360, 640, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert errors_of(page, axe, live_server, [tree]) == [], width


@pytest.fixture
def long(dossier, cast):
    """The same, with a structure of forty units: the last one."""
    who = {"by": cast.directeur, "scope": scope_of(cast.directeur), "now": timezone.now()}
    pole = dossier.fiches.get(kind="structure")
    return add_units(parent=pole, count=40, copy_of=dossier.fiches.filter(kind="uo").first(), **who)[-1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_long_tree_folds_and_shows_the_fiche_that_is_open(page, axe, live_server, open_session, long, cast, scheme):
    open_session(cast.directeur)
    page.emulate_media(color_scheme=scheme)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{live_server.url}/dossiers/{long.dossier_id}/fiches/{long.pk}/")
        if width == 360:
            page.locator(".dossier-tree > details > summary").first.click()
        current = page.locator(".tree-box [aria-current]")
        expect(current).to_contain_text("(copie 40)")
        box, line = page.locator(".tree-box").bounding_box(), current.bounding_box()
        assert box["y"] <= line["y"] <= box["y"] + box["height"] - line["height"], (width, box, line)
        assert axe() == [], width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.goto(f"{live_server.url}/dossiers/{long.dossier_id}/")
    page.set_viewport_size({"width": 1280, "height": 900})
    hidden = page.get_by_role("link", name="(copie 40)").first
    expect(hidden).to_be_hidden()
    page.get_by_text("40 fiches, 40 à finaliser").click()
    expect(hidden).to_be_visible()


def test_a_unit_is_created_from_the_menu_by_keyboard(page, live_server, open_session, dossier, cast):
    open_session(cast.directeur)
    page.goto(f"{live_server.url}/dossiers/{dossier.pk}/")
    menu = page.locator(".node-menu > summary").first
    menu.focus()
    page.keyboard.press("Enter")
    entry = page.get_by_role("link", name="Créer des unités opérationnelles").first
    expect(entry).to_be_visible()
    page.keyboard.press("Escape")
    expect(entry).to_be_hidden()
    page.keyboard.press("Enter")
    entry.click()
    expect(page.get_by_label("Nombre d’unités à créer")).to_have_value("1")
    page.get_by_role("button", name="Créer").click()
    page.wait_for_url(re.compile(r"/fiches/\d+/$"))
    expect(page.get_by_text("L’unité est ajoutée au dossier")).to_be_visible()


def test_a_click_on_another_menu_opens_that_one(page, live_server, open_session, dossier, cast):
    open_session(cast.directeur)
    page.goto(f"{live_server.url}/dossiers/{dossier.pk}/")
    menus = page.locator(".node-menu")
    menus.nth(0).locator("summary").click()
    box = menus.nth(1).locator("summary").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    expect(menus.nth(1)).to_have_attribute("open", "")
    expect(menus.nth(0)).not_to_have_attribute("open", "")


def test_a_double_click_creates_once(page, live_server, open_session, dossier, world, cast):
    open_session(cast.directeur)
    top, count = dossier.fiches.get(geographic_entity=world.eg), dossier.fiches.count()
    page.goto(f"{live_server.url}/dossiers/{dossier.pk}/fiches/{top.pk}/creer-des-unites/")
    sent = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.get_by_role("button", name="Créer").evaluate(
        "(button) => { button.click(); setTimeout(() => button.click(), 10); }"
    )
    page.wait_for_url(re.compile(r"/fiches/\d+/$"))
    expect(page.get_by_text("L’unité est ajoutée au dossier")).to_be_visible()
    assert len(sent) == 1
    assert dossier.fiches.count() == count + 1


def test_restoring_acts_at_once_without_javascript(browser, live_server, dossier, world, cast):
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(cast.directeur)
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/dossiers/{dossier.pk}/")
    page.get_by_text("Actions sur LAM Altair").locator("xpath=..").click()
    page.get_by_role("button", name="Rétablir").click()
    page.wait_for_url(re.compile(r"/fiches/\d+/$"))
    expect(page.get_by_text("est rétablie")).to_be_visible()
    context.close()
    assert dossier.fiches.get(unit=world.lam).state == "standard"
