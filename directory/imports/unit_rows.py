"""Lines of « établissements et unités » as read: each cell understood, and what the lines of one file say together.

An establishment named by several lines is described by them all: the first value of each column counts. Everything
that one line does to another is found here, from the file alone, so that a dry run judges as the import does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from common.text import fold

from ..ages import MAX_AGE_YEARS, Age, first_day, last_day
from ..enums import AgeUnit, CapacityKind, Nomenclature
from ..models import GeographicEntity, Term, TermAllowance
from ..territory.paste import Codes, Gazetteer, Piece, Verdict, read_piece
from ..territory.territories import load_gazetteer
from . import cells
from .cells import BadCell, TermIndex
from .unit_columns import TITLES
from .workbook import RowRead

N = Nomenclature
LISTS = {
    "category": N.EG_CATEGORY,
    "unit_type": N.UNIT_TYPE,
    "care_mode": N.CARE_MODE,
    "audience": N.AUDIENCE,
    "operational_activity": N.OPERATIONAL_ACTIVITY,
}
OF_THE_UNIT = ("audience", "operational_activity")
EVERYBODY = "07"  # « Tout public », JDV_J29
MEDICO_SOCIAL = "MSS"
MAX_AREA = 1500
NOT_ITS_CODE = "Ce n’est pas un code postal de cette commune."
SHARED_SIRET = "Plusieurs établissements portent ce SIRET\u00a0: donnez le FINESS."


@dataclass(frozen=True)
class EntityCells:
    """What a line says of its establishment and of the EJ above; empty where it says nothing."""

    finess: str = ""
    siret: str = ""
    name: str = ""
    category: Term | None = None
    street_number: str = ""
    street_extension: str = ""
    street_name: str = ""
    postal_code: str = ""
    commune: str = ""  # INSEE code
    phone: str = ""
    legal_finess: str = ""
    legal_siren: str = ""
    legal_name: str = ""

    def completed_by(self, later: EntityCells) -> EntityCells:
        """The same with what a later line says besides."""
        missing = {name: value for name, value in vars(later).items() if value and not getattr(self, name)}
        return replace(self, **missing)


@dataclass(frozen=True)
class UnitCells:
    """What a line says of its unit."""

    name: str
    unit_type: Term
    care_mode: Term | None
    discipline: Term | None
    terms: tuple[Term, ...]
    values: dict[str, Any]  # plain fields of the unit
    area: tuple[str, ...]  # INSEE codes

    @property
    def key(self) -> tuple[str, int]:
        """What tells a unit from the others of its establishment: name and type."""
        return fold(self.name), self.unit_type.pk


@dataclass(frozen=True)
class UnitRow:
    """One line. ``entity_key`` is shared by the lines of one establishment; ``first``: it is the first of them."""

    entity: EntityCells
    unit: UnitCells
    entity_key: str = ""
    first: bool = False


class Lists:
    """Reference data to read cells with: terms that may be chosen today, what types allow, communes."""

    def __init__(self) -> None:
        today = timezone.localdate()
        wanted = [*LISTS.values(), N.DISCIPLINE]
        terms = list(Term.objects.filter(nomenclature__in=wanted).active_on(today).order_by("order", "label", "pk"))
        self._by_id = {term.pk: term for term in terms}
        parents = {term.parent_id for term in terms}
        self.indexes = {
            key: TermIndex(
                term
                for term in terms
                if term.nomenclature == nomenclature and (key != "unit_type" or term.pk not in parents)
            )
            for key, nomenclature in LISTS.items()
        }
        self._allowed: dict[tuple[int, str], set[int]] = {}
        links = TermAllowance.objects.values_list("unit_type_id", "term__nomenclature", "term_id")
        for unit_type, nomenclature, term in links:
            self._allowed.setdefault((unit_type, nomenclature), set()).add(term)

    def labels(self, key: str) -> list[str]:
        """Choices of a column; none when it has no list of terms."""
        return self.indexes[key].labels if key in self.indexes else []

    def discipline_of(self, unit_type: Term) -> Term | None:
        """Discipline above a type d'UO."""
        term: Term | None = unit_type
        while term is not None and term.nomenclature != N.DISCIPLINE:
            term = self._by_id.get(term.parent_id)
        return term

    def preset_mode(self, unit_type: Term) -> Term | None:
        """Mode that a type presets, while it may be chosen."""
        return self._by_id.get(unit_type.preset_mode_id)

    def everybody(self, unit_type: Term) -> list[Term]:
        """« Tout public », when the type allows it."""
        return [
            term for term in self.indexes["audience"].terms if term.code == EVERYBODY and self.allows(unit_type, term)
        ]

    def allows(self, unit_type: Term, term: Term) -> bool:
        """Tell whether a type allows a term; a type without a list allows every term."""
        allowed = self._allowed.get((unit_type.pk, term.nomenclature))
        return allowed is None or term.pk in allowed

    def require_allowed(self, unit_type: Term, term: Term, title: str) -> None:
        """Raise ``BadCell`` for a term that the type does not allow."""
        if not self.allows(unit_type, term):
            raise BadCell(title, f"«\u00a0{term.label}\u00a0» n’est pas permis pour ce type d’UO.")


@dataclass
class RowReader:
    """Reads the cells of one line."""

    lists: Lists
    gazetteer: Gazetteer = field(default_factory=load_gazetteer)

    def read(self, row: RowRead) -> UnitRow:
        """Understand a line. Raises ``BadCell``."""
        if row.problem:
            raise BadCell("Ligne", row.problem)
        return UnitRow(self._entity(row), self._unit(row))

    def _entity(self, row: RowRead) -> EntityCells:
        def text(key: str, longest: int) -> str:
            return cells.one_line(row.get(key), TITLES[key], longest)

        category = row.get("category")
        entity = EntityCells(
            finess=cells.finess(row.get("finess"), TITLES["finess"]),
            siret=cells.siret(row.get("siret"), TITLES["siret"]),
            name=text("entity_name", 255),
            category=self.lists.indexes["category"].find(category, TITLES["category"]) if category else None,
            street_number=text("street_number", 10),
            street_extension=text("street_extension", 10),
            street_name=text("street_name", 160),
            postal_code=cells.postal_code(row.get("postal_code"), TITLES["postal_code"]),
            phone=cells.phone(row.get("entity_phone"), TITLES["entity_phone"]),
            legal_finess=cells.finess(row.get("legal_finess"), TITLES["legal_finess"]),
            legal_siren=cells.siren(row.get("legal_siren"), TITLES["legal_siren"]),
            legal_name=text("legal_name", 255),
        )
        if not (entity.finess or entity.siret):
            raise BadCell(TITLES["finess"], "donnez le FINESS ou le SIRET de l’établissement.")
        entity = replace(entity, commune=self._commune(row.get("commune"), entity.postal_code))
        if refusal := self.wrong_postal_code(entity):
            raise BadCell(TITLES["postal_code"], refusal)
        return entity

    def wrong_postal_code(self, entity: EntityCells) -> str:
        """Say that a postal code is not one of the commune given with it, in the words of the form; empty if it is."""
        place = self.gazetteer.by_insee.get(entity.commune)
        if place is None or not entity.postal_code or entity.postal_code in place.postal_codes:
            return ""
        return f"{NOT_ITS_CODE} {place.list_name}\u00a0: {', '.join(place.postal_codes)}."

    def _commune(self, text: str, postal_code: str) -> str:
        if not text:
            return ""
        digits = text.zfill(5) if text.isdigit() else text
        piece = read_piece(digits, self.gazetteer, Codes.INSEE if digits.isdigit() else Codes.ANY)
        if piece.verdict != Verdict.RECOGNISED and postal_code and not digits.isdigit():
            piece = read_piece(f"{postal_code} {text}", self.gazetteer, Codes.POSTAL)
        return self._recognised(piece, text, TITLES["commune"])

    def _recognised(self, piece: Piece, text: str, title: str) -> str:
        if piece.verdict == Verdict.RECOGNISED:
            return piece.found[0].insee
        proposed = ", ".join(place.sure_name for place in piece.found[:3])
        advice = f"précisez ({proposed})" if proposed else "inconnue de la région chargée"
        raise BadCell(title, f"«\u00a0{text[:80]}\u00a0», {advice}.")

    def _unit(self, row: RowRead) -> UnitCells:
        name = cells.one_line(row.get("name"), TITLES["name"], 255)
        for key, value in (("name", name), ("unit_type", row.get("unit_type"))):
            if not value:
                raise BadCell(TITLES[key], "cette colonne est obligatoire.")
        unit_type = self.lists.indexes["unit_type"].find(row.get("unit_type"), TITLES["unit_type"])
        return UnitCells(
            name=name,
            unit_type=unit_type,
            care_mode=self._mode(row, unit_type),
            discipline=self.lists.discipline_of(unit_type),
            terms=self._terms(row, unit_type),
            values=self._values(row),
            area=self._area(row.get("area")),
        )

    def _mode(self, row: RowRead, unit_type: Term) -> Term | None:
        text, title = row.get("care_mode"), TITLES["care_mode"]
        if not text:
            return self.lists.preset_mode(unit_type)
        mode = self.lists.indexes["care_mode"].find(text, title)
        if mode.pk != unit_type.preset_mode_id:
            self.lists.require_allowed(unit_type, mode, title)
        return mode

    def _terms(self, row: RowRead, unit_type: Term) -> tuple[Term, ...]:
        found: list[Term] = []
        for key in OF_THE_UNIT:
            chosen = self.lists.indexes[key].find_all(row.get(key), TITLES[key])
            for term in chosen:
                self.lists.require_allowed(unit_type, term, TITLES[key])
            found += chosen
        discipline = self.lists.discipline_of(unit_type)
        if discipline and discipline.code == MEDICO_SOCIAL and not row.get("audience"):
            found += self.lists.everybody(unit_type)
        return tuple(found)

    def _values(self, row: RowRead) -> dict[str, Any]:
        low = cells.age(row.get("min_age"), TITLES["min_age"]) or Age(0, AgeUnit.YEAR)
        high = cells.age(row.get("max_age"), TITLES["max_age"]) or Age(MAX_AGE_YEARS, AgeUnit.YEAR)
        if first_day(low) > last_day(high):
            raise BadCell(TITLES["max_age"], "l’âge minimum dépasse l’âge maximum.")
        return {
            "min_age_value": low.value,
            "min_age_unit": low.unit,
            "max_age_value": high.value,
            "max_age_unit": high.unit,
            "installed_places": cells.places(row.get("installed_places"), TITLES["installed_places"]),
            "capacity_kind": self._capacity_kind(row.get("capacity_kind")),
            "medical_phone": cells.phone(row.get("medical_phone"), TITLES["medical_phone"]),
            "email": cells.email(row.get("email"), TITLES["email"]),
        }

    def _capacity_kind(self, text: str) -> CapacityKind:
        word = fold(text).removesuffix("s")
        kinds = {"": CapacityKind.PLACE, "place": CapacityKind.PLACE, "lit": CapacityKind.BED}
        if word not in kinds:
            raise BadCell(TITLES["capacity_kind"], "«\u00a0places\u00a0» ou «\u00a0lits\u00a0» est attendu.")
        return kinds[word]

    def _area(self, text: str) -> tuple[str, ...]:
        pieces = cells.several(text)
        if len(pieces) > MAX_AREA:
            raise BadCell(TITLES["area"], f"{MAX_AREA} communes au plus.")
        found = [self._recognised(read_piece(piece, self.gazetteer), piece, TITLES["area"]) for piece in pieces]
        return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Judged:
    """A line of the file after the whole file was read: understood, or refused alone."""

    number: int
    row: UnitRow | None
    key: str
    label: str
    refusal: str = ""


class FileOfUnits:
    """The lines of a file, and what they say together: ``entities`` maps the key of an establishment to its cells."""

    def __init__(self, rows: Sequence[RowRead], reader: RowReader) -> None:
        self.entities: dict[str, EntityCells] = {}
        self._legal_numbers: dict[tuple[str, str], str] = {}
        self._units: dict[tuple[str, str, int], int] = {}
        self._given: dict[tuple[str, str], tuple[int, str]] = {}  # line and value by establishment and column
        self._wrong_postal_code = reader.wrong_postal_code
        read = [_judged(row, reader) for row in rows]
        self._finess_of = finess_by_siret([row.entity for _, row in read if row])
        self.lines = [self._together(line, row) if row else line for line, row in read]
        self.legal_names: dict[tuple[str, str], str] = {}
        for entity in self.entities.values():
            if entity.legal_name:
                self.legal_names.setdefault(self.legal_numbers(entity), entity.legal_name)

    def _together(self, line: Judged, row: UnitRow) -> Judged:
        """Judge a line in the light of those before it."""
        entity = row.entity
        known = self._finess_of.get(entity.siret, set())
        if not entity.finess and len(known) > 1:
            return _refused(line, SHARED_SIRET)
        key = entity.finess or next(iter(known), "") or entity.siret
        if said := self._contradiction(entity) or self._contradicted(key, entity):
            return _refused(line, said)
        unit = (key, *row.unit.key)
        if earlier := self._units.get(unit):
            return _refused(line, f"Même unité que la ligne {earlier}\u00a0: même établissement, même nom, même type.")
        self._units[unit] = line.number
        for pair, number in self._pairs(entity):
            self._legal_numbers.setdefault(pair, number)
        for name, value in _compared(entity).items():
            self._given.setdefault((key, name), (line.number, value))
        first = key not in self.entities
        self.entities[key] = entity if first else self.entities[key].completed_by(entity)
        return replace(line, row=replace(row, entity_key=key, first=first))

    def _pairs(self, entity: EntityCells) -> list[tuple[tuple[str, str], str]]:
        if not (entity.legal_finess and entity.legal_siren):
            return []
        return [
            (("finess", entity.legal_finess), entity.legal_siren),
            (("siren", entity.legal_siren), entity.legal_finess),
        ]

    def _contradiction(self, entity: EntityCells) -> str:
        for (name, given), other in self._pairs(entity):
            if self._legal_numbers.get((name, given), other) != other:
                word = "FINESS juridique" if name == "finess" else "SIREN"
                return f"Une ligne précédente donne à l’EJ de {word} {given} un autre numéro."
        return ""

    def _contradicted(self, key: str, entity: EntityCells) -> str:
        """Say which line before gives another name, commune or postal code to this establishment."""
        for name, value in _compared(entity).items():
            number, other = self._given.get((key, name), (0, value))
            if other != value:
                return f"{TITLES[name]}\u00a0: la ligne {number} en donne un autre pour le même établissement."
        known = self.entities.get(key)
        if known and (refusal := self._wrong_postal_code(known.completed_by(entity))):
            return f"{TITLES['postal_code']}\u00a0: avec les lignes précédentes du même établissement\u00a0: {refusal}"
        return ""

    def legal_numbers(self, entity: EntityCells) -> tuple[str, str]:
        """(FINESS, SIREN) of the EJ of an establishment, each completed by what any line says of the other."""
        finess, siren = entity.legal_finess, entity.legal_siren
        if not (finess or siren):
            siren = entity.siret[:9]
        finess = finess or self._legal_numbers.get(("siren", siren), "")
        return finess, siren or self._legal_numbers.get(("finess", finess), "")


def _compared(entity: EntityCells) -> dict[str, str]:
    """What the lines of one establishment may not say differently, by column; what is not said is left out."""
    values = {"entity_name": fold(entity.name), "commune": entity.commune}
    return {name: value for name, value in values.items() if value}


def finess_by_siret(entities: Sequence[EntityCells]) -> dict[str, set[str]]:
    """FINESS that go with each SIRET, in the file and in the directory. One query."""
    found: dict[str, set[str]] = {}
    for entity in entities:
        if entity.finess and entity.siret:
            found.setdefault(entity.siret, set()).add(entity.finess)
    alone = {entity.siret for entity in entities if not entity.finess}
    known = GeographicEntity.objects.filter(siret__in=alone).exclude(finess="")
    for siret, finess in known.values_list("siret", "finess"):
        found.setdefault(siret, set()).add(finess)
    return found


def _judged(row: RowRead, reader: RowReader) -> tuple[Judged, UnitRow | None]:
    key, label = row.get("finess") or row.get("siret"), row.get("name")
    try:
        read = reader.read(row)
    except BadCell as refusal:
        return Judged(row.number, None, key, label, str(refusal)), None
    return Judged(row.number, read, read.entity.finess or read.entity.siret, read.unit.name), read


def _refused(line: Judged, reason: str) -> Judged:
    return Judged(line.number, None, line.key, line.label, reason)
