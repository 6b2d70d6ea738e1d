"""Departments, communes and their outlines (sources: ``fixtures/README.md``)."""

import csv
from collections.abc import Iterator

from common.reference import Loaded, sync_rows
from common.text import place_key

from ..models import Commune, Department
from .files import fixtures, read_communes, read_outlines


def load_places() -> Iterator[Loaded]:
    """Bring departments, then communes (parents first), to the state of the files."""
    yield sync_rows(Department.objects, "Départements", list(_departments()), key=("code",))
    rows = list(_communes())
    yield sync_rows(Commune.objects, "Communes", [row for row in rows if not row["parent_id"]], key=("insee",))
    yield sync_rows(Commune.objects, "Arrondissements", [row for row in rows if row["parent_id"]], key=("insee",))


def _departments() -> Iterator[dict]:
    outlines = read_outlines("departements", "code")
    with (fixtures() / "geo" / "departements.csv").open(encoding="utf-8", newline="") as file:
        for order, line in enumerate(csv.DictReader(file), start=1):
            yield {
                "code": line["code"],
                "name": line["nom"],
                "region_code": line["region_code"],
                "region_name": line["region_nom"],
                "order": order,
                "outline": outlines.get(line["code"]),
            }


def _communes() -> Iterator[dict]:
    outlines = read_outlines("communes", "insee")
    for row in read_communes():
        yield {
            "insee": row.insee,
            "name": row.name,
            "list_name": row.list_name,
            "key": place_key(row.list_name),
            "department_id": row.department,
            "parent_id": row.parent or None,
            "postal_codes": list(row.postal_codes),
            "population": row.population,
            "lat": row.lat,
            "lon": row.lon,
            "outline": outlines.get(row.insee),
        }
