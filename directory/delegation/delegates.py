"""Who is Responsable de disponibilités of what: the rows of the delegation page, and what other pages show of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from common.text import fold

from ..models import Assignment, GeographicEntity, OperationalUnit
from ..permissions import why_not_delegate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from ..scopes import Coverage, Scope

PEOPLE_OFFERED = 30  # Responsables already named, offered when another is named
PANEL_PEOPLE = 6


@dataclass
class Delegate:
    """A Responsable on one row; ``removable`` when the person who reads may end the role."""

    assignment: Assignment
    removable: bool

    @property
    def begins_later(self) -> bool:
        return self.assignment.valid_from > timezone.localdate()

    @property
    def user(self) -> User:
        return self.assignment.user


@dataclass
class UnitRow:
    """A unit and its own Responsables."""

    unit: OperationalUnit
    delegates: list[Delegate] = field(default_factory=list)


@dataclass
class EntityGroup:
    """An EG: Responsables of the whole of it, and its units of the page."""

    entity: GeographicEntity
    whole: list[Delegate] = field(default_factory=list)
    rows: list[UnitRow] = field(default_factory=list)


def delegation_coverage(scope: Scope) -> Coverage:
    """Where the person names Responsables."""
    return scope.coverage(Permission.ROLE_DELEGATE)


def delegated_units(scope: Scope, text: str = "", entity_id: int | None = None) -> QuerySet[OperationalUnit]:
    """Units, not closed, whose Responsables the person names, by EG; ``text``: words of their name or of their EG's."""
    return _units_of(scope, text, entity_id).exclude(status="closed")


def listed_units(scope: Scope, text: str = "", entity_id: int | None = None) -> QuerySet[OperationalUnit]:
    """The same, with the closed units where somebody still is Responsable: the role is withdrawn from the page."""
    whole = Q(geographic_entity=OuterRef("geographic_entity"), geographic_entity__status="closed")
    named = Assignment.objects.managers().not_ended(timezone.localdate()).filter(whole | Q(unit=OuterRef("pk")))
    return _units_of(scope, text, entity_id).filter(~Q(status="closed") | Exists(named))


def _units_of(scope: Scope, text: str, entity_id: int | None) -> QuerySet[OperationalUnit]:
    units = OperationalUnit.objects.for_permission(scope, Permission.ROLE_DELEGATE)
    if entity_id is not None:
        units = units.filter(geographic_entity=entity_id)
    for word in fold(text).split():
        units = units.filter(Q(sort_name__contains=word) | Q(geographic_entity__sort_name__contains=word))
    ordered = units.order_by("geographic_entity__sort_name", "geographic_entity_id", "sort_name", "pk")
    return ordered.select_related("unit_type", "geographic_entity__legal_entity")


def delegated_entities(scope: Scope) -> QuerySet[GeographicEntity]:
    """EGs, not closed, in which the person names somebody, on the whole or on a unit."""
    return listed_entities(scope).exclude(status="closed")


def listed_entities(scope: Scope) -> QuerySet[GeographicEntity]:
    """The same, closed ones included."""
    coverage = delegation_coverage(scope)
    here = coverage.geographic_entities_q() | Q(pk__in=_entities_of_units(coverage))
    return GeographicEntity.objects.filter(here).order_by("sort_name", "pk")


def groups_of(scope: Scope, units: Iterable[OperationalUnit], first: GeographicEntity | None = None) -> list:
    """``units`` by EG, each with its Responsables: one query. ``first`` is an EG to show even without a unit."""
    groups: dict[int, EntityGroup] = {first.pk: EntityGroup(first)} if first else {}
    rows: dict[int, UnitRow] = {}
    for unit in units:
        group = groups.setdefault(unit.geographic_entity_id, EntityGroup(unit.geographic_entity))
        rows[unit.pk] = UnitRow(unit)
        group.rows.append(rows[unit.pk])
    below: dict[int, list[EntityGroup]] = defaultdict(list)
    for group in groups.values():
        below[group.entity.legal_entity_id].append(group)
    for assignment in _managers(groups, below, rows):
        shown = Delegate(assignment, not why_not_delegate(scope, [assignment.scope_record]))
        if assignment.unit_id:
            rows[assignment.unit_id].delegates.append(shown)
        elif assignment.geographic_entity_id:
            groups[assignment.geographic_entity_id].whole.append(shown)
        else:
            for group in below[assignment.legal_entity_id or 0]:
                group.whole.append(shown)
    return list(groups.values())


def known_people(scope: Scope, entity: GeographicEntity) -> list[User]:
    """People who are already Responsables where this person names them; for support, those of the same EJ."""
    coverage = delegation_coverage(scope)
    here = Assignment.objects.managers().valid_on(timezone.localdate()).within(coverage)
    if coverage.region:
        same = Q(geographic_entity__legal_entity=entity.legal_entity_id)
        same |= Q(unit__geographic_entity__legal_entity=entity.legal_entity_id) | Q(legal_entity=entity.legal_entity_id)
        here = here.filter(same)
    people = User.objects.filter(is_active=True, pk__in=here.values("user"))
    return list(people.order_by("last_name", "first_name", "pk")[:PEOPLE_OFFERED])


def entity_panel(request: HttpRequest, entity: GeographicEntity) -> dict[str, Any] | None:
    """Panel of an EG: its Responsables, for whoever names them there. One query for them, none for the others."""
    coverage = delegation_coverage(request.scope)
    if not coverage.holds_geographic_entity(entity):
        return None
    rows = Assignment.objects.managers().valid_on(timezone.localdate())
    of_units = Q(unit__geographic_entity=entity.pk)
    return _panel(
        rows.filter(of_units | Q(geographic_entity=entity.pk) | Q(legal_entity=entity.legal_entity_id)), entity.pk
    )


def unit_panel(request: HttpRequest, unit: OperationalUnit) -> dict[str, Any] | None:
    """Panel of a UO: its Responsables, for whoever names them there."""
    coverage = delegation_coverage(request.scope)
    if not coverage.holds_unit(unit):
        return None
    rows = Assignment.objects.managers().valid_on(timezone.localdate())
    above = Q(geographic_entity=unit.geographic_entity_id) | Q(legal_entity=unit.geographic_entity.legal_entity_id)
    return _panel(rows.filter(Q(unit=unit.pk) | above), unit.geographic_entity_id)


def _panel(rows: QuerySet[Assignment], entity_id: int) -> dict[str, Any]:
    people: dict[int, User] = {}
    for row in rows.select_related("user").order_by("user__last_name", "user__first_name", "pk"):
        people.setdefault(row.user_id, row.user)
    names = [person.display_name for person in people.values()]
    return {"people": names[:PANEL_PEOPLE], "others": len(names[PANEL_PEOPLE:]), "entity_id": entity_id}


def _managers(
    entities: Collection[int], legal_entities: Collection[int], units: Collection[int]
) -> QuerySet[Assignment]:
    here = Q(unit__in=list(units)) | Q(geographic_entity__in=list(entities)) | Q(legal_entity__in=list(legal_entities))
    rows = Assignment.objects.managers().not_ended(timezone.localdate()).filter(here)
    shown = rows.select_related("user", "unit__geographic_entity", "geographic_entity", "legal_entity")
    return shown.order_by(F("user__last_name"), "user__first_name", "pk")


def _entities_of_units(coverage: Coverage) -> QuerySet[Any]:
    units = OperationalUnit.objects.filter(pk__in=coverage.units)
    return units.values("geographic_entity")
