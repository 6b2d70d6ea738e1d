"""What campaigns ask of one director: one definition for the home card, the page that it leads to and the filters."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Count, Q

from accounts.roles import Permission, Role
from directory.scopes import Scope

from ..models import CampaignTarget
from .progress import still_asked

if TYPE_CHECKING:
    from django.db.models import QuerySet


def directing(scope: Scope) -> Scope:
    """The person as a director alone: what somebody of the support also heads is his own work. Pure."""
    return Scope(user_id=scope.user_id, grants=tuple(grant for grant in scope.grants if grant.role == Role.DIRECTOR))


def asked_of(scope: Scope) -> QuerySet[CampaignTarget]:
    """EGs that campaigns ask, whatever their dates, among those that the person heads; not those of the region."""
    coverage = directing(scope).coverage(Permission.DIRECTORY_EDIT)
    mine = Q(geographic_entity__in=coverage.geographic_entities)
    mine |= Q(geographic_entity__legal_entity__in=coverage.legal_entities)
    return CampaignTarget.objects.filter(mine)


def under_way(day: datetime.date, path: str = "") -> Q:
    """Condition on campaigns: open, and within their dates on ``day``. ``path`` leads to the campaign."""
    return Q(**{f"{path}closed_at": None, f"{path}starts_on__lte": day, f"{path}ends_on__gte": day})


class Asking(NamedTuple):
    """A campaign under way, and how many EGs of one person are still to describe."""

    pk: int
    name: str
    ends_on: datetime.date
    left: int


def asking_campaigns(scope: Scope, day: datetime.date) -> list[Asking]:
    """Campaigns under way with EGs of the person still to describe, the first to end first. One query."""
    asked = asked_of(scope).filter(still_asked(), under_way(day, "campaign__"))
    found = asked.values_list("campaign", "campaign__name", "campaign__ends_on").annotate(left=Count("pk"))
    return [Asking(*row) for row in found.order_by("campaign__ends_on", "campaign")]
