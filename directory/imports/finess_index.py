"""What one line of a FINESS file must know of the others, kept in a file of its own: memory does not grow with it.

A temporary SQLite file, built by the first reading of the import and thrown away with it.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path

from .finess_lines import PointLine

PENDING = 2000  # facts kept before they are written
# establishment: every « structureet » line; local: good ones of the loaded region; refused: its bad ones; mentioned:
# numbers of lines that do not fit; legal: « structureej » lines; wanted: EJs that local establishments name; siret:
# also SIREN of EJs.
NUMBERS = ("establishment", "local", "refused", "mentioned", "legal", "wanted", "siret")
TABLES = "".join(
    f"CREATE TABLE {name} (number TEXT PRIMARY KEY, line INTEGER{more}) WITHOUT ROWID;"
    for name, more in [*((name, "") for name in NUMBERS), ("point", ", x REAL, y REAL")]
)


class FileIndex:
    """First line of each number of a file, and its points."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ror-import-")
        self._base = sqlite3.connect(Path(self._folder.name) / "index.sqlite3", isolation_level=None)
        self._base.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {TABLES}")
        self._pending: dict[str, list[tuple]] = {}

    def close(self) -> None:
        """Throw the file away."""
        self._base.close()
        self._folder.cleanup()

    def add(self, table: str, *fact: str | int | float) -> None:
        """Keep a fact, unless its number is already there: the first line wins."""
        rows = self._pending.setdefault(table, [])
        rows.append(fact)
        if len(rows) >= PENDING:
            self._write(table)

    def first_line(self, table: str, number: str) -> int | None:
        """Line where a number first stands; ``None`` when it does not."""
        self._flush()
        found = self._base.execute(f"SELECT line FROM {table} WHERE number = ?", (number,)).fetchone()  # noqa: S608 - a name of NUMBERS
        return found[0] if found else None

    def point_of(self, finess: str) -> tuple[int, PointLine] | None:
        """Point that the file gives an establishment, after its line."""
        self._flush()
        found = self._base.execute("SELECT line, x, y FROM point WHERE number = ?", (finess,)).fetchone()
        return (found[0], PointLine(finess, *found[1:])) if found else None

    def absent(self, numbers: Iterable[str]) -> list[str]:
        """Those of some establishments' FINESS that the file does not name."""
        named = ("establishment", "mentioned")
        return [number for number in numbers if all(self.first_line(table, number) is None for table in named)]

    def _flush(self) -> None:
        for table in list(self._pending):
            self._write(table)

    def _write(self, table: str) -> None:
        rows = self._pending.pop(table)
        marks = ", ".join("?" * len(rows[0]))
        self._base.execute("BEGIN")
        self._base.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - as above
        self._base.execute("COMMIT")
