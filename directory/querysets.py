"""Filters of the directory used more than once. Objects reach a view only through ``visible_to(scope)``."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Value

from accounts.roles import Permission, Role

from .enums import PublicationStatus

if TYPE_CHECKING:
    from .scopes import Coverage, Scope


def _readable(scope: Scope, own: Q, *above: str) -> Q:
    """Everything but hidden records for whoever reads the region; hidden ones too where the person may edit.

    A record below a hidden one is hidden with it: ``above`` are the paths to the records over it.
    """
    if not scope.may(Permission.DIRECTORY_READ):
        return Q(pk__in=[])
    shown = ~Q(status=PublicationStatus.HIDDEN)
    for path in above:
        shown &= ~Q(**{f"{path}__status": PublicationStatus.HIDDEN})
    return shown | own


def address_shown(scope: Scope, path: str = "") -> ExpressionWrapper:
    """SQL condition: the address of an EG is shown to this person. ``path`` leads to the EG (« geographic_entity__ »).

    Always without a sensitive unit there, be it hidden or closed; else to whoever holds ``sensitive:read`` on the EG or
    on one of these units (spec 01-settled, Directory: its own and its EG's address, coordinates, map point and distance
    are hidden). The numbers that give it in public registers follow it: FINESS, SIRET, national identifier. An EG that
    was merged into another keeps its address to the same people: its units, sensitive ones among them, have left it.
    """
    coverage = scope.coverage(Permission.SENSITIVE_READ)
    if coverage.region:
        return ExpressionWrapper(Value(value=True), output_field=BooleanField())
    units = apps.get_model("directory", "OperationalUnit").objects.filter(
        geographic_entity_id=OuterRef(f"{path}pk"), sensitive_unit=True
    )
    merges = apps.get_model("directory", "Merge").objects.filter(merged_entity_id=OuterRef(f"{path}pk"))
    merged = Q(**{f"{path}status": PublicationStatus.CLOSED}) & Q(Exists(merges))
    shown = ~Q(Exists(units)) & ~merged
    if coverage.geographic_entities:
        shown |= Q(**{f"{path}pk__in": coverage.geographic_entities})
    if coverage.legal_entities:
        shown |= Q(**{f"{path}legal_entity_id__in": coverage.legal_entities})
    if coverage.units:
        shown |= Q(Exists(units.filter(pk__in=coverage.units)))
    return ExpressionWrapper(shown, output_field=BooleanField())


class PublishedQuerySet(models.QuerySet):
    """Records with a publication status."""

    def published(self):
        """Neither hidden nor closed: what lists, totals and searches show."""
        return self.filter(status=PublicationStatus.PUBLISHED)


class LegalEntityQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """EJs that the person may open."""
        return self.filter(_readable(scope, scope.coverage(Permission.DIRECTORY_EDIT).legal_entities_q()))


class GeographicEntityQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """EGs that the person may open."""
        return self.filter(
            _readable(scope, scope.coverage(Permission.DIRECTORY_EDIT).geographic_entities_q(), "legal_entity")
        )

    def with_address_shown(self, scope: Scope):
        """With ``address_shown``: whether this person sees the address of the EG."""
        return self.annotate(address_shown=address_shown(scope))

    def for_permission(self, scope: Scope, permission: str):
        """EGs wholly covered by ``permission``."""
        return self.filter(scope.coverage(permission).geographic_entities_q())


class StructureQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """Structures that the person may open."""
        coverage = scope.coverage(Permission.DIRECTORY_EDIT)
        own = Q(geographic_entity_id__in=coverage.geographic_entities) | Q(
            geographic_entity__legal_entity_id__in=coverage.legal_entities
        )
        return self.filter(
            _readable(
                scope,
                Q(pk__isnull=False) if coverage.region else own,
                "geographic_entity",
                "geographic_entity__legal_entity",
            )
        )


class OperationalUnitQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """Units that the person may open."""
        return self.filter(
            _readable(
                scope,
                scope.coverage(Permission.DIRECTORY_EDIT).units_q(),
                "geographic_entity",
                "geographic_entity__legal_entity",
            )
        )

    def with_address_shown(self, scope: Scope):
        """With ``address_shown``: whether this person sees the address of the unit, its own or its EG's."""
        return self.annotate(address_shown=address_shown(scope, "geographic_entity__"))

    def for_permission(self, scope: Scope, permission: str):
        """Units covered by ``permission``."""
        return self.filter(scope.coverage(permission).units_q())

    def with_place(self):
        """With what a line about a unit shows: its type, its EG and its commune (without the outlines, big)."""
        return self.select_related("unit_type", "geographic_entity__commune__department").defer(
            "geographic_entity__commune__outline", "geographic_entity__commune__department__outline"
        )


class PractitionerQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """Practitioners that the person may open: all that are not hidden, hidden ones for support."""
        coverage = scope.coverage(Permission.DIRECTORY_EDIT)
        return self.filter(_readable(scope, Q(pk__isnull=False) if coverage.region else Q(pk__in=[])))


class TermQuerySet(models.QuerySet):
    def of(self, nomenclature: str):
        """Terms of one list, in its order."""
        return self.filter(nomenclature=nomenclature)

    def active_on(self, day: datetime.date):
        """Terms that may be chosen anew on ``day``."""
        return self.filter(
            Q(active_from__isnull=True) | Q(active_from__lte=day),
            Q(active_until__isnull=True) | Q(active_until__gt=day),
        )


class AssignmentQuerySet(models.QuerySet):
    def valid_on(self, day: datetime.date):
        """Assignments in force on ``day`` (both ends included)."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day)

    def not_ended(self, day: datetime.date):
        """Assignments in force on ``day`` or that begin later."""
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=day))

    def endable_by(self, scope: Scope):
        """Roles that the person may confirm or end (spec 50).

        All of them for whoever manages accounts; for a director those of Responsable de disponibilités inside the
        coverage of ``role:delegate``.
        """
        if scope.may(Permission.ACCOUNT_MANAGE):
            return self.all()
        return self.managers().within(scope.coverage(Permission.ROLE_DELEGATE))

    def managers(self):
        """Assignments of Responsables de disponibilités."""
        return self.filter(role=Role.AVAILABILITY_MANAGER)

    def within(self, coverage: Coverage):
        """Assignments on a record inside ``coverage``; none on the region unless the coverage is the region."""
        if coverage.region:
            return self.all()
        return self.filter(
            coverage.units_q("unit__")
            | Q(geographic_entity__in=coverage.geographic_entities)
            | Q(geographic_entity__legal_entity__in=coverage.legal_entities)
            | Q(legal_entity__in=coverage.legal_entities)
        )


class AttachmentQuerySet(models.QuerySet):
    def present(self):
        """Files that were not removed."""
        return self.filter(removed_at__isnull=True)


def _on_own_records(scope: Scope) -> Q:
    """Condition on error reports: their record is one that the person may edit."""
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    if coverage.region:
        return Q(pk__isnull=False)
    entities = apps.get_model("directory", "GeographicEntity").objects.filter(coverage.geographic_entities_q())
    units = apps.get_model("directory", "OperationalUnit").objects.filter(coverage.units_q())
    return Q(geographic_entity__in=entities) | Q(unit__in=units)


class ErrorReportQuerySet(models.QuerySet):
    def visible_to(self, scope: Scope):
        """Reports that the person filed, and those on records that the person may edit (all of them for support)."""
        return self.filter(Q(reported_by_id=scope.user_id) | _on_own_records(scope))

    def to_handle(self, scope: Scope):
        """Open reports on records that the person may edit."""
        return self.open().filter(_on_own_records(scope))

    def open(self):
        """Reports that wait for an answer."""
        return self.filter(state__in=["new", "in_progress"])


class DuplicatePairQuerySet(models.QuerySet):
    def visible_to(self, scope: Scope):
        """All of them for whoever keeps the region; none for the others, who do not settle them (spec 30)."""
        return self.all() if scope.coverage(Permission.DIRECTORY_EDIT).region else self.none()

    def waiting(self):
        """Pairs to be settled; not those of which a record was closed since they were found."""
        closed = PublicationStatus.CLOSED
        gone = (
            Q(first_entity__status=closed)
            | Q(second_entity__status=closed)
            | Q(first_unit__status=closed)
            | Q(second_unit__status=closed)
        )
        return self.filter(state="waiting").exclude(gone)


class AccountRequestQuerySet(models.QuerySet):
    def visible_to(self, scope: Scope):
        """Requests that the person made; all of them for whoever manages accounts."""
        if scope.may(Permission.ACCOUNT_MANAGE):
            return self.all()
        return self.filter(requested_by_id=scope.user_id)


class RecordQualityQuerySet(models.QuerySet):
    def visible_to(self, scope: Scope):
        """Lines of the records that the person may edit; all of them for whoever follows the region."""
        coverage = scope.coverage(Permission.QUALITY_READ)
        if coverage.region:
            return self.all()
        coverage = scope.coverage(Permission.DIRECTORY_EDIT)
        if coverage.region:
            return self.all()
        entities = Q(geographic_entity__in=coverage.geographic_entities) | Q(
            geographic_entity__legal_entity__in=coverage.legal_entities
        )
        return self.filter(entities | coverage.units_q("unit__"))

    def published(self):
        """Lines of published records of published EGs and EJs."""
        shown = PublicationStatus.PUBLISHED
        entity = Q(geographic_entity__status=shown, geographic_entity__legal_entity__status=shown)
        unit = Q(unit__status=shown, unit__geographic_entity__status=shown)
        return self.filter(entity | unit & Q(unit__geographic_entity__legal_entity__status=shown))
