"""Fictitious calls about figures, one of which contests its figure, and how often units were looked at."""

from __future__ import annotations

import datetime
import uuid

from accounts.models import User
from availability.models import AvailabilityEntry, CallOutcome, CurrentFigure, UnitUse
from common.french import french_spaces
from directory.models import OperationalUnit

from .world import World

DAY = datetime.timedelta(days=1)
Outcome = CallOutcome.Outcome
# Days ago, outcome, reason, comment: of the example of the webinars, oldest first. Nine of ten agree with its figure.
CALLS = (
    (27, Outcome.ADMITTED, "", ""),
    (25, Outcome.ADMITTED, "", ""),
    (22, Outcome.REFUSED, "Conditions d’admission non remplies", ""),
    (20, Outcome.ADMITTED, "", ""),
    (18, Outcome.ADMITTED, "", "Entrée prévue la semaine suivante."),
    (16, Outcome.NO_ANSWER, "", ""),
    (15, Outcome.ADMITTED, "", ""),
    (13, Outcome.FULL, "", "Les places affichées étaient déjà réservées."),
    (11, Outcome.ADMITTED, "", ""),
    (9, Outcome.ADMITTED, "", ""),
    (7, Outcome.ADMITTED, "", ""),
    (5, Outcome.REFUSED, "Dossier à compléter", ""),
    (4, Outcome.ADMITTED, "", ""),
)
EXAMPLE = "ACT ALTAIR VESTA"
DAYS_USED = 28


def add_calls(world: World) -> None:
    """Write them once figures are. The figure contested is of a unit that none of the accounts holds."""
    example = OperationalUnit.objects.get(name=EXAMPLE)
    callers = [User.objects.get(username=name) for name in ("pdses", "consultation")]
    for number, (days, outcome, reason, comment) in enumerate(CALLS):
        at = world.now - days * DAY
        entry = AvailabilityEntry.objects.filter(unit=example, stated_at__lte=at).order_by("-stated_at").first()
        if entry is not None:
            _add(world, entry, outcome, reason, comment, at, callers[number % 2])
    _contest(world, callers[0])
    UnitUse.objects.bulk_create(
        UnitUse(
            unit=example,
            day=world.now.date() - back * DAY,
            views=world.rng.randint(3, 24),
            exports=world.rng.randint(0, 3),
        )
        for back in range(DAYS_USED)
    )


def _contest(world: World, caller: User) -> None:
    """Contest the last figure stated above 0, outside pools and of the widest field."""
    figures = CurrentFigure.objects.open().filter(figure__gt=0, pool=None, expires_at__gte=world.now)
    figure = figures.filter(unit__discipline__code="PSY").order_by("-confirmed_at", "pk").first()
    entry = AvailabilityEntry.objects.filter(unit=figure.pk, version=figure.version).first() if figure else None
    if figure is None or entry is None:
        return
    at = max(entry.stated_at, world.now - datetime.timedelta(minutes=20))
    _add(world, entry, Outcome.FULL, "", "Une entrée a eu lieu ce matin.", at, caller)
    CurrentFigure.objects.filter(pk=figure.pk).update(contested_at=at)


def _add(
    world: World, entry: AvailabilityEntry, outcome: str, reason: str, comment: str, at: datetime.datetime, by: User
) -> None:
    CallOutcome.objects.create(
        unit_id=entry.unit_id,
        outcome=outcome,
        reason=reason,
        comment=french_spaces(comment),
        figure=entry.figure,
        version=entry.version,
        at=at,
        by=by,
        request_id=uuid.UUID(int=world.rng.getrandbits(128), version=4),
    )
