"""The map of free places: one marker a place, what it stands for, and its GeoJSON (spec 20, Consulting)."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from common.french import NBSP, counted, number, plural
from common.geo import Point
from directory.models import OperationalUnit
from directory.records import outlines_url
from directory.scopes import Scope

from ..freshness import AgeBand, age_band
from ..groupings import shown_groupings
from ..wording import common_kind, figure_words
from .form import MapForm
from .judging import judge
from .supply import MAX_UNITS, Offer, free_places_of, grouped_units


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A point of the map, or a unit whose place is not told (``point`` is ``None``), with the units that stand there.

    ``key`` is the id of its first unit: the marker, its line in the list and its address share it.
    """

    key: int
    point: Point | None
    offers: tuple[Offer, ...]

    @property
    def first(self) -> Offer:
        return self.offers[0]

    @cached_property
    def free(self) -> int | None:
        """Free places that count, a pool once; ``None`` when nothing is known (unknown is not zero)."""
        return free_places_of(self.offers)

    @property
    def shared(self) -> dict[int, int]:
        """Places counted here that other places of the map may count too, by pool."""
        return {
            -offer.holder_key: offer.counted for offer in self.offers if offer.is_pooled and offer.counted is not None
        }

    @property
    def oldest(self) -> datetime.datetime | None:
        """When the figure that gives the age was confirmed."""
        known = [offer.figure.confirmed_at for offer in self._aged if offer.figure and offer.figure.confirmed_at]
        return min(known, default=None)

    @property
    def counts_until(self) -> datetime.datetime | None:
        """Moment after which one of the figures added up here no longer counts; ``None`` when age does not matter."""
        return min(filter(None, (offer.counts_until for offer in self.offers)), default=None)

    @property
    def _aged(self) -> list[Offer]:
        """Offers counted; else the first that has a figure."""
        known = [offer for offer in self.offers if offer.counted is not None]
        return known or [offer for offer in self.offers if offer.is_stated][:1]

    @cached_property
    def band(self) -> AgeBand:
        """Age of the oldest figure counted; else that of the first figure there is."""
        return age_band(max((offer.age for offer in self._aged), default=None))

    @property
    def names(self) -> list[str]:
        """Establishments that stand there, each once."""
        return list(dict.fromkeys(offer.entity.name for offer in self.offers))

    @property
    def is_many(self) -> bool:
        """Tell whether its units are folded under one line."""
        return len(self.offers) > 1

    @property
    def is_closed(self) -> bool:
        """Tell whether none of its units takes anybody now."""
        return all(offer.is_closed for offer in self.offers)

    @property
    def kind(self) -> str:
        """Kind of the tag ``places``: « known », « unknown » or « closed »."""
        if self.free is not None:
            return "known"
        return "closed" if self.is_closed else "unknown"

    @property
    def capacity_kind(self) -> str:
        return common_kind(offer.capacity_kind for offer in self.offers)

    @property
    def figure_words(self) -> str:
        """Text of the marker: « 8 », « ? » when nothing is known, « – » when closed."""
        if self.free is not None:
            return number(self.free)
        return "–" if self.is_closed else "?"

    @property
    def age_words(self) -> str:
        """Letters of the marker, beside its colour and shape: « < 3 h »; nothing for a closed place."""
        return "" if self.is_closed else self.band.label

    @property
    def label(self) -> str:
        """Name of the marker for whoever does not see it."""
        names = (
            self.first.name if len(self.offers) == 1 else f"{counted(len(self.offers), 'unité')}, {self.first.name}…"
        )
        if self.free is not None:
            words = figure_words(self.free, self.capacity_kind)
            state = f"{words} {plural(self.free, 'libre')}, saisie {self.band.label}"
            state += ", lits mutualisés" if self.shared else ""
        else:
            unknown = "lits non connus" if self.capacity_kind == "bed" else "places non connues"
            state = "indisponible" if self.is_closed else unknown
        return f"{names}, {self.first.place_words}{NBSP}: {state}"

    def feature(self) -> dict[str, Any]:
        """GeoJSON of the marker; see docs/frontend.md, Maps."""
        assert self.point is not None  # noqa: S101 - for the type checker
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [self.point.lon, self.point.lat]},
            "properties": {
                "id": self.key,
                "name": " / ".join(self.names) if self.is_many else self.first.name,
                "label": self.label,
                "places": self.figure_words,
                "kind": self.kind,
                "age": self.age_words,
                "free": self.free or 0,
                "shared": self.shared,
                "fresh": AgeBand.NEVER.key if self.kind == "closed" else self.band.key,
                "at": None if self.kind == "closed" else _iso(self.oldest),
                "until": _iso(self.counts_until),
            },
        }


def _iso(at: datetime.datetime | None) -> str | None:
    return at.isoformat() if at else None


@dataclass(frozen=True, kw_only=True)
class Spots:
    """Places of a map, most free places first, and apart those whose address is not told to this person."""

    shown: list[Spot]
    apart: list[Spot]
    is_cut: bool

    @property
    def free(self) -> int:
        """Free places that count, the places apart included, each pool once."""
        return free_places_of(self.offers) or 0

    @property
    def is_known(self) -> bool:
        """Tell whether one figure at least counts: without any, the places are unknown, not zero."""
        return free_places_of(self.offers) is not None

    @property
    def offers(self) -> list[Offer]:
        return [offer for spot in [*self.shown, *self.apart] for offer in spot.offers]

    @property
    def unit_count(self) -> int:
        return sum(len(spot.offers) for spot in [*self.shown, *self.apart])


def map_units(scope: Scope, form: MapForm) -> QuerySet[OperationalUnit]:
    """Units open to entry of the groupings and departments asked for."""
    groupings = shown_groupings()
    if form.groupings:
        groupings = groupings.filter(code__in=form.groupings)
    units = grouped_units(scope, groupings).filter(current_figure__is_open=True)
    if form.departments:
        own, above = Q(commune__department__in=form.departments), Q(commune=None)
        units = units.filter(own | above & Q(geographic_entity__commune__department__in=form.departments))
    return units


def units_beside(units: QuerySet[OperationalUnit], unit: OperationalUnit) -> QuerySet[OperationalUnit]:
    """Units of ``units`` that stand where ``unit`` does; that unit alone when its place has no point."""
    at = unit.address_record
    if at.lat is None:
        return units.filter(pk=unit.pk)
    own, above = Q(lat=at.lat, lon=at.lon), Q(commune=None)
    return units.filter(own | above & Q(geographic_entity__lat=at.lat, geographic_entity__lon=at.lon))


def spots_of(offers: list[Offer], form: MapForm) -> Spots:
    """Gather offers by point; one that answers none of the needs ticked, or has no free place when asked, is left out.

    A need is answered by what is stated: at least one place of that kind. Offers apart have no point at all.
    """
    places: dict[Point, list[Offer]] = {}
    alone: list[Offer] = []
    for offer in offers[:MAX_UNITS]:
        if not _is_kept(offer, form):
            continue
        point = offer.point
        if point is None:
            alone.append(offer)
        else:
            places.setdefault(point, []).append(offer)
    shown = [_spot(point, found) for point, found in places.items()]
    apart = [Spot(key=offer.unit.pk, point=None, offers=(offer,)) for offer in alone]
    return Spots(shown=_in_order(shown), apart=_in_order(apart), is_cut=len(offers) > MAX_UNITS)


def _spot(point: Point, found: list[Offer]) -> Spot:
    found.sort(key=lambda offer: (offer.entity.sort_name, offer.unit.sort_name, offer.unit.pk))
    return Spot(key=found[0].unit.pk, point=point, offers=tuple(found))


def _in_order(spots: Iterable[Spot]) -> list[Spot]:
    """Most free places first, then what is not known, by name."""
    return sorted(spots, key=lambda spot: (1 if spot.free is None else -spot.free, spot.first.unit.sort_name, spot.key))


def _is_kept(offer: Offer, form: MapForm) -> bool:
    if form.valid("libres") and not offer.counted:
        return False
    needs = form.needs
    if all(need.is_empty for need in needs):
        return True
    supply = offer.supply(doubt=offer.silence)
    return bool(offer.counted) and any(judge(need, supply).is_stated for need in needs)


def feature_collection(spots: Spots) -> dict[str, Any]:
    """GeoJSON of the markers, those of places not told left out."""
    return {"type": "FeatureCollection", "features": [spot.feature() for spot in spots.shown]}


def background(form: MapForm) -> str:
    """Outlines to draw behind: communes of a few departments, else departments."""
    return outlines_url(form.departments)
