"""Support imports a nomenclature, units and accounts in a browser, from the templates that the pages offer."""

import io
import json

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from accounts.models import User
from directory.enums import Nomenclature
from directory.imports import account_columns, unit_columns
from directory.models import OperationalUnit, Term
from tests.factories.directory import ACT, TermFactory, keyed

WIDTHS = [{"width": 1280, "height": 900}, {"width": 360, "height": 800}]
FINESS, LEGAL = keyed("92990001"), keyed("92990003")


@pytest.fixture
def support(live_server, open_session, cast, settings, tmp_path):
    """Sign support in; files of the runs go to a folder of the test."""
    settings.MEDIA_ROOT = tmp_path / "media"
    open_session(cast.sesan)
    return cast.sesan


def send(page, server, title, path, **boxes):
    page.goto(f"{server.url}/repertoire/imports/")
    page.get_by_role("link", name=f"Choisir un fichier : {title}").click()
    page.locator("#id_file").set_input_files(path)
    for label, checked in boxes.items():
        page.get_by_label(label.replace("_", " ")).set_checked(checked)
    page.get_by_role("button", name="Envoyer le fichier").click()


def fill_template(page, server, title, sheet, titles, rows, path):
    """Download the template of a kind, fill it in as a person does, and save it."""
    page.goto(f"{server.url}/repertoire/imports/")
    with page.expect_download() as download:
        page.get_by_role("link", name=f"Modèle à remplir : {title}").click()
    book = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    places = {str(cell.value).removesuffix("\u00a0*"): cell.column for cell in book[sheet][1]}
    for line, row in enumerate(rows, start=2):
        for key, value in row.items():
            book[sheet].cell(row=line, column=places[titles[key]], value=value)
    book.save(path)


def test_a_nomenclature_is_previewed_then_imported(page, live_server, support, tmp_path):
    for code, label in (("01", "Un"), ("02", "Deux"), ("03", "Trois")):
        TermFactory(nomenclature=Nomenclature.CARE_SPECIALISATION, code=code, label=label)
    concepts = [{"code": code, "display": label} for code, label in (("01", "Un"), ("02", "Second"), ("64", "Neuf"))]
    content = {"resourceType": "ValueSet", "name": "JDV_J35", "compose": {"include": [{"concept": concepts}]}}
    path = tmp_path / "JDV_J35.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    send(page, live_server, "Nomenclature nationale (ANS)", path, Retirer_les_termes_absents_du_fichier=True)
    for words in ("Ajoutés (1)", "Renommés ou modifiés (1)", "Inchangés (1)", "Retirés (1)"):
        expect(page.get_by_role("link", name=words)).to_be_visible()
    page.get_by_role("link", name="Renommés ou modifiés (1)").click()
    expect(page.get_by_text("Renommé : « Deux » devient « Second ».")).to_be_visible()
    assert Term.objects.get(nomenclature=Nomenclature.CARE_SPECIALISATION, code="02").label == "Deux"
    page.get_by_role("button", name="Importer pour de bon").click()
    expect(page.get_by_text("Toutes les lignes ont été prises.")).to_be_visible()
    labels = Term.objects.of(Nomenclature.CARE_SPECIALISATION).filter(active_until=None)
    assert set(labels.values_list("label", flat=True)) == {"Un", "Second", "Neuf"}
    page.goto(f"{live_server.url}/repertoire/nomenclatures/")
    with page.expect_download() as download:
        page.get_by_role("link", name="Obtenir la liste des spécialisations au format Excel").click()
    sheet = load_workbook(io.BytesIO(download.value.path().read_bytes())).active
    assert {row[1].value for row in sheet.iter_rows(min_row=2)} == {"Un", "Second", "Trois", "Neuf"}


def test_units_are_created_from_the_template(page, live_server, support, tmp_path):
    base = {
        "finess": FINESS,
        "entity_name": "ACT Exemple",
        "commune": "Nanterre",
        "legal_finess": LEGAL,
        "name": "ACT Exemple – hébergement",
        "unit_type": ACT,
    }
    rows = [base, {**base, "name": "Sans type", "unit_type": "imaginaire"}, {**base, "name": "Seconde"}]
    path = tmp_path / "uo.xlsx"
    title = "Établissements et unités (Excel)"
    fill_template(page, live_server, title, unit_columns.SHEET, unit_columns.TITLES, rows, path)
    send(page, live_server, title, path, Essai_à_blanc=False)
    expect(page.get_by_text("1 ligne a été laissée de côté")).to_be_visible()
    page.get_by_role("link", name="Refusées (1)").click()
    expect(page.get_by_text("Ligne 3", exact=True)).to_be_visible()
    expect(page.get_by_text("Type d’UO : « imaginaire » n’est ni un libellé ni un code de la liste.")).to_be_visible()
    assert OperationalUnit.objects.filter(geographic_entity__finess=FINESS).count() == 2
    send(page, live_server, title, path, Essai_à_blanc=False)
    expect(page.get_by_role("link", name="Sans changement (2)")).to_be_visible()


def test_accounts_are_created_from_the_template(page, live_server, support, tmp_path, mailoutbox):
    person = {"last_name": "Diallo", "first_name": "Karim", "email": "karim@exemple.example", "scope": "région"}
    rows = [{**person, "role": "Consultation"}, {**person, "role": "Pilotage ARS"}, {**person, "role": "Chef"}]
    path = tmp_path / "comptes.xlsx"
    title = "Comptes (Excel)"
    fill_template(page, live_server, title, account_columns.SHEET, account_columns.TITLES, rows, path)
    send(page, live_server, title, path)
    expect(page.get_by_text("Essai à blanc terminé")).to_be_visible()
    assert mailoutbox == []
    page.get_by_role("button", name="Importer pour de bon").click()
    for words in ("Comptes créés (1)", "Rôles ajoutés (1)", "Refusées (1)"):
        expect(page.get_by_role("link", name=words)).to_be_visible()
    assert User.objects.get(email="karim@exemple.example").assignments.count() == 2
    assert [mail.to for mail in mailoutbox] == [["karim@exemple.example"]]


@pytest.mark.parametrize("size", WIDTHS, ids=["laptop", "phone"])
def test_the_pages_are_accessible(page, axe, live_server, support, tmp_path, size):
    page.set_viewport_size(size)
    found = []
    addresses = ["nomenclatures/", *(f"imports/nouveau/{kind}/" for kind in ("nomenclature", "units", "accounts"))]
    for address in addresses:
        page.goto(f"{live_server.url}/repertoire/{address}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        found += [f"{address}: {line}" for line in axe()]
    assert found == []
