"""What the kit tells of a department at one moment: the figures of a search, with the phones, hours and conditions.

Figures and their freshness are those of the results (``search.results.figures``), read by one query for the whole
department; records are read some hundreds at a time. The kit circulates on paper: it tells what anybody who reads the
directory may, and never the place of a sensitive unit (spec 01-settled, Directory).

It has units only. Spec 40 asks for what an hour changes, « hourly, dated »: the places, and whom to call for them. A
practitioner in town has neither place nor figure nor hours here, and changes with the imports of the RPPS alone: five
thousand lines a department (41,000 in the region, spec 80), forty pages of names printed anew every hour with nothing
new in them, would hide the places. The cover and the page of the kits say so (``UNITS_ONLY``).
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, groupby
from typing import NamedTuple

from django.db import connection
from django.db.models import Prefetch

from availability.shown import ShownFigure
from common.french import NBSP, counted, moment, number, time_of_day
from common.phones import display_phone
from common.text import place_key
from directory.ages import audience_letter
from directory.blocks import ages
from directory.enums import Confidentiality, Nomenclature, Sex
from directory.models import Department, OperationalUnit, Term, UnitTerm, WeeklyHours
from directory.records import schedule_of
from directory.scopes import Coverage, Scope

from ..engine.notes import NOTE, UnitNote, read_note
from ..engine.query import DocumentRow
from ..results.figures import NO_NOTE, Count, figure_words, total_count, unit_count
from ..sight import place_visible
from .hours import week_words
from .marks import Mark, mark_of

CALL_AFTER = datetime.timedelta(hours=2)  # a kit older than that is told to be old
RECORDS_AT_ONCE = 300
ANYBODY = Scope()  # holds nothing: what everybody may read
# Columns of a document: the first fields of a row, those that do not depend on who asks.
_DOCUMENT = DocumentRow._fields[: DocumentRow._fields.index("commune")]
_COLUMNS = ", ".join(f"d.{name}" for name in _DOCUMENT)
UNITS_ONLY = (
    "Le kit sert à trouver une place\u00a0: les professionnels de ville, qui n’en déclarent pas, n’y figurent pas."
)
AUDIENCES = {"E": "Enfants", "A": "Adultes", "E+A": "Enfants et adultes"}
NO_TYPE = "Type d’UO non précisé"


@dataclass(frozen=True, slots=True)
class KitRow:
    """A unit of the kit before its record is read. ``commune`` is empty when its place is hidden."""

    row: DocumentRow
    type_id: int
    insee: str
    note: UnitNote
    count: Count

    @property
    def unit_id(self) -> int:
        return self.row.unit_id or 0

    @property
    def commune(self) -> str:
        return self.row.commune


class Phone(NamedTuple):
    """A number (digits) and what it is."""

    label: str
    digits: str
    extension: str = ""

    @property
    def words(self) -> str:
        """« 01 42 00 00 00, poste 12 »."""
        return display_phone(self.digits) + (f", poste {self.extension}" if self.extension else "")


@dataclass(frozen=True, kw_only=True)
class KitUnit:
    """A unit as the kit tells it; every text is empty when nothing is said.

    ``figure``: the number of free places that counts, « ? » when none does (unknown is not zero), « – » when nobody is
    taken or entry is not opened; ``figure_words``: what goes with it. ``stated``: when it was stated. ``anchor`` is
    given to the first unit of a commune within a type, empty for the others.
    """

    name: str
    entity_name: str
    commune: str
    address: str
    is_place_hidden: bool
    phones: tuple[Phone, ...]
    hours: str
    conditions: tuple[str, ...]
    figure: str
    figure_words: str
    mark: Mark
    stated: str
    remarks: tuple[str, ...]
    anchor: str = ""


@dataclass(frozen=True)
class Section:
    """The units of one type. ``total``: their free places, a pool counted once."""

    type_id: int
    label: str
    rows: tuple[KitRow, ...]
    total: Count

    @property
    def anchor(self) -> str:
        return f"type-{self.type_id}"

    @property
    def units_words(self) -> str:
        return counted(len(self.rows), "fiche")

    @property
    def has_free_places(self) -> bool:
        """Tell whether places that count are free."""
        return self.total.kind == "known" and bool(self.total.figure)

    @property
    def free_words(self) -> str:
        """« 34 places libres », « places non connues »; what is counted is told apart.

        « complet » is said when every unit that takes somebody in is counted: what is not known is no zero.
        """
        total = self.total
        told = sum(row.count.kind != "closed" for row in self.rows)
        if total.kind == "known" and not total.figure and total.counted < told:
            return "aucune place libre connue"
        return free_words(total)

    @property
    def coverage_words(self) -> str:
        """« 7 unités comptées sur 9 », empty when all those opened to entry are counted."""
        total = self.total
        if total.kind != "known" or total.counted == total.open:
            return ""
        return f"{counted(total.counted, 'unité comptée', 'unités comptées')} sur {number(total.open)}"


class Indexed(NamedTuple):
    """A commune of the index: how many units stand there, and the first of each type."""

    name: str
    insee: str
    units: int
    type_ids: tuple[int, ...]


@dataclass(frozen=True)
class Kit:
    """All that is known before the records are read. ``at``: moment of the data."""

    department: Department
    at: datetime.datetime
    sections: tuple[Section, ...]
    communes: tuple[Indexed, ...]
    hidden: int
    establishments: int

    @property
    def units(self) -> int:
        return sum(len(section.rows) for section in self.sections)

    @property
    def place(self) -> str:
        """« Paris (75) »."""
        return f"{self.department.name} ({self.department.code})"

    @property
    def call_after(self) -> str:
        """Time after which figures are to be asked for again."""
        return call_after(self.at)

    def units_of(self) -> Iterator[tuple[Section, list[KitUnit]]]:
        """Each section with its units; records are read some hundreds at a time, as sections are asked for."""
        told = _told((row for section in self.sections for row in section.rows), self.at)
        for section in self.sections:
            yield section, [next(told) for _ in section.rows]


def call_after(at: datetime.datetime) -> str:
    """Time after which figures of ``at`` are to be asked for again: « 16:00 »."""
    return time_of_day(at + CALL_AFTER)


def free_words(total: Count) -> str:
    """« 34 places libres », « 1 lit libre », « complet », « places non connues », « saisie non activée »."""
    if total.kind == "known":
        noun = "lit libre" if total.capacity_kind == "bed" else "place libre"
        return counted(total.figure, noun) if total.figure else "complet"
    return {"inactive": "saisie non activée", "closed": "indisponible"}.get(total.kind, "places non connues")


def read_kit(department: Department, at: datetime.datetime) -> Kit:
    """Read the units of a department and their figures at ``at``: one query."""
    rows = _rows(department.code, at)
    sections = tuple(
        Section(type_id, some[0].row.type_label or NO_TYPE, tuple(some), total_count([row.count for row in some]))
        for type_id, some in ((key, list(group)) for key, group in groupby(rows, key=lambda row: row.type_id))
    )
    return Kit(
        department=department,
        at=at,
        sections=sections,
        communes=_communes(rows),
        hidden=sum(row.row.is_hidden for row in rows),
        establishments=len({row.row.group_id for row in rows}),
    )


def _rows(department_code: str, at: datetime.datetime) -> list[KitRow]:
    """By type, then commune and establishment; those whose place is hidden end each type."""
    parameters = {"department": department_code}
    visible = place_visible(Coverage(), parameters)
    statement = f"""
        SELECT {_COLUMNS}, CASE WHEN {visible} THEN coalesce(c.list_name, '') ELSE '' END, NOT {visible},
               coalesce(d.unit_type_id, 0), d.commune_insee, {NOTE}
        FROM search_searchdocument d LEFT JOIN directory_commune c ON c.insee = d.commune_insee
        WHERE d.kind = 'uo' AND d.department_code = %(department)s
        ORDER BY d.unit_type_id IS NULL, ror_fold(d.type_label), d.unit_type_id, NOT {visible},
                 CASE WHEN {visible} THEN rtrim(c.key, '0123456789') END, CASE WHEN {visible} THEN c.insee END,
                 d.sort_name, ror_fold(d.name), d.unit_id
    """  # noqa: S608 (columns and conditions of search)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found = cursor.fetchall()
    return [_row(values, at) for values in found]


def _row(values: Sequence, at: datetime.datetime) -> KitRow:
    *document, commune, is_hidden, type_id, insee, told = values
    row = DocumentRow(*document, commune=commune, is_hidden=is_hidden, serves=False)
    note = read_note(told, at) if told else NO_NOTE
    return KitRow(row, type_id, "" if is_hidden else insee, note, unit_count(row, at, note))


def _communes(rows: Iterable[KitRow]) -> tuple[Indexed, ...]:
    """Index of the communes told, by name."""
    found: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row.commune:
            found.setdefault((row.commune, row.insee), []).append(row.type_id)
    return tuple(
        Indexed(name, insee, len(types), tuple(dict.fromkeys(types)))
        for (name, insee), types in sorted(found.items(), key=lambda pair: _sort_key(pair[0][0]))
    )


def _sort_key(name: str) -> tuple:
    """Names as they are read, numbers as numbers: « Paris 2 » before « Paris 10 »."""
    head, _, tail = name.rpartition(" ")
    return (place_key(head), int(tail)) if tail.isdigit() else (place_key(name), 0)


def _told(rows: Iterable[KitRow], at: datetime.datetime) -> Iterator[KitUnit]:
    seen: set[tuple[int, str]] = set()
    for some in batched(rows, RECORDS_AT_ONCE):
        records = _records([row.unit_id for row in some])
        for row in some:
            key = (row.type_id, row.insee)
            anchor = f"type-{row.type_id}-{row.insee}" if row.commune and key not in seen else ""
            seen.add(key)
            yield tell(row, records.get(row.unit_id), at, anchor)


def _records(unit_ids: Sequence[int]) -> dict[int, OperationalUnit]:
    """Records of units with what the kit tells of them: five queries."""
    audiences = UnitTerm.objects.filter(term__nomenclature=Nomenclature.AUDIENCE).select_related("term")
    access = Term.objects.filter(nomenclature=Nomenclature.PLACE_ACCESSIBILITY)
    units = (
        OperationalUnit.objects.filter(pk__in=unit_ids)
        .published()
        .with_address_shown(ANYBODY)
        .select_related("geographic_entity__commune", "commune", "current_figure__pool")
        .defer("geographic_entity__commune__outline", "commune__outline")
        .prefetch_related(
            Prefetch("unit_terms", queryset=audiences),
            Prefetch("weekly_hours", queryset=WeeklyHours.objects.select_related("kind")),
            "hours_exceptions",
            Prefetch("geographic_entity__terms", queryset=access),
        )
    )
    return {unit.pk: unit for unit in units}


def tell(row: KitRow, unit: OperationalUnit | None, at: datetime.datetime, anchor: str = "") -> KitUnit:
    """Tell of a unit at ``at``; of one whose place is hidden its name, type, phone and figure alone. Pure.

    ``unit`` is empty when the record went away since the figures were read: its document still tells.
    """
    is_shown = unit is not None and unit.address_shown and not row.row.is_hidden
    record = unit if is_shown else None
    document = row.row
    return KitUnit(
        name=document.name,
        entity_name=document.entity_name if is_shown and document.entity_name != document.name else "",
        commune=document.commune if is_shown else "",
        address=_address(record) if record else "",
        is_place_hidden=not is_shown,
        phones=_phones(record) if record else _phone(document),
        hours=week_words(schedule_of(record), at) if record else "",
        conditions=_conditions(row, record),
        figure=_figure(row.count),
        figure_words=_figure_words(row),
        mark=mark_of(row.count),
        stated=_stated(row),
        remarks=_remarks(row, record, at),
        anchor=anchor if is_shown else "",
    )


def _address(unit: OperationalUnit) -> str:
    at = unit.address_record
    code = at.postal_code or at.commune.first_postal_code
    return ", ".join(part for part in (at.street_line, at.address_complement, code) if part)


def _phone(document: DocumentRow) -> tuple[Phone, ...]:
    return (Phone("", document.phone),) if document.phone else ()


def _phones(unit: OperationalUnit) -> tuple[Phone, ...]:
    """Numbers to call, in the order of ``directory.contacts``; the unit's own unless they are very restricted."""
    own = (
        ("Secrétariat", unit.secretary_phone, ""),
        ("Médical", unit.medical_phone, unit.medical_extension),
        ("Soignants", unit.nursing_phone, ""),
    )
    is_told = unit.contact_confidentiality != Confidentiality.VERY_RESTRICTED
    found: dict[str, Phone] = {}
    for label, digits, extension in (*(own if is_told else ()), ("Standard", unit.geographic_entity.phone, "")):
        if digits:
            found.setdefault(digits, Phone(label, digits, extension))
    return tuple(found.values())


def _conditions(row: KitRow, unit: OperationalUnit | None) -> tuple[str, ...]:
    document = row.row
    letter = audience_letter(document.min_age_days or 0, document.max_age_days or 0)
    told = [" · ".join(filter(None, (AUDIENCES[letter], ages(unit) if unit else "")))]
    told.append(Sex(document.sex).label if document.sex else "")
    if unit:
        audiences = [link.term.label for link in unit.unit_terms.all()]
        access = [term.label for term in unit.geographic_entity.terms.all()]
        told += [", ".join(audiences), f"Accès PMR{NBSP}: {', '.join(access)}" if access else ""]
    return tuple(part for part in told if part)


def _figure(count: Count) -> str:
    if count.kind == "known":
        return number(count.figure or 0)
    return "–" if count.kind in ("closed", "inactive") else "?"


def _figure_words(row: KitRow) -> str:
    """« libres sur 35 », « complet, 35 places »: what goes with the number of free places."""
    count = row.count
    if count.kind != "known":
        return ""
    word = "complet" if not count.figure else "libre" if count.figure == 1 else "libres"
    return word if count.installed is None else f"{word} / {number(count.installed)}"


def _stated(row: KitRow) -> str:
    """« le 22/11/2026 à 13:12 »; a figure that does not count is told with its date."""
    count, stated_at = row.count, row.row.stated_at
    if stated_at is None or count.kind in ("closed", "inactive", "unknown"):
        return ""
    said = f"le {moment(stated_at)}"
    return said if count.kind == "known" else f"{figure_words(count, row.note.capacity_kind)} {said}"


def _remarks(row: KitRow, unit: OperationalUnit | None, at: datetime.datetime) -> tuple[str, ...]:
    """What goes with the figure: its breakdown, a pool, a call that contests it, a closure, places awaited.

    Nothing that was typed by hand about a unit whose place is hidden (no ``unit``): it might tell where it is.
    """
    note, count, found = row.note, row.count, []
    current = getattr(unit, "current_figure", None)
    if unit is not None and count.kind == "known" and current and current.confirmed_at == row.row.stated_at:
        found.append(ShownFigure(unit=unit, figure=current, viewer_id=0, now=at).sentence)
    if count.kind == "closed" and note.closure_words:
        found.append(note.closure_words)
    if note.pool_id and count.kind not in ("closed", "inactive"):
        found.append("Lits mutualisés sur plusieurs unités")
    if note.contested_at and count.kind not in ("closed", "inactive"):
        found.append(f"Plus de place, a-t-on répondu au téléphone le {moment(note.contested_at)}")
    if unit is not None and count.kind != "inactive":
        found += note.awaited
    return tuple(part for part in found if part)
