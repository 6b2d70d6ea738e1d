"""EJs of a FINESS file: those that « structureej » lines give, and those that establishments name without more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from common.identifiers import siren_valid

from ..enums import Nomenclature, RecordKind
from ..models import LegalEntity, Term
from .bulk import Draft, Signature, write
from .contract import Line, LineVerdict, Verdict
from .finess_held import Held, changes_in_words, values_of_record
from .finess_lines import EstablishmentLine, LegalLine
from .finess_places import ADDRESS, Places, put_street

FIELDS = ("name", "finess", "siren", "legal_status", *ADDRESS)
TO_COMPLETE = "(à compléter)"
SIREN_TAKEN = "SIREN déjà porté par une autre entité juridique\u00a0: il n’a pas été repris."


def name_to_complete(finess: str) -> str:
    """Name of an EJ of which only the number is known (01-settled, Imports)."""
    return f"EJ {finess} {TO_COMPLETE}"


class LegalEntities:
    """EJs of one batch by FINESS, locked, the missing ones added as drafts."""

    def __init__(self, numbers: Iterable[str], sirens: Iterable[str]) -> None:
        numbers, sirens = set(numbers), {siren for siren in sirens if siren}
        rows = LegalEntity.objects.select_for_update(of=("self",), no_key=True).select_related(
            "legal_status", "commune"
        )
        rows = rows.defer("commune__outline").order_by("pk")
        known = list(rows.filter(finess__in=numbers))
        self._drafts = {entity.finess: Draft.of(entity, FIELDS) for entity in known}
        self._by_siren = {entity.siren: entity for entity in rows.filter(siren__in=sirens)}

    def known(self, finess: str) -> bool:
        """Tell whether an EJ of this number is stored, or will be."""
        return finess in self._drafts

    def draft(self, finess: str, siren: str) -> Draft:
        """EJ of this number: stored, known by its SIREN alone until now, or new."""
        if finess in self._drafts:
            return self._drafts[finess]
        holder = self._by_siren.get(siren) if siren else None
        if holder is not None and not holder.finess:
            draft = Draft.of(holder, FIELDS)
            holder.finess = finess
        else:
            draft = Draft(LegalEntity(name=name_to_complete(finess), finess=finess))
            self.give_siren(draft, siren)
        self._drafts[finess] = draft
        return draft

    def give_siren(self, draft: Draft, siren: str) -> bool:
        """Set the SIREN of an EJ; ``False`` when another one holds it."""
        if not siren or draft.record.siren == siren:
            return True
        if siren in self._by_siren:
            return False
        draft.record.siren = siren
        self._by_siren[siren] = draft.record
        return True

    def write(self, signature: Signature) -> None:
        """Write those that are new or changed."""
        write(list(self._drafts.values()), signature)


def siren_of(line: EstablishmentLine) -> str:
    """SIREN at the head of an establishment's SIRET; empty when there is none."""
    siren = line.siret[:9]
    return siren if siren_valid(siren) else ""


def legal_statuses() -> dict[str, Term]:
    """Legal statuses by code."""
    return {term.code: term for term in Term.objects.of(Nomenclature.LEGAL_STATUS)}


def apply_legal(
    lines: Sequence[Line], places: Places, statuses: dict[str, Term], signature: Signature
) -> list[LineVerdict]:
    """Create or complete the EJs of « structureej » lines. The name of a complete EJ is never changed."""
    found: list[LegalLine] = [line.data for line in lines]
    entities = LegalEntities((row.finess for row in found), (row.siren for row in found))
    drafts = [entities.draft(row.finess, row.siren) for row in found]
    held = Held(RecordKind.LEGAL_ENTITY, (draft.record.pk for draft in drafts if not draft.is_new))
    verdicts = []
    for line, row, draft in zip(lines, found, drafts, strict=True):
        before = {} if draft.is_new else values_of_record(draft.record, ADDRESS)
        notes = [] if entities.give_siren(draft, row.siren) else [SIREN_TAKEN]
        if draft.record.name.endswith(TO_COMPLETE):
            draft.record.name = row.name
        draft.record.legal_status = statuses.get(row.legal_status, draft.record.legal_status)
        draft.record.commune = places.commune_of(row.address) or draft.record.commune
        put_street(draft.record, row.address)
        notes += [*held.keep(draft, before), places.deduction(row.address)]
        verdicts.append(line.judged(verdict_of(draft), " ".join(filter(None, [changes_in_words(draft), *notes]))))
    entities.write(signature)
    return verdicts


def verdict_of(draft: Draft) -> str:
    """Verdict on the line of a draft, before it is written."""
    if draft.is_new:
        return Verdict.CREATED
    return Verdict.UPDATED if draft.changes else Verdict.UNCHANGED
