"""What is behind a cell of the synthesis: establishments, their units, and what each figure is worth (spec 20)."""

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, JSONObject

from common.french import PARIS
from common.geo import Point, distance_km
from directory.contacts import main_phone
from directory.models import GeographicEntity, OperationalUnit
from directory.permissions import sees_contacts
from directory.scopes import Scope

from ..breakdown import COUNT_FIELDS
from ..calls import reliability
from ..calls.reliability import Reliability
from ..cells import Cell
from ..closures.services import period_words
from ..expected.services import closure_on, expected_words, kind_of
from ..freshness import expires_at
from ..models import (
    AvailabilityEntry,
    CallOutcome,
    CurrentFigure,
    ExpectedPlace,
    GroupedUnit,
    PoolMembership,
    UnitClosure,
)
from ..shown import ShownFigure
from ..wording import common_kind
from .totals import REGION, Criteria, Holding, holdings

PAGE_SIZE = 15  # establishments


@dataclass(kw_only=True)
class UnitBehind(ShownFigure):
    """A unit of a cell, as its line shows it; ``counts``: its figure is in the total under the criteria asked.

    ``free``: what the totals add up of its figure, the whole of it or the number that its grouping counts (« Covid+ »);
    ``None`` when that was not given.
    """

    counts: bool
    free: int | None
    phone: dict[str, str] | None
    km: float | None = None
    max_age: datetime.timedelta | None = None
    any_age: bool = False
    reliability: Reliability | None = None
    expected: Sequence[str] = ()

    @property
    def counts_until(self) -> datetime.datetime | None:
        """The same under the age asked for (``max_age``, ``any_age``: those of ``Criteria``)."""
        if not self.counts or self.any_age or self.figure is None or self.figure.confirmed_at is None:
            return None
        return self.figure.expires_at if self.max_age is None else self.figure.confirmed_at + self.max_age

    @property
    def expired_word(self) -> str:
        return "périmé" if self.max_age is None else "trop ancien"

    @property
    def is_part(self) -> bool:
        """Whether the totals add up a part of the figure only."""
        return self.is_stated and self.free is not None and self.free != self.figure.figure

    @property
    def is_part_missing(self) -> bool:
        """Whether a figure is known, but not the part of it that the totals add up."""
        return self.is_stated and self.free is None

    @property
    def is_left_out(self) -> bool:
        """Whether a figure is shown that the total does not count, though nothing else on the line says why."""
        return not self.counts and self.kind == "known"


@dataclass(kw_only=True)
class EntityBehind:
    """An establishment of a cell: its units, the free places that count, shared ones once."""

    entity: GeographicEntity
    free: int
    capacity_kind: str
    km: float | None = None
    units: list[UnitBehind] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Behind:
    """What a cell opens on: its total, and its units, most places first, or nearest first from ``start``.

    ``only_places`` lists the units where a place is free; the total and its coverage stay those of the cell.
    """

    held: Sequence[Holding]
    scope: Scope
    moment: datetime.datetime
    is_past: bool
    start: Point | None = None
    only_places: bool = False
    max_age: datetime.timedelta | None = None
    any_age: bool = False

    @cached_property
    def total(self) -> Cell:
        """Total of the cell, as in the table."""
        return _total(self.held)

    @property
    def capacity_kind(self) -> str:
        """Whether the total is one of beds."""
        return _kind(self.held)

    @cached_property
    def listed(self) -> list[Holding]:
        """Units to list."""
        return [row for row in self.held if not self.only_places or (row.counts and row.free)]

    @cached_property
    def distances(self) -> dict[int, float]:
        """Kilometres from ``start`` by unit; a unit whose address is hidden from this person has none."""
        if self.start is None:
            return {}
        return {
            held.unit_id: distance_km(self.start, Point(held.lat, held.lon))
            for held in self.listed
            if held.lat is not None and held.lon is not None
        }

    def page(self, number: str | None) -> Page:
        """One page of ``EntityBehind``; a number out of bounds gives the nearest page."""
        by_entity: dict[int, list[Holding]] = {}
        for held in self.listed:
            by_entity.setdefault(held.entity_id, []).append(held)
        page = Paginator(sorted(by_entity.values(), key=self._order), PAGE_SIZE).get_page(number)
        groups = list(page.object_list)
        shown = {row.unit.pk: row for row in self.units([held for group in groups for held in group])}
        page.object_list = [
            self._entity(group, rows)
            for group in groups
            if (rows := [shown[held.unit_id] for held in group if held.unit_id in shown])
        ]
        return page

    def units(self, held: Collection[Holding]) -> list[UnitBehind]:
        """Lines of some units, by name (two queries, whatever their number)."""
        units = _units([row.unit_id for row in held], self.scope, self.moment)
        figures = _past_figures(units, held, self.moment) if self.is_past else {}
        relied = {} if self.is_past else reliability.reliability_of([unit.pk for unit in units], self.moment)
        by_unit = {row.unit_id: row for row in held}
        today = self.moment.astimezone(PARIS).date()
        return [
            UnitBehind(
                unit=unit,
                figure=figures.get(unit.pk) if self.is_past else getattr(unit, "current_figure", None),
                viewer_id=self.scope.user_id or 0,
                now=self.moment,
                closures=_closures(unit),
                counts=by_unit[unit.pk].counts,
                free=by_unit[unit.pk].free,
                phone=main_phone(unit, contacts=sees_contacts(self.scope, unit)),
                km=self.distances.get(unit.pk),
                max_age=self.max_age,
                any_age=self.any_age,
                reliability=relied.get(unit.pk),
                expected=() if self.is_past else _expected(unit, today),
            )
            for unit in units
        ]

    def _order(self, group: Sequence[Holding]) -> tuple:
        far = self._far(group)
        places = (-_total(group).free, group[0].entity_name, group[0].entity_id)
        return (far is None, far or 0, *places) if self.start else places

    def _far(self, group: Iterable[Holding]) -> float | None:
        return min((self.distances[row.unit_id] for row in group if row.unit_id in self.distances), default=None)

    def _entity(self, group: Sequence[Holding], rows: list[UnitBehind]) -> EntityBehind:
        rows.sort(key=lambda row: (not row.counts, -(row.free or 0) if row.is_stated else 1, row.unit.sort_name))
        return EntityBehind(
            entity=rows[0].unit.geographic_entity,
            free=_total(group).free,
            capacity_kind=_kind(group),
            km=self._far(group),
            units=rows,
        )


def read_behind(
    criteria: Criteria, scope: Scope, now: datetime.datetime, *, start: Point | None = None, only_places: bool = False
) -> Behind:
    """What is behind the totals of ``criteria`` (one query). ``only_places`` lists the units where a place is free."""
    return Behind(
        held=holdings(criteria, now, _places_told(scope) if start else None),
        scope=scope,
        moment=criteria.at or now,
        is_past=criteria.at is not None,
        start=start,
        only_places=only_places,
        max_age=criteria.max_age,
        any_age=criteria.any_age,
    )


def _places_told(scope: Scope) -> QuerySet:
    """Unit, latitude and longitude of those whose address this person sees."""
    units = OperationalUnit.objects.with_address_shown(scope).filter(address_shown=True)
    return units.values_list("pk", _own_or_entity("lat"), _own_or_entity("lon"))


def _own_or_entity(name: str) -> Case:
    """A field of the unit's address: its own, or its EG's."""
    return Case(When(commune__isnull=False, then=F(name)), default=F(f"geographic_entity__{name}"))


def _kind(held: Iterable[Holding]) -> str:
    return common_kind(row.capacity_kind for row in held)


def _total(held: Iterable[Holding]) -> Cell:
    """Total of some units, the places of a pool once."""
    rows = list(held)
    counted = [row for row in rows if row.counts]
    free = {(row.pool_id and -row.pool_id) or row.unit_id: row.free or 0 for row in counted}
    return Cell(
        0,
        REGION,
        free=sum(free.values()),
        counted=len(counted),
        open=sum(row.is_asked for row in rows),
        units=len(rows),
        oldest=min((row.confirmed_at for row in counted if row.confirmed_at), default=None),
    )


def _units(unit_ids: Collection[int], scope: Scope, moment: datetime.datetime) -> list[OperationalUnit]:
    """Units with their figure, and what ``_closures`` and ``_expected`` read, in one query."""
    closures = UnitClosure.objects.recorded_by(moment).filter(unit=OuterRef("pk"))
    expected = ExpectedPlace.objects.filter(
        unit=OuterRef("pk"), settled_at=None, expected_on__gte=moment.astimezone(PARIS).date()
    )
    return list(
        OperationalUnit.objects.visible_to(scope)
        .filter(pk__in=unit_ids)
        .with_place()
        .with_address_shown(scope)
        .select_related("commune", "current_figure__by", "current_figure__pool")
        .defer("commune__outline")
        .annotate(
            closures_known=ArraySubquery(
                closures.order_by("starts_at", "pk").values(
                    json=JSONObject(starts_at="starts_at", ends_at="ends_at", reason="reason", comment="comment")
                )
            ),
            places_expected=ArraySubquery(
                expected.order_by("expected_on", "pk").values(json=JSONObject(count="count", expected_on="expected_on"))
            ),
        )
        .order_by("sort_name", "pk")
    )


def _closures(unit: OperationalUnit) -> list[UnitClosure]:
    """Closures of the unit known at the moment, those to come included."""
    return [
        UnitClosure(
            unit_id=unit.pk,
            starts_at=datetime.datetime.fromisoformat(row["starts_at"]),
            ends_at=row["ends_at"] and datetime.datetime.fromisoformat(row["ends_at"]),
            reason=row["reason"],
            comment=row["comment"],
        )
        for row in unit.closures_known
    ]


def _expected(unit: OperationalUnit, today: datetime.date) -> list[str]:
    """« 2 places attendues le 14/08/2024 », with the closure declared for that day."""
    places = (
        ExpectedPlace(count=row["count"], expected_on=datetime.date.fromisoformat(row["expected_on"]))
        for row in unit.places_expected
    )
    closures, found = _closures(unit), []
    for place in places:
        words, closure = expected_words(place, today, kind_of(unit)), closure_on(closures, place.expected_on)
        found.append(f"{words} – indisponibilité totale {period_words(closure)}" if closure else words)
    return found


def _past_figures(
    units: Iterable[OperationalUnit], held: Iterable[Holding], moment: datetime.datetime
) -> dict[int, CurrentFigure]:
    """Figures as they were: those of today, with the statement then in force (one query)."""
    entry_ids = {row.unit_id: row.entry_id for row in held if row.entry_id}
    said = AvailabilityEntry.objects.select_related("by", "pool").annotate(contested_at=_contested_at(moment))
    entries = said.in_bulk(set(entry_ids.values()))
    return {
        unit.pk: _past_figure(unit.current_figure, entries.get(entry_ids.get(unit.pk)), moment)
        for unit in units
        if hasattr(unit, "current_figure")
    }


def _contested_at(moment: datetime.datetime) -> Coalesce:
    """Last time, by ``moment``, that « Plus de place » was answered in front of a statement above 0.

    By a call to its unit, or to any of those that shared its places when it was made.
    """
    there = Q(until=None) | Q(until__gt=OuterRef("at"))
    shared = PoolMembership.objects.filter(there, unit=OuterRef("unit"), since__lte=OuterRef("at"))
    calls = (
        CallOutcome.objects.annotate(shared_in=Subquery(shared.order_by("-since").values("pool")[:1]))
        .filter(outcome=CallOutcome.Outcome.FULL, figure__gt=0, at__lte=moment)
        .filter(version=OuterRef("version"), at__gte=OuterRef("stated_at"))
        .order_by("-at")
    )
    mates = PoolMembership.objects.filter(pool=OuterRef(OuterRef("pool"))).values("unit")
    return Coalesce(
        Subquery(calls.filter(shared_in=OuterRef("pool"), unit__in=mates).values("at")[:1]),
        Case(When(pool=None, then=Subquery(calls.filter(shared_in=None, unit=OuterRef("unit")).values("at")[:1]))),
    )


def _past_figure(today: CurrentFigure, entry: AvailabilityEntry | None, moment: datetime.datetime) -> CurrentFigure:
    figure = CurrentFigure(unit_id=today.pk, rhythm=today.rhythm, is_open=today.is_open, opened_at=today.opened_at)
    if entry is None:
        return figure
    for name in (*COUNT_FIELDS, "figure", "lines", "comment", "is_over_capacity", "by", "source", "version", "pool"):
        setattr(figure, name, getattr(entry, name))
    figure.stated_at, figure.confirmed_at = entry.stated_at, entry.confirmed_at
    if today.to_confirm_since is not None and today.to_confirm_since <= moment:
        figure.to_confirm_since = today.to_confirm_since
    if entry.confirmed_at is not None:
        figure.expires_at = expires_at(entry.confirmed_at, today.rhythm)
        figure.contested_at = entry.contested_at
    return figure


def entities_to_open(words: Iterable[str], scope: Scope) -> QuerySet[GeographicEntity]:
    """Published establishments with a unit open to entry, by name; each of the folded ``words`` is in theirs."""
    found = (
        GeographicEntity.objects.visible_to(scope)
        .filter(Exists(GroupedUnit.objects.filter(unit__geographic_entity=OuterRef("pk"), is_open=True)))
        .with_address_shown(scope)
        .select_related("commune")
        .defer("commune__outline")
        .order_by("sort_name", "pk")
    )
    for word in words:
        found = found.filter(Q(sort_name__contains=word) | Q(commune__key__contains=word, address_shown=True))
    return found
