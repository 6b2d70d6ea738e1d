"""Filters of current figures used more than once."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import models

from accounts.roles import Permission
from directory.enums import PublicationStatus

if TYPE_CHECKING:
    from directory.scopes import Scope


class CurrentFigureQuerySet(models.QuerySet):
    def open(self):
        """Figures of published units whose entry is open."""
        return self.filter(is_open=True, unit__status=PublicationStatus.PUBLISHED)

    def visible_to(self, scope: Scope):
        """Figures that the person may read: all of them, for whoever reads the region."""
        return self if scope.may(Permission.DIRECTORY_READ) else self.none()

    def writable_by(self, scope: Scope):
        """Figures of the units whose places the person may state."""
        return self.filter(scope.coverage(Permission.STATEMENT_WRITE).units_q("unit__"))

    def counting(self, now: datetime.datetime):
        """Figures that stand in default totals at ``now``: stated and not expired."""
        return self.open().filter(expires_at__gte=now)

    def oldest_first(self):
        """Never stated first, then the oldest figure."""
        return self.order_by(
            models.F("stated_at").asc(nulls_first=True), "unit__sort_name", "unit_id"
        )
