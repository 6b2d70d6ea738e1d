"""Terms of the nomenclatures and the lists that each type d'UO allows (sources: ``fixtures/README.md``)."""

import csv
import re
from collections import Counter
from collections.abc import Iterator

from common.reference import Loaded, sync_rows
from common.text import split_synonyms

from ..enums import Nomenclature
from ..models import Term, TermAllowance
from .files import TermRow, fixtures, read_terms

Key = tuple[str, str]
_MODE = re.compile(r"^[^.]+\.(\d+)")


def load_terms() -> Iterator[Loaded]:
    """Add the terms that are missing and correct those that nobody has edited; then the lists the types allow."""
    rows = {(row.nomenclature, row.code): row for row in read_terms()}
    places = _places(rows)
    levels: dict[int, list[Key]] = {}
    for key in rows:
        levels.setdefault(_depth(key, rows), []).append(key)
    parts = []
    for _, keys in sorted(levels.items()):
        ids = _ids()
        values = [_fields(rows[key], places[key], rows, ids) for key in keys]
        parts.append(sync_rows(Term.objects, "", values, key=("nomenclature", "code"), keep=_edited))
    yield Loaded(
        "Termes de nomenclature", len(rows), sum(part.created for part in parts), sum(part.changed for part in parts)
    )


def load_allowances() -> Iterator[Loaded]:
    """Add the terms that the types of the seeds allow, unless a person has edited the type."""
    edited = set(Term.objects.filter(updated_by__isnull=False).values_list("pk", flat=True))
    ids = _ids()
    wanted = []
    with (fixtures() / "allowances.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            unit_type = ids[Nomenclature.UNIT_TYPE, line["unit_type"]]
            if unit_type not in edited:
                wanted += [
                    {"unit_type_id": unit_type, "term_id": ids[line["nomenclature"], code]}
                    for code in split_synonyms(line["codes"])
                ]
    yield sync_rows(TermAllowance.objects, "Termes permis par type d’UO", wanted, key=("unit_type_id", "term_id"))


def parent_key(row: TermRow, rows: dict[Key, TermRow]) -> Key | None:
    """Key of the parent: in the same list, else among the disciplines (families of types d'UO)."""
    if not row.parent:
        return None
    same = (row.nomenclature, row.parent)
    return same if same in rows else (Nomenclature.DISCIPLINE, row.parent)


def mode_key(row: TermRow) -> Key | None:
    """Mode that a type presets: the part of its national code after the dot (« 94.46 » → 46, « 94.59b » → 59)."""
    if row.nomenclature != Nomenclature.UNIT_TYPE or not (match := _MODE.match(row.code)):
        return None
    return Nomenclature.CARE_MODE, match[1]


def _places(rows: dict[Key, TermRow]) -> dict[Key, int]:
    """Rank of each term in its list, in the order of the files."""
    counts: Counter[str] = Counter()
    places = {}
    for nomenclature, code in rows:
        counts[nomenclature] += 1
        places[nomenclature, code] = counts[nomenclature]
    return places


def _depth(key: Key, rows: dict[Key, TermRow]) -> int:
    """Number of terms to write before this one: a parent and a mode come first."""
    needs = [found for found in (parent_key(rows[key], rows), mode_key(rows[key])) if found]
    return 1 + max((_depth(need, rows) for need in needs), default=-1)


def _fields(row: TermRow, place: int, rows: dict[Key, TermRow], ids: dict[Key, int]) -> dict:
    parent, mode = parent_key(row, rows), mode_key(row)
    return {
        "nomenclature": row.nomenclature,
        "code": row.code,
        "label": row.label,
        "parent_id": ids[parent] if parent else None,
        "preset_mode_id": ids[mode] if mode else None,
        "synonyms": list(row.synonyms),
        "order": place,
        "source": row.source,
    }


def _ids() -> dict[Key, int]:
    return {
        (nomenclature, code): pk for pk, nomenclature, code in Term.objects.values_list("pk", "nomenclature", "code")
    }


def _edited(term: Term) -> bool:
    """Tell whether a person or an import has written the term: reference files only write the others."""
    return term.updated_by_id is not None or bool(term.updated_role)
