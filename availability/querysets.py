"""Filters of current figures and closures, used more than once."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from accounts.roles import Permission
from directory.enums import PublicationStatus

if TYPE_CHECKING:
    from directory.scopes import Scope


class CurrentFigureQuerySet(models.QuerySet):
    def open(self):
        """Figures of published units whose entry is open."""
        return self.filter(is_open=True, unit__status=PublicationStatus.PUBLISHED)

    def writable_by(self, scope: Scope):
        """Figures of the units whose places the person may state."""
        return self.filter(scope.coverage(Permission.STATEMENT_WRITE).units_q("unit__"))

    def due(self, now: datetime.datetime):
        """Open figures never stated, or older than their rhythm at ``now``: what is to be brought up to date."""
        return self.open().filter(Q(confirmed_at=None) | Q(confirmed_at__lt=now - F("rhythm")))

    def oldest_first(self):
        """Never stated first, then the oldest figure."""
        return self.order_by(F("confirmed_at").asc(nulls_first=True), "unit__sort_name", "unit_id")


class UnitClosureQuerySet(models.QuerySet):
    def held(self):
        """Closures that were not withdrawn."""
        return self.filter(withdrawn_at=None)

    def active_at(self, now: datetime.datetime):
        """Closures that hold at ``now``."""
        return self.held().filter(Q(ends_at=None) | Q(ends_at__gt=now), starts_at__lte=now)

    def recorded_by(self, moment: datetime.datetime):
        """Closures as they were known at ``moment``."""
        return self.filter(Q(withdrawn_at=None) | Q(withdrawn_at__gt=moment), recorded_at__lte=moment)
