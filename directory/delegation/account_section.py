"""« Rôles et structures » of the account page: what the person may do, and on which records."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.account_sections import AccountSection
from accounts.models import User
from accounts.roles import PERMISSION_LABELS, ROLE_LABELS, Permission, Role, permissions_of

from ..enums import ScopeKind
from ..models import Assignment, OperationalUnit

UNITS_SHOWN = 100
PAGES = {
    ScopeKind.LEGAL_ENTITY: "directory:legal_entity_detail",
    ScopeKind.GEOGRAPHIC_ENTITY: "directory:geographic_entity_detail",
    ScopeKind.UNIT: "directory:unit_detail",
}
WITH_SCOPE = ("legal_entity", "geographic_entity", "unit__geographic_entity")


def abilities(role: str) -> list[str]:
    """What a role allows, in words, in the order of the table (spec 01, Rights)."""
    held = permissions_of(role)
    return [PERMISSION_LABELS[permission] for permission in Permission if permission in held]


def held_roles(request: HttpRequest) -> dict[str, Any]:
    """Roles held today, each with what it allows and where, and the units the person writes. Two queries."""
    valid = Assignment.objects.valid_on(timezone.localdate()).filter(user=request.user)
    roles: dict[Role, list[dict[str, Any]]] = {}
    for assignment in valid.select_related(*WITH_SCOPE):
        roles.setdefault(Role(assignment.role), []).append(_place(assignment))
    return {
        "roles": [
            {"key": role.value, "label": ROLE_LABELS[role], "abilities": abilities(role), "places": roles[role]}
            for role in Role
            if role in roles
        ],
        "units": _units(request.scope),
        "units_shown": UNITS_SHOWN,
    }


def _place(assignment: Assignment) -> dict[str, Any]:
    """Where a role holds: the record and its page, or the region."""
    record, kind = assignment.scope_record, ScopeKind(assignment.scope_kind)
    return {
        "name": record.name if record else kind.label,
        "url": reverse(PAGES[kind], args=[record.pk]) if record else "",
        "below": kind in {ScopeKind.LEGAL_ENTITY, ScopeKind.GEOGRAPHIC_ENTITY},
        "until": assignment.valid_until,
    }


def _units(scope) -> list[OperationalUnit]:
    """Units whose places or description the person writes; none when that is the whole region."""
    coverage = scope.coverage(Permission.STATEMENT_WRITE)
    if coverage.region or coverage.empty:
        return []
    units = OperationalUnit.objects.published().for_permission(scope, Permission.STATEMENT_WRITE).with_place()
    return list(units.order_by("geographic_entity__name", "name", "pk")[: UNITS_SHOWN + 1])


def export_assignments(user: User) -> list[dict[str, Any]]:
    """Every assignment the person has had, for « Exporter mes données »."""
    return [
        {
            "role": ROLE_LABELS[Role(assignment.role)],
            "perimetre": ScopeKind(assignment.scope_kind).label,
            "structure": assignment.scope_record.name if assignment.scope_record else None,
            "depuis": assignment.valid_from.isoformat(),
            "jusqu_au": assignment.valid_until.isoformat() if assignment.valid_until else None,
        }
        for assignment in user.assignments.select_related(*WITH_SCOPE)
    ]


SECTION = AccountSection(
    key="roles",
    template="directory/account_assignments.html",
    context=held_roles,
    export=export_assignments,
    order=10,
)
