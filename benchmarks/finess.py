"""A FINESS file of new establishments imported by the command, beside a bare COPY of the same rows.

Ours reads, checks, joins points, writes EJs, EGs, their history and completeness, and a verdict a line, in batches that
commit. The floor copies the same EJs, EGs, history and verdicts from a file into tables without a key or an index. The
peak memory of the import is printed for each length: it must not grow with the file.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from django.db import connection
from pyproj import Transformer

from benchmarks.runner import Figure
from common.identifiers import luhn_key
from directory.imports.finess_lines import ESTABLISHMENT, POINT
from directory.models import Commune

OWN_DATABASE = "ror_bench_finess"
SIZES = (20_000, 50_000, 100_000)
MEMORY_GROWTH = 1.10  # greatest ratio of the peak of the longest file to that of the shortest
TABLES = ("directory_legalentity", "directory_geographicentity", "directory_recordchange", "directory_importline")
CLONE = Path(__file__).resolve().parent.parent


def figures() -> Iterable[Figure]:
    """One import a length, each beside its COPY; raises ``AssertionError`` when memory grows."""
    peaks: dict[int, int] = {}
    with tempfile.TemporaryDirectory(prefix="ror-bench-") as folder:
        for size in SIZES:
            work = Path(folder) / str(size)
            work.mkdir()
            file = work / "finess.csv"
            write_file(file, size)
            yield Figure(
                f"import FINESS, {size} établissements",
                functools.partial(ours, file, peaks, size),
                functools.partial(floor, work),
                rounds=1,
                warm_up=0,
            )
    if peaks[SIZES[-1]] > peaks[SIZES[0]] * MEMORY_GROWTH:
        raise AssertionError(f"memory grows with the file: {peaks}")


def write_file(path: Path, size: int) -> None:
    """Write establishments over every commune, five an EJ, then their points, as the national extract does."""
    fields = ("insee", "department_id", "postal_codes", "lat", "lon")
    communes = list(Commune.objects.filter(arrondissements=None).values_list(*fields))
    to_lambert93 = Transformer.from_crs("EPSG:4326", "EPSG:2154").transform
    centres = [to_lambert93(lat, lon) for *_, lat, lon in communes]
    with path.open("w", encoding="latin-1") as file:
        file.write("finess;etalab;111;2026-05-12\n")
        for number in range(size):
            insee, department, codes, *_ = communes[number % len(communes)]
            siren = keyed(f"88{number // 5:06}")
            file.write(
                f"{ESTABLISHMENT};{keyed(f'92{number:06}')};{keyed(f'93{number // 5:06}')};EHPAD N°{number};"
                f"ETABLISSEMENT D'HEBERGEMENT N°{number};;;{number % 200};R;DES LILAS;;;{insee[2:]};{department};;"
                f"{codes[0]} COMMUNE;0199000000;;500;EHPAD;;;{keyed(f'{siren}{number % 5:04}')};;;;;;1999-04-01;;;\n"
            )
        for number in range(size):
            x, y = centres[number % len(centres)]
            file.write(f"{POINT};{keyed(f'92{number:06}')};{x + number % 300:.1f};{y + number % 200:.1f};1;;\n")


def keyed(digits: str) -> str:
    """Digits with their Luhn key appended."""
    return digits + luhn_key(digits)


def ours(file: Path, peaks: dict[int, int], size: int) -> float:
    """Import the file into empty tables by the command, in a process of its own; return milliseconds."""
    with connection.cursor() as cursor:
        cursor.execute("SET ror.allow_truncate = 'on'")
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}, directory_importrun RESTART IDENTITY CASCADE")
    environment = os.environ | {"MEDIA_ROOT": str(file.parent), "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "manage.py", "import_finess", str(file)]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=CLONE, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise AssertionError(f"import_finess: exit code {process.returncode}")
    peaks[size] = usage.ru_maxrss
    print(
        f"{size} établissements : {elapsed:.0f} s, {usage.ru_maxrss / 1024:.0f} Mio au plus",
        file=sys.stderr,
        flush=True,
    )
    return elapsed * 1000


def floor(work: Path) -> float:
    """COPY the rows that the import wrote into bare tables; return milliseconds, their export left out."""
    elapsed = 0.0
    with connection.cursor() as cursor:
        for table in TABLES:
            copied = work / f"{table}.copy"
            with copied.open("wb") as file, cursor.copy(f"COPY {table} TO STDOUT") as rows:
                file.writelines(bytes(block) for block in rows)
            cursor.execute(f"DROP TABLE IF EXISTS floor_{table}")
            cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table})")
            started = time.perf_counter()
            with copied.open("rb") as file, cursor.copy(f"COPY floor_{table} FROM STDIN") as rows:
                while block := file.read(1024 * 1024):
                    rows.write(block)
            elapsed += time.perf_counter() - started
    return elapsed * 1000
