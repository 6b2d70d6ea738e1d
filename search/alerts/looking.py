"""What an alert sees: the places of a saved search that are free now, and what is new since its last look."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

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


class PlaceNotUnderstood(Exception):
    """The starting point of the search names no place, or several."""


class PlaceUnanswered(PlaceNotUnderstood):
    """Perhaps only for a while: the geocoder, which may know it, does not answer."""


@dataclass(frozen=True, kw_only=True)
class FreePlace:
    """Free places that count now, of a unit or of its pool, and whether they suit the needs of the search.

    ``units``: ids of the units found that hold them, those of a pool together. ``is_found``: not when the search asks
    for an open unit or a fresh figure, and it is neither at this minute.
    """

    offer: Offer
    judgement: Judgement
    is_found: bool = True
    units: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The same for all the units of a pool, whose places are told once."""
        return str(self.offer.holder_key)

    @property
    def free(self) -> int:
        return self.offer.counted or 0


class Look(NamedTuple):
    """Free places of a search, a pool once, and the point its distances are measured from."""

    places: list[FreePlace]
    start: Point | None = None


class Memory(NamedTuple):
    """What an alert keeps of its looks: free places by holder (key of the place), and the pool of each pooled unit."""

    seen: Mapping[str, int]
    pools: Mapping[str, str]

    def before(self, place: FreePlace) -> int:
        """Free places seen at the last look, of this holder and of those that its units had then, each once.

        A unit that joins a pool, or leaves it, brings no place by that alone.
        """
        held = {place.key, *(self.pools.get(unit, unit) for unit in place.units)}
        return sum(self.seen.get(key, 0) for key in held)

    def missing(self, look: Look) -> set[str]:
        """Ids of the units whose remembered places are not seen now."""
        shown = {unit for place in look.places for unit in place.units}
        return {*(key for key in self.seen if not key.startswith("-")), *self.pools} - shown

    def after(self, look: Look, silent: Iterable[str] = ()) -> Self:
        """What is kept once a look is told.

        A place that the hour hides (closed for the night, a figure that ages) is not forgotten while it stays free:
        only what it loses is. Nor are those of units that are ``silent``: nothing says that they are taken.
        """
        seen: dict[str, int] = {}
        pools: dict[str, str] = {}
        for unit in silent:
            key = self.pools.get(unit, unit)
            seen[key] = self.seen[key]
            pools.update({unit: key} if unit in self.pools else {})
        for place in look.places:
            if kept := place.free if place.is_found else min(place.free, self.before(place)):
                seen[place.key] = kept
                pools.update(dict.fromkeys(place.units, place.key) if place.offer.is_pooled else {})
        return type(self)(seen, pools)

    def news(self, look: Look) -> list[FreePlace]:
        """Places found that were not there at the last look, or are more."""
        return [place for place in look.places if place.is_found and place.free > self.before(place)]


def free_places(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> Look:
    """Free places of a search, a pool once, in the order they suit: what counts, is not contested, and may fit.

    Those of the results on screen, and those that only the hour leaves out: a unit that does not fit the needs, or
    whose figure nobody should rely on, is left out. Raises ``PlaceNotUnderstood``.
    """
    outcome, ids, found = free_units(criteria, scope, now)
    if outcome.resolution.problem:
        raise PlaceUnanswered if outcome.resolution.is_unanswered else PlaceNotUnderstood
    start = outcome.place.point if outcome.place else None
    if not ids:
        return Look([], start)
    held: dict[str, list[FreePlace]] = defaultdict(list)
    for offer in load_offers(open_units(scope).filter(pk__in=ids), scope, now):
        if not offer.counted or offer.doubt:
            continue
        judgement = judge(criteria.needs, offer.supply())
        if judgement.fit in ALERTING:
            place = FreePlace(offer=offer, judgement=judgement, is_found=offer.unit.pk in found)
            held[place.key].append(place)
    places = [
        replace(min(same, key=_rank), units=tuple(str(place.offer.unit.pk) for place in same)) for same in held.values()
    ]
    return Look(sorted(places, key=_rank), start)


class Looks:
    """What one run finds, each search looked for once for all those who ask it with the same rights.

    Hundreds of alerts watch a few dozen searches: the words, the units and their places are read once for each.
    """

    def __init__(self, now: datetime.datetime) -> None:
        self.now = now
        self._found: dict[tuple[str, tuple[Grant, ...]], Look | PlaceNotUnderstood] = {}
        self._lasting: dict[tuple[str, tuple[Grant, ...]], frozenset[str]] = {}

    def at(self, query: str, scope: Scope) -> Look:
        """What a saved search finds. Raises ``PlaceNotUnderstood``."""
        key = (query, scope.grants)
        if key not in self._found:
            try:
                self._found[key] = free_places(SearchCriteria.from_query(QueryDict(query)), scope, self.now)
            except PlaceNotUnderstood as error:
                self._found[key] = error.with_traceback(None)
        if isinstance(look := self._found[key], PlaceNotUnderstood):
            raise look
        return look

    def silent_of(self, unit_ids: Collection[str], query: str, scope: Scope) -> set[str]:
        """Those of these units that the search still covers and whose figure says nothing now: its age, or a pool.

        One query, none without units; and the search, read once more, for the first alert that asks.
        """
        if not unit_ids:
            return set()
        key = (query, scope.grants)
        if key not in self._lasting:
            covered = lasting_units(SearchCriteria.from_query(QueryDict(query)), scope, self.now)
            self._lasting[key] = frozenset(map(str, covered))
        offers = load_offers(
            open_units(scope).filter(pk__in=self._lasting[key].intersection(unit_ids)), scope, self.now
        )
        return {str(offer.unit.pk) for offer in offers if _is_silent(offer)}


def lasting_units(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> list[int]:
    """Ids of the units a search would find, were all of them open, up to date and free: places may come there."""
    lasting = criteria.replaced(free=False, fresh=False, open_on=None, hides_unfit=False)
    return matching_units(lasting, scope, now)


def _is_silent(offer: Offer) -> bool:
    """Whether places may be free, but the figure is too old, to be confirmed, or not given since they are shared."""
    return offer.figure is not None and offer.figure.is_open and not offer.is_closed and bool(offer.silence)


def _rank(place: FreePlace) -> tuple[bool, int, str, int]:
    return not place.is_found, place.judgement.fit.rank, place.offer.unit.sort_name, place.offer.unit.pk
