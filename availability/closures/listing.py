"""What the pages of closures list: closures by state, and the units that may be declared unavailable."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from accounts.roles import Permission
from common.french import PARIS, day
from common.text import fold
from directory.enums import PublicationStatus
from directory.models import Department, OperationalUnit
from directory.scopes import Scope

from ..models import UnitClosure
from .services import period_words, reason_words

TEXT_LENGTH = 100
WEEKS = 8  # of the calendar


class Shown(StrEnum):
    """Which closures are listed."""

    CURRENT = "en-cours-et-a-venir"
    PAST = "passees"
    ALL = "toutes"


SHOWN_LABELS = {Shown.CURRENT: "En cours et à venir", Shown.PAST: "Passées", Shown.ALL: "Toutes"}


@dataclass(frozen=True)
class ClosureFilter:
    """What is asked of the list: a state, a text, a department."""

    shown: Shown = Shown.CURRENT
    text: str = ""
    department: str = ""

    @classmethod
    def read(cls, parameters, departments: Iterable[Department]) -> ClosureFilter:
        """Read an address; what is not known is left out, a department not among ``departments`` too."""
        asked, code = parameters.get("voir", ""), parameters.get("departement", "").strip()
        return cls(
            shown=Shown(asked) if asked in Shown else Shown.CURRENT,
            text=parameters.get("q", "").strip()[:TEXT_LENGTH],
            department=code if any(code == known.code for known in departments) else "",
        )

    def apply(self, closures: QuerySet[UnitClosure], now: datetime.datetime) -> QuerySet[UnitClosure]:
        """Closures asked for: under way first, then to come, then the past ones, the latest first."""
        over = Q(ends_at__isnull=False, ends_at__lte=now)
        if self.shown is not Shown.ALL:
            closures = closures.filter(over if self.shown is Shown.PAST else ~over)
        if self.department:
            closures = closures.filter(unit__geographic_entity__commune__department=self.department)
        closures = closures.filter(named(self.text, "unit__"))
        phase = Case(
            When(over, then=Value(2)),
            When(starts_at__gt=now, then=Value(1)),
            default=Value(0),
            output_field=IntegerField(),
        )
        order = "-ends_at" if self.shown is Shown.PAST else "starts_at"
        return closures.annotate(phase=phase).order_by("phase", order, "unit__sort_name", "pk")


def named(text: str, prefix: str = "") -> Q:
    """Condition: the name of the unit, of its EG or of its commune holds each word."""
    found = Q()
    for word in fold(text).split():
        found &= (
            Q(**{f"{prefix}sort_name__contains": word})
            | Q(**{f"{prefix}geographic_entity__sort_name__contains": word})
            | Q(**{f"{prefix}geographic_entity__commune__key__contains": word})
        )
    return found


def closures_for(scope: Scope, *, held: bool = True) -> QuerySet[UnitClosure]:
    """Closures held, of the units whose places the person states, with what a line shows; all of them else."""
    mine = scope.coverage(Permission.STATEMENT_WRITE).units_q("unit__")
    closures = UnitClosure.objects.held() if held else UnitClosure.objects.all()
    found = closures.filter(mine).exclude(unit__status=PublicationStatus.HIDDEN)
    related = ("unit__geographic_entity__commune__department", "unit__unit_type", "by")
    outlines = "unit__geographic_entity__commune__outline", "unit__geographic_entity__commune__department__outline"
    return found.select_related(*related).defer(*outlines)


def declarable_units(scope: Scope) -> QuerySet[OperationalUnit]:
    """Units that the person may declare unavailable: published, open to entry, in his scope."""
    units = OperationalUnit.objects.for_permission(scope, Permission.STATEMENT_WRITE).published()
    found = units.filter(current_figure__is_open=True).select_related("geographic_entity__commune", "unit_type")
    return found.defer("geographic_entity__commune__outline").order_by(
        "geographic_entity__sort_name", "sort_name", "pk"
    )


def offered_units(scope: Scope, text: str, chosen: Collection[int], limit: int) -> list[OperationalUnit]:
    """Units to tick, those chosen first, one more than ``limit``; for the whole region none without a text."""
    units = declarable_units(scope)
    ticked = Q(pk__in=list(chosen))
    if scope.coverage(Permission.STATEMENT_WRITE).region and not text:
        units = units.filter(ticked)
    elif asked := named(text):
        units = units.filter(asked | ticked)
    first = Case(When(ticked, then=Value(0)), default=Value(1), output_field=IntegerField())
    return list(
        units.annotate(rank=first).order_by("rank", "geographic_entity__sort_name", "sort_name", "pk")[: limit + 1]
    )


@dataclass(frozen=True)
class ClosureLine:
    """One closure as the list shows it at ``now``."""

    closure: UnitClosure
    now: datetime.datetime

    @property
    def is_over(self) -> bool:
        return self.closure.ends_at is not None and self.closure.ends_at <= self.now

    @property
    def is_gone(self) -> bool:
        """Over, withdrawn or replaced: it changes no more."""
        return self.is_over or self.closure.withdrawn_at is not None

    @property
    def is_planned(self) -> bool:
        return self.closure.starts_at > self.now

    @property
    def state(self) -> str:
        """Words of the state."""
        if self.is_over:
            return "Terminée"
        return "À venir" if self.is_planned else "En cours"

    @property
    def when(self) -> str:
        return period_words(self.closure)

    @property
    def why(self) -> str:
        return reason_words(self.closure)

    def weeks(self, mondays: list[datetime.date]) -> list[bool]:
        """Whether it holds during a part of each week."""
        first = self.closure.starts_at.astimezone(PARIS).date()
        instant_before = datetime.timedelta(microseconds=1)  # the end is excluded
        ends_at = self.closure.ends_at
        last = (ends_at - instant_before).astimezone(PARIS).date() if ends_at else datetime.date.max
        return [first <= monday + datetime.timedelta(days=6) and monday <= last for monday in mondays]


@dataclass(frozen=True)
class Calendar:
    """The next weeks, a row a closure: ``weeks`` are (words of the week, days), ``rows`` (line, marks)."""

    weeks: list[str]
    rows: list[tuple[ClosureLine, list[bool]]]


def calendar_of(lines: list[ClosureLine], now: datetime.datetime) -> Calendar | None:
    """Calendar of the closures listed that are not over; ``None`` when there is none."""
    coming = [line for line in lines if not line.is_over]
    if not coming:
        return None
    today = now.astimezone(PARIS).date()
    monday = today - datetime.timedelta(days=today.weekday())
    mondays = [monday + datetime.timedelta(weeks=number) for number in range(WEEKS)]
    return Calendar([day(first) for first in mondays], [(line, line.weeks(mondays)) for line in coming])
