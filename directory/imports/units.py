"""Establishments and units from an Excel workbook (spec 10, Imports): pre-creation, one line a unit.

What the directory already holds is never modified: an establishment known at its number receives its units, a unit
known at its establishment, name and type is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from django.utils import timezone

from ..history import change_line
from ..models import ImportRun, InterventionArea, OperationalUnit, RecordChange, UnitTerm
from ..services import RecordEdit
from ..signals import units_changed
from ..snapshots import differences, state_of
from .bulk import Signature
from .contract import Importer, Line, LineVerdict, Verdict
from .unit_columns import COLUMNS, SHEET
from .unit_entities import Entities, Found
from .unit_rows import FileOfUnits, Lists, RowReader, UnitRow
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
        rows = read_rows(file, SHEET, COLUMNS)
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
        new: list[RecordEdit] = []
        verdicts = [self._judge(line, entities.found[line.data.entity_key], there, new, signature) for line in lines]
        self._finish(new)
        return verdicts

    def _judge(
        self,
        line: Line,
        found: Found,
        there: set[tuple[int, str, int | None]],
        new: list[RecordEdit],
        signature: Signature,
    ) -> LineVerdict:
        row: UnitRow = line.data
        if found.record is None:
            return line.refused(found.problem)
        if (found.record.pk, *row.unit.key) in there:
            return line.judged(Verdict.UNCHANGED, ALREADY_THERE)
        there.add((found.record.pk, *row.unit.key))
        new.append(self._create(row, found, signature))
        if found.created and row.first:
            return line.judged(Verdict.CREATED, f"Établissement créé\u00a0: «\u00a0{found.record}\u00a0».")
        return line.judged(Verdict.CREATED, f"Ajoutée à «\u00a0{found.record}\u00a0».")

    def _create(self, row: UnitRow, found: Found, signature: Signature) -> RecordEdit:
        unit = OperationalUnit(
            geographic_entity=found.record,
            name=row.unit.name,
            unit_type=row.unit.unit_type,
            discipline=row.unit.discipline,
            care_mode=row.unit.care_mode,
            **row.unit.values,
        )
        edit = RecordEdit(unit, signature.by, self.context.scope, signature.reason, now=signature.now)
        edit.check()
        unit.clean()
        edit.create()
        UnitTerm.objects.bulk_create([UnitTerm(unit=unit, term=term) for term in row.unit.terms])
        areas = [InterventionArea(unit=unit, commune_id=insee) for insee in row.unit.area]
        InterventionArea.objects.bulk_create(areas)
        return edit

    def _finish(self, edits: Sequence[RecordEdit]) -> None:
        """Write the history of the new units and tell the higher apps, once for the batch."""
        if not edits:
            return
        RecordChange.objects.bulk_create(
            change_line(
                record=edit.record,
                action=RecordChange.Action.CREATED,
                changes=differences({}, state_of(edit.record)),
                by=edit.by,
                role=edit.record.updated_role,
                now=edit.now,
                reason=edit.reason,
            )
            for edit in edits
        )
        units_changed.send(sender=OperationalUnit, unit_ids=[edit.record.pk for edit in edits])
