"""What the Menu, the home page and the records show of delegation, account requests and the review of rights."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from accounts import home
from common.navigation import NavItem
from common.navigation import register as register_link

from .. import members
from ..enums import RecordKind
from ..models import AccountRequest, GeographicEntity
from ..panels import Panel
from ..panels import register as register_panel
from ..permissions import delegates_roles, manages_accounts
from . import delegates
from .reviews import due, reviewable

ANSWERS_SHOWN_FOR = timedelta(days=14)
LINES = 5


def register() -> None:
    """Register the Menu's entries, the home cards and the panels; called once, when the app is ready."""
    for order, label, name in (
        (52, _delegation_label, "directory:delegations"),
        (53, "Demandes de compte", "directory:account_requests"),
        (54, "Revue des droits", "directory:rights_review"),
    ):
        register_link(NavItem(label, name, section="menu", order=order, visible=delegates_roles))
    for key, template, context, visible, order in (
        ("account_requests", "account_requests_card", waiting_requests, manages_accounts, 30),
        ("account_answers", "account_answers_card", own_answers, _asks_for_accounts, 31),
        ("rights_review", "rights_review_card", rights_due, delegates_roles, 60),
    ):
        template = f"directory/{template}.html"
        home.register(home.HomeCard(key=key, template=template, context=context, visible=visible, order=order))
    entity, unit = RecordKind.GEOGRAPHIC_ENTITY, RecordKind.UNIT
    register_panel(Panel("delegates", entity, "side", delegates.entity_panel, "directory/delegates_panel.html", 60))
    register_panel(Panel("delegates", unit, "side", delegates.unit_panel, "directory/delegates_panel.html", 60))
    register_panel(Panel("members", entity, "side", members_panel, "directory/cpts_members_panel.html", 50))


def _delegation_label(request: HttpRequest) -> str:
    """Entry of the Menu: a director's own Responsables, everybody's for support."""
    return "Responsables de disponibilités" if manages_accounts(request) else "Mes responsables de disponibilités"


def _asks_for_accounts(request: HttpRequest) -> bool:
    return delegates_roles(request) and not manages_accounts(request)


def waiting_requests(request: HttpRequest) -> dict[str, Any] | None:
    """Requests that wait for support, the oldest first: two queries."""
    rows = AccountRequest.objects.filter(state=AccountRequest.State.WAITING)
    count = rows.count()
    if not count:
        return None
    oldest = rows.select_related("requested_by").order_by("requested_at", "pk")[:LINES]
    return {"count": count, "asked": list(oldest)}


def own_answers(request: HttpRequest) -> dict[str, Any] | None:
    """Answers of the last fortnight to this person's requests: one query."""
    rows = AccountRequest.objects.filter(
        requested_by=request.user, decided_at__gte=timezone.now() - ANSWERS_SHOWN_FOR
    ).order_by("-decided_at", "-pk")[:LINES]
    return {"answers": list(rows)} if rows else None


def rights_due(request: HttpRequest) -> dict[str, Any] | None:
    """How many rights this person has to review: one query."""
    today = timezone.localdate()
    count = due(reviewable(request.scope, today), today).count()
    return {"count": count} if count else None


def members_panel(request: HttpRequest, entity: GeographicEntity) -> dict[str, Any] | None:
    """Panel of a CPTS: how many members, and the way to them. One query, none for another EG."""
    if not members.is_cpts(entity):
        return None
    return {
        "count": members.members_of(request.scope, entity).count(),
        "may_edit": members.may_edit_members(request.scope, entity),
    }
