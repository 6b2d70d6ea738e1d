"""CSV files that French spreadsheets open as they are, sent while they are written."""

import csv
import datetime
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils import timezone

from .xlsx import readable

CSV_TYPE = "text/csv; charset=utf-8"
LINES_AT_ONCE = 200
_BOM = b"\xef\xbb\xbf"  # tells spreadsheets that the file is UTF-8
_STARTS_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # those of full width too


class _Echo:
    """A file whose « write » gives the line back."""

    def write(self, line: str) -> str:
        return line


def stream_csv(titles: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Yield a file of ``rows`` under ``titles``: UTF-8 with its mark, « ; », decimal comma, dates as in French.

    A text that a spreadsheet would take for a formula gets a leading « ' ». Values are those of ``common.xlsx.Sheet``.
    """
    writer = csv.writer(_Echo(), delimiter=";", lineterminator="\r\n")
    lines = [_BOM, writer.writerow(titles).encode()]
    for row in rows:
        lines.append(writer.writerow([_text(value) for value in row]).encode())
        if len(lines) >= LINES_AT_ONCE:
            yield b"".join(lines)
            lines = []
    yield b"".join(lines)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        text = readable(value)
        return f"'{text}" if text.lstrip(" \u00a0\u202f").startswith(_STARTS_FORMULA) else text
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return f"{value!r}".replace(".", ",")
    if isinstance(value, datetime.datetime):
        return f"{timezone.make_naive(value):%d/%m/%Y %H:%M}"
    return f"{value:%d/%m/%Y}" if isinstance(value, datetime.date) else str(value)
