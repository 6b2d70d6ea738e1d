"""Cards of the home page: what waits for a director, what waits for support (spec 30). Two bounded queries each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Min, Q
from django.utils import timezone

from accounts import home
from accounts.roles import Permission
from common import navigation

from .campaigns.asking import asking_campaigns, directing
from .direct.changes import MOST_COUNTED, count_to_read
from .enums import EDITABLE_STATES, DossierState
from .models import Dossier
from .permissions import manages_campaigns, validates_dossiers
from .review.queue import FRESH

if TYPE_CHECKING:
    from django.http import HttpRequest

SHOWN = 5
MOST_READ = 200


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
    """Dossiers returned to the person, those to finish, en validation, campaigns that ask for his EGs. Two queries."""
    states = (*EDITABLE_STATES, DossierState.SENT)
    mine = Dossier.objects.visible_to(directing(request.scope)).filter(state__in=states)
    mine = mine.exclude(started_at=None, is_opened_by_campaign=True)  # the campaign itself is told
    begun = mine.only("name", "state", "changed_at", "sent_at").order_by("-changed_at", "-pk")
    found = list(begun[:MOST_READ])
    returned = [dossier for dossier in found if dossier.state == DossierState.RETURNED]
    sent = [dossier for dossier in found if dossier.state == DossierState.SENT]
    to_finish = [dossier for dossier in found if dossier.state in (DossierState.DRAFT, DossierState.FINALISED)]
    campaigns = asking_campaigns(request.scope, timezone.localdate())
    if not (returned or to_finish or sent or campaigns):
        return None
    return {
        "returned": returned[:SHOWN],
        "returned_count": len(returned),
        "to_finish": to_finish[:SHOWN],
        "to_finish_count": len(to_finish),
        "sent": sent[:SHOWN],
        "sent_count": len(sent),
        "campaigns": campaigns,
    }


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
    """Tell whether the person heads something, whoever else they are."""
    scope = getattr(request, "scope", None)
    return scope is not None and directing(scope).may(Permission.DIRECTORY_EDIT)
