"""Cards of the home page: what waits for a director, what waits for support (spec 30). Two bounded queries each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q
from django.utils import timezone

from accounts import home
from accounts.roles import Permission
from common import navigation

from .campaigns.progress import Progress, progress_of
from .direct.changes import MOST_COUNTED, count_to_read
from .enums import EDITABLE_STATES, DossierState
from .models import CampaignTarget, Dossier
from .permissions import manages_campaigns, validates_dossiers, works_on_dossiers
from .review.queue import FRESH

if TYPE_CHECKING:
    from django.http import HttpRequest

    from .models import Campaign

SHOWN = 5
MOST_READ = 200
_LEFT = {Progress.NOT_OPENED, Progress.UNDER_WAY, Progress.RETURNED}


def register() -> None:
    """Register the cards and the entries of the Menu that go with them; called once, when Django is ready."""
    for key, template, context, visible, order in (
        ("dossiers", "collaborative/home_director.html", own_work, _directs, 20),
        ("dossiers_support", "collaborative/home_support.html", support_work, validates_dossiers, 20),
    ):
        home.register(home.HomeCard(key=key, template=template, context=context, visible=visible, order=order))
    for label, name, order, visible in (
        ("Modifications publiées à relire", "collaborative:direct_changes", 22, validates_dossiers),
        ("Campagnes", "collaborative:campaigns", 23, manages_campaigns),
    ):
        navigation.register(navigation.NavItem(label, name, section="menu", order=order, visible=visible))


def own_work(request: HttpRequest) -> dict[str, Any] | None:
    """Dossiers returned to the person, those to finish, campaigns that ask for his EGs. Two queries."""
    mine = Dossier.objects.visible_to(request.scope).filter(state__in=EDITABLE_STATES)
    begun = mine.exclude(started_at=None).only("name", "state", "changed_at").order_by("-changed_at", "-pk")
    found = list(begun[:MOST_READ])
    returned = [dossier for dossier in found if dossier.state == DossierState.RETURNED]
    to_finish = [dossier for dossier in found if dossier.state != DossierState.RETURNED]
    campaigns = asking_campaigns(request)
    if not (returned or to_finish or campaigns):
        return None
    return {
        "returned": returned[:SHOWN],
        "returned_count": len(returned),
        "to_finish": to_finish[:SHOWN],
        "to_finish_count": len(to_finish),
        "campaigns": campaigns,
    }


def asking_campaigns(request: HttpRequest) -> list[tuple[Campaign, int]]:
    """Campaigns under way with EGs of the person still to describe or to correct, and how many. One query."""
    coverage = request.scope.coverage(Permission.DIRECTORY_EDIT)
    mine = Q(geographic_entity__in=coverage.geographic_entities)
    mine |= Q(geographic_entity__legal_entity__in=coverage.legal_entities)
    today = timezone.localdate()
    targets = CampaignTarget.objects.filter(
        mine, campaign__closed_at=None, campaign__starts_on__lte=today, campaign__ends_on__gte=today
    ).select_related("campaign", "dossier")
    found: dict[Campaign, int] = {}
    for target in targets.order_by("campaign__ends_on", "campaign", "pk")[:MOST_READ]:
        if progress_of(target.dossier) in _LEFT:
            found[target.campaign] = found.get(target.campaign, 0) + 1
    return list(found.items())


def support_work(request: HttpRequest) -> dict[str, Any] | None:
    """Dossiers to validate, the oldest, and what directors published that nobody has read. Two queries."""
    waiting = Dossier.objects.filter(state=DossierState.SENT).aggregate(
        count=Count("pk"), oldest=Min("sent_at"), free=Count("pk", filter=Q(taken_by=None))
    )
    changes = count_to_read()
    if not (waiting["count"] or changes):
        return None
    delay = timezone.now() - waiting["oldest"] if waiting["oldest"] else None
    return {
        **waiting,
        "delay": delay,
        "is_fresh": delay is not None and delay < FRESH,
        "changes": changes,
        "is_many": changes >= MOST_COUNTED,
    }


def _directs(request: HttpRequest) -> bool:
    return works_on_dossiers(request) and not validates_dossiers(request)
