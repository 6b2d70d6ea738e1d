"""Excel files of imports: what is read of them, what is refused whole, and the cells one by one."""

import io
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from directory.ages import Age
from directory.imports import cells, workbook
from directory.imports.cells import BadCell, TermIndex
from directory.imports.contract import UnreadableFile
from directory.imports.template import INSTRUCTIONS, LISTS, Template, write_template
from directory.imports.workbook import Column, read_rows
from directory.models import Term
from tests.workbooks import with_part
from tests.workbooks import workbook as made

COLUMNS = (
    Column("name", "Nom de l’unité", "Le nom.", required=True),
    Column("places", "Places installées", "Un nombre.", choices=("1", "2")),
    Column("day", "Jour", "Une date.", text=True),
)


def read(content, columns=COLUMNS):
    return read_rows(io.BytesIO(content), "UO", columns)


def refusal(content):
    with pytest.raises(UnreadableFile) as refused:
        read(content)
    return str(refused.value)


def test_cells_are_read_as_a_person_sees_them():
    rows = [
        {"name": "  ACT\u00a0Un ", "places": 35.0, "day": date(2024, 8, 14)},
        {},
        {"name": "Deux", "places": 2.5, "day": True},
        {"name": "Trois", "places": "=1+1", "day": "_x0041_"},
    ]
    found = read(made(COLUMNS, rows))
    assert [(row.number, row.cells) for row in found[:2]] == [
        (2, {"name": "ACT Un", "places": "35", "day": str((date(2024, 8, 14) - date(1899, 12, 30)).days)}),
        (4, {"name": "Deux", "places": "2,5", "day": "oui"}),
    ]
    assert found[2].get("places") == "=1+1"


def filled_in(change, rows=1):
    """A workbook made with openpyxl: ``change`` is given its sheet."""
    book = load_workbook(io.BytesIO(made(COLUMNS, [{"name": "ACT"}] * rows, sheet="UO")))
    change(book["UO"])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_formula_is_told_and_its_result_is_not_read():
    def compute(page):
        page["B2"] = "=1+1"

    (found,) = read(filled_in(compute))
    assert (found.problem, found.get("places")) == ("La cellule contient une formule\u00a0: collez sa valeur.", "")


def test_blank_lines_above_the_titles_are_passed_over():
    assert [row.number for row in read(made(COLUMNS, [{"name": "ACT"}], above=40))] == [42]


def test_columns_far_to_the_right_and_lines_far_below_are_not_read(monkeypatch):
    monkeypatch.setattr(workbook, "BLANKS_AT_MOST", 20)

    def scatter(page):
        page.cell(row=1, column=5000, value="Loin")
        page.cell(row=5, column=1, value="Cinq")
        page.cell(row=60, column=1, value="Soixante")

    assert [row.get("name") for row in read(filled_in(scatter))] == ["ACT", "Cinq"]


def test_a_long_workbook_gives_signs_of_life(monkeypatch):
    monkeypatch.setattr(workbook, "ALIVE_EVERY", 2)
    told = []
    content = made(COLUMNS, [{"name": "x"}] * 7)
    read_rows(io.BytesIO(content), "UO", COLUMNS, lambda: told.append(1))
    assert len(told) == 4


def test_characters_that_show_nothing_are_left_out():
    assert read(made(COLUMNS, [{"name": "A\u200bCT\u202e"}]))[0].get("name") == "ACT"


def test_a_date_is_read_in_french():
    assert workbook._text(datetime(2024, 8, 14, 0, 0)) == "14/08/2024"  # noqa: DTZ001 - a cell has no zone


def test_the_sheet_and_the_titles_are_found_wherever_they_are():
    rows = [{"name": "ACT"}]
    for titles in (None, ["NOM DE L'UNITE *", "places installees", "Jour"]):
        content = made(COLUMNS, rows, sheet="uo", titles=titles, above=2)
        assert [(row.number, row.get("name")) for row in read(content)] == [(4, "ACT")]


def test_an_optional_column_may_be_left_out():
    content = made(COLUMNS[:1], [{"name": "ACT"}])
    assert read(content)[0].cells == {"name": "ACT"}


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        (["Places installées"], "Colonne absente\u00a0: «\u00a0Nom de l’unité\u00a0»"),
        (
            ["Nom de l’unité", "Capacité", "Lits"],
            "Colonnes inconnues\u00a0: «\u00a0Capacité\u00a0», «\u00a0Lits\u00a0»",
        ),
        (["Nom de l’unité", "Nom de l'unité"], "Colonne en double\u00a0: «\u00a0Nom de l’unité\u00a0»"),
        (["n’importe", "quoi"], "Colonne absente"),
    ],
)
def test_wrong_titles_refuse_the_file_and_are_named(titles, said):
    assert said in refusal(made(COLUMNS, [{"name": "ACT"}], titles=titles))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", workbook.NOT_EXCEL),
        (b"Nom;Places\nACT;3\n", workbook.NOT_EXCEL),
        (b"PK\x03\x04" + b"\0" * 200, workbook.NOT_EXCEL),
        (workbook.OLE + b"\0" * 2000, workbook.LOCKED),
        (made(COLUMNS, []), workbook.EMPTY),
        (made(COLUMNS, [], titles=[]), workbook.EMPTY),
        (with_part(made(COLUMNS, [{"name": "x"}]), "xl/vbaProject.bin", b"x"), workbook.WITH_MACROS),
        (with_part(made(COLUMNS, [{"name": "x"}]), "xl/macrosheets/sheet1.xml", b"x"), workbook.WITH_MACROS),
    ],
)
def test_what_is_no_plain_workbook_is_refused_whole(content, said):
    assert refusal(content) == said


def test_an_archive_that_is_no_workbook_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("lettre.txt", "bonjour")
    assert refusal(file.getvalue()) == workbook.NOT_EXCEL


def test_a_damaged_workbook_is_refused():
    content = made(COLUMNS, [{"name": "x"}])
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(file, "w") as archive:
        for part in source.infolist():
            damaged = part.filename == "xl/worksheets/sheet1.xml"
            archive.writestr(part.filename, b"<worksheet><sheetData><row" if damaged else source.read(part.filename))
    assert refusal(file.getvalue()) == workbook.NOT_EXCEL


def test_a_bomb_is_not_unpacked():
    bomb = with_part(made(COLUMNS, [{"name": "x"}]), "xl/media/image.bin", b"\0" * (workbook.MAX_UNPACKED + 1))
    assert len(bomb) < 1024**2
    assert refusal(bomb) == workbook.TOO_BIG


def test_too_many_lines_are_refused(monkeypatch):
    monkeypatch.setattr(workbook, "MAX_ROWS", 2)
    assert "plus de 2 lignes" in refusal(made(COLUMNS, [{"name": "x"}] * 3))


def test_a_line_past_the_end_of_a_sheet_is_no_endless_reading(monkeypatch):
    monkeypatch.setattr(workbook, "LAST_ROW", 50)
    content = made(COLUMNS, [{"name": "x"}, *[{}] * 200, {"name": "loin"}])
    assert [row.get("name") for row in read(content)] == ["x"]


def test_bad_characters_and_long_cells_are_told_line_by_line():
    rows = read(made(COLUMNS, [{"name": "a_x0000_b"}, {"name": "x" * 6000}, {"name": "bon"}]))
    assert [bool(row.problem) for row in rows] == [True, True, False]


@given(st.binary(max_size=300))
@example(b"PK\x05\x06" + b"\0" * 18)
def test_whatever_the_bytes_the_refusal_is_ours(content):
    refusal(content)


def test_a_template_can_be_read_back_and_holds_its_lists():
    file = io.BytesIO()
    write_template(file, Template("UO", COLUMNS, ["Une phrase."]))
    book = load_workbook(io.BytesIO(file.getvalue()))
    assert book.sheetnames == ["UO", INSTRUCTIONS, LISTS]
    assert [cell.value for cell in book["UO"][1]] == ["Nom de l’unité\u00a0*", "Places installées", "Jour"]
    assert [row[0].value for row in book[LISTS].iter_rows()] == ["Places installées", "1", "2"]
    rules = {rule.type: rule for rule in book["UO"].data_validations.dataValidation}
    assert rules["list"].formula1 == "Listes!$A$2:$A$3"
    assert refusal(file.getvalue()) == workbook.EMPTY


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (cells.finess, "920 000 015", "920000015"),
        (cells.finess, "", ""),
        (cells.finess, "10000024", "010000024"),
        (cells.siren, "5520135", "005520135"),
        (cells.siret, "552 008 443 00012", "55200844300012"),
        (cells.postal_code, "1000", "01000"),
        (cells.postal_code, "92 000", "92000"),
        (cells.phone, "140970102", "0140970102"),
        (cells.phone, "01.40.97.01.02", "0140970102"),
        (cells.phone, "15", "15"),
        (cells.places, "1 200", 1200),
        (cells.places, "", None),
        (cells.age, "18", Age(18, "y")),
        (cells.age, "18 ans", Age(18, "y")),
        (cells.age, "1 an", Age(1, "y")),
        (cells.age, "6 mois", Age(6, "m")),
        (cells.age, "28 jours", Age(28, "d")),
        (cells.age, "0 j", Age(0, "d")),
        (cells.age, "", None),
        (cells.email, "a@b.fr", "a@b.fr"),
    ],
)
def test_what_a_cell_says(reader, text, value):
    assert reader(text, "Colonne") == value


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        (cells.finess, "920000016"),
        (cells.finess, "000000000"),
        (cells.finess, "0"),
        (cells.siret, "1"),
        (cells.siren, "٣٤٥٦٧٨٩٠١"),
        (cells.postal_code, "920"),
        (cells.phone, "douze"),
        (cells.places, "-1"),
        (cells.places, "2,5"),
        (cells.places, "9" * 30),
        (cells.places, "٣"),
        (cells.age, "dix-huit ans"),
        (cells.age, "18 semaines"),
        (cells.age, "151 ans"),
        (cells.age, "99999 mois"),
        (cells.email, "pas un mail"),
    ],
)
def test_a_bad_cell_is_named_by_its_column(reader, text):
    with pytest.raises(BadCell, match="Colonne\u00a0: "):
        reader(text, "Colonne")


def test_terms_are_found_by_their_code_or_their_label():
    terms = [
        Term(pk=1, code="01", label="Accueil de jour"),
        Term(pk=2, code="02", label="Hébergement"),
        Term(pk=3, code="R95-71", label="Ostéopathe"),
        Term(pk=4, code="R356-71", label="Ostéopathe"),
    ]
    index = TermIndex(terms)
    assert index.labels == ["Accueil de jour", "Hébergement", "Ostéopathe [R95-71]", "Ostéopathe [R356-71]"]
    for text, code in (
        ("01", "01"),
        ("1", "01"),
        ("hebergement", "02"),
        ("Accueil de jour", "01"),
        ("r95-71", "R95-71"),
        ("Ostéopathe [R356-71]", "R356-71"),
    ):
        assert index.find(text, "T").code == code
    for text, said in (("Ostéopathe", "R95-71, R356-71"), ("inconnu", "ni un libellé"), ("0", "ni un libellé")):
        with pytest.raises(BadCell, match=said):
            index.find(text, "T")
    assert [term.code for term in index.find_all("01; hébergement;1", "T")] == ["01", "02"]
    assert index.find_all("", "T") == []
    types = TermIndex([Term(pk=5, code="94.46", label="ACT"), Term(pk=6, code="94.50", label="Autre")])
    for text, code in (("94,46", "94.46"), ("94.46", "94.46"), ("94,5", "94.50"), ("94.5", "94.50")):
        assert types.find(text, "T").code == code
