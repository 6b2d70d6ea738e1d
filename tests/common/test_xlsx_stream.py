"""Excel files sent while they are written: what spreadsheets read back, and when it leaves."""

import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from common.xlsx import Sheet, readable
from common.xlsx_stream import LINES_AT_ONCE, stream_workbook

COLUMNS = [(name, 12) for name in ("nom", "places", "km", "ouvert", "jour", "heure", "vide")]


def read(sheets):
    return load_workbook(io.BytesIO(b"".join(stream_workbook(sheets))))


def cells(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_cells_keep_their_type():
    row = ("Nanterre", 35, 2.5, True, date(2024, 8, 14), datetime(2024, 8, 14, 10, 17, tzinfo=UTC), None)
    page = read([Sheet("UO", COLUMNS, [row])])["UO"]
    assert cells(page) == [
        [name for name, _ in COLUMNS],
        [
            "Nanterre",
            35,
            2.5,
            "oui",
            datetime(2024, 8, 14),  # noqa: DTZ001 - a cell has no zone
            datetime(2024, 8, 14, 12, 17),  # noqa: DTZ001
            None,
        ],
    ]
    assert [cell.data_type for cell in page[2]] == ["s", "n", "n", "s", "d", "d", "n"]
    assert page["F2"].number_format == "dd/mm/yyyy hh:mm"


def test_titles_are_bold_stay_in_sight_and_filter():
    book = read([Sheet("UO", [("a", 40), ("b", 5)], [("x", 1), ("y", 2)]), Sheet("L’autre d'ici", [("c", 9)])])
    page, other = book.worksheets
    assert page.freeze_panes == "A2"
    [table], [empty] = page.tables.values(), other.tables.values()
    assert (table.ref, table.autoFilter.ref, empty.ref) == ("A1:B3", "A1:B3", "A1:A2")
    assert [column.name for column in table.tableColumns] == [page["A1"].value, page["B1"].value]
    assert table.displayName != empty.displayName
    assert page["A1"].font.bold
    assert page.column_dimensions["A"].width == 40
    assert book.sheetnames == ["UO", "L’autre d'ici"]


def test_a_text_is_never_a_formula_a_link_nor_a_refused_character():
    texts = ["=1+1", "+33 1", "@SUM(A1)", "{=1}", "https://exemple.fr", "<b>&\"'", "\u00a01\u202f000", "a\x00b\x0bc"]
    page = read([Sheet("S", [("texte", 20)], [(text,) for text in texts])])["S"]
    shown = [row[0] for row in page.iter_rows(min_row=2)]
    assert [cell.value for cell in shown] == [*texts[:-1], "abc"]
    assert {cell.data_type for cell in shown} == {"s"}
    assert all(cell.hyperlink is None for cell in shown)


def test_the_code_of_a_character_stays_a_text():
    content = zipfile.ZipFile(io.BytesIO(b"".join(stream_workbook([Sheet("S", [("a", 5)], [("_x000D_",)])]))))
    assert b"_x005F_x000D_" in content.read("xl/worksheets/sheet1.xml")


@property_settings(max_examples=30)
@given(st.lists(st.tuples(st.text(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False)), max_size=5))
def test_every_part_is_right_xml_whatever_the_texts(rows):
    archive = zipfile.ZipFile(io.BytesIO(b"".join(stream_workbook([Sheet("S", [("a", 5), ("b", 5), ("c", 5)], rows)]))))
    assert archive.testzip() is None
    for name in archive.namelist():
        ET.fromstring(archive.read(name))
    page = load_workbook(io.BytesIO(archive.fp.getvalue()))["S"]
    assert [row[1] for row in cells(page)[1:]] == [row[1] for row in rows]


@property_settings(max_examples=30)
@given(st.text())
def test_what_is_readable_is_written_whole(text):
    page = read([Sheet("S", [("a", 5)], [(f"«{text}»",)])])["S"]
    assert page["A2"].value.replace("_x005F_", "_") == readable(f"«{text}»").replace("_x005F_", "_")


def test_the_file_leaves_while_rows_are_read_and_stops_with_its_reader():
    asked = []

    def rows():
        for number in range(50 * LINES_AT_ONCE):
            asked.append(number)
            yield tuple(f"{number}-{column}-{number * 7919}" for column in range(7))

    stream = stream_workbook([Sheet("S", COLUMNS, rows())])
    assert next(stream)
    stream.close()
    assert len(asked) < 10 * LINES_AT_ONCE


def test_memory_does_not_follow_the_number_of_rows():
    def peak(count):
        rows = ((f"ligne {number}", number, number / 7, False, None, None, None) for number in range(count))
        tracemalloc.start()
        for _ in stream_workbook([Sheet("S", COLUMNS, rows)]):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(20 * LINES_AT_ONCE) < 1.5 * peak(4 * LINES_AT_ONCE)
