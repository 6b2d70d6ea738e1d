"""Who states the places of which unit, by role: whom reminders are sent to. The region's support is not among them."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from accounts.roles import Role
from directory.enums import ScopeKind
from directory.models import Assignment

ROLES = (Role.AVAILABILITY_MANAGER, Role.DIRECTOR)
Place = tuple[str, int | None]


@dataclass(frozen=True)
class Held:
    """A unit and what is above it: scopes of any of the three give a role on it."""

    unit_id: int
    geographic_entity_id: int
    legal_entity_id: int

    @property
    def places(self) -> tuple[Place, Place, Place]:
        """Keys of its scopes."""
        return (
            (ScopeKind.UNIT, self.unit_id),
            (ScopeKind.GEOGRAPHIC_ENTITY, self.geographic_entity_id),
            (ScopeKind.LEGAL_ENTITY, self.legal_entity_id),
        )


@dataclass
class People:
    """Ids of the active accounts that hold a role, by role and scope."""

    holders: dict[tuple[str, Place], set[int]] = field(default_factory=lambda: defaultdict(set))

    def with_role(self, role: Role, unit: Held) -> set[int]:
        """Who holds ``role`` on the unit."""
        return set().union(*(self.holders.get((role, place), ()) for place in unit.places))

    def directors(self, unit: Held) -> set[int]:
        """Directors of the unit."""
        return self.with_role(Role.DIRECTOR, unit)

    def entry_people(self, unit: Held) -> set[int]:
        """Responsables de disponibilités of the unit; its directors when there is none."""
        return self.with_role(Role.AVAILABILITY_MANAGER, unit) or self.directors(unit)


def people_on(now: datetime.datetime, units: Iterable[Held] | None = None) -> People:
    """People of the whole region on the day of ``now``, or those of some units: one query."""
    assignments = Assignment.objects.valid_on(timezone.localdate(now)).filter(
        role__in=ROLES, scope_kind__in=[ScopeKind.UNIT, ScopeKind.GEOGRAPHIC_ENTITY, ScopeKind.LEGAL_ENTITY]
    )
    if units is not None:
        held = list(units)
        assignments = (
            assignments.filter(unit__in={unit.unit_id for unit in held})
            | assignments.filter(geographic_entity__in={unit.geographic_entity_id for unit in held})
            | assignments.filter(legal_entity__in={unit.legal_entity_id for unit in held})
        )
    found = People()
    rows = assignments.filter(user__is_active=True).values_list(
        "role", "scope_kind", "unit_id", "geographic_entity_id", "legal_entity_id", "user_id"
    )
    for role, kind, unit_id, entity_id, legal_entity_id, user_id in rows:
        found.holders[role, (kind, unit_id or entity_id or legal_entity_id)].add(user_id)
    return found
