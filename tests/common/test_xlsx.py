"""Excel files: typed cells, no formula, no link, whatever the text."""

import io
from datetime import UTC, date, datetime

import pytest
from openpyxl import load_workbook

from common.xlsx import XLSX_TYPE, Sheet, write_workbook, xlsx_response


def read(sheets):
    file = io.BytesIO()
    write_workbook(file, sheets)
    return load_workbook(io.BytesIO(file.getvalue()))


def cells(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_cells_keep_their_type():
    rows = [("Nanterre", 35, 2.5, True, date(2024, 8, 14), datetime(2024, 8, 14, 10, 17, tzinfo=UTC), None)]
    columns = [(name, 12) for name in ("nom", "places", "km", "ouvert", "jour", "heure", "vide")]
    book = read([Sheet("UO", columns, rows)])
    assert cells(book["UO"])[1] == [
        "Nanterre",
        35,
        2.5,
        "oui",
        datetime(2024, 8, 14),  # noqa: DTZ001 - a cell has no zone
        datetime(2024, 8, 14, 12, 17),  # noqa: DTZ001
        None,
    ]


def test_a_text_is_never_a_formula_a_link_nor_a_refused_character():
    texts = ["=1+1", "+33 1", "@SUM(A1)", "{=1}", "https://exemple.fr", "a\x00b\x0bc"]
    book = read([Sheet("S", [("texte", 20)], [(text,) for text in texts])])
    shown = [row[0] for row in book["S"].iter_rows(min_row=2)]
    assert [cell.value for cell in shown] == [*texts[:-1], "abc"]
    assert {cell.data_type for cell in shown} == {"s"}
    assert all(cell.hyperlink is None for cell in shown)


def test_names_of_sheets_are_made_acceptable():
    book = read([Sheet("Activités [MSS] : tout/rien, très très long nom", [("a", 5)])])
    assert len(book.sheetnames[0]) <= 31
    assert not set("[]:*?/\\") & set(book.sheetnames[0])


@pytest.mark.django_db
def test_the_answer_is_downloaded():
    response = xlsx_response("liste.xlsx", [Sheet("S", [("a", 5)], [("b",)])])
    assert response["Content-Type"] == XLSX_TYPE
    assert response["Content-Disposition"] == 'attachment; filename="liste.xlsx"'
    assert b"".join(response.streaming_content)[:2] == b"PK"
    response.close()
