"""Excel files that support fills in: the columns of a template, and a workbook read back line by line.

The file comes from anywhere: its size once unpacked, its macros and its password are looked at before it is opened.
"""

from __future__ import annotations

import datetime
import itertools
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from openpyxl import load_workbook

from common import french
from common.text import fold, visible

from .contract import RunTaken, UnreadableFile

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED = 64 * 1024 * 1024  # bytes of all parts together
MAX_PARTS = 2000
MAX_ROWS = 20_000
LAST_ROW = 1_048_576  # of a sheet, as the format has it
MAX_COLUMNS = 200  # those beyond are not read
BLANKS_AT_MOST = 1000  # blank lines in a row; what is below is not read
ALIVE_EVERY = 1000  # lines between two signs of life
MAX_CELL = 5000  # characters
HEADER_WITHIN = 10  # first filled lines among which the titles are looked for
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NOT_EXCEL = "Ce n’est pas un classeur Excel (.xlsx). Enregistrez-le sous ce format, ou partez du modèle."
LOCKED = "Le classeur a un mot de passe ou un ancien format (.xls). Enregistrez-le en .xlsx, sans mot de passe."
WITH_MACROS = "Le classeur contient des macros. Enregistrez-le au format .xlsx, sans macro."
TOO_BIG = "Le classeur est trop gros une fois décompressé."
EMPTY = "Le classeur ne contient aucune ligne sous les titres."
FORMULA = "\x1aformule"  # text of a cell that computes its value; no other cell begins so
Lines = Iterator[tuple[int, Sequence[Any]]]
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Column:
    """One column of a template.

    ``help`` is a sentence for the instructions; ``example`` a value shown there. ``choices`` are the labels that may be
    written, offered in the cell unless it takes ``several``. ``text`` keeps what is typed as a text (numbers that begin
    with 0).
    """

    key: str
    title: str
    help: str
    required: bool = False
    width: int = 20
    example: str = ""
    choices: Sequence[str] = ()
    several: bool = False
    text: bool = False


@dataclass(frozen=True)
class RowRead:
    """One filled line: its number in the sheet and the text of its cells by the key of their column."""

    number: int
    cells: dict[str, str]
    problem: str = ""

    def get(self, key: str) -> str:
        """Text of a cell, empty when there is none."""
        return self.cells.get(key, "")


def read_rows(
    file: IO[bytes], sheet: str, columns: Sequence[Column], alive: Callable[[], None] = lambda: None
) -> list[RowRead]:
    """Filled lines of the sheet named ``sheet`` (else the first one). ``alive`` is called now and then.

    Raises ``UnreadableFile`` when the file is no plain .xlsx, when columns are missing or unknown, or when there is
    nothing below the titles.
    """
    _look_inside(file)
    try:
        rows = _read(file, sheet, columns, alive)
    except (UnreadableFile, RunTaken):
        raise
    except Exception as error:  # openpyxl raises whatever a broken file makes it meet
        raise UnreadableFile(NOT_EXCEL) from error
    if not rows:
        raise UnreadableFile(EMPTY)
    return rows


def _look_inside(file: IO[bytes]) -> None:
    file.seek(0)
    if file.read(len(OLE)) == OLE:
        raise UnreadableFile(LOCKED)
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableFile(NOT_EXCEL) from error
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableFile(LOCKED)
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise UnreadableFile(NOT_EXCEL)
    if any(name.lower().endswith("vbaproject.bin") or "/macrosheets/" in name.lower() for name in names):
        raise UnreadableFile(WITH_MACROS)
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise UnreadableFile(TOO_BIG)
    file.seek(0)


def _read(file: IO[bytes], sheet: str, columns: Sequence[Column], alive: Callable[[], None]) -> list[RowRead]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl tells of decorations that it does not keep
        book = load_workbook(file, read_only=True, data_only=False, keep_links=False)
        try:
            wanted = {fold(name): name for name in reversed(book.sheetnames)}.get(fold(sheet))
            page = book[wanted] if wanted else book.worksheets[0]
            page.reset_dimensions()
            rows = page.iter_rows(max_row=LAST_ROW, max_col=MAX_COLUMNS)
            lines = _alive(enumerate(([_value(cell) for cell in row] for row in rows), start=1), alive)
            keys = _titles(lines, columns)
            return list(_filled(lines, keys))
        finally:
            book.close()


def _alive(lines: Lines, alive: Callable[[], None]) -> Lines:
    for number, values in lines:
        if number % ALIVE_EVERY == 0:
            alive()
        yield number, values


def _value(cell: Any) -> Any:
    """Value of a cell, ``FORMULA`` for one that computes it: its result is only what Excel last saw."""
    return FORMULA if getattr(cell, "data_type", "") == "f" else cell.value


def _titles(lines: Lines, columns: Sequence[Column]) -> dict[int, str]:
    """Key of each column by its place, from the first line that holds a title."""
    by_title = {fold(column.title): column for column in columns}
    seen: dict[int, str] = {}
    filled = ({place: text for place, value in enumerate(values) if (text := _text(value))} for _, values in lines)
    for titles in itertools.islice(filter(None, itertools.islice(filled, BLANKS_AT_MOST)), HEADER_WITHIN):
        found = {place: by_title[fold(title)] for place, title in titles.items() if fold(title) in by_title}
        if found:
            _check_titles(titles, found, columns)
            return {place: column.key for place, column in found.items()}
        seen = seen or titles
    if seen:
        _check_titles(seen, {}, columns)
    raise UnreadableFile(EMPTY)


def _check_titles(titles: dict[int, str], found: dict[int, Column], columns: Sequence[Column]) -> None:
    keys = [column.key for column in found.values()]
    missing = [column.title for column in columns if column.required and column.key not in keys]
    unknown = [title for place, title in titles.items() if place not in found]
    twice = [column.title for column in columns if keys.count(column.key) > 1]
    said = [
        f"{french.plural(len(titles), noun, nouns)}\u00a0: {_quoted(titles)}"
        for titles, noun, nouns in (
            (missing, "Colonne absente", "Colonnes absentes"),
            (unknown, "Colonne inconnue", "Colonnes inconnues"),
            (twice, "Colonne en double", "Colonnes en double"),
        )
        if titles
    ]
    if said:
        raise UnreadableFile(". ".join([*said, "Partez du modèle proposé sur la page."]))


def _quoted(titles: Sequence[str]) -> str:
    shown = [f"«\u00a0{_CONTROL.sub('', title)[:60]}\u00a0»" for title in titles[:20]]
    return ", ".join([*shown, "…"] if len(titles) > len(shown) else shown)


def _filled(lines: Lines, keys: dict[int, str]) -> Iterator[RowRead]:
    count = blanks = 0
    for number, values in lines:
        cells = {key: text for place, key in keys.items() if place < len(values) and (text := _text(values[place]))}
        if not cells:
            blanks += 1
            if blanks > BLANKS_AT_MOST:
                return
            continue
        count, blanks = count + 1, 0
        if count > MAX_ROWS:
            raise UnreadableFile(f"Le classeur a plus de {french.number(MAX_ROWS)} lignes\u00a0: découpez-le.")
        plain = {key: text for key, text in cells.items() if text != FORMULA}
        yield RowRead(number, plain, _problem(cells))


def _problem(cells: dict[str, str]) -> str:
    if FORMULA in cells.values():
        return "La cellule contient une formule\u00a0: collez sa valeur."
    if any(_CONTROL.search(text) for text in cells.values()):
        return "Une cellule contient un caractère interdit."
    if any(len(text) > MAX_CELL for text in cells.values()):
        return f"Une cellule dépasse {french.number(MAX_CELL)} caractères."
    return ""


def _text(value: Any) -> str:
    """Text of a cell as a person reads it: whole numbers without decimals, dates as 14/08/2024, oui or non."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value).replace(".", ",")
    if isinstance(value, datetime.datetime | datetime.date):
        return french.day(value)
    unescaped = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), str(value))
    return visible(unescaped).replace("\u00a0", " ").strip()
