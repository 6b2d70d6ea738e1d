"""What record pages show: one function a page, few queries, nothing about HTTP.

Each ``find_*`` returns the record whole, inside ``visible_to(scope)``, or raises the model's ``DoesNotExist``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from accounts.roles import ROLE_LABELS, Permission, Role
from common.pages import Crumb
from common.text import fold

from .duplicates.replaced import merges_into
from .enums import PositionSource, PublicationStatus, RecordKind
from .hours.schedule import ExceptionRange, Schedule, WeeklyRange
from .models import (
    ErrorReport,
    GeographicEntity,
    LegalEntity,
    OperationalUnit,
    PracticePlace,
    Practitioner,
    RorReferent,
    Structure,
    Term,
    UnitTerm,
    WeeklyHours,
)
from .panels import annotations_of
from .quality.services import stale_entities
from .querysets import address_shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from .scopes import Scope

SIBLINGS_SHOWN = 20
STREET = ("street_number", "street_extension", "street_name")
ORDINARY_HOURS, CLOSING_HOURS = "01", "08"  # TRE_R252: horaire d'ouverture, horaire de fermeture
RECEIVING_HOURS = frozenset({ORDINARY_HOURS, "06", "07", "11"})  # TRE_R252: see schedule_of
MAP_DEPARTMENTS = 3  # beyond, the outlines of departments stand for those of communes


def without_outlines(path: str = "") -> tuple[str, str]:
    """Fields to ``defer`` where a commune and its department are read (``path`` leads to the commune): big outlines."""
    return (f"{path}outline", f"{path}department__outline")


def _open_report_blocks(path: str) -> ArraySubquery:
    """Blocks of a record with an open report, one item a report, for ``reports.services.open_blocks``."""
    return ArraySubquery(ErrorReport.objects.open().filter(**{path: OuterRef("pk")}).order_by("block").values("block"))


def find_unit(scope: Scope, unit_id: int) -> OperationalUnit:
    """Unit with its EG, EJ, structures, offer and hours: four queries. ``address_shown`` says what may be shown."""
    terms = UnitTerm.objects.select_related("term__parent")
    return (
        OperationalUnit.objects.visible_to(scope)
        .with_address_shown(scope)
        .annotate(
            open_report_blocks=_open_report_blocks("unit"),
            merges_in=merges_into("kept_unit"),
            **annotations_of(RecordKind.UNIT),
        )
        .select_related(
            *("geographic_entity__commune__department", "geographic_entity__legal_entity", "commune__department"),
            "structure__parent__parent",
            *("discipline", "unit_type", "activity_family", "care_mode", "manager_civility", "quality"),
        )
        .defer(*without_outlines("geographic_entity__commune__"), *without_outlines("commune__"))
        .prefetch_related(
            Prefetch("unit_terms", queryset=terms),
            Prefetch("weekly_hours", queryset=WeeklyHours.objects.select_related("kind")),
            "hours_exceptions",
        )
        .get(pk=unit_id)
    )


def find_geographic_entity(scope: Scope, entity_id: int) -> GeographicEntity:
    """EG with its EJ, terms and referents: three queries. ``units_stale``: too few of its units are recent (RE1.2)."""
    stale = stale_entities(timezone.now()).filter(geographic_entity=OuterRef("pk"))
    return (
        GeographicEntity.objects.visible_to(scope)
        .with_address_shown(scope)
        .select_related(
            *("commune__department", "legal_entity", "category", "director_civility", "director_title", "quality")
        )
        .annotate(
            units_stale=Exists(stale),
            open_report_blocks=_open_report_blocks("geographic_entity"),
            merges_in=merges_into("kept_entity"),
            **annotations_of(RecordKind.GEOGRAPHIC_ENTITY),
        )
        .defer(*without_outlines("commune__"))
        .prefetch_related(
            Prefetch("terms", queryset=Term.objects.select_related("parent")),
            Prefetch("referents", queryset=RorReferent.objects.order_by("position")),
        )
        .get(pk=entity_id)
    )


def find_legal_entity(scope: Scope, entity_id: int) -> LegalEntity:
    """EJ with its commune: one query."""
    entities = LegalEntity.objects.visible_to(scope).select_related("commune__department", "legal_status")
    return entities.defer(*without_outlines("commune__")).get(pk=entity_id)


def seat_shown(scope: Scope, entity: LegalEntity) -> bool:
    """Tell whether the head office may be shown: not when it is a masked address of its EGs and units. One query."""
    if not entity.commune_id:
        return True
    entities = GeographicEntity.objects.filter(legal_entity=entity, commune=entity.commune_id)
    units = OperationalUnit.objects.filter(geographic_entity__legal_entity=entity, commune=entity.commune_id)
    masked = [
        records.with_address_shown(scope).filter(address_shown=False).order_by().values_list(*STREET)
        for records in (entities, units)
    ]
    lines = {fold(" ".join(filter(None, line))) for line in masked[0].union(masked[1]).order_by()}
    return fold(entity.street_line) not in lines


def find_practitioner(scope: Scope, practitioner_id: int) -> Practitioner:
    """Practitioner with the CPTS and the places of practice that the person may see: three queries.

    Each place carries ``address_shown``.
    """
    entities = GeographicEntity.objects.visible_to(scope)
    places = (
        PracticePlace.objects.filter(Q(geographic_entity=None) | Q(geographic_entity__in=entities))
        .select_related("geographic_entity__commune__department", "commune__department")
        .defer(*without_outlines("commune__"), *without_outlines("geographic_entity__commune__"))
        .annotate(address_shown=address_shown(scope, "geographic_entity__"))
    )
    return (
        Practitioner.objects.visible_to(scope)
        .select_related("civility", "profession", "speciality")
        .prefetch_related(Prefetch("places", queryset=places), Prefetch("cpts", queryset=entities))
        .get(pk=practitioner_id)
    )


def schedule_of(unit: OperationalUnit) -> Schedule:
    """Return the hours of a unit whose ranges and exceptions are prefetched.

    Read from the labels of TRE_R252: the public is received without a kind, at 01 « Horaire d’ouverture » and at the
    consultations on the spot (06, 07, and 11, which mixes them with teleconsultation). The other hours say nothing of
    the door: 02 « fonctionnement », 03 « garde », 04 « secrétariat », 05 « visite à domicile », 09 « à préciser », 10
    « téléconsultation ». 08 « Horaire de fermeture » is taken off. The ordinary kind has no name of its own here.
    """
    rules = [(rule, rule.kind.code if rule.kind else ORDINARY_HOURS) for rule in unit.weekly_hours.all()]
    return Schedule(
        [_weekly_range(rule, code) for rule, code in rules if code != CLOSING_HOURS],
        [
            ExceptionRange(rule.starts_on, rule.ends_on, rule.opens_at, rule.closes_at, rule.label)
            for rule in unit.hours_exceptions.all()
        ],
        [_weekly_range(rule, code) for rule, code in rules if code == CLOSING_HOURS],
    )


def _weekly_range(rule: WeeklyHours, code: str) -> WeeklyRange:
    name = rule.kind.label.replace("'", "’") if rule.kind and code != ORDINARY_HOURS else ""
    times = rule.weekday, rule.opens_at, rule.closes_at
    return WeeklyRange(*times, name, rule.valid_from, rule.valid_until, receives=code in RECEIVING_HOURS)


def siblings(scope: Scope, unit: OperationalUnit) -> list[OperationalUnit]:
    """Other published units of the same EG, one more than is shown when there are many: one query."""
    units = OperationalUnit.objects.visible_to(scope).published().select_related("unit_type")
    return list(units.filter(geographic_entity=unit.geographic_entity_id).exclude(pk=unit.pk)[: SIBLINGS_SHOWN + 1])


def structure_chain(scope: Scope, unit: OperationalUnit) -> list[Structure]:
    """Structures above a unit that the person may see, the highest first (three levels at most).

    The unit and its EG being visible, a structure is hidden by its own status alone, but from whoever may edit the EG.
    """
    edits = scope.coverage(Permission.DIRECTORY_EDIT).holds_geographic_entity(unit.geographic_entity)
    chain: list[Structure] = []
    structure = unit.structure
    while structure is not None and len(chain) < 3:
        chain.insert(0, structure)
        structure = structure.parent
    return [structure for structure in chain if edits or not structure.is_hidden]


@dataclass
class Branch:
    """A structure of an EG, or the EG itself (``structure`` is ``None``), with what is right below."""

    structure: Structure | None
    branches: list[Branch]
    units: list[OperationalUnit]

    @property
    def unit_count(self) -> int:
        """Units in it and below."""
        return len(self.units) + sum(branch.unit_count for branch in self.branches)


def entity_branches(scope: Scope, entity: GeographicEntity) -> Branch:
    """Structures and units of an EG as a tree, closed ones included, branches without a unit left out: two queries.

    A unit whose structure is hidden is shown right below the EG.
    """
    structures = Structure.objects.visible_to(scope).filter(geographic_entity=entity)
    units = OperationalUnit.objects.visible_to(scope).filter(geographic_entity=entity)
    return branches_of(structures, units.select_related("unit_type"))


def branches_of(structures: Iterable[Structure], units: Iterable[OperationalUnit]) -> Branch:
    """Arrange structures and units as a tree. Pure."""
    known = {structure.pk: Branch(structure, [], []) for structure in structures}
    root = Branch(None, [], [])
    for branch in known.values():
        assert branch.structure is not None  # noqa: S101 - for the reader and the type checker
        known.get(branch.structure.parent_id or 0, root).branches.append(branch)
    for unit in units:
        known.get(unit.structure_id or 0, root).units.append(unit)
    prune(root)
    return root


def prune(branch: Branch) -> None:
    """Leave out the structures without a unit."""
    branch.branches = [below for below in branch.branches if below.unit_count]
    for below in branch.branches:
        prune(below)


def entities_of(scope: Scope, entity: LegalEntity) -> QuerySet[GeographicEntity]:
    """EGs of an EJ with their commune and number of published units, the closed ones last."""
    return (
        GeographicEntity.objects.visible_to(scope)
        .with_address_shown(scope)
        .filter(legal_entity=entity)
        .select_related("commune__department", "category")
        .defer(*without_outlines("commune__"))
        .annotate(unit_count=Count("units", filter=Q(units__status=PublicationStatus.PUBLISHED)))
        .order_by(F("closed_on").asc(nulls_first=True), "sort_name", "pk")
    )


def served_communes(unit: OperationalUnit) -> list[Any]:
    """Communes of a unit's territory, in the order of their names: one query, without the outlines."""
    return list(
        unit.intervention_communes.select_related("department")
        .defer(*without_outlines())
        .order_by("department__order", "key")
    )


def crumbs_of(*records: Any, page: str = "") -> list[Crumb]:
    """Breadcrumb « Répertoire › EJ › EG › UO »; the last record is the current page, or else ``page`` below it."""
    steps = [Crumb("Répertoire", reverse("directory:tree"))]
    for record in records:
        code = {LegalEntity: "EJ", GeographicEntity: "EG", OperationalUnit: "UO"}.get(type(record), "")
        last = record is records[-1] and not page
        steps.append(Crumb(str(record), "" if last else record_url(record), code))  # type: ignore[arg-type]
    return [*steps, Crumb(page)] if page else steps


def page_crumbs(record: Any, page: str) -> list[Crumb]:
    """Breadcrumb of a page below an EJ, EG or UO, whose records above are loaded."""
    above: list[Any] = []
    if isinstance(record, OperationalUnit):
        above = [record.geographic_entity.legal_entity, record.geographic_entity]
    elif isinstance(record, GeographicEntity):
        above = [record.legal_entity]
    return crumbs_of(*above, record, page=page)


URL_NAMES: dict[type, str] = {
    LegalEntity: "directory:legal_entity_detail",
    GeographicEntity: "directory:geographic_entity_detail",
    OperationalUnit: "directory:unit_detail",
    Practitioner: "directory:practitioner_detail",
}


def record_url(record: Any) -> str:
    """Address of the page of an EJ, EG, UO or practitioner."""
    return reverse(URL_NAMES[type(record)], args=[record.pk])


def outlines_url(department_codes: Iterable[str]) -> str:
    """Address of the outlines to draw behind a map: communes of a few departments, else all departments."""
    codes = sorted(set(department_codes))
    if not codes or len(codes) > MAP_DEPARTMENTS:
        return reverse("directory:department_outlines")
    return reverse("directory:commune_outlines") + "?" + "&".join(f"departement={code}" for code in codes)


def last_update(record: Any) -> dict[str, Any]:
    """Say when the record last changed, and under which role."""
    known = record.updated_role in {role.value for role in Role}
    return {"at": record.updated_at, "role": ROLE_LABELS[Role(record.updated_role)] if known else ""}


def position_note(place: Any) -> str:
    """Say how exact a point is, when it is only approximate (spec 10, Adresse)."""
    return "Point approximatif : centre de la commune." if place.position_source == PositionSource.COMMUNE else ""


def mapped_place(places: Iterable[PracticePlace]) -> dict[str, Any] | None:
    """First place of practice that has a point and may be shown: its position, its name, the outlines to draw."""
    for place in places:
        at = place.geographic_entity or place
        if place.address_shown and at.lat is not None:
            return {"at": at, "name": at.commune.place_name, "outlines": outlines_url([at.commune.department_id])}
    return None
