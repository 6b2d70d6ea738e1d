"""A France to measure on: the establishments of the demonstration, many times over, spread by where people live.

Each copy of an establishment keeps its units, types and figures; it stays in Île-de-France as often as people do, or
goes to a commune of another department, drawn by population, big communes first. All by SQL, from a database that
holds the demonstration « idf »: 5,100 establishments become about 127,000, and 20,000 units 500,000. Documents of the
index are copied like the rest, which is what a rebuild would write but for names and numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, cast

from django.conf import settings
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from ror.cluster import Cluster
from search.indexing.documents_sql import SQUARES

COPIES = 24
LEGAL_COPIES = 10
STEP = 10_000_000  # between the ids of two copies
COMMUNES = 300  # of each department
HOME_SHARE = 0.18  # of the inhabitants of France who live in Île-de-France

# Thousands of inhabitants, and about the middle of it: every department of the mainland and Corsica but Île-de-France.
DEPARTMENTS = """
01 657 46.1 5.35|02 527 49.55 3.6|03 335 46.4 3.2|04 166 44.1 6.2|05 141 44.65 6.3|06 1100 43.9 7.2|07 332 44.75 4.4
08 268 49.6 4.6|09 154 42.95 1.5|10 311 48.3 4.15|11 377 43.1 2.4|12 279 44.3 2.6|13 2048 43.5 5.1|14 695 49.1 -0.35
15 144 45.05 2.65|16 352 45.7 0.2|17 660 45.75 -0.7|18 300 47.05 2.5|19 240 45.35 1.9|21 535 47.4 4.75
22 605 48.45 -2.85|23 116 46.1 2.05|24 415 45.1 0.75|25 545 47.15 6.4|26 520 44.7 5.15|27 600 49.1 1.0
28 432 48.4 1.4|29 917 48.25 -4.05|2A 162 41.85 9.0|2B 184 42.4 9.2|30 757 44.0 4.15|31 1430 43.4 1.2
32 192 43.7 0.45|33 1655 44.8 -0.6|34 1201 43.6 3.35|35 1099 48.15 -1.65|36 217 46.8 1.6|37 612 47.25 0.7
38 1284 45.25 5.6|39 259 46.7 5.7|40 420 43.95 -0.8|41 328 47.6 1.4|42 768 45.7 4.15|43 227 45.1 3.8
44 1457 47.35 -1.7|45 685 47.9 2.3|46 174 44.6 1.6|47 331 44.35 0.45|48 77 44.5 3.5|49 819 47.4 -0.55
50 495 49.05 -1.3|51 564 48.95 4.2|52 170 48.1 5.2|53 306 48.15 -0.65|54 731 48.75 6.2|55 182 49.0 5.4
56 768 47.85 -2.8|57 1050 49.05 6.65|58 202 47.1 3.5|59 2608 50.45 3.2|60 830 49.4 2.4|61 277 48.6 0.1
62 1463 50.5 2.3|63 662 45.7 3.15|64 689 43.25 -0.75|65 230 43.05 0.15|66 483 42.6 2.5|67 1149 48.65 7.55
68 767 47.85 7.25|69 1883 45.85 4.65|70 234 47.65 6.1|71 549 46.65 4.55|72 566 48.0 0.2|73 438 45.5 6.45
74 841 46.05 6.45|76 1255 49.65 1.0|79 374 46.55 -0.3|80 567 49.95 2.3|81 390 43.8 2.15|82 262 44.05 1.35
83 1095 43.45 6.2|84 563 44.0 5.15|85 693 46.7 -1.3|86 438 46.55 0.45|87 372 45.9 1.25|88 361 48.2 6.4
89 334 47.85 3.55|90 140 47.6 6.95
"""
_DEPARTMENTS = """
CREATE TEMP TABLE drawn_department AS
SELECT code, lat, lon, sum(people) OVER (ORDER BY code) / sum(people) OVER () AS upto,
       (sum(people) OVER (ORDER BY code) - people) / sum(people) OVER () AS since
FROM unnest(%(codes)s::text[], %(people)s::float8[], %(lats)s::float8[], %(lons)s::float8[])
  AS given (code, people, lat, lon)
"""
_COMMUNES = """
INSERT INTO directory_commune (insee, name, list_name, key, postal_codes, population, lat, lon, outline, department_id)
SELECT code || lpad(n::text, 3, '0'), 'Commune ' || code || ' ' || n, 'Commune ' || code || ' ' || n,
       'commune ' || lower(code) || ' ' || n, '{}', 1000, lat + 0.8 * (random() - 0.5), lon + 1.1 * (random() - 0.5),
       NULL, code
FROM drawn_department, generate_series(1, %(communes)s) AS n
"""
# Cubed, so that the first communes of a department hold most of its establishments.
_ENTITIES = """
CREATE TEMP TABLE drawn_entity AS
WITH drawn AS MATERIALIZED (
    SELECT eg.id AS old, eg.id + k * %(step)s AS new, k, random() < %(home)s AS stays, random() AS department,
           1 + floor(%(communes)s * power(random(), 3))::int AS n, 0.02 * (random() - 0.5) AS north,
           0.03 * (random() - 0.5) AS east, eg.commune_id, eg.lat, eg.lon, eg.legal_entity_id
    FROM directory_geographicentity eg, generate_series(1, %(copies)s) AS k
)
SELECT drawn.old, drawn.new, drawn.k, commune.insee, commune.department_id AS department,
       commune.list_name, drawn.legal_entity_id + (1 + drawn.k %% %(legal)s) * %(step)s AS legal_entity_id,
       (CASE WHEN stays THEN coalesce(drawn.lat, commune.lat) ELSE commune.lat END) + north AS lat,
       (CASE WHEN stays THEN coalesce(drawn.lon, commune.lon) ELSE commune.lon END) + east AS lon
FROM drawn
JOIN drawn_department there ON drawn.department >= there.since AND drawn.department < there.upto
JOIN directory_commune commune
  ON commune.insee = CASE WHEN stays THEN drawn.commune_id ELSE there.code || lpad(n::text, 3, '0') END
"""
_UNITS = """
CREATE TEMP TABLE drawn_unit AS
SELECT unit.id AS old, unit.id + eg.k * %(step)s AS new, eg.new AS entity, eg.k
FROM directory_operationalunit unit JOIN drawn_entity eg ON eg.old = unit.geographic_entity_id
"""
_NEW_SIREN = (
    "(SELECT stem || key FROM lpad((10000000 + (source.id * 16 + k.k) % 80000000)::text, 8, '0') AS stem,"
    " generate_series(0, 9) AS key WHERE ror_luhn(stem || key))"
)
# As search.indexing.documents_sql.AROUND writes it.
_AROUND = (
    f"ARRAY[floor(k.lat * {SQUARES})::int || ':' || floor(k.lon * {SQUARES})::int]"
    " || CASE WHEN source.hides_place THEN ARRAY['d'] ELSE '{}' END"
)


def write_france() -> None:
    """Fill the current database, which holds « idf », up to the size of France."""
    rows = [row.split() for line in DEPARTMENTS.strip().splitlines() for row in line.split("|")]
    numbers = {"step": STEP, "copies": COPIES, "legal": LEGAL_COPIES, "communes": COMMUNES, "home": HOME_SHARE}
    columns = {name: [row[place] for row in rows] for place, name in enumerate(("codes", "people", "lats", "lons"))}
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(_DEPARTMENTS, columns)
        _copy("directory_department", "drawn_department", "source.code = '75'", {"code": "k.code", "name": "k.code"})
        cursor.execute(_COMMUNES, numbers)
        legal = f"generate_series(1, {LEGAL_COPIES}) AS k (k)"
        changed = {"id": f"source.id + k.k * {STEP}", "siren": _NEW_SIREN, "finess": "''"}
        _copy("directory_legalentity", legal, "true", changed, is_table=False)
        cursor.execute(_ENTITIES, numbers)
        cursor.execute(_UNITS, numbers)
    _copy_records()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _copy_records() -> None:
    entity = {"id": "k.new", "commune_id": "k.insee", "lat": "k.lat", "lon": "k.lon", "position_source": "'commune'"}
    entity |= {"legal_entity_id": "k.legal_entity_id", "finess": "''", "siret": "''", "national_id": "''"}
    _copy("directory_geographicentity", "drawn_entity", "source.id = k.old", entity)
    unit = {"id": "k.new", "geographic_entity_id": "k.entity", "structure_id": "NULL", "national_id": "''"}
    unit |= dict.fromkeys(("commune_id", "lat", "lon"), "NULL")
    unit |= dict.fromkeys(
        ("position_source", "postal_code", "street_extension", "street_name", "street_number", "address_complement"),
        "''",
    )
    _copy("directory_operationalunit", "drawn_unit", "source.id = k.old", unit)
    document = {"id": f"source.id + u.k * {STEP}", "unit_id": "u.new", "group_id": "k.new"}
    document |= {"geographic_entity_id": "k.new", "legal_entity_id": "k.legal_entity_id", "commune_insee": "k.insee"}
    document |= {"department_code": "k.department", "lat": "k.lat", "lon": "k.lon", "identifiers": "'{}'"}
    document |= {
        "has_own_place": "false",
        "territory": "'{}'",
        "around": _AROUND,
        "pool_id": f"source.pool_id + u.k * {STEP}",
    }
    joined = "drawn_unit u JOIN drawn_entity k ON k.new = u.entity"
    _copy(
        "search_searchdocument",
        joined,
        "source.unit_id = u.old",
        document,
        is_table=False,
        order="k.department, k.insee",
    )
    quality = {"id": f"source.id + k.k * {STEP}", "geographic_entity_id": "k.new"}
    _copy("directory_recordquality", "drawn_entity", "source.geographic_entity_id = k.old", quality)
    _copy(
        "search_suggestion",
        "drawn_entity",
        "source.geographic_entity_id = k.old",
        quality | {"detail": "k.list_name"},
    )


def _copy(
    table: str, drawn: str, condition: str, changed: dict[str, str], *, is_table: bool = True, order: str = ""
) -> None:
    """Copy rows of a table for each row ``k`` drawn; ``changed`` gives the SQL of some columns."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND is_generated = 'NEVER'",
            [table],
        )
        names = [f'"{name}"' for (name,) in cursor.fetchall()]
        values = ", ".join(changed.get(name.strip('"'), f"source.{name}") for name in names)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {values}"
            f" FROM {table} source JOIN {f'{drawn} AS k' if is_table else drawn} ON {condition}"
            + (f" ORDER BY {order}" if order else "")
        )


@contextmanager
def france() -> Iterator[Any]:
    """Connection to a copy of the database filled up to the size of France, dropped at the end."""
    cluster, values = Cluster(), settings.DATABASES["default"]
    name = f"{values['NAME']}_france"
    cluster.drop_database(name)
    connections.close_all()
    cast("DatabaseWrapper", connections["default"]).close_pool()
    with cluster.connect() as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {values['NAME']} OWNER {values['USER']}")
    wrapper = wrapper_of(name)
    kept = connections["default"]
    connections["default"] = wrapper
    try:
        write_france()
        connections["default"] = kept
        yield wrapper
    finally:
        connections["default"] = kept
        wrapper.close()
        cluster.drop_database(name)


def wrapper_of(name: str) -> Any:
    """Connection of its own to another database of the cluster, under the alias « default »."""
    values = deepcopy(connections["default"].settings_dict) | {"NAME": name}
    values["OPTIONS"] = {key: value for key, value in values["OPTIONS"].items() if key != "pool"}
    return type(connections["default"])(values, "default")
