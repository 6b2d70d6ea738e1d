"""Establishments of a batch of FINESS lines: found, compared, written in bulk.

Only administrative fields are touched (spec 10, Imports). What a director keeps (name, phone, …) is set at creation and
never again; what FINESS leaves empty erases nothing. An address, a point or an opening date that a person has
written since is kept, and the line says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.text import fold

from ..enums import RecordKind
from ..models import GeographicEntity, Term
from .bulk import Draft, Signature, write
from .contract import Line, LineVerdict, Verdict
from .finess_held import Held, changes_in_words, values_of_record
from .finess_legal import TO_COMPLETE, LegalEntities, siren_of, verdict_of
from .finess_lines import BadLine, EstablishmentLine, PointLine
from .finess_places import ADDRESS, POSITION, Places
from .lambert93 import to_wgs84

KEPT_POINT = "Le point de la fiche, placé par une personne, est gardé."
FIELDS = ("finess", "official_name", "siret", "category", "legal_entity", "opened_on", *ADDRESS, *POSITION)


@dataclass(frozen=True)
class Establishment:
    """What the file says of an EG: its line, its point, if it is the first with its SIRET, if its EJ has a line."""

    row: EstablishmentLine
    point: PointLine | None
    first_with_siret: bool
    legal_is_given: bool


@dataclass(frozen=True)
class Point:
    """The line that gives the point of the establishment right before it."""

    finess: str


def point_verdict(draft: Draft, point: PointLine) -> tuple[str, str]:
    """Verdict on the line of a point, and what to say of it: taken with a new EG, moved, or left as it is."""
    if draft.is_new:
        return Verdict.CREATED, ""
    if draft.changes.keys() & set(POSITION):
        return Verdict.UPDATED, "Point déplacé."
    is_there = (draft.record.lat, draft.record.lon) == to_wgs84(point.x, point.y)
    return Verdict.UNCHANGED, "" if is_there else KEPT_POINT


class Establishments:
    """One batch. The rows that exist are locked, in the order of their identifiers."""

    def __init__(
        self, lines: Sequence[Line], places: Places, categories: dict[str, Term], signature: Signature
    ) -> None:
        self.lines, self.places, self.categories, self.signature = lines, places, categories, signature
        found: list[Establishment] = [line.data for line in lines]
        numbers = [item.row.finess for item in found]
        rows = (
            GeographicEntity.objects.select_for_update(of=("self",), no_key=True)
            .select_related("legal_entity", "category", "commune")
            .defer("commune__outline")
            .order_by("pk")
        )
        alone = [item.row.siret for item in found if item.row.siret and item.first_with_siret]
        self.by_finess = {entity.finess: entity for entity in rows.filter(finess__in=numbers)}
        self.by_siret = {entity.siret: entity for entity in rows.filter(finess="", siret__in=alone)}
        identifiers = [f"1{number}" for number in numbers if number not in self.by_finess]
        taken = GeographicEntity.objects.filter(national_id__in=identifiers)
        self.taken = set(taken.values_list("national_id", flat=True))
        known = [*self.by_finess.values(), *self.by_siret.values()]
        self.placed: dict[str, tuple[str, str]] = {}
        self.held = Held(RecordKind.GEOGRAPHIC_ENTITY, (entity.pk for entity in known))
        self.legal_entities = LegalEntities(
            (item.row.legal_finess for item in found), (siren_of(item.row) for item in found)
        )

    def apply(self) -> list[LineVerdict]:
        """Write the batch and return its verdicts; those on the points are then in ``placed``."""
        verdicts, drafts = [], []
        for line in self.lines:
            try:
                draft, kept = self.draft(line.data)
            except BadLine as refusal:
                verdicts.append(line.refused(str(refusal)))
                continue
            drafts.append(draft)
            if line.data.point:
                self.placed[line.data.row.finess] = point_verdict(draft, line.data.point)
            verdicts.append(line.judged(verdict_of(draft), self.reason(draft, line.data, kept)))
        self.legal_entities.write(self.signature)
        write(drafts, self.signature)
        return verdicts

    def draft(self, item: Establishment) -> tuple[Draft, list[str]]:
        """Put a line on its EG, found by FINESS, by SIRET when it has no FINESS yet, or new; say what was kept.

        Raises ``BadLine``.
        """
        row = item.row
        entity = self.by_finess.get(row.finess)
        if entity is None and item.first_with_siret:
            entity = self.by_siret.get(row.siret)
        if entity is None and f"1{row.finess}" in self.taken:
            raise BadLine(f"L’identifiant national 1{row.finess} est déjà celui d’un autre établissement.")
        draft = Draft(GeographicEntity()) if entity is None else Draft.of(entity, FIELDS)
        record = draft.record
        before = values_of_record(record, (*ADDRESS, *POSITION, "opened_on")) if entity is not None else {}
        self.places.put(record, row.address, item.point)
        self._put_legal_entity(draft, row)
        record.finess = row.finess
        record.siret = row.siret or record.siret
        record.category = self.categories.get(row.category, record.category)
        record.opened_on = row.opened_on or record.opened_on
        if fold(row.official_name) != fold(record.official_name):
            record.official_name = row.official_name
        if draft.is_new:
            record.name, record.phone, record.fax = row.name, row.phone, row.fax
        return draft, self.held.keep(draft, before)

    def _put_legal_entity(self, draft: Draft, row: EstablishmentLine) -> None:
        owner = self.legal_entities.draft(row.legal_finess, siren_of(row)).record
        changes_owner = draft.is_new or draft.record.legal_entity_id != owner.pk
        if changes_owner and owner.is_closed and not draft.record.is_closed:
            raise BadLine(f"L’entité juridique {row.legal_finess} est fermée dans le ROR\u00a0: rouvrez-la d’abord.")
        draft.record.legal_entity = owner

    def reason(self, draft: Draft, item: Establishment, kept: list[str]) -> str:
        """What a line changes, what it leaves, and what the person should know besides."""
        notes, row = [*filter(None, [changes_in_words(draft)]), *kept], item.row
        if deduced := self.places.deduction(row.address):
            notes.append(deduced)
        if draft.record.legal_entity.name.endswith(TO_COMPLETE) and not item.legal_is_given:
            notes.append(f"Entité juridique {row.legal_finess} à compléter.")
        if row.category and row.category not in self.categories:
            notes.append(f"Catégorie {row.category} inconnue de la nomenclature\u00a0: elle n’a pas été reprise.")
        if draft.record.is_closed:
            notes.append("La fiche reste fermée dans le ROR.")
        return " ".join(notes)
