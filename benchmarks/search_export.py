"""The Excel file of a search beside the least it takes: one SQL query of its cells, and XlsxWriter that writes them.

Ours is asked through Django's test client, every middleware included, and read to its end; the floor has neither
account, log nor judgement of places. Memory is measured too: that of the
whole region beside that of 2,000 lines.
"""

from __future__ import annotations

import datetime
import io
import tracemalloc
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import xlsxwriter
from django.db import connection
from django.test import Client

from accounts.models import User
from benchmarks.runner import Figure
from common.geo import distance_sql
from directory.territory.places import resolve_place

GOAL = 1.5  # greatest ratio of the medians
FLAT = 1.5  # greatest ratio of the memory of the whole region to that of FEW lines
ROWS, FEW = 1500, 2000
READER = "consultation"  # a demonstration account
WHERE = "75010"
_CELLS = """
    SELECT eg.name, d.department_code, c.list_name, eg.phone, round(({distance})::numeric, 1)::float8,
           count(*) OVER (PARTITION BY d.group_id), d.name, d.type_label, d.figure, d.installed_places,
           d.stated_at, d.expires_at, d.sex, d.min_age_value, d.min_age_unit, d.max_age_value, d.max_age_unit,
           d.phone, unit.secretary_phone, unit.medical_phone, unit.nursing_phone, unit.email, eg.email,
           concat_ws(' ', eg.street_number, eg.street_name, eg.postal_code, c.name), eg.finess
    FROM search_searchdocument d
    JOIN directory_operationalunit unit ON unit.id = d.unit_id
    JOIN directory_geographicentity eg ON eg.id = d.geographic_entity_id
    JOIN directory_commune c ON c.insee = d.commune_insee
    WHERE d.kind = 'uo' AND d.unit_type_id = ANY(%(types)s)
    ORDER BY 5 NULLS LAST, d.group_id, d.name
"""


def figures() -> Iterable[Figure]:
    """Measure a file of about ``ROWS`` lines, then the memory of the whole region beside that of 2,000 lines."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=READER))
    types = types_of(ROWS)
    statement, parameters = floor_statement(types)
    everything = {"ou": WHERE, "distance": "tout"}
    yield Figure(
        f"Excel, {ROWS} lignes",
        lambda: download(client, everything | {"type": types}),
        lambda: write(statement, parameters),
        goal=GOAL,
        rounds=15,
        warm_up=2,
    )
    few = everything | {"type": types_of(FEW)}
    yield Figure(
        f"Excel, mémoire (Kio) : région / {FEW} lignes",
        lambda: peak(client, everything),
        lambda: peak(client, few),
        goal=FLAT,
        rounds=2,
        warm_up=1,
    )


def types_of(wanted: int) -> list[int]:
    """Types of units that hold about ``wanted`` units together, the most frequent that fit first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT unit_type_id, count(*) FROM search_searchdocument WHERE unit_type_id IS NOT NULL"
            " GROUP BY unit_type_id ORDER BY count(*) DESC, unit_type_id"
        )
        rows = cursor.fetchall()
    chosen, left = [], wanted
    for term_id, count in rows:
        if count <= left:
            chosen.append(term_id)
            left -= count
    return chosen


def floor_statement(types: list[int]) -> tuple[str, dict[str, Any]]:
    """Return one query for twenty-five cells a line, and its parameters."""
    start = resolve_place(WHERE).place
    if start is None or start.point is None:
        raise RuntimeError(f"{WHERE} is not in the demonstration data")
    distance = distance_sql("d.lat", "d.lon")
    return _CELLS.replace("{distance}", distance), {"types": types, **start.point._asdict()}


def download(client: Client, query: dict[str, Any]) -> int:
    """Read the file to its end; return its size in bytes."""
    response: Any = client.get("/recherche/export.xlsx?" + urlencode(query, doseq=True))
    if response.status_code != 200:
        raise AssertionError(f"{response.status_code} {response.content[:300]!r}")
    size = sum(len(piece) for piece in response.streaming_content)
    response.close()
    return size


def write(statement: str, parameters: dict[str, Any]) -> int:
    """Fetch all and write all, each cell by its type; return the size of the file in bytes."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        titles = [column.name for column in cursor.description]
        rows = cursor.fetchall()
    file = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(file, options) as book:
        moment = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        page = book.add_worksheet()
        for number, row in enumerate([titles, *rows]):
            for column, value in enumerate(row):
                if isinstance(value, datetime.datetime):
                    page.write_datetime(number, column, value, moment)
                elif isinstance(value, str):
                    page.write_string(number, column, value)
                elif value is not None:
                    page.write_number(number, column, value)
    return len(file.getvalue())


def peak(client: Client, query: dict[str, Any]) -> float:
    """Greatest memory that Python holds during a download, in KiB."""
    tracemalloc.start()
    try:
        download(client, query)
        return tracemalloc.get_traced_memory()[1] / 1024
    finally:
        tracemalloc.stop()
