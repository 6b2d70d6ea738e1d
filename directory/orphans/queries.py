"""Which published records are orphans, inside what a person edits. No HTTP; ``now`` is an argument."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.roles import Permission, Role

from ..enums import PublicationStatus, RecordKind
from ..models import Assignment, GeographicEntity, OperationalUnit, RecordChange, RorReferent
from . import registries
from .kinds import OrphanKind, silent_since

if TYPE_CHECKING:
    from ..scopes import Scope

IMPORTED = "Import "  # how the reason of a change made by an import begins (directory.imports)
PUBLISHED = PublicationStatus.PUBLISHED


def orphans(kind: OrphanKind, scope: Scope, now: datetime.datetime) -> QuerySet:
    """UOs or EGs of a kind of orphan that this person edits."""
    if kind == OrphanKind.UNIT_ALONE:
        return units_alone(scope, now)
    return empty_entities(scope) if kind == OrphanKind.ENTITY_EMPTY else silent_entities(scope, now)


def holders(role: Role, now: datetime.datetime) -> QuerySet[Assignment]:
    """Roles in force on the day of ``now`` whose account may sign in."""
    return Assignment.objects.valid_on(timezone.localdate(now)).filter(role=role, user__is_active=True)


def units_alone(scope: Scope, now: datetime.datetime) -> QuerySet[OperationalUnit]:
    """Published UOs of which nobody is Responsable de disponibilités, themselves, through their EG or their EJ.

    A Responsable enters places (spec 20): a UO whose entry is not open needs none, and is left out.
    ``has_director``: somebody heads them.
    """
    units = OperationalUnit.objects.visible_to(scope).published()
    units = units.filter(scope.coverage(Permission.DIRECTORY_EDIT).units_q(), geographic_entity__status=PUBLISHED)
    asked = Q()
    for entry in registries.entries():
        asked |= Q(pk__in=entry)
    held = _held(holders(Role.AVAILABILITY_MANAGER, now))
    headed = ExpressionWrapper(_held(holders(Role.DIRECTOR, now)), output_field=BooleanField())
    return units.filter(asked).exclude(held).alias(has_director=headed)


def _held(assignments: QuerySet[Assignment]) -> Q:
    """Condition on UOs: a role is held on them, on their EG or on their EJ. Three lists that PostgreSQL hashes."""
    assignments = assignments.order_by()
    return (
        Q(pk__in=assignments.filter(unit__isnull=False).values("unit_id"))
        | Q(geographic_entity_id__in=assignments.filter(geographic_entity__isnull=False).values("geographic_entity_id"))
        | Q(
            geographic_entity__legal_entity_id__in=assignments.filter(legal_entity__isnull=False).values(
                "legal_entity_id"
            )
        )
    )


def directors(now: datetime.datetime) -> QuerySet[Assignment]:
    """Roles of the directors of a UO, to be read inside its query."""
    return holders(Role.DIRECTOR, now).filter(
        Q(unit=OuterRef("pk"))
        | Q(geographic_entity=OuterRef("geographic_entity_id"))
        | Q(legal_entity=OuterRef("geographic_entity__legal_entity_id"))
    )


def people_of_entity(now: datetime.datetime) -> QuerySet[Assignment]:
    """Roles of who heads an EG or states its places, as a whole or for a UO, to be read inside its query."""
    return in_charge(now).filter(
        Q(geographic_entity=OuterRef("pk"))
        | Q(legal_entity=OuterRef("legal_entity_id"))
        | Q(unit__geographic_entity=OuterRef("pk"))
    )


def in_charge(now: datetime.datetime) -> QuerySet[Assignment]:
    """Roles in force of directors and Responsables."""
    return Assignment.objects.valid_on(timezone.localdate(now)).filter(
        role__in=[Role.DIRECTOR, Role.AVAILABILITY_MANAGER], user__is_active=True
    )


def own_entities(scope: Scope) -> QuerySet[GeographicEntity]:
    """Published EGs that this person edits."""
    entities = GeographicEntity.objects.visible_to(scope).published().filter(legal_entity__status=PUBLISHED)
    return entities.filter(scope.coverage(Permission.DIRECTORY_EDIT).geographic_entities_q())


def empty_entities(scope: Scope) -> QuerySet[GeographicEntity]:
    """Published EGs without a UO that is not closed; a hidden one is being described."""
    units = OperationalUnit.objects.exclude(status=PublicationStatus.CLOSED)
    return own_entities(scope).filter(~Exists(units.filter(geographic_entity=OuterRef("pk"))))


def silent_entities(scope: Scope, now: datetime.datetime) -> QuerySet[GeographicEntity]:
    """Published EGs with somebody in charge, and no sign of life of a person since six months.

    Somebody in charge: a référent ROR, a director or a Responsable de disponibilités. A sign: a change by a person of
    the EG or of one of its UOs, its creation in the ROR, or what higher apps register.
    """
    since = silent_since(now)
    found = own_entities(scope).filter(_somebody(now), created_at__lt=since)
    touched = changes_by_people().filter(at__gte=since)
    units = OperationalUnit.objects.filter(pk__in=touched.filter(record_kind=RecordKind.UNIT).values("record_id"))
    found = found.exclude(pk__in=touched.filter(record_kind=RecordKind.GEOGRAPHIC_ENTITY).values("record_id"))
    found = found.exclude(pk__in=units.values("geographic_entity_id"))
    for sign in registries.signs():
        found = found.exclude(pk__in=sign.rows().filter(at__gte=since).values("entity"))
    return found


def changes_by_people() -> QuerySet[RecordChange]:
    """Lines of the history that a person wrote, those of imports left out."""
    return RecordChange.objects.filter(by__isnull=False).exclude(reason__startswith=IMPORTED).order_by()


def _somebody(now: datetime.datetime) -> Q:
    """Condition on EGs: somebody is to answer for them."""
    charged = in_charge(now).order_by()
    return (
        Q(pk__in=RorReferent.objects.order_by().values("geographic_entity_id"))
        | Q(pk__in=charged.filter(geographic_entity__isnull=False).values("geographic_entity_id"))
        | Q(legal_entity_id__in=charged.filter(legal_entity__isnull=False).values("legal_entity_id"))
        | Q(pk__in=charged.filter(unit__isnull=False).values("unit__geographic_entity_id"))
    )
