"""Groupings and rhythms of the region (source: spec 20 and 01-settled, Rhythm), read from ``fixtures/``."""

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from common.reference import Loaded
from common.text import split_synonyms
from directory.enums import Nomenclature
from directory.models import Term

from .models import Grouping, UnitTypeRhythm


def load_groupings() -> Iterator[Loaded]:
    """Add the groupings and the types' own rhythms that are missing. Those there are belong to support: left alone."""
    types = dict(Term.objects.of(Nomenclature.UNIT_TYPE).values_list("code", "pk"))
    known = set(Grouping.objects.values_list("code", flat=True))
    lines = _read("groupings")
    added = [line for line in lines if line["code"] not in known]
    for line in added:
        grouping = Grouping.objects.create(
            code=line["code"],
            name=line["name"],
            rhythm=_hours(line),
            order=lines.index(line) + 1,
        )
        grouping.unit_types.set(types[code] for code in split_synonyms(line["unit_types"]))
    yield Loaded("Regroupements", len(lines), len(added), 0)
    rhythms = _read("rhythms")
    own = set(UnitTypeRhythm.objects.values_list("unit_type_id", flat=True))
    missing = [
        UnitTypeRhythm(unit_type_id=types[line["unit_type"]], rhythm=_hours(line))
        for line in rhythms
        if types[line["unit_type"]] not in own
    ]
    UnitTypeRhythm.objects.bulk_create(missing)
    yield Loaded("Rythmes propres à un type d’UO", len(rhythms), len(missing), 0)


def _read(name: str) -> list[dict[str, str]]:
    with (Path(settings.BASE_DIR) / "fixtures" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _hours(line: dict[str, str]) -> datetime.timedelta:
    return datetime.timedelta(hours=int(line["rhythm_hours"]))
