"""« À mettre à jour » on the home page, and which mails somebody accepts (registries filled in ``apps.ready``)."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import account_sections, home
from accounts.models import User
from accounts.roles import Permission, Role
from common import navigation
from common.french import on_moment
from directory.scopes import Scope

from ..models import Digest, ReminderPreference
from ..permissions import may_state_somewhere
from ..shown import ShownFigure
from ..standing import closures_of
from .awaited import awaited, contested_first, due, once_a_pool

WAITING_SHOWN = 5  # units named on the home page
MAILED_ROLES = frozenset({Role.AVAILABILITY_MANAGER, Role.DIRECTOR})


def waiting_figures(request: HttpRequest) -> dict[str, Any] | None:
    """My units to bring up to date, contested ones first, a pool once; not for whoever states the whole region.

    Three queries at most, one when nothing waits.
    """
    coverage = request.scope.coverage(Permission.STATEMENT_WRITE)
    if coverage.empty or coverage.region:
        return None
    now = timezone.now()
    waiting = once_a_pool(due(awaited(now).filter(coverage.units_q("unit__")), now))
    first = waiting.select_related("unit__unit_type", "unit__geographic_entity__commune", "by", "pool")
    figures = list(contested_first(first)[: WAITING_SHOWN + 1])
    if not figures:
        return None
    count = waiting.count() if len(figures) > WAITING_SHOWN else len(figures)
    unit_ids = [figure.pk for figure in figures]
    closures = closures_of(unit_ids, now)
    rows = []
    for figure in figures[:WAITING_SHOWN]:
        shown = ShownFigure(
            unit=figure.unit,
            figure=figure,
            viewer_id=request.scope.user_id or 0,
            now=now,
            closures=closures.get(figure.pk, ()),
        )
        rows.append({"shown": shown, "why": why_words(figure)})
    return {"waiting": rows, "count": count}


def why_words(figure) -> str:
    """What makes a figure of ``awaited`` wait beside its age; empty when its age alone does."""
    if figure.contested_at is not None:
        return f"Contesté {on_moment(figure.contested_at)}\u00a0: plus de place, a-t-on répondu au téléphone."
    ends = [moment for moment in (figure.closure_end, figure.to_confirm_since) if moment is not None]
    if figure.confirmed_at is not None and ends and figure.confirmed_at < max(ends):
        return f"Rouverte {on_moment(max(ends))}\u00a0: chiffre à confirmer."
    return ""


def is_mailed(scope: Scope) -> bool:
    """Tell whether reminders may go to this person."""
    return bool(scope.roles & MAILED_ROLES)


def preference_of(user_id: int | None) -> ReminderPreference:
    """What a person accepts: all of it until said otherwise. Not written."""
    return ReminderPreference.objects.filter(pk=user_id).first() or ReminderPreference(user_id=user_id)


@transaction.atomic
def save_preference(*, user: User, wants_digest: bool, wants_weekly: bool) -> ReminderPreference:
    """Keep what somebody accepts to receive."""
    values = {"wants_digest": wants_digest, "wants_weekly": wants_weekly}
    return ReminderPreference.objects.update_or_create(user=user, defaults=values)[0]


def account_section(request: HttpRequest) -> dict[str, Any] | None:
    """« Mails sur vos disponibilités » of the account page, for whom there may be some."""
    return {"preference": preference_of(request.scope.user_id)} if is_mailed(request.scope) else None


def export_reminders(user: User) -> dict[str, Any]:
    """Preferences and mails of the person, for « Exporter mes données »."""
    preference = preference_of(user.pk)
    return {
        "rappels": preference.wants_digest,
        "bilan_de_la_semaine": preference.wants_weekly,
        "mails": [
            {
                "nature": digest.get_kind_display(),
                "jour": digest.day.isoformat(),
                "envoye_le": digest.sent_at.isoformat() if digest.sent_at else None,
            }
            for digest in Digest.objects.filter(user=user)
        ],
    }


def states_places(request: HttpRequest) -> bool:
    """Tell whether this person states places somewhere."""
    return may_state_somewhere(request.scope)


def calls_units(request: HttpRequest) -> bool:
    """Tell whether support's call list is this person's."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.OPENING_MANAGE)


def register() -> None:
    """Fill the registries of the lower apps."""
    home.register(
        home.HomeCard(
            key="figures",
            template="availability/home_card.html",
            context=waiting_figures,
            visible=states_places,
            order=10,
        )
    )
    account_sections.register(
        account_sections.AccountSection(
            key="rappels_de_disponibilites",
            template="availability/reminder_preferences.html",
            context=account_section,
            export=export_reminders,
            order=30,
        )
    )
    navigation.register(
        navigation.NavItem("Appels à passer", "availability:call_list", section="menu", order=47, visible=calls_units)
    )
