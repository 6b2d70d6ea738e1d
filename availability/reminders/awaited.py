"""Figures that wait for somebody, region-wide: the query behind the home page, the mails and support's call list."""

import datetime

from django.db.models import (
    BigIntegerField,
    Case,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from directory.enums import PublicationStatus

from ..models import CurrentFigure, ExpectedPlace, PoolMembership, UnitClosure
from .escalation import Step

PUBLISHED = PublicationStatus.PUBLISHED
FIRST_HOUR = 7  # of mails, in Paris: what became late in the night goes in one
PLACE = Coalesce(-F("pool_id"), F("unit_id"), output_field=BigIntegerField())  # what is stated: a pool, or a unit


def awaited(now: datetime.datetime) -> QuerySet[CurrentFigure]:
    """Figures of published units open to entry and in no closure at ``now``, with what says since when they wait.

    ``closure_end`` is the end of the last closure over, ``awaited_since`` what ``escalation.awaited_since`` says (a
    test holds them together): reminders are silent during a closure, of the unit or of a record above it.
    ``shared_since``: when a unit whose places were never stated last entered or left a pool.
    """
    mine = UnitClosure.objects.held().filter(unit=OuterRef("pk"))
    ended = mine.filter(ends_at__lte=now).order_by("-ends_at").values("ends_at")[:1]
    shared = PoolMembership.objects.filter(unit=OuterRef("pk")).order_by("-since", "-pk")
    moved = Subquery(shared.values(at=Coalesce("until", "since"))[:1])
    return (
        CurrentFigure.objects.open()
        .filter(unit__geographic_entity__status=PUBLISHED, unit__geographic_entity__legal_entity__status=PUBLISHED)
        .exclude(Exists(UnitClosure.objects.active_at(now).filter(unit=OuterRef("pk"))))
        .annotate(closure_end=Subquery(ended), shared_since=Case(When(confirmed_at=None, then=moved)))
        .annotate(
            awaited_since=Greatest("confirmed_at", "opened_at", "to_confirm_since", "closure_end", "shared_since")
        )
    )


def beyond(figures: QuerySet[CurrentFigure], step: Step, now: datetime.datetime) -> QuerySet[CurrentFigure]:
    """Those of ``awaited`` whose reminders have reached ``step`` at ``now``."""
    delay = ExpressionWrapper(F("rhythm") * int(step), output_field=DurationField())
    return figures.alias(delay=delay).filter(awaited_since__lt=now - F("delay"))


def once_a_pool(figures: QuerySet[CurrentFigure]) -> QuerySet[CurrentFigure]:
    """The same figures, one unit alone for each pool: it is stated once for all of them."""
    places = figures.order_by().annotate(place=PLACE).values("place")
    return figures.filter(pk__in=places.annotate(first=Min("pk")).values("first"))


def due(figures: QuerySet[CurrentFigure], now: datetime.datetime) -> QuerySet[CurrentFigure]:
    """Those of ``awaited`` to be brought up to date now.

    Contested, waiting to be confirmed since a closure, never stated, or older than their rhythm. Places whose day has
    come are another list (``expected.due_reminders``).
    """
    return figures.filter(
        Q(confirmed_at=None)
        | Q(confirmed_at__lt=now - F("rhythm"))
        | Q(contested_at__isnull=False)
        | Q(confirmed_at__lt=F("to_confirm_since"))
        | Q(confirmed_at__lt=F("closure_end"))
    )


def expected_until(now: datetime.datetime) -> QuerySet[ExpectedPlace]:
    """Places announced for the day of ``now`` (in Paris) or before, in units whose figures are awaited."""
    said = ExpectedPlace.objects.filter(settled_at=None, expected_on__lte=timezone.localdate(now))
    return said.filter(unit__in=awaited(now).values("pk"))


def expected_today(now: datetime.datetime) -> QuerySet[ExpectedPlace]:
    """Those that mails of the day of ``now`` remind of, once: of that day, or of a closure over since the last mails.

    A place announced for a day in a closure is reminded of by the first mails after it.
    """
    local = timezone.localtime(now)
    mails = local.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)
    ended = UnitClosure.objects.held().filter(
        unit=OuterRef("unit"),
        starts_at__date__lte=OuterRef("expected_on"),
        ends_at__date__gte=OuterRef("expected_on"),
        ends_at__gt=mails - datetime.timedelta(days=1),
        ends_at__lte=mails,
    )
    wanted = Q(expected_on=local.date()) | Exists(ended)
    return expected_until(now).filter(wanted).order_by("unit_id", "pk")


def contested_first(figures: QuerySet[CurrentFigure]) -> QuerySet[CurrentFigure]:
    """Contested figures, then those never stated, then the oldest."""
    return figures.order_by(
        F("contested_at").asc(nulls_last=True), F("confirmed_at").asc(nulls_first=True), "unit__sort_name", "unit_id"
    )
