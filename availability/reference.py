"""Groupings and rhythms of the region (source: spec 20 and 01-settled, Rhythm), read from ``fixtures/``."""

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from common.reference import Loaded
from common.text import split_synonyms
from directory.ages import Age, first_day
from directory.enums import Nomenclature
from directory.models import Term

from .models import Grouping, UnitTypeRhythm


def load_groupings() -> Iterator[Loaded]:
    """Add the groupings and the types' own rhythms that are missing. Those there are belong to support: left alone.

    Raises ``KeyError`` when a line names a term that the nomenclatures do not have.
    """
    types = _terms(Nomenclature.UNIT_TYPE)
    known = set(Grouping.objects.values_list("code", flat=True))
    lines = _read("groupings")
    added = [line for line in lines if line["code"] not in known]
    rules = {
        "unit_types": types,
        "activities": _terms(Nomenclature.OPERATIONAL_ACTIVITY) if added else {},
        "modes": _terms(Nomenclature.CARE_MODE) if added else {},
    }
    for line in added:
        grouping = Grouping.objects.create(order=lines.index(line) + 1, **_fields(line))
        for name, terms in rules.items():
            getattr(grouping, name).set(terms[code] for code in split_synonyms(line[name]))
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


def _terms(nomenclature: Nomenclature) -> dict[str, int]:
    return dict(Term.objects.of(nomenclature).values_list("code", "pk"))


def _fields(line: dict[str, str]) -> dict[str, Any]:
    """Fields of a grouping as its line gives them."""
    return {
        "code": line["code"],
        "name": line["name"],
        "rhythm": _hours(line),
        "from_days": _days(line["from_age"]),
        "until_days": _days(line["until_age"]),
        "offered_counts": split_synonyms(line["offered_counts"]),
        "counted": line["counted"],
        "is_crisis": bool(line["is_crisis"]),
    }


def _days(text: str) -> int | None:
    """Days of an age written « 18 y » (``directory.ages``), ``None`` when empty."""
    if not text:
        return None
    value, unit = text.split()
    return first_day(Age(int(value), unit))


def _read(name: str) -> list[dict[str, str]]:
    with (Path(settings.BASE_DIR) / "fixtures" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _hours(line: dict[str, str]) -> datetime.timedelta:
    return datetime.timedelta(hours=int(line["rhythm_hours"]))
