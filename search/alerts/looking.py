"""What an alert sees: the places of a saved search that are free now, and what is new since its last look."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.http import QueryDict

from availability.guichet.judging import judge
from availability.guichet.needs import Fit, Judgement
from availability.guichet.supply import Offer, load_offers
from common.geo import Point
from directory.scopes import Grant, Scope

from ..criteria import SearchCriteria
from ..engine.query import free_units, matching_units
from ..kept.shortlist import open_units

ALERTING = (Fit.FITS, Fit.TO_CONFIRM)
Seen = Mapping[str, int]


class PlaceNotUnderstood(Exception):
    """The starting point of the search names no place, or several, or only a geocoder that is away knows it."""


@dataclass(frozen=True, kw_only=True)
class FreePlace:
    """Free places that count now, of a unit or of its pool, and whether they suit the needs of the search."""

    offer: Offer
    judgement: Judgement

    @property
    def key(self) -> str:
        """The same for all the units of a pool, whose places are told once."""
        return str(self.offer.holder_key)

    @property
    def free(self) -> int:
        return self.offer.counted or 0


class Look(NamedTuple):
    """Free places of a search, and the point its distances are measured from."""

    places: list[FreePlace]
    start: Point | None = None


def free_places(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> Look:
    """Free places of a search, a pool once, in the order they suit: what counts, is not contested, and may fit.

    Those of the results on screen: a unit that does not fit the needs, or whose figure nobody should rely on, is left
    out. Raises ``PlaceNotUnderstood``.
    """
    outcome, ids = free_units(criteria, scope, now)
    if outcome.resolution.problem:
        raise PlaceNotUnderstood
    start = outcome.place.point if outcome.place else None
    if not ids:
        return Look([], start)
    found: dict[str, FreePlace] = {}
    for offer in load_offers(open_units(scope).filter(pk__in=ids), scope, now):
        if not offer.counted or offer.doubt:
            continue
        place = FreePlace(offer=offer, judgement=judge(criteria.needs, offer.supply()))
        held = found.get(place.key)
        if place.judgement.fit in ALERTING and (held is None or _rank(place) < _rank(held)):
            found[place.key] = place
    return Look(sorted(found.values(), key=_rank), start)


class Looks:
    """What one run finds, each search looked for once for all those who ask it with the same rights.

    Hundreds of alerts watch a few dozen searches: the words, the units and their places are read once for each.
    """

    def __init__(self, now: datetime.datetime) -> None:
        self.now = now
        self._found: dict[tuple[str, tuple[Grant, ...]], Look | None] = {}

    def at(self, query: str, scope: Scope) -> Look:
        """What a saved search finds. Raises ``PlaceNotUnderstood``."""
        key = (query, scope.grants)
        if key not in self._found:
            try:
                self._found[key] = free_places(SearchCriteria.from_query(QueryDict(query)), scope, self.now)
            except PlaceNotUnderstood:
                self._found[key] = None
        if (look := self._found[key]) is None:
            raise PlaceNotUnderstood
        return look


def lasting_units(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> list[int]:
    """Ids of the units a search would find, were all of them open, up to date and free: places may come there."""
    lasting = criteria.replaced(free=False, fresh=False, open_on=None, hides_unfit=False)
    return matching_units(lasting, scope, now)


def seen_now(places: Sequence[FreePlace]) -> dict[str, int]:
    """What an alert keeps of a look."""
    return {place.key: place.free for place in places}


def news(places: Sequence[FreePlace], seen: Seen) -> list[FreePlace]:
    """Places that were not there at the last look, or are more."""
    return [place for place in places if place.free > seen.get(place.key, 0)]


def _rank(place: FreePlace) -> tuple[int, str, int]:
    return place.judgement.fit.rank, place.offer.unit.sort_name, place.offer.unit.pk
