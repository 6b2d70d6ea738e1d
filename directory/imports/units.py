"""Establishments and units from an Excel workbook (spec 10, Imports): pre-creation, one line a unit.

What the directory already holds is never modified: an establishment known at its number receives its units, a unit
known at its establishment, name and type is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from django.utils import timezone

from common.text import fold

from ..models import GeographicEntity, ImportRun, OperationalUnit
from .bulk import Signature
from .contract import Importer, Line, LineVerdict, Verdict
from .unit_columns import COLUMNS, SHEET
from .unit_entities import Entities, Found
from .unit_rows import FileOfUnits, Lists, RowReader, UnitRow
from .unit_writing import NewUnit, create_units
from .workbook import MAX_BYTES, read_rows

ALREADY_THERE = "Cette unité existe déjà\u00a0: rien n’est changé."


class UnitsImporter(Importer):
    """See the module."""

    kind = ImportRun.Kind.UNITS
    title = "Établissements et unités (Excel)"
    help_text = (
        "Un classeur Excel, une ligne par unité, à partir du modèle. L’établissement est reconnu à son FINESS ou à son "
        "SIRET, sinon créé\u00a0; ce qui existe déjà n’est pas modifié."
    )
    extensions = (".xlsx",)
    template_url_name = "directory:import_units_template"
    batch_size = 200

    content: FileOfUnits

    @classmethod
    def max_bytes(cls) -> int:
        """10 MB: the workbook is read whole."""
        return MAX_BYTES

    def check(self, file: IO[bytes]) -> int:
        """Read the workbook and understand every cell; see ``Importer``."""
        rows = read_rows(file, SHEET, COLUMNS, self.context.say_alive)
        self.content = FileOfUnits(rows, RowReader(Lists()))
        return len(self.content.lines)

    def rows(self, file: IO[bytes], start: int) -> Iterator[Line]:
        """Give the lines; see ``Importer``."""
        for line in self.content.lines[start:]:
            yield Line(line.number, line.row, key=line.key, label=line.label, refusal=line.refusal)

    def apply(self, lines: Sequence[Line]) -> list[LineVerdict]:
        """Create the establishments, then the units that are not there yet."""
        reason = f"Import Excel du {timezone.localtime(self.context.now):%d/%m/%Y}"
        signature = Signature(self.context.by, self.context.now, reason)
        wanted = {line.data.entity_key: self.content.entities[line.data.entity_key] for line in lines}
        entities = Entities(wanted, self.content, signature)
        records = [found.record for found in entities.found.values() if found.record is not None]
        there: set[tuple[int, str, int | None]] = set(
            OperationalUnit.objects.filter(geographic_entity__in=records).values_list(
                "geographic_entity_id", "sort_name", "unit_type_id"
            )
        )
        new: list[NewUnit] = []
        verdicts = [self._judge(line, entities.found[line.data.entity_key], there, new) for line in lines]
        create_units(new, signature)
        return verdicts

    def _judge(
        self, line: Line, found: Found, there: set[tuple[int, str, int | None]], new: list[NewUnit]
    ) -> LineVerdict:
        row: UnitRow = line.data
        if found.record is None:
            return line.refused(found.problem)
        key = (found.record.pk, *row.unit.key)
        other_name = "" if found.created else _other_name(row.entity.name, found.record)
        if key in there:
            return line.judged(Verdict.UNCHANGED, f"{ALREADY_THERE} {other_name}".strip())
        there.add(key)
        new.append(NewUnit(row.unit, found.record))
        if found.created and row.first:
            return line.judged(Verdict.CREATED, f"Établissement créé\u00a0: «\u00a0{found.record}\u00a0».")
        return line.judged(Verdict.CREATED, f"Ajoutée à «\u00a0{found.record}\u00a0». {other_name}".strip())


def _other_name(given: str, record: GeographicEntity) -> str:
    """Say that a line names a known establishment otherwise; nothing when one name is a part of the other."""
    words = set(fold(given).split())
    names = (set(fold(name).split()) for name in (record.name, record.official_name) if name)
    if not words or any(words <= name or name <= words for name in names):
        return ""
    return f"Le nom de l’établissement diffère\u00a0: «\u00a0{given}\u00a0» dans le fichier."
