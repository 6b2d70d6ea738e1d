"""What a confirm link opens at a moment: its figure to confirm, or why it cannot be (spec 20, Confirm unchanged)."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from accounts.models import User
from directory.models import OperationalUnit
from directory.scopes import ANONYMOUS, Scope, scope_of

from ..models import AvailabilityEntry
from ..permissions import Refusal, statement_refusal
from ..shown import ShownFigure
from ..standing import closures_of
from .confirm_links import ConfirmLink


class LinkState(StrEnum):
    """What is left of a link."""

    READY = "ready"
    DONE = "done"
    CHANGED = "changed"  # somebody stated the unit since the mail was written
    EXPIRED = "expired"
    REFUSED = "refused"  # the unit takes no statement now: closed, unavailable, entry not open
    NOT_YOURS = "not_yours"  # the account was closed, changed address, or states this unit no longer


@dataclass(kw_only=True)
class Opened:
    """A link, opened. ``shown`` is the current figure; ``None`` when it is no longer this person's to see."""

    link: ConfirmLink
    state: LinkState
    shown: ShownFigure | None = None
    user: User | None = None
    scope: Scope = ANONYMOUS
    refusal: Refusal | None = None
    done: AvailabilityEntry | None = None

    @property
    def is_ready(self) -> bool:
        return self.state is LinkState.READY


def open_link(link: ConfirmLink, now: datetime.datetime) -> Opened:
    """Read what the link is about. Five queries at most, no write.

    A link that did its work shows it until it expires; an expired one says nothing of the unit.
    """
    if link.is_expired(now):
        return Opened(link=link, state=LinkState.EXPIRED)
    user = User.objects.filter(pk=link.user_id, is_active=True).first()
    units = OperationalUnit.objects.with_place().select_related("current_figure__by", "current_figure__pool")
    unit = units.filter(pk=link.unit_id).first()
    if user is None or unit is None or not link.is_sent_to(user):
        return Opened(link=link, state=LinkState.NOT_YOURS)
    scope, figure = scope_of(user), getattr(unit, "current_figure", None)
    shown = ShownFigure(
        unit=unit, figure=figure, viewer_id=user.pk, now=now, closures=closures_of([unit.pk], now).get(unit.pk, ())
    )
    refusal = statement_refusal(scope, unit, figure, shown.closure)
    if refusal is Refusal.NOT_HELD:
        return Opened(link=link, state=LinkState.NOT_YOURS)
    done = AvailabilityEntry.objects.filter(request_id=link.request_id).first()
    opened = Opened(link=link, state=LinkState.READY, shown=shown, user=user, scope=scope, refusal=refusal, done=done)
    if done is not None:
        opened.state = LinkState.DONE
    elif refusal is not None or not shown.is_stated:
        opened.state = LinkState.REFUSED
    elif figure is None or (figure.version, figure.pool_id) != (link.version, link.pool_id):
        opened.state = LinkState.CHANGED
    return opened
