"""Excel files, written line by line in constant memory; a text never becomes a formula nor a link."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse
from django.utils import timezone

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_NAME, MAX_CELL = 31, 32_767  # limits of the format
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
# Control characters, halves of characters, marks that turn the direction of a text, and what XML refuses.
_UNREADABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffe\uffff]"
)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its columns (title, width in characters) and its rows of plain values, in the order of the columns.

    ``rows`` may be a generator. A value is ``None``, a text, a number, a boolean (« oui », « non »), a date or an aware
    datetime (shown in Paris time).
    """

    name: str
    columns: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Any]] = field(default=())


def write_workbook(file: IO[bytes], sheets: Iterable[Sheet]) -> None:
    """Write ``sheets`` into ``file`` (binary, seekable): bold titles that stay in sight, filters on the columns."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
        "default_date_format": "dd/mm/yyyy",
    }
    with xlsxwriter.Workbook(file, options) as workbook:
        title = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        moment = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        for sheet in sheets:
            page = workbook.add_worksheet(sheet_name(sheet.name))
            page.freeze_panes(1, 0)
            for column, (label, width) in enumerate(sheet.columns):
                page.set_column(column, column, width)
                page.write_string(0, column, label, title)
            last = 0
            for last, row in enumerate(sheet.rows, start=1):
                for column, value in enumerate(row):
                    _write(page, last, column, value, moment)
            page.autofilter(0, 0, last, max(len(sheet.columns) - 1, 0))


def xlsx_response(file_name: str, sheets: Iterable[Sheet]) -> FileResponse:
    """Answer with a workbook of ``sheets`` to download. ``file_name`` carries its « .xlsx »."""
    return download_response(file_name, lambda file: write_workbook(file, sheets))


def download_response(file_name: str, write: Callable[[IO[bytes]], None]) -> FileResponse:
    """Answer with the workbook that ``write`` puts into the file it is given. ``file_name`` carries its « .xlsx »."""
    file = tempfile.SpooledTemporaryFile(max_size=5 * 1024 * 1024)  # noqa: SIM115 - closed by the answer
    write(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=file_name, content_type=XLSX_TYPE)


def _write(page: Any, row: int, column: int, value: Any, moment: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(row, column, "oui" if value else "non")
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    elif isinstance(value, datetime):
        page.write_datetime(row, column, timezone.make_naive(value), moment)
    elif isinstance(value, date):
        page.write_datetime(row, column, value)
    else:
        page.write_string(row, column, readable(str(value))[:MAX_CELL])


def readable(text: str) -> str:
    """Leave out what the format refuses or nobody sees; French spaces, tabs and line breaks stay."""
    return _UNREADABLE.sub("", text)


def sheet_name(name: str) -> str:
    """Name that the format takes for a sheet: 31 characters, some of them refused."""
    return name.translate(_FORBIDDEN_IN_NAMES)[:MAX_NAME]
