"""Establishments of a workbook: found at their FINESS or SIRET, else created with the EJ above. Never modified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q

from ..enums import PositionSource
from ..models import Commune, GeographicEntity, LegalEntity
from ..records import without_outlines
from .bulk import Draft, Signature, write
from .cells import listed
from .finess_legal import TO_COMPLETE
from .unit_columns import TITLES
from .unit_rows import SHARED_SIRET, EntityCells, FileOfUnits


@dataclass
class Found:
    """An establishment of the file: the record, and whether this batch creates it; or why there is none."""

    record: GeographicEntity | None = None
    created: bool = False
    problem: str = ""


class Entities:
    """Establishments of one batch by their key in the file; the missing ones are created."""

    def __init__(self, wanted: Mapping[str, EntityCells], file: FileOfUnits, signature: Signature) -> None:
        self._file = file
        self._signature = signature
        self._known(wanted)
        self._legal = self._legal_known(wanted)
        given = [_national_id(entity) for entity in wanted.values()]
        taken = GeographicEntity.objects.filter(national_id__in=given)
        self._national_ids = set(taken.values_list("national_id", flat=True))
        self._communes = {
            commune.insee: commune
            for commune in Commune.objects.filter(insee__in={entity.commune for entity in wanted.values()})
            .select_related("department")
            .defer(*without_outlines())
        }
        self.found = {key: self._find(entity) for key, entity in wanted.items()}
        self._create({key: entity for key, entity in wanted.items() if self.found[key].created})

    def _known(self, wanted: Mapping[str, EntityCells]) -> None:
        rows = GeographicEntity.objects.select_for_update(of=("self",), no_key=True).select_related(
            "legal_entity", "commune__department"
        )
        finess = {entity.finess for entity in wanted.values() if entity.finess}
        siret = {entity.siret for entity in wanted.values() if entity.siret}
        known = rows.filter(Q(finess__in=finess) | Q(siret__in=siret)).defer(*without_outlines("commune__"))
        self._by_finess: dict[str, GeographicEntity] = {}
        self._by_siret: dict[str, list[GeographicEntity]] = {}
        for record in known.order_by("pk"):
            if record.finess:
                self._by_finess[record.finess] = record
            if record.siret:
                self._by_siret.setdefault(record.siret, []).append(record)

    def _legal_known(self, wanted: Mapping[str, EntityCells]) -> dict[str, LegalEntity]:
        """EJs by « F » + FINESS and by « S » + SIREN."""
        numbers = [self._file.legal_numbers(entity) for entity in wanted.values()]
        rows = LegalEntity.objects.select_for_update(of=("self",), no_key=True).filter(
            Q(finess__in={finess for finess, _ in numbers if finess})
            | Q(siren__in={siren for _, siren in numbers if siren})
        )
        known: dict[str, LegalEntity] = {}
        for record in rows.order_by("pk"):
            known |= _by_number(record)
        return known

    def _find(self, entity: EntityCells) -> Found:
        """Establishment of the file in the directory, or what stands in the way of creating it."""
        record = self._by_finess.get(entity.finess)
        same_siret = self._by_siret.get(entity.siret, [])
        if record is None and entity.finess:
            same_siret = [other for other in same_siret if not other.finess]
        if record is None and len(same_siret) > 1:
            return Found(problem=SHARED_SIRET)
        other = next((holder for holder in same_siret if holder.created_at < self._signature.now), None)
        if record is not None and other is not None and record not in same_siret:
            return Found(
                problem=f"Le FINESS est celui de «\u00a0{record}\u00a0», le SIRET celui de «\u00a0{other}\u00a0»."
            )
        record = record or next(iter(same_siret), None)
        if record is None:
            problem = self._why_not_created(entity)
            return Found(created=not problem, problem=problem)
        if record.is_closed:
            return Found(problem=f"L’établissement «\u00a0{record}\u00a0» est fermé.")
        return Found(record)

    def _why_not_created(self, entity: EntityCells) -> str:
        lacking = [
            TITLES[key] for key, value in (("entity_name", entity.name), ("commune", entity.commune)) if not value
        ]
        finess, siren = self._file.legal_numbers(entity)
        if not (finess or siren):
            lacking.append(TITLES["legal_finess"])
        if lacking:
            return f"Établissement absent du répertoire\u00a0: pour le créer, remplissez {listed(lacking)}."
        legal = self._legal_of(entity)
        if legal is not None and legal.is_closed:
            return f"L’entité juridique «\u00a0{legal}\u00a0» est fermée."
        if legal is not None and finess and legal.finess and legal.finess != finess:
            return f"Le SIREN {siren} est celui de l’EJ «\u00a0{legal}\u00a0», de FINESS {legal.finess}."
        if (given := _national_id(entity)) in self._national_ids:
            return f"L’identifiant national {given} est déjà celui d’un autre établissement."
        return ""

    def _legal_of(self, entity: EntityCells) -> LegalEntity | None:
        finess, siren = self._file.legal_numbers(entity)
        return self._legal.get(f"F{finess}") or self._legal.get(f"S{siren}")

    def _create(self, wanted: Mapping[str, EntityCells]) -> None:
        new: list[LegalEntity] = []
        legal = {key: self._legal_of(entity) or self._new_legal(entity, new) for key, entity in wanted.items()}
        write([Draft(record) for record in new], self._signature)
        records = {key: self._new(entity, legal[key]) for key, entity in wanted.items()}
        write([Draft(record) for record in records.values()], self._signature)
        for key, record in records.items():
            self.found[key].record = record

    def _new_legal(self, entity: EntityCells, new: list[LegalEntity]) -> LegalEntity:
        """EJ to write, once for all the establishments of the batch below it."""
        finess, siren = self._file.legal_numbers(entity)
        name = self._file.legal_names.get((finess, siren)) or f"EJ {finess or siren} {TO_COMPLETE}"
        record = LegalEntity(name=name, finess=finess, siren=siren)
        self._legal |= _by_number(record)
        new.append(record)
        return record

    def _new(self, entity: EntityCells, legal: LegalEntity) -> GeographicEntity:
        commune = self._communes[entity.commune]
        return GeographicEntity(
            legal_entity=legal,
            name=entity.name,
            finess=entity.finess,
            siret=entity.siret,
            category=entity.category,
            street_number=entity.street_number,
            street_extension=entity.street_extension,
            street_name=entity.street_name,
            postal_code=entity.postal_code or commune.first_postal_code,
            commune=commune,
            phone=entity.phone,
            lat=commune.lat,
            lon=commune.lon,
            position_source=PositionSource.COMMUNE,
        )


def _national_id(entity: EntityCells) -> str:
    """National identifier that the establishment would take."""
    return f"1{entity.finess}" if entity.finess else f"3{entity.siret}"


def _by_number(record: LegalEntity) -> dict[str, LegalEntity]:
    numbers = {f"F{record.finess}": record.finess, f"S{record.siren}": record.siren}
    return {key: record for key, number in numbers.items() if number}
