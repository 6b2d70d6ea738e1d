"""A director edits each plain block of his EG and UO in a browser, with and without JavaScript (spec 10, Editing)."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from common.french import telephone
from directory.enums import Nomenclature
from directory.models import GeographicEntity, OperationalUnit
from directory.scopes import scope_of
from directory.services import update_block
from tests.factories.directory import StructureFactory, TermFactory, term

SIZES = {"phone": {"width": 360, "height": 2400}, "laptop": {"width": 1280, "height": 1800}}
WITH_AND_WITHOUT_SCRIPT = pytest.mark.parametrize(
    "script",
    [
        pytest.param(True, id="script"),
        pytest.param(False, id="no-script", marks=pytest.mark.browser_context_args(java_script_enabled=False)),
    ],
)
NBSP = "\u00a0"


@pytest.fixture
def furnished(world):
    """The small world with a structure, acts and civilities to choose, an EG whose required fields are filled."""
    StructureFactory(geographic_entity=world.eg, name="Pôle addictologie")
    TermFactory(nomenclature=Nomenclature.OPERATIONAL_ACTIVITY, code="J1", label="Coordination de parcours")
    world.long_list = [
        TermFactory(nomenclature=Nomenclature.SPECIFIC_ACT, label=f"Acte {rank:02}") for rank in range(30)
    ]
    for code in ("M", "MME"):
        term(Nomenclature.CIVILITY, code)
    term(Nomenclature.AUDIENCE, "07")
    term(Nomenclature.FINANCIAL_AID, "02")
    GeographicEntity.objects.filter(pk=world.eg.pk).update(
        official_name="ACT ALTAIR VESTA", category=term(Nomenclature.EG_CATEGORY, "101"), manager_last_name="Roy"
    )
    OperationalUnit.objects.filter(pk=world.act.pk).update(
        discipline=term(Nomenclature.DISCIPLINE, "MSS"), care_mode=term(Nomenclature.CARE_MODE, "46")
    )
    return world


@pytest.fixture
def director(page, live_server, open_session, cast, furnished):
    """The director's browser."""
    open_session(cast.directeur)
    return page


class Editor:
    """One block of one record, in a browser."""

    def __init__(self, page, server, record, block):
        name = "geographic_entity_detail" if isinstance(record, GeographicEntity) else "unit_detail"
        self.page, self.block = page, page.locator(f"#{block}")
        self.address = f"{server.url}{reverse(f'directory:{name}', args=[record.pk])}"

    def open(self):
        """« Modifier un encadré »."""
        self.page.goto(self.address)
        self.block.get_by_role("link", name=re.compile("^Modifier un encadré")).click()
        expect(self.block.locator("form[novalidate]")).to_be_visible()
        return self.block

    def save(self):
        """« Modifier » : the record comes back and says it."""
        self.block.locator("form button.btn-primary").click()
        expect(self.page.get_by_text(re.compile("L’encadré .* est modifié"))).to_be_visible()
        expect(self.page.locator("form[data-warn-unsaved]")).to_have_count(0)


def edit_entity(page, server, entity):
    """Each plain block of an EG, once."""
    editor = Editor(page, server, entity, "identification")
    editor.open().get_by_label("Nom", exact=False).first.fill("ACT Altair, Nanterre")
    editor.save()
    editor = Editor(page, server, entity, "contact")
    editor.open().get_by_label("Téléphone standard").fill("01.41.00.00.11")
    editor.save()
    expect(editor.block).to_contain_text(telephone("0141000011"))
    editor = Editor(page, server, entity, "responsable")
    editor.open().get_by_role("button", name="Réinitialiser le responsable").click()
    expect(editor.block.get_by_text("confirme la réinitialisation")).to_be_visible()
    expect(editor.block.get_by_label("Nom", exact=True)).to_have_value("")
    editor.save()
    expect(editor.block).to_contain_text("Rien n’est renseigné")
    editor = Editor(page, server, entity, "directeur")
    editor.open().get_by_label("Civilité").select_option(label="Madame")
    editor.block.get_by_label("Nom").fill("Hélène Caron")
    editor.save()
    expect(editor.block).to_contain_text("Madame Hélène Caron")
    editor = Editor(page, server, entity, "complements")
    editor.open().get_by_label("Hébergement famille").select_option(label="Oui")
    editor.block.get_by_label("Habilité Aide Sociale").check()
    editor.block.get_by_role("group", name="Second référent ROR").get_by_label("Nom").fill("Ana Diaz")
    editor.save()
    expect(page.locator("#referents")).to_contain_text("Ana Diaz")


def edit_unit(page, server, unit):
    """Each plain block of a UO, once."""
    editor = Editor(page, server, unit, "identification")
    editor.open().get_by_label("Structure").select_option(label="Pôle addictologie")
    editor.save()
    editor = Editor(page, server, unit, "offre")
    editor.open().get_by_label("Coordination de parcours").check()
    editor.block.get_by_label("Tout public").check()
    editor.block.get_by_role("group", name="Actes spécifiques").locator("summary").click()
    editor.block.get_by_label("Acte 07").check()
    editor.save()
    expect(editor.block).to_contain_text("Acte 07")
    editor = Editor(page, server, unit, "patientele")
    editor.open().get_by_label("Âge minimum", exact=False).first.fill("18")
    editor.save()
    expect(editor.block).to_contain_text("18")
    edit_coordinates(page, server, unit)
    editor = Editor(page, server, unit, "conditions")
    editor.open().get_by_label("Animaux domestiques").fill("Chiens et chats admis")
    editor.save()
    expect(editor.block).to_contain_text("Chiens et chats admis")
    editor = Editor(page, server, unit, "capacite")
    editor.open().get_by_label("Places installées").fill("36")
    editor.save()
    expect(editor.block).to_contain_text("36")
    editor = Editor(page, server, unit, "responsable")
    editor.open().get_by_label("Fonction").fill("Cadre de santé")
    editor.save()
    expect(editor.block).to_contain_text("Cadre de santé")


def edit_coordinates(page, server, unit):
    """How and where a UO is reached: secretary, address, contacts."""
    editor = Editor(page, server, unit, "secretariat")
    editor.open().get_by_label("Téléphone secrétariat").fill("0141000013")
    editor.save()
    expect(editor.block).to_contain_text("01 41 00 00 13")
    editor = Editor(page, server, unit, "adresse")
    editor.open().get_by_label("Même adresse que l’établissement").uncheck()
    editor.block.get_by_label("Numéro voie").fill("3")
    editor.block.get_by_label("Libellé voie").fill("rue du Bac")
    editor.block.get_by_label("Commune").fill("Nanterre")
    editor.save()
    expect(editor.block).to_contain_text("Adresse propre à l’unité")
    editor = Editor(page, server, unit, "contacts")
    editor.open().get_by_label("Téléphone soignants").fill("0141000012")
    editor.save()


@WITH_AND_WITHOUT_SCRIPT
def test_each_plain_block_of_an_establishment_is_edited_once(director, live_server, furnished, script):
    edit_entity(director, live_server, furnished.eg)
    entity = GeographicEntity.objects.get(pk=furnished.eg.pk)
    assert (entity.name, entity.phone, entity.manager_last_name) == ("ACT Altair, Nanterre", "0141000011", "")
    assert (entity.hosts_families, entity.director_name, entity.version) == (True, "Hélène Caron", 6)


@WITH_AND_WITHOUT_SCRIPT
def test_each_plain_block_of_a_unit_is_edited_once(director, live_server, furnished, script):
    edit_unit(director, live_server, furnished.act)
    unit = OperationalUnit.objects.get(pk=furnished.act.pk)
    assert (unit.structure.name, unit.min_age_value, unit.installed_places) == ("Pôle addictologie", 18, 36)
    assert (unit.pets, unit.manager_role, unit.version) == ("Chiens et chats admis", "Cadre de santé", 10)


@WITH_AND_WITHOUT_SCRIPT
@pytest.mark.console_errors("409")
def test_two_people_on_one_block_lose_nothing(director, live_server, furnished, cast, script):
    editor = Editor(director, live_server, furnished.eg, "contact")
    editor.open().get_by_label("Téléphone standard").fill("01 41 00 00 22")
    editor.block.get_by_label("Adresse mail").fill("moi@altair.example")
    update_block(
        record=furnished.eg,
        values={"phone": "0141000033", "email": "support@altair.example", "fax": "0141000034"},
        expected_version=1,
        by=cast.sesan,
        scope=scope_of(cast.sesan),
    )
    editor.block.locator("form button.btn-primary").click()
    expect(editor.block.get_by_text("a été modifié pendant votre saisie")).to_be_visible()
    table = editor.block.locator("table")
    for text in (telephone("0141000022"), telephone("0141000033"), "moi@altair.example", "support@altair.example"):
        expect(table).to_contain_text(text)
    expect(editor.block.get_by_label("Fax")).to_have_value(telephone("0141000034"))
    table.get_by_role("button", name="Reprendre la valeur enregistrée : Téléphone standard").click()
    expect(editor.block.get_by_label("Téléphone standard")).to_have_value(telephone("0141000033"))
    expect(editor.block.get_by_label("Adresse mail")).to_have_value("moi@altair.example")
    expect(table).not_to_contain_text(telephone("0141000022"))
    editor.save()
    entity = GeographicEntity.objects.get(pk=furnished.eg.pk)
    assert (entity.phone, entity.email, entity.fax) == ("0141000033", "moi@altair.example", "0141000034")


@WITH_AND_WITHOUT_SCRIPT
@pytest.mark.console_errors("422")
def test_a_mistake_is_summed_up_and_what_was_typed_is_kept(director, live_server, furnished, script):
    editor = Editor(director, live_server, furnished.act, "patientele")
    editor.open().get_by_label("Âge minimum", exact=False).first.fill("30")
    editor.block.get_by_label("Âge maximum", exact=False).first.fill("20")
    editor.block.locator("form button.btn-primary").click()
    summary = editor.block.get_by_role("alert")
    expect(summary).to_contain_text("L’âge minimum dépasse l’âge maximum.")
    expect(editor.block.get_by_label("Âge minimum", exact=False).first).to_have_value("30")
    summary.get_by_role("link").click()
    expect(editor.block.locator("#id_max_age_value")).to_be_focused()


@WITH_AND_WITHOUT_SCRIPT
def test_sensitive_fields_are_shown_locked_with_their_reason(director, live_server, furnished, script):
    editor = Editor(director, live_server, furnished.eg, "identification")
    block = editor.open()
    expect(block.get_by_label("FINESS géographique")).to_be_disabled()
    expect(block.get_by_label("FINESS géographique")).to_have_value(furnished.eg.finess)
    expect(block.get_by_text(re.compile("Ce champ est sensible")).first).to_be_visible()
    editor = Editor(director, live_server, furnished.act, "identification")
    expect(editor.open().get_by_label("Type d’UO")).to_be_disabled()


def test_a_sensitive_field_sent_all_the_same_is_refused(director, live_server, furnished):
    editor = Editor(director, live_server, furnished.eg, "identification")
    editor.open()
    director.evaluate("document.querySelector('#id_finess').disabled = false")
    editor.block.get_by_label("FINESS géographique").fill("")
    editor.block.locator("form button.btn-primary").click()
    expect(editor.block.get_by_role("alert")).to_contain_text("Ce champ est sensible")
    assert GeographicEntity.objects.get(pk=furnished.eg.pk).finess == furnished.eg.finess


def test_leaving_with_something_typed_asks_first(director, live_server, furnished):
    asked = []

    def stay(dialog):
        asked.append((dialog.type, dialog.message))
        dialog.dismiss()

    director.on("dialog", stay)
    editor = Editor(director, live_server, furnished.eg, "contact")
    editor.open().get_by_label("Téléphone standard").press_sequentially("9")
    editor.block.get_by_role("link", name="Annuler").click()
    director.get_by_role("link", name="Recherche", exact=True).click()
    director.wait_for_timeout(300)
    assert [kind for kind, _ in asked] == ["confirm", "beforeunload"]
    assert "entraîne la perte de ses données" in asked[0][1]
    expect(editor.block.locator("form[novalidate]")).to_be_visible()


def test_dropping_gives_the_block_back_and_then_leaving_asks_nothing(director, live_server, furnished):
    asked = []

    def accept(dialog):
        asked.append(dialog.type)
        dialog.accept()

    director.on("dialog", accept)
    editor = Editor(director, live_server, furnished.eg, "contact")
    editor.open().get_by_label("Téléphone standard").press_sequentially("9")
    editor.block.get_by_role("link", name="Annuler").click()
    expect(editor.block.get_by_role("link", name=re.compile("^Modifier un encadré"))).to_be_focused()
    director.get_by_role("link", name="Recherche", exact=True).click()
    expect(director).to_have_url(re.compile("/recherche/"))
    assert asked == ["confirm"]


def test_a_form_alone_on_its_page_gives_its_address_back(director, live_server, furnished):
    editor = Editor(director, live_server, furnished.eg, "contact")
    lone = f"{live_server.url}{reverse('directory:block_edit', args=['eg', furnished.eg.pk, 'contact'])}"
    director.goto(lone)
    editor.block.get_by_role("link", name="Annuler").click()
    director.wait_for_url(re.compile(f"^{re.escape(editor.address)}(#.*)?$"))
    director.goto(lone)
    editor.block.get_by_label("Téléphone standard").fill("01.41.00.00.12")
    editor.save()
    expect(director).to_have_url(re.compile(f"^{re.escape(editor.address)}(#.*)?$"))
    assert director.title().startswith(str(furnished.eg))


def test_the_first_point_of_a_unit_is_placed_on_the_map(director, live_server, furnished):
    editor = Editor(director, live_server, furnished.act, "adresse")
    block = editor.open()
    expect(block.locator(".own-address")).to_be_hidden()
    block.get_by_label("Même adresse que l’établissement").uncheck()
    handle = block.locator(".map-handle")
    expect(handle).to_be_visible()
    expect(block.get_by_label("Latitude")).to_have_value("")
    handle.press("ArrowUp")
    expect(block.get_by_label("Latitude")).to_have_value(re.compile(r"^48\.\d{6}$"))


def test_help_bubbles_are_hidden_on_demand_and_it_is_remembered(director, live_server, furnished):
    help_text = "Numéro public, repris sur la fiche de chaque unité de l’établissement."
    editor = Editor(director, live_server, furnished.eg, "contact")
    expect(editor.open().get_by_text(help_text)).to_be_visible()
    editor.block.get_by_label("Afficher les infobulles").uncheck()
    expect(editor.block.get_by_text(help_text)).to_be_hidden()
    expect(editor.open().get_by_text(help_text)).to_be_hidden()
    editor = Editor(director, live_server, furnished.eg, "identification")
    expect(editor.open().get_by_text(re.compile("Ce champ est sensible")).first).to_be_visible()


def test_a_long_list_is_filtered(director, live_server, furnished):
    editor = Editor(director, live_server, furnished.act, "offre")
    acts = editor.open().get_by_role("group", name="Actes spécifiques")
    acts.get_by_label("Filtrer la liste").fill("ACTE 2")
    expect(acts.get_by_label("Acte 21")).to_be_visible()
    expect(acts.get_by_label("Acte 07")).to_be_hidden()
    expect(acts.get_by_text("12 termes trouvés.")).to_be_visible()


@WITH_AND_WITHOUT_SCRIPT
def test_lists_follow_the_discipline(page, live_server, open_session, cast, furnished, script):
    term(Nomenclature.UNIT_TYPE, "121.28")
    OperationalUnit.objects.filter(pk=furnished.act.pk).update(discipline=None)  # once given, it changes no more
    open_session(cast.sesan)
    editor = Editor(page, live_server, furnished.act, "identification")
    block = editor.open()
    kept = block.get_by_label("Nom", exact=False).first
    kept.fill("Nom tapé")
    discipline = term(Nomenclature.UNIT_TYPE, "121.28").parent.parent
    block.get_by_label("Grand groupe de disciplines").select_option(label=discipline.label)
    if not script:
        block.get_by_role("button", name="Mettre à jour les listes").click()
    family = term(Nomenclature.UNIT_TYPE, "121.28").parent
    block.get_by_label("Famille").select_option(label=family.label)
    if not script:
        block.get_by_role("button", name="Mettre à jour les listes").click()
    expect(block.get_by_label("Famille")).to_be_focused() if script else None
    block.get_by_label("Type d’UO").select_option(label=term(Nomenclature.UNIT_TYPE, "121.28").label)
    expect(block.get_by_label("Nom", exact=False).first).to_have_value("Nom tapé")
    editor.save()
    assert OperationalUnit.objects.get(pk=furnished.act.pk).unit_type.code == "121.28"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.console_errors("422")
def test_every_form_is_accessible(page, axe, live_server, open_session, cast, furnished, size):
    page.set_viewport_size(SIZES[size])
    found = []
    for who in (cast.directeur, cast.sesan):
        open_session(who)
        for kind, record, blocks in (
            ("eg", furnished.eg, ("identification", "contact", "responsable", "directeur", "complements")),
            ("uo", furnished.act, ("identification", "offre", "patientele", "contacts", "capacite", "adresse")),
        ):
            for block in blocks:
                kwargs = {"kind": kind, "record_id": record.pk, "block": block}
                page.goto(live_server.url + reverse("directory:block_edit", kwargs=kwargs))
                found += [f"{kind} {block}: {line}" for line in axe()]
                wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                found += [f"{kind} {block}: {wide} px too wide"] if wide > 0 else []
    assert found == []


@pytest.mark.parametrize("size", SIZES)
def test_a_conflict_and_a_form_in_place_are_accessible(director, axe, live_server, furnished, cast, size):
    director.set_viewport_size(SIZES[size])
    editor = Editor(director, live_server, furnished.eg, "contact")
    editor.open().get_by_label("Adresse mail").fill("moi@altair.example")
    found = axe()
    values = {"email": "support@altair.example"}
    update_block(record=furnished.eg, values=values, expected_version=1, by=cast.sesan, scope=scope_of(cast.sesan))
    editor.block.locator("form button.btn-primary").click()
    expect(editor.block.locator("table")).to_be_visible()
    assert found + axe() == []
