"""Readers of the files of ``fixtures/``: pure functions, no database."""

import csv
import functools
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from common.text import split_synonyms

_ARTICLE = re.compile(r"^(Les |Le |La |L['’])(.+)$")
_ARRONDISSEMENT = re.compile(r"^(.+?) (\d+)(?:er?|ème) Arrondissement$")


class TermRow(NamedTuple):
    """One line of a nomenclature file. ``parent`` is a code of the same list, or of « discipline » for a family."""

    nomenclature: str
    code: str
    label: str
    parent: str
    synonyms: tuple[str, ...]
    source: str


class CommuneRow(NamedTuple):
    """One commune or arrondissement. ``lat`` and ``lon`` are degrees (WGS84) of a point inside it."""

    insee: str
    name: str
    list_name: str
    department: str
    parent: str
    postal_codes: tuple[str, ...]
    population: int
    lat: float
    lon: float


def fixtures() -> Path:
    """Folder of the reference files."""
    return Path(settings.BASE_DIR) / "fixtures"


def names_of(official: str) -> tuple[str, str]:
    """Postal name and list name of a commune (spec 01-settled).

    « Le Kremlin-Bicêtre » gives itself and « Kremlin-Bicêtre (Le) »; « Paris 10e Arrondissement », « Paris » and
    « Paris 10 ».
    """
    if match := _ARRONDISSEMENT.match(official):
        return match[1], f"{match[1]} {match[2]}"
    if match := _ARTICLE.match(official):
        return official, f"{match[2]} ({match[1].strip()})"
    return official, official


@functools.cache
def read_terms() -> tuple[TermRow, ...]:
    """Every term of ``fixtures/nomenclatures/*.csv``, in the order of the files."""
    rows = []
    for path in sorted((fixtures() / "nomenclatures").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                synonyms = tuple(split_synonyms(line["synonyms"]))
                rows.append(
                    TermRow(
                        line["nomenclature"],
                        line["code"],
                        line["label"],
                        line["parent"],
                        synonyms,
                        line["note"],
                    )
                )
    return tuple(rows)


@functools.cache
def read_communes() -> tuple[CommuneRow, ...]:
    """Every commune of ``fixtures/geo/communes.csv``, parents before their arrondissements."""
    with (fixtures() / "geo" / "communes.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    rows = [
        CommuneRow(
            line["insee"],
            *names_of(line["nom"]),
            line["departement"],
            line["parent"],
            tuple(line["codes_postaux"].split()),
            int(line["population"] or 0),
            float(line["lat"]),
            float(line["lon"]),
        )
        for line in lines
    ]
    return tuple(sorted(rows, key=lambda row: (bool(row.parent), row.insee)))


def read_outlines(name: str, key: str) -> dict[str, dict[str, Any]]:
    """GeoJSON geometries of ``fixtures/geo/<name>.geojson`` by the property ``key``."""
    content = json.loads((fixtures() / "geo" / f"{name}.geojson").read_text(encoding="utf-8"))
    return {feature["properties"][key]: feature["geometry"] for feature in content["features"]}
