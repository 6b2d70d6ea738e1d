"""Excel files sent while they are written: nothing is kept but the line at hand, and who stops reading stops the work.

XlsxWriter (``common.xlsx``) gives a whole file at its end; here each part of the archive leaves once it is made. Same
types of cells: bold titles that stay in sight, no text is a formula or a link. Each sheet is a table, which filters,
sorts and grows; its part is written once its rows are counted.
"""

from __future__ import annotations

import datetime
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from django.utils import timezone

from .xlsx import MAX_CELL, Sheet, readable, sheet_name

LINES_AT_ONCE = 200  # lines joined before they are compressed
_COMPRESSION = 3  # 0 to 9: half the time of the usual 6, a tenth larger
_EPOCH = datetime.datetime(1899, 12, 30)  # noqa: DTZ001 (day 0 of Excel, which has no zone)
_FIRST_DAY = datetime.date(1900, 3, 1)  # before, Excel counts a day that never was
_TITLE, _MOMENT, _DAY = 1, 2, 3  # places in cellXfs of _STYLES
_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")  # what Excel would read as the code of a character

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_STYLES = f"""{_HEAD}<styleSheet xmlns="{_MAIN}">
<numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy hh:mm"/>
<numFmt numFmtId="165" formatCode="dd/mm/yyyy"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""  # noqa: E501
_ROOT = (
    f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
    f' Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_BOTTOM = '</sheetData><tableParts count="1"><tablePart r:id="rId1"/></tableParts></worksheet>'


class _Outbox:
    """A file that keeps what is written to it until it is taken."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def take(self) -> bytes:
        taken = b"".join(self.parts)
        self.parts.clear()
        return taken


def stream_workbook(sheets: Sequence[Sheet]) -> Iterator[bytes]:
    """Yield the bytes of a workbook of ``sheets``, whose rows are read one after the other, in order.

    Each sheet has a column at least, and no two columns of the same title. A closed iterator asks for no
    more rows; closing them is the caller’s.
    """
    outbox = _Outbox()
    archive = zipfile.ZipFile(outbox, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)  # type: ignore[call-overload]
    archive.writestr("[Content_Types].xml", _content_types(len(sheets)))
    archive.writestr("_rels/.rels", _ROOT)
    archive.writestr("xl/styles.xml", _STYLES)
    archive.writestr("xl/_rels/workbook.xml.rels", _relations(len(sheets)))
    for place, sheet in enumerate(sheets, start=1):
        columns = [_letters(column) for column in range(len(sheet.columns))]
        last = 0
        with archive.open(f"xl/worksheets/sheet{place}.xml", "w") as entry:
            entry.write(_top_of(sheet, columns, is_first=place == 1).encode())
            for last, lines in _lines(sheet, columns):  # noqa: B007 (the last one is read below)
                entry.write(lines.encode())
                if sent := outbox.take():
                    yield sent
            entry.write(_BOTTOM.encode())
        archive.writestr(f"xl/worksheets/_rels/sheet{place}.xml.rels", _relation_to_table(place))
        archive.writestr(f"xl/tables/table{place}.xml", _table(sheet, place, f"A1:{columns[-1]}{max(last, 1) + 1}"))
    archive.writestr("xl/workbook.xml", _workbook(sheets))
    archive.close()
    yield outbox.take()


def _lines(sheet: Sheet, columns: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Rows as XML, some at once, with the number of the last one (from 1)."""
    rows: list[str] = []
    number = 0
    for number, row in enumerate(sheet.rows, start=1):
        rows.append(_row(number + 1, row, columns))
        if len(rows) == LINES_AT_ONCE:
            yield number, "".join(rows)
            rows = []
    if rows:
        yield number, "".join(rows)


def _row(number: int, row: Sequence[Any], columns: Sequence[str]) -> str:
    cells = [
        _cell(f"{column}{number}", value)
        for column, value in zip(columns, row, strict=True)
        if value is not None and value != ""
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(place: str, value: Any) -> str:
    if isinstance(value, str):
        return _text(place, value)
    if isinstance(value, bool):
        return _text(place, "oui" if value else "non")
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    if isinstance(value, datetime.datetime):
        days = (timezone.make_naive(value) - _EPOCH) / datetime.timedelta(days=1)
        return f'<c r="{place}" s="{_MOMENT}"><v>{days:.9f}</v></c>'
    if isinstance(value, datetime.date) and value >= _FIRST_DAY:
        return f'<c r="{place}" s="{_DAY}"><v>{(value - _EPOCH.date()).days}</v></c>'
    return _text(place, str(value))


def _text(place: str, value: str, style: int = 0) -> str:
    text = escape(_ESCAPED.sub("_x005F_", readable(value)[:MAX_CELL]))
    shown = f' s="{style}"' if style else ""
    return f'<c r="{place}"{shown} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _top_of(sheet: Sheet, columns: Sequence[str], *, is_first: bool) -> str:
    """What stands before the rows: the frozen line, the widths, the titles."""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, (_, width) in enumerate(sheet.columns, start=1)
    )
    titles = "".join(
        _text(f"{column}1", title, _TITLE) for column, (title, _) in zip(columns, sheet.columns, strict=True)
    )
    selected = ' tabSelected="1"' if is_first else ""
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheetViews><sheetView{selected} workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData><row r="1">{titles}</row>'
    )


def _table(sheet: Sheet, place: int, cells: str) -> str:
    """The table of a sheet. Excel wants a line under the titles, were it empty."""
    listed = "".join(
        f'<tableColumn id="{column}" name={quoteattr(_ESCAPED.sub("_x005F_", readable(title)))}/>'
        for column, (title, _) in enumerate(sheet.columns, start=1)
    )
    return (
        f'{_HEAD}<table xmlns="{_MAIN}" id="{place}" name="Tableau{place}" displayName="Tableau{place}" ref="{cells}"'
        f' totalsRowShown="0"><autoFilter ref="{cells}"/>'
        f'<tableColumns count="{len(sheet.columns)}">{listed}</tableColumns>'
        '<tableStyleInfo name="TableStyleLight1" showFirstColumn="0" showLastColumn="0" showRowStripes="1"'
        ' showColumnStripes="0"/></table>'
    )


def _relation_to_table(place: int) -> str:
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_LINKS}/table" Target="../tables/table{place}.xml"/></Relationships>'
    )


def _workbook(sheets: Sequence[Sheet]) -> str:
    listed = "".join(
        f'<sheet name={quoteattr(sheet_name(sheet.name))} sheetId="{place}" r:id="rId{place}"/>'
        for place, sheet in enumerate(sheets, start=1)
    )
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><bookViews><workbookView/></bookViews>'
        f"<sheets>{listed}</sheets></workbook>"
    )


def _content_types(sheets: int) -> str:
    listed = "".join(
        f'<Override PartName="/xl/worksheets/sheet{place}.xml" ContentType="{_BOOK}.worksheet+xml"/>'
        f'<Override PartName="/xl/tables/table{place}.xml" ContentType="{_BOOK}.table+xml"/>'
        for place in range(1, sheets + 1)
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_BOOK}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_BOOK}.styles+xml"/>{listed}</Types>'
    )


def _relations(sheets: int) -> str:
    listed = "".join(
        f'<Relationship Id="rId{place}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{place}.xml"/>'
        for place in range(1, sheets + 1)
    )
    styles = f'<Relationship Id="rId{sheets + 1}" Type="{_LINKS}/styles" Target="styles.xml"/>'
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{listed}{styles}</Relationships>'


def _letters(column: int) -> str:
    """Name of a column from 0: « A », « Z », « AA »."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name
