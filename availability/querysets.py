"""Filters of current figures, and of units seen from their figures, used more than once."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Case, F, Q, Value, When

from accounts.roles import Permission
from common.text import fold
from directory.enums import PublicationStatus

if TYPE_CHECKING:
    from directory.scopes import Scope

STATEABLE = Q(status=PublicationStatus.PUBLISHED, current_figure__is_open=True)


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


def units_to_state(units, scope: Scope, text: str = ""):
    """Units of ``units`` that the person states, with their figures: never stated, oldest figure, then blocked ones.

    ``text`` keeps those whose name, or whose establishment's or commune's name, holds each of its words. Hidden
    records are left out.
    """
    found = units.for_permission(scope, Permission.STATEMENT_WRITE).exclude(status=PublicationStatus.HIDDEN)
    for word in fold(text).split():
        found = found.filter(
            Q(sort_name__contains=word)
            | Q(geographic_entity__sort_name__contains=word)
            | Q(geographic_entity__commune__key__contains=word)
        )
    blocked = Case(When(STATEABLE, then=Value(0)), default=Value(1), output_field=models.SmallIntegerField())
    return (
        found.with_place()
        .select_related("current_figure__by")
        .order_by(blocked, F("current_figure__confirmed_at").asc(nulls_first=True), "sort_name", "pk")
    )
