"""Who may see or change what of a record: one rule for the button, the view and the list (spec 01-settled)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.roles import Permission

from .enums import Confidentiality
from .models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner, Structure, Term

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from .scopes import Coverage, Scope

# Changed by support alone; directors ask for it through a dossier (spec 01-settled, Sensitive fields).
SENSITIVE_FIELDS: dict[type, frozenset[str]] = {
    LegalEntity: frozenset({"finess", "siren"}),
    GeographicEntity: frozenset({"finess", "siret", "legal_entity", "category", "official_name"}),
    OperationalUnit: frozenset({"discipline", "unit_type", "care_mode"}),
}


def reads_directory(request: HttpRequest) -> bool:
    """Tell whether the pages of the directory are this person's."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.DIRECTORY_READ)


def covers(coverage: Coverage, record: Any) -> bool:
    """Tell whether a coverage holds a record of the directory; practitioners and terms belong to the region."""
    if isinstance(record, OperationalUnit):
        return coverage.holds_unit(record)
    if isinstance(record, GeographicEntity):
        return coverage.holds_geographic_entity(record)
    if isinstance(record, LegalEntity):
        return coverage.holds_legal_entity(record)
    if isinstance(record, Structure):
        return coverage.holds_geographic_entity(record.geographic_entity)
    return coverage.region


def why_not_edit(scope: Scope, record: Any, fields: Iterable[str] = ()) -> str:
    """Reason why ``fields`` of ``record`` may not be changed by this person, in French; empty when they may."""
    if isinstance(record, Term):
        allowed = scope.may(Permission.NOMENCLATURE_MANAGE)
        return "" if allowed else "Seul le support modifie les nomenclatures."
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    if not covers(coverage, record):
        return "Cette fiche n’est pas dans votre périmètre."
    if isinstance(record, Practitioner) and not coverage.region:
        return "Seul le support modifie la fiche d’un professionnel."
    sensitive = SENSITIVE_FIELDS.get(type(record), frozenset()) & set(fields)
    if sensitive and not coverage.region:
        return "Ce champ est sensible : sa modification passe par le support."
    return ""


def sees_contacts(scope: Scope, unit: OperationalUnit) -> bool:
    """Tell whether the contacts of a unit are shown: « très restreint » ones to those entitled only."""
    if unit.contact_confidentiality != Confidentiality.VERY_RESTRICTED:
        return scope.user_id is not None
    return scope.coverage(Permission.SENSITIVE_READ).holds_unit(unit)
