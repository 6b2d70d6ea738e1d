"""The page « Nomenclatures » and its Excel files."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from common.xlsx import XLSX_TYPE
from directory.enums import Nomenclature
from directory.reference.national_lists import BY_NOMENCLATURE, BY_SLUG, CODED_LISTS, list_of, national_number
from directory.term_lists import source_words
from tests.factories.directory import TermFactory, term

PAGE = "directory:nomenclature_list"


def download(client, slug):
    response = client.get(reverse("directory:nomenclature_download", kwargs={"slug": slug}))
    assert response.status_code == 200
    assert response["Content-Type"] == XLSX_TYPE
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    return response, [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_every_list_has_its_file():
    assert {coded.nomenclature for coded in CODED_LISTS} == set(Nomenclature)
    assert len(BY_SLUG) == len(BY_NOMENCLATURE) == len(CODED_LISTS)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("https://mos.esante.gouv.fr/NOS/JDV_J35-SpecialisationDePriseEnCharge-ROR/FHIR/JDV-J35-S-ROR", "J35"),
        ("JDV-J186-ProfessionRessource-ROR", "J186"),
        ("tre_r245-specialisation.json", "R245"),
        ("JDV_J1860000", "J1860000"),
        ("liste.json", ""),
        ("", ""),
    ],
)
def test_the_number_of_a_national_list_is_read_in_its_names(name, number):
    assert national_number(name) == number


def test_the_list_of_a_file_is_the_first_that_a_name_tells():
    assert list_of("", "liste", "JDV_J19-ModePriseEnCharge").nomenclature == Nomenclature.CARE_MODE
    assert list_of("TRE_R66-CategorieEtablissement").nomenclature == Nomenclature.EG_CATEGORY
    assert list_of("JDV_J226-ModaliteAccueil-ROR") is None


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "JDV_J16"),
        ("JDV_J16 (2022-12-16)", "JDV_J16 (2022-12-16)"),
        ("named in the seed; regional", "terme régional"),
        ("regional; proposed", "terme régional"),
        ("national label « Soins de réhabilitation »", "JDV_J16"),
    ],
)
def test_the_source_is_said_in_french(source, words):
    assert source_words(source, BY_NOMENCLATURE[Nomenclature.SPECIFIC_ACT]) == words


def test_the_page_counts_the_terms_in_force(client, cast):
    term(Nomenclature.CARE_SPECIALISATION, "01")
    term(Nomenclature.CARE_SPECIALISATION, "02")
    TermFactory(nomenclature=Nomenclature.CARE_SPECIALISATION, retired=True)
    client.force_login(cast.consultation)
    text = client.get(reverse(PAGE)).content.decode()
    assert "Obtenir la liste des spécialisations au format Excel" in text
    assert "2 termes actifs, 1 retiré" in text.replace("\u202f", " ")
    assert text.count("au format Excel") == len(CODED_LISTS)


def test_the_menu_leads_to_the_page(client, cast):
    client.force_login(cast.consultation)
    assert reverse(PAGE) in client.get(reverse("home")).content.decode()


def test_a_file_holds_the_whole_list(client, cast):
    father = TermFactory(nomenclature=Nomenclature.CARE_SPECIALISATION, code="10", label="Handicap", order=1)
    TermFactory(
        nomenclature=Nomenclature.CARE_SPECIALISATION,
        code="011",
        label="=Polyhandicap",
        parent=father,
        synonyms=["poly", "PH"],
        order=2,
        source="JDV_J35 (2022-06-24)",
        retired=True,
    )
    client.force_login(cast.consultation)
    response, rows = download(client, "specialisations")
    assert response["Content-Disposition"].startswith('attachment; filename="ROR-specialisations-')
    assert rows[0] == [
        "Code",
        "Libellé",
        "Catégorie (terme père)",
        "Synonymes et sigles",
        "Actif depuis",
        "Retiré le",
        "Source",
    ]
    assert rows[1][:3] == ["10", "Handicap", None]
    code, label, parent, synonyms, since, until, source = rows[2]
    assert (code, label, parent, synonyms) == ("011", "=Polyhandicap", "Handicap", "poly; PH")
    assert (since, f"{until:%d/%m/%Y}", source) == (None, "01/01/2024", "JDV_J35 (2022-06-24)")


def test_an_empty_list_gives_a_file_with_its_columns(client, cast):
    client.force_login(cast.consultation)
    _, rows = download(client, "motifs-refus")
    assert len(rows) == 1


@pytest.mark.parametrize("slug", ["inconnue", "specialisation", "0"])
def test_an_unknown_list_is_not_found(client, cast, slug):
    client.force_login(cast.consultation)
    assert client.get(reverse("directory:nomenclature_download", kwargs={"slug": slug})).status_code == 404
