"""How long SESAN takes to decide, and the place of a dossier in the queue (spec 30, Beyond: risk-sorted queue)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, Subquery

from common import french

from .enums import DossierAct, DossierState
from .models import Dossier, Step
from .review.risk import age_points, queue_points_sql

if TYPE_CHECKING:
    from collections.abc import Iterable

WINDOW = datetime.timedelta(days=30)
DECISIONS = (DossierAct.VALIDATE, DossierAct.VALIDATE_PART, DossierAct.RETURN)
DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)
HOUR = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Waiting:
    """Place in the queue (1 is the next), and the median delay of the last 30 days; ``None`` without a decision."""

    place: int
    delay: datetime.timedelta | None

    @property
    def words(self) -> str:
        """« 3ᵉ dans la file d’attente ; délai médian des 30 derniers jours : 2 jours »."""
        place = "1ᵉʳ" if self.place == 1 else f"{self.place}ᵉ"
        said = f"{place} dans la file d’attente"
        if self.delay is None:
            return said
        return french.french_spaces(f"{said} ; délai médian des 30 derniers jours : {delay_words(self.delay)}")


def median_delay(now: datetime.datetime) -> datetime.timedelta | None:
    """Median time from sending to decision, for decisions of the last 30 days; ``None`` without any. One query.

    A dossier returned then sent again counts twice, each time from its own sending; one that was withdrawn counts from
    the last one.
    """
    sent = Step.objects.filter(
        dossier=OuterRef("dossier"), fiche=None, act=DossierAct.SEND, at__lte=OuterRef("at")
    ).order_by("-at", "-pk")
    decided = Step.objects.filter(fiche=None, act__in=DECISIONS, at__gt=now - WINDOW, at__lte=now)
    return median_of(decided.annotate(sent=Subquery(sent.values("at")[:1])).values_list("sent", "at"))


def median_of(pairs: Iterable[tuple[datetime.datetime | None, datetime.datetime]]) -> datetime.timedelta | None:
    """Median of the delays of (sent, decided) pairs, those without a sending left out. Pure."""
    delays = [(at - sent).total_seconds() for sent, at in pairs if sent is not None]
    return datetime.timedelta(seconds=median(delays)) if delays else None


def waiting_of(dossier: Dossier, now: datetime.datetime) -> Waiting | None:
    """Place and delay of a dossier en validation, ``None`` for the others. Two queries.

    The place is that of the queue as SESAN opens it (``review.queue``): by risk and age, then by age.
    """
    if dossier.state != DossierState.SENT or dossier.sent_at is None:
        return None
    own = dossier.risk + age_points(now - dossier.sent_at)
    sooner = Q(sent_at__lt=dossier.sent_at) | Q(sent_at=dossier.sent_at, pk__lt=dossier.pk)
    queue = Dossier.objects.filter(state=DossierState.SENT).annotate(points=queue_points_sql(now))
    before = queue.filter(Q(points__gt=own) | Q(sooner, points=own))
    return Waiting(before.count() + 1, median_delay(now))


def delay_words(delay: datetime.timedelta) -> str:
    """« moins d’une minute », « 40 min », « 5 h », « 2 jours » (from 36 hours on, rounded to the day)."""
    if delay < MINUTE:
        return "moins d’une minute"
    if delay < HOUR:
        return f"{round(delay / MINUTE)} min"
    if delay < 1.5 * DAY:
        return f"{round(delay / HOUR)} h"
    return french.counted(round(delay / DAY), "jour")
