"""Filters of the directory used more than once. Objects reach a view only through ``visible_to(scope)``."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from accounts.roles import Permission

from .enums import PublicationStatus

if TYPE_CHECKING:
    from .scopes import Scope


def _readable(scope: Scope, own: Q) -> Q:
    """Everything but hidden records for whoever reads the region; hidden ones too where the person may edit."""
    if not scope.may(Permission.DIRECTORY_READ):
        return Q(pk__in=[])
    return ~Q(status=PublicationStatus.HIDDEN) | own


class PublishedQuerySet(models.QuerySet):
    """Records with a publication status."""

    def published(self):
        """Neither hidden nor closed: what lists, totals and searches show."""
        return self.filter(status=PublicationStatus.PUBLISHED)


class LegalEntityQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """EJs that the person may open."""
        return self.filter(
            _readable(
                scope, scope.coverage(Permission.DIRECTORY_EDIT).legal_entities_q()
            )
        )


class GeographicEntityQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """EGs that the person may open."""
        return self.filter(
            _readable(
                scope, scope.coverage(Permission.DIRECTORY_EDIT).geographic_entities_q()
            )
        )

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
            _readable(scope, Q(pk__isnull=False) if coverage.region else own)
        )


class OperationalUnitQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """Units that the person may open."""
        return self.filter(
            _readable(scope, scope.coverage(Permission.DIRECTORY_EDIT).units_q())
        )

    def for_permission(self, scope: Scope, permission: str):
        """Units covered by ``permission``."""
        return self.filter(scope.coverage(permission).units_q())

    def with_place(self):
        """With what a line about a unit shows: its type, its EG and its commune."""
        return self.select_related(
            "unit_type", "geographic_entity__commune__department"
        )


class PractitionerQuerySet(PublishedQuerySet):
    def visible_to(self, scope: Scope):
        """Practitioners that the person may open: all that are not hidden, hidden ones for support."""
        coverage = scope.coverage(Permission.DIRECTORY_EDIT)
        return self.filter(
            _readable(scope, Q(pk__isnull=False) if coverage.region else Q(pk__in=[]))
        )


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
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day
        )
