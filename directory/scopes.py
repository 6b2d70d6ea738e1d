"""The active scope of a person: which permissions, and where (DESIGN: scopes are resolved here).

Built once a request from the assignments valid today; everything else (querysets, predicates, buttons) reads it.
"""

import datetime
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from accounts.roles import REGION_WIDE, Permission, Role, permissions_of

from .enums import ScopeKind


class Grant(NamedTuple):
    """A role held on one scope. ``record_id`` is ``None`` for the region."""

    role: Role
    kind: ScopeKind
    record_id: int | None


@dataclass(frozen=True)
class Coverage:
    """Where a permission holds: the whole region, or some EJ, EG and UO (a scope covers all below it)."""

    region: bool = False
    legal_entities: frozenset[int] = field(default_factory=frozenset)
    geographic_entities: frozenset[int] = field(default_factory=frozenset)
    units: frozenset[int] = field(default_factory=frozenset)

    @property
    def empty(self) -> bool:
        return not (self.region or self.legal_entities or self.geographic_entities or self.units)

    def units_q(self, prefix: str = "") -> Q:
        """Condition on units, or on a model that reaches its unit through ``prefix`` (« unit__ »)."""
        if self.region:
            return Q(**{f"{prefix}pk__isnull": False})
        return (
            Q(**{f"{prefix}pk__in": self.units})
            | Q(**{f"{prefix}geographic_entity_id__in": self.geographic_entities})
            | Q(**{f"{prefix}geographic_entity__legal_entity_id__in": self.legal_entities})
        )

    def geographic_entities_q(self) -> Q:
        """Condition on EGs wholly inside the coverage (an assignment on one unit does not give its EG)."""
        if self.region:
            return Q(pk__isnull=False)
        return Q(pk__in=self.geographic_entities) | Q(legal_entity_id__in=self.legal_entities)

    def legal_entities_q(self) -> Q:
        """Condition on EJs inside the coverage."""
        return Q(pk__isnull=False) if self.region else Q(pk__in=self.legal_entities)

    def holds_unit(self, unit) -> bool:
        """Tell whether ``unit`` is covered; its EG must be loaded (``select_related``) to avoid a query."""
        return (
            self.region
            or unit.pk in self.units
            or unit.geographic_entity_id in self.geographic_entities
            or (bool(self.legal_entities) and unit.geographic_entity.legal_entity_id in self.legal_entities)
        )

    def holds_geographic_entity(self, entity) -> bool:
        """Tell whether an EG is covered."""
        return self.region or entity.pk in self.geographic_entities or entity.legal_entity_id in self.legal_entities

    def holds_legal_entity(self, entity) -> bool:
        """Tell whether an EJ is covered."""
        return self.region or entity.pk in self.legal_entities


@dataclass(frozen=True)
class Scope:
    """What one person may do and where, today. An anonymous visitor has an empty scope."""

    user_id: int | None = None
    grants: tuple[Grant, ...] = ()

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def may(self, permission: str) -> bool:
        """Tell whether ``permission`` is held anywhere. Raises ``ValueError`` on an unknown permission."""
        return Permission(permission) in self._permissions

    @cached_property
    def _permissions(self) -> frozenset[Permission]:
        return frozenset().union(*(permissions_of(grant.role) for grant in self.grants))

    def coverage(self, permission: str) -> Coverage:
        """Where ``permission`` holds. Raises ``ValueError`` on an unknown permission."""
        wanted = Permission(permission)
        holding = [grant for grant in self.grants if wanted in permissions_of(grant.role)]
        if holding and (wanted in REGION_WIDE or any(grant.kind == ScopeKind.REGION for grant in holding)):
            return Coverage(region=True)

        def ids(kind: ScopeKind) -> frozenset[int]:
            return frozenset(grant.record_id for grant in holding if grant.kind == kind and grant.record_id)

        return Coverage(
            legal_entities=ids(ScopeKind.LEGAL_ENTITY),
            geographic_entities=ids(ScopeKind.GEOGRAPHIC_ENTITY),
            units=ids(ScopeKind.UNIT),
        )


ANONYMOUS = Scope()
GRANT_FIELDS = ("role", "scope_kind", "legal_entity_id", "geographic_entity_id", "unit_id")  # of an assignment
RIGHTS_READ = "rights_read"  # attribute of the user of a request: their assignments valid today, each by GRANT_FIELDS


def scope_of(user, today: datetime.date | None = None) -> Scope:
    """Scope of ``user`` on ``today`` (default: today in Paris): one query on assignments, none for an anonymous."""
    from .models import Assignment

    if not user.is_authenticated or not user.is_active:
        return ANONYMOUS
    rows = Assignment.objects.valid_on(today or timezone.localdate()).filter(user=user).order_by("role", "pk")
    return Scope(user_id=user.pk, grants=tuple(_grant(*row) for row in rows.values_list(*GRANT_FIELDS)))


def scope_of_request(user) -> Scope:
    """Scope of the person of a request: no query when their rights were read with them (``directory.backends``)."""
    rights = getattr(user, RIGHTS_READ, None)
    if rights is None or not user.is_active:
        return scope_of(user)
    return Scope(user_id=user.pk, grants=tuple(_grant(*row) for row in rights))


def _grant(role: str, kind: str, legal_entity: int | None, geographic_entity: int | None, unit: int | None) -> Grant:
    return Grant(Role(role), ScopeKind(kind), legal_entity or geographic_entity or unit)


def holds_permission(user, permission: str) -> bool:
    """Tell whether ``user`` holds ``permission`` anywhere today: what ``accounts.authority`` asks. One query."""
    return scope_of(user).may(permission)
