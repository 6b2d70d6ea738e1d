"""Workbooks of tests: filled in as a person would from a template."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

from directory.imports.workbook import Column


def workbook(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Any]],
    *,
    sheet: str = "Feuille",
    titles: Sequence[str] | None = None,
    above: int = 0,
) -> bytes:
    """Workbook whose lines give values by the key of their column; ``titles`` replace those of the columns."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(sheet)
        page.write_row(above, 0, titles if titles is not None else [column.title for column in columns])
        places = {column.key: place for place, column in enumerate(columns)}
        for line, row in enumerate(rows, start=above + 1):
            for key, value in row.items():
                page.write(line, places[key], value)
    return file.getvalue()


def with_part(content: bytes, name: str, data: bytes) -> bytes:
    """The workbook with one more part."""
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()
