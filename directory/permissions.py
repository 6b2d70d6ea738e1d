"""Who may see or change what of a record: one rule for the button, the view and the list (spec 01-settled)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.roles import Permission

from .blocks import PUBLICATION_FIELDS
from .enums import Confidentiality
from .models import ErrorReport, GeographicEntity, LegalEntity, OperationalUnit, Practitioner, Structure, Term

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

CLOSED = "Cette fiche est fermée\u00a0: rouvrez-la avant de la modifier."


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
    return _why_not_fields(coverage, record, set(fields))


def why_not_edit_blocks(scope: Scope, record: Any) -> str:
    """Reason why the blocks of ``record`` may not be changed by this person, in French; empty when they may."""
    if refusal := why_not_edit(scope, record):
        return refusal
    region = scope.coverage(Permission.DIRECTORY_EDIT).region
    return CLOSED if getattr(record, "is_closed", False) and not region else ""


def _why_not_fields(coverage: Coverage, record: Any, fields: set[str]) -> str:
    """A closed record keeps what it said on the day of its closure: support alone corrects it."""
    if getattr(record, "is_closed", False) and fields - PUBLICATION_FIELDS.keys() and not coverage.region:
        return CLOSED
    sensitive = SENSITIVE_FIELDS.get(type(record), frozenset()) & fields
    if sensitive and not coverage.region:
        return "Ce champ est sensible\u00a0: il est validé par SESAN."
    return ""


def delegates_roles(request: HttpRequest) -> bool:
    """Tell whether this person names Responsables de disponibilités somewhere."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.ROLE_DELEGATE)


def manages_accounts(request: HttpRequest) -> bool:
    """Tell whether this person decides on account requests (support)."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.ACCOUNT_MANAGE)


def why_not_delegate(scope: Scope, records: Iterable[Any]) -> str:
    """Reason why this person may not name Responsables de disponibilités on ``records``; empty when they may."""
    coverage = scope.coverage(Permission.ROLE_DELEGATE)
    if coverage.empty:
        return "Seuls les directeurs et le support nomment les responsables de disponibilités."
    if not all(covers(coverage, record) for record in records):
        return "Vous ne nommez des responsables que dans votre périmètre."
    return ""


def why_not_membership(scope: Scope, before: GeographicEntity | None, after: GeographicEntity | None) -> str:
    """Reason why this person may not move a practitioner from the CPTS ``before`` to ``after``; empty when they may.

    The director of a CPTS takes in whoever has none, and changes or ends the membership of his own members; the RPPS
    data and the rest of the record are not his (spec 01, Directory).
    """
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    if coverage.region:
        return ""
    if before is not None and not coverage.holds_geographic_entity(before):
        hidden = before.is_hidden or before.legal_entity.is_hidden  # its name is not for everybody
        which = "d’une autre CPTS" if hidden else f"de «\u00a0{before}\u00a0»"
        return f"Ce professionnel est membre {which}\u00a0: seul son directeur ou le support l’en retire."
    if after is not None and not coverage.holds_geographic_entity(after):
        return "Vous n’inscrivez des membres que dans votre CPTS."
    if before is None and after is None:
        return "Seul le support modifie la fiche d’un professionnel."
    return ""


def edits_somewhere(request: HttpRequest) -> bool:
    """Tell whether this person keeps records true (directors, support): error reports wait for him."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.DIRECTORY_EDIT)


def handles_report(scope: Scope, report: ErrorReport) -> bool:
    """Tell whether this person takes and answers an error report: whoever may edit its record (spec 01, Directory)."""
    return covers(scope.coverage(Permission.DIRECTORY_EDIT), report.record)


def follows_quality(request: HttpRequest) -> bool:
    """Tell whether the completeness of some records is this person's to follow: directors and support."""
    scope = getattr(request, "scope", None)
    return scope is not None and (scope.may(Permission.QUALITY_READ) or scope.may(Permission.DIRECTORY_EDIT))


def settles_duplicates(request: HttpRequest) -> bool:
    """Tell whether possible duplicates are this person's to settle: whoever keeps the records of the whole region."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.coverage(Permission.DIRECTORY_EDIT).region


def sees_contacts(scope: Scope, unit: OperationalUnit) -> bool:
    """Tell whether the contacts of a unit are shown: « très restreint » ones to those entitled only."""
    if unit.contact_confidentiality != Confidentiality.VERY_RESTRICTED:
        return scope.user_id is not None
    return scope.coverage(Permission.SENSITIVE_READ).holds_unit(unit)
