"""The guide for a CPTS, played from sign-in to publication on the demonstration's data (seed 002), then updated."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from collaborative.models import Dossier
from collaborative.services import open_dossier as open_entity_dossier
from directory.enums import Nomenclature
from directory.models import GeographicEntity, InterventionArea, OperationalUnit
from directory.scopes import scope_of
from tests.factories.directory import TermFactory

from .test_accessibility import SIZES, errors_of
from .test_main_job import region, sign_in_by_hand  # noqa: F401 - a fixture

CPTS, UNIT = "CPTS GRAND VERSAILLES", "CPTS GRAND VERSAILLES OUEST"
DISCIPLINE = "Médico-social et social"
OTHER_TYPE = "Soins Médicaux et de Réadaptation (SMR) polyvalent"
UNIT_TYPE = "Communautés professionnelles territoriales de santé (CPTS)"
ACTIVITIES = ("Coordination de soins non-programmés", "Orientation vers un médecin traitant acceptant de nouveaux")
PASTED = "Auvers-Saint-Georges (91580)\nVERSAILLES\nVilleneuve sur Auvers"
PICKED = "Auvers-sur-Oise"
TERRITORY = {"91038", "78646", "91671", "95039"}
PHONE = {"width": 360, "height": 760}
WITH_AND_WITHOUT_SCRIPT = pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])


def expect_pictogram(page, level, name, words, colour):
    """The line of a fiche in the tree of its dossier: its pictogram in words, and the class of its colour."""
    tree = page.get_by_role("navigation", name="Fiches du dossier")
    said = re.compile(rf"^{level}\s*{re.escape(words)}\s*{re.escape(name)}\s*(Fiche sélectionnée)?$")
    node = tree.locator("a.node").filter(has_text=said)
    expect(node).to_have_count(1)
    expect(node.locator(f".{colour}").first).to_be_attached()


def follow(page, locator, address):
    """Click, and wait for the address that it leads to."""
    with page.expect_navigation(url=re.compile(address)):
        locator.click()


def open_dossier(page, base):
    """Step 2: the CPTS is found in « Répertoire », among the MSS; a dossier is opened on it."""
    follow(page, page.get_by_role("link", name="Répertoire", exact=True).first, "/repertoire/")
    page.get_by_label("MSS", exact=True).check()
    page.get_by_label("Nom, FINESS ou SIRET").fill("grand versailles")
    follow(page, page.get_by_role("button", name="Filtrer"), "discipline=MSS")
    follow(page, page.get_by_role("link", name=CPTS, exact=True).first, r"/repertoire/eg/\d+/")
    follow(page, page.get_by_role("link", name="Ouvrir un dossier collaboratif"), "/dossiers/ouvrir/")
    follow(page, page.get_by_role("button", name="Ouvrir le dossier"), r"/dossiers/\d+/$")


def find_dossier(page, base):
    """Step 3: « Menu », « Dossier collaboratif », the dossier in the list."""
    page.goto(f"{base}/")
    page.locator(".nav-main summary").click()
    follow(page, page.get_by_role("link", name="Dossier collaboratif", exact=True), "/dossiers/$")
    follow(page, page.locator(".dossier-list").get_by_role("link", name=CPTS), r"/dossiers/\d+/$")
    expect_pictogram(page, "EG", CPTS, "Fiche standard", "wait")


def describe_entity(page, base):
    """Step 3, fiche EG: its contact; « Enr. et finaliser » turns its pictogram from grey to green."""
    tree = page.get_by_role("navigation", name="Fiches du dossier")
    follow(page, tree.locator("a.node").filter(has_text=CPTS).first, r"/fiches/\d+/$")
    page.locator("#contact").get_by_label("Téléphone standard").fill("0139000001")
    page.get_by_role("button", name="Enr. et finaliser").click()
    expect(page.get_by_text(f"La fiche «\u00a0{CPTS}\u00a0» est finalisée.")).to_be_visible()
    expect_pictogram(page, "EG", CPTS, "Fiche finalisée (existe dans le répertoire)", "ok")


def create_unit(page, base):
    """Step 3: « Créer des unités opérationnelles », one; its name."""
    page.locator(".node-menu > summary").first.click()
    follow(page, page.get_by_role("link", name="Créer des unités opérationnelles").first, "/creer-des-unites/")
    page.get_by_label("Nombre d’unités à créer").fill("1")
    follow(page, page.get_by_role("button", name="Créer", exact=True), r"/fiches/\d+/$")
    page.locator("#identification").get_by_label("Nom", exact=False).first.fill(UNIT)


def choose_type(page, script):
    """The discipline limits the types, the type the offer: at once, or by « Mettre à jour les listes »."""
    form = page.locator("#identification")
    for label, choice in (("Grand groupe de disciplines", DISCIPLINE), ("Type d’UO", UNIT_TYPE)):
        form.get_by_label(label).select_option(label=choice)
        if not script:
            with page.expect_navigation():
                form.get_by_role("button", name="Mettre à jour les listes").click()
        elif label == "Grand groupe de disciplines":
            expect(form.get_by_label("Type d’UO").locator("option", has_text=OTHER_TYPE)).to_have_count(0)
    expect(page.locator("#offre")).to_contain_text(f"Listes limitées à ce que permet le type «\u00a0{UNIT_TYPE}")


def add_territory(page, script):
    """Four communes: three pasted, the last one typed and picked among the suggestions."""
    block = page.locator("#intervention")
    block.get_by_text("Coller une liste de communes").click()
    block.get_by_label("Coller une liste").fill(PASTED)
    block.get_by_role("button", name="Reconnaître la liste").click()
    expect(page.get_by_text("3 lignes lues\u00a0: 3 lignes reconnues")).to_be_visible()
    if script:
        block.get_by_label("Ajouter une commune").press_sequentially("auvers-sur-o")
        block.get_by_role("button", name=re.compile(PICKED)).click()
    else:
        block.get_by_label("Ajouter une commune").fill(PICKED)
        block.get_by_role("button", name="Ajouter", exact=True).click()
    expect(block.get_by_role("button", name=f"Retirer {PICKED}")).to_be_visible()
    expect(block.get_by_role("heading", name="Territoire d’intervention")).to_contain_text("4 communes")


def describe_unit(page, base, script):
    """Step 3, fiche UO: type, two activities, public, contact, territory; « Enr. et finaliser » turns it green."""
    choose_type(page, script)
    offer = page.locator("#offre")
    for label in ACTIVITIES:
        offer.get_by_label(label).check()
    offer.get_by_label("Tout public").check()
    page.locator("#secretariat").get_by_label("Téléphone secrétariat").fill("0139000002")
    add_territory(page, script)
    page.get_by_role("button", name="Enr. et finaliser").click()
    expect(page.get_by_text(f"La fiche «\u00a0{UNIT}\u00a0» est finalisée.")).to_be_visible()
    expect_pictogram(page, "UO", UNIT, "Fiche finalisée (nouvelle fiche)", "ok")


def send_dossier(page, base):
    """Step 5: « Envoyer en validation »."""
    follow(page, page.get_by_role("link", name="Envoyer en validation"), "/envoyer/")
    follow(page, page.get_by_role("button", name="Envoyer en validation"), r"/dossiers/\d+/$")
    expect(page.locator(".dossier-head")).to_contain_text("En validation")


def review_and_validate(page, base):
    """Step 6, SESAN: the dossier is taken, its fiches accepted, it is published."""
    page.goto(f"{base}/dossiers/a-valider/")
    follow(page, page.locator("main").get_by_role("link", name=re.compile(CPTS)).first, "/validation/")
    follow(page, page.get_by_role("button", name="Prendre en charge"), "/validation/")
    follow(page, page.get_by_role("link", name="Commencer la relecture"), r"/validation/\d+/")
    for _ in range(2):
        with page.expect_navigation():
            page.get_by_role("button", name="Accepter toute la fiche").click()
        following = page.get_by_role("link", name=re.compile("^Fiche suivante"))
        if following.count():
            follow(page, following, r"/validation/\d+/")
    expect(page.get_by_text("Tout est décidé.")).to_be_visible()
    follow(page, page.get_by_role("link", name="Valider", exact=True), "/valider/")
    with page.expect_navigation():
        page.get_by_role("button", name="Valider et publier").click()
    expect(page.get_by_text("2 fiches sont publiées")).to_be_visible()


def find_unit(page, base):
    """Published: found from a commune of its territory, in the tree, then on its record."""
    page.goto(f"{base}/recherche/?ou={PICKED}&quoi=CPTS")
    hit = page.locator("article.hit").filter(has_text=UNIT)
    expect(hit).to_be_visible()
    page.goto(f"{base}/repertoire/?discipline=MSS&q=grand+versailles")
    page.locator("a.tree-toggle").filter(has_text=CPTS).click()
    follow(page, page.get_by_role("link", name=re.compile(UNIT)), r"/repertoire/uo/\d+/")
    expect(page.locator("#offre")).to_contain_text(ACTIVITIES[0])
    expect(page.locator("#intervention")).to_contain_text(PICKED)


def update_block(page, base):
    """Step III: later, a block is changed on the record: « Modifier un encadré », « Modifier », at once published."""
    block = page.locator("#secretariat")
    block.get_by_role("link", name=re.compile("^Modifier un encadré")).click()
    block.get_by_label("Adresse mail", exact=False).first.fill("ouest@grandversailles.example")
    block.get_by_role("button", name="Modifier", exact=True).click()
    expect(page.get_by_text(re.compile("L’encadré .* est modifié"))).to_be_visible()
    expect(block).to_contain_text("ouest@grandversailles.example")


@WITH_AND_WITHOUT_SCRIPT
def test_the_guide_is_played(browser, browser_context_args, region, script):  # noqa: F811 - the fixture
    options = {**browser_context_args, "java_script_enabled": script}
    base = region.url
    with browser.new_context(**options) as context:
        page = context.new_page()
        sign_in_by_hand(page, region, "directeur")
        open_dossier(page, base)
        find_dossier(page, base)
        describe_entity(page, base)
        create_unit(page, base)
        describe_unit(page, base, script)
        send_dossier(page, base)
    with browser.new_context(**options) as context:
        page = context.new_page()
        sign_in_by_hand(page, region, "sesan")
        review_and_validate(page, base)
    unit = OperationalUnit.objects.get(name=UNIT)
    assert set(InterventionArea.objects.filter(unit=unit).values_list("commune_id", flat=True)) == TERRITORY
    assert GeographicEntity.objects.get(name=CPTS).phone == "0139000001"
    with browser.new_context(**options) as context:
        page = context.new_page()
        sign_in_by_hand(page, region, "directeur")
        find_unit(page, base)
        update_block(page, base)
    unit.refresh_from_db()
    assert unit.email == "ouest@grandversailles.example"


def test_a_fiche_is_put_on_hold_on_a_phone(page, live_server, open_session, cast, world):
    page.set_viewport_size(PHONE)
    open_session(cast.directeur)
    page.goto(f"{live_server.url}/repertoire/eg/{world.eg.pk}/")
    follow(page, page.get_by_role("link", name="Ouvrir un dossier collaboratif"), "/dossiers/ouvrir/")
    follow(page, page.get_by_role("button", name="Ouvrir le dossier"), r"/dossiers/\d+/$")
    tree = page.get_by_role("navigation", name="Fiches du dossier")
    tree.locator("summary").first.click()
    follow(page, tree.locator("a.node").first, r"/fiches/\d+/$")
    page.locator("#contact").get_by_label("Fax").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("0139000001")
    page.keyboard.press("Tab")
    field, bar = page.locator("#contact").get_by_label("Fax"), page.locator(".fiche-bar")
    expect(field).to_be_focused()
    assert field.bounding_box()["y"] + field.bounding_box()["height"] <= bar.bounding_box()["y"]
    bar.get_by_role("button", name="Enr. et mettre en attente").click()
    expect(page.get_by_text("est enregistrée et mise en attente")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    [fiche] = Dossier.objects.get().fiches.filter(state="pending")
    assert fiche.values["phone"] == "0139000001"


@pytest.mark.parametrize("size", SIZES)
def test_the_pages_of_a_fiche_are_accessible(page, axe, live_server, open_session, cast, world, size):
    long = "Communauté Professionnelle Territoriale de Santé (CPTS)"
    world.eg.category = TermFactory(nomenclature=Nomenclature.EG_CATEGORY, label=long)
    world.eg.save()
    who = {"by": cast.directeur, "scope": scope_of(cast.directeur), "now": timezone.now()}
    dossier = open_entity_dossier(entity=world.eg, **who)
    top, unit = (dossier.fiches.get(**record).pk for record in ({"geographic_entity": world.eg}, {"unit": world.act}))
    page.set_viewport_size(SIZES[size])
    open_session(cast.directeur)
    names = [f"{top}/", f"{top}/apercu/", f"{unit}/", f"{unit}/apercu/", f"{unit}/fichiers/"]
    assert errors_of(page, axe, live_server, [f"/dossiers/{dossier.pk}/fiches/{name}" for name in names]) == []
