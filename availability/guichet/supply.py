"""Units with their places as the map and the guichet unique read them: one query, then pure."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.dateparse import parse_datetime

from common.french import NBSP, PARIS, duration, moment, number
from common.geo import Point
from directory.contacts import main_phone
from directory.models import OperationalUnit
from directory.permissions import sees_contacts
from directory.scopes import Scope

from ..breakdown import COUNT_FIELDS, NOTHING_GIVEN, counts_of
from ..calls.reliability import Reliability, reliability_of
from ..freshness import HOUR, ContractState
from ..groupings import COUNT_LABELS
from ..lines import read_lines
from ..models import GroupedUnit, Grouping, UnitClosure
from ..shown import ShownFigure, local_day
from ..standing import Standing
from .needs import Supply, Worth

_LONG_AGO = 72 * HOUR  # told in days; less, in hours, as a day too many matters
MAX_UNITS = 3000  # read at once for a map or a guichet; more than the region has of one kind


class Ceiling(StrEnum):
    """Maximum age of the figures counted: the rhythm's (three of them), some hours, or none (01-settled)."""

    RHYTHM = ""
    H1 = "1"
    H3 = "3"
    H6 = "6"
    H12 = "12"
    H24 = "24"
    NONE = "sans"

    @property
    def label(self) -> str:
        if self is Ceiling.RHYTHM:
            return "Selon le rythme attendu"
        return "Sans limite" if self is Ceiling.NONE else f"Moins de {self.value}{NBSP}h"

    @property
    def age(self) -> datetime.timedelta | None:
        """Age that a figure does not reach; ``None`` when it is not counted in hours."""
        return None if self in (Ceiling.RHYTHM, Ceiling.NONE) else int(self.value) * HOUR


@dataclass(kw_only=True)
class Offer(ShownFigure):
    """A unit, its figure, and what of it this person may read. ``counted_under``: maximum age asked for.

    ``measures``: what the groupings asked for add up (``Grouping.counted``), the total when one of them does.
    ``reliability`` is asked for apart, for the lines shown.
    """

    scope: Scope
    counted_under: Ceiling = Ceiling.RHYTHM
    measures: Sequence[str] = ()
    reliability: Reliability | None = None

    @property
    def is_address_shown(self) -> bool:
        return self.unit.address_shown

    @property
    def name(self) -> str:
        return self.unit.name

    @property
    def entity(self):
        return self.unit.geographic_entity

    @property
    def place(self):
        """Record whose address is the unit's; only to be told when ``is_address_shown``."""
        return self.unit.address_record

    @property
    def place_words(self) -> str:
        """« Nanterre (92) », or that the address is not told."""
        if not self.is_address_shown:
            return "adresse non communiquée"
        commune = self.place.commune
        return f"{commune.place_name} ({commune.department_id})"

    @property
    def point(self) -> Point | None:
        """Where it is, when that may be told and is known."""
        at = self.place
        return Point(at.lat, at.lon) if self.is_address_shown and at.lat is not None else None

    @cached_property
    def phone(self) -> dict[str, str] | None:
        """Number to call first, of those that this person sees."""
        return main_phone(self.unit, contacts=sees_contacts(self.scope, self.unit))

    @property
    def department_code(self) -> str:
        return self.place.commune.department_id

    @property
    def is_closed(self) -> bool:
        """Tell whether it takes nobody now."""
        return self.unit.is_closed or self.standing is Standing.UNAVAILABLE

    @property
    def is_told(self) -> bool:
        """Tell whether a figure is shown: stated, entry open, and not hidden by a closure."""
        return self.is_stated and self.figure.is_open and not self.is_closed

    @cached_property
    def measured(self) -> int | None:
        """Free places of the kind asked for (« Covid+ »), of any age; ``None`` when they were not given."""
        if self.figure is None or not self.measures or "" in self.measures:
            return self.figure.figure if self.figure else None
        given = [getattr(self.figure, name) for name in self.measures]
        return max((count for count in given if count is not None), default=None)

    @cached_property
    def counted(self) -> int | None:
        """Free places that count now, contested or not; ``None`` when nothing is known (unknown is not zero)."""
        return self.measured if self.figure is not None and not self.is_closed and not self.silence else None

    @property
    def holder_key(self) -> int:
        """The same for all the units of a pool, whose places are to be counted once."""
        pool_id = self.figure.pool_id if self.figure else None
        return -pool_id if pool_id else self.unit.pk

    @property
    def shown_kind(self) -> str:
        """Kind of the tag ``places``."""
        if self.counted is not None:
            return "known"
        if self.is_told and self.measured is None:
            return "unknown"
        return "expired" if self.kind == "known" else self.kind

    @property
    def shown_detail(self) -> str:
        """Word under the number, when the kind alone does not say it."""
        if self.is_told and self.is_stated and self.measured is None:
            return "non précisé"
        return "trop ancien" if self.counted is None and self.kind == "known" else self.kind_detail

    @property
    def counts_until(self) -> datetime.datetime | None:
        """The same under the age asked for."""
        if self.counted is None or self.figure is None or self.figure.confirmed_at is None:
            return None
        limit = self.counted_under.age
        if limit is not None:
            return self.figure.confirmed_at + limit
        return self.figure.expires_at if self.counted_under is Ceiling.RHYTHM else None

    @property
    def expired_word(self) -> str:
        return "périmé" if self.counted_under.age is None else "trop ancien"

    @property
    def measure_words(self) -> str:
        """« places Covid+ », when it is not the total that is counted; empty otherwise."""
        if not self.measures or "" in self.measures:
            return ""
        return " ou ".join(COUNT_LABELS[name] for name in COUNT_FIELDS if name in self.measures)

    @cached_property
    def silence(self) -> str:
        """Why the figure does not count, in words; empty when it does."""
        if self.is_closed:
            return self._closed_words()
        if self.figure is None or not self.figure.is_open:
            return "saisie non activée\u00a0: places non connues"
        if self.standing is Standing.UNKNOWN:
            return "places jamais saisies"
        if self.standing is Standing.TO_CONFIRM:
            return f"chiffre à confirmer depuis la réouverture ({self._told()})"
        return self._age_doubt()

    @property
    def doubt(self) -> str:
        """Why the figure is not to be relied on for a person: it does not count, or a call contested it."""
        at = self.figure.contested_at if self.figure is not None else None
        if self.silence or at is None:
            return self.silence
        return f"contesté le {moment(at)}\u00a0: plus de place, a-t-on répondu au téléphone"

    @property
    def late_words(self) -> str:
        """« chiffre en retard : donné il y a 9 jours », of a figure past its rhythm; empty when it is fresh.

        An age asked for in hours replaces the rhythm (01-settled).
        """
        state = self.freshness.state if self.freshness and self.counted_under.age is None else None
        words = {ContractState.LATE: "en retard", ContractState.EXPIRED: "périmé"}.get(state) if state else None
        if not words:
            return ""
        since = duration(self.age) if self.age >= _LONG_AGO else f"{number(self.age // HOUR)}{NBSP}h"
        return f"chiffre {words}{NBSP}: donné il y a {since}"

    @property
    def age(self) -> datetime.timedelta:
        """Age of the figure; zero when there is none."""
        known = self.freshness.age if self.freshness else None
        return known if known is not None else 0 * HOUR

    def _age_doubt(self) -> str:
        limit = self.counted_under.age
        if limit is not None:
            return f"chiffre plus ancien que demandé ({self._told()})" if self.age >= limit else ""
        is_expired = self.counted_under is Ceiling.RHYTHM and self.standing is Standing.EXPIRED
        return f"chiffre périmé ({self._told()})" if is_expired else ""

    def _told(self) -> str:
        """« 8 le 14/08/2024 à 12:17 »."""
        if self.figure is None or self.figure.figure is None or self.figure.confirmed_at is None:
            return "aucun chiffre"
        return f"{number(self.figure.figure)} le {moment(self.figure.confirmed_at)}"

    def _closed_words(self) -> str:
        if self.closure is None:
            return "unité fermée"
        words = f"indisponibilité totale ({self.closure.get_reason_display()})"
        return f"{words} jusqu’au {moment(self.closure.ends_at)}" if self.closure.ends_at else words

    def supply(self, awaited: tuple[tuple[datetime.date, int], ...] = (), *, doubt: str = "") -> Supply:
        """What the unit offers, as needs are matched with; ``doubt``: why its figure is not to be relied on."""
        figure = self.figure
        reliable = Worth.DOUBTFUL if doubt else Worth.COUNTED
        planned = [closure for closure in self.closures if closure.starts_at > self.now]
        return Supply(
            worth=Worth.CLOSED if self.is_closed else reliable,
            free=figure.figure if figure else None,
            today=local_day(self.now),
            sex=self.unit.sex,
            min_age_days=self.unit.min_age_days,
            max_age_days=self.unit.max_age_days,
            pets=self.unit.pets,
            counts=counts_of(figure) if figure else NOTHING_GIVEN,
            lines=read_lines(figure.lines) if figure else (),
            doubt=doubt,
            late=self.late_words,
            awaited=awaited,
            reopens_on=_day(self.closure.ends_at) if self.closure else None,
            closes=tuple((closure.starts_at.astimezone(PARIS).date(), _day(closure.ends_at)) for closure in planned),
        )


def _day(at: datetime.datetime | None) -> datetime.date | None:
    return at.astimezone(PARIS).date() if at else None


def grouped_units(scope: Scope, groupings: QuerySet[Grouping]) -> QuerySet[OperationalUnit]:
    """Published units of some groupings that this person may read, with what an offer shows."""
    grouped = GroupedUnit.objects.filter(unit=OuterRef("pk"), grouping__in=groupings.order_by().values("pk"))
    return (
        OperationalUnit.objects.visible_to(scope)
        .published()
        .filter(Exists(grouped))
        .annotate(measures=ArraySubquery(grouped.order_by().values("grouping__counted")))
        .with_place()
        .with_address_shown(scope)
        .select_related("current_figure__pool", "commune__department")
        .defer("commune__outline", "commune__department__outline")
        .order_by("sort_name", "pk")
    )


def load_offers(
    units: QuerySet[OperationalUnit], scope: Scope, now: datetime.datetime, ceiling: Ceiling = Ceiling.RHYTHM
) -> list[Offer]:
    """Offers of these units, ``MAX_UNITS`` at most and one more when there are others: one query."""
    return [
        Offer(
            unit=unit,
            figure=getattr(unit, "current_figure", None),
            viewer_id=scope.user_id or 0,
            now=now,
            closures=read_closures(unit.pk, unit.held_closures),
            scope=scope,
            counted_under=ceiling,
            measures=unit.measures,
        )
        for unit in units.annotate(held_closures=held_closures())[: MAX_UNITS + 1]
    ]


def held_closures() -> ArraySubquery:
    """Closures of a unit that were not withdrawn, as an annotation for ``read_closures``."""
    held = UnitClosure.objects.held().filter(unit=OuterRef("pk")).order_by("starts_at", "pk")
    return ArraySubquery(held.values(json=JSONObject(starts_at="starts_at", ends_at="ends_at", reason="reason")))


def read_closures(unit_id: int, told: Iterable[dict[str, str | None]]) -> list[UnitClosure]:
    """Closures of a unit annotated with ``held_closures()``."""
    return [_closure(unit_id, values) for values in told]


def _closure(unit_id: int, values: dict[str, str | None]) -> UnitClosure:
    """Closure as read inside the query of the units."""
    starts_at, ends_at = (parse_datetime(values[name] or "") for name in ("starts_at", "ends_at"))
    return UnitClosure(unit_id=unit_id, starts_at=starts_at, ends_at=ends_at, reason=values["reason"])


def free_places_of(offers: Iterable[Offer]) -> int | None:
    """Free places that count, each pool once; ``None`` when nothing is known."""
    told: dict[int, int] = {}
    for offer in offers:
        if offer.counted is not None:
            told[offer.holder_key] = max(told.get(offer.holder_key, 0), offer.counted)
    return sum(told.values()) if told else None


def add_reliability(offers: Iterable[Offer], now: datetime.datetime) -> None:
    """Say of these offers how far their figures can be relied on: one query."""
    shown = list(offers)
    known = reliability_of([offer.unit.pk for offer in shown], now)
    for offer in shown:
        offer.reliability = known.get(offer.unit.pk)
