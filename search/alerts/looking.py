"""What an alert sees: the places of a saved search that are free now, and what is new since its last look."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from availability.guichet.needs import Fit, Judgement, judge
from availability.guichet.supply import Offer, load_offers
from directory.scopes import Scope

from ..criteria import SearchCriteria
from ..query import matching_units
from ..shortlist import open_units

ALERTING = (Fit.FITS, Fit.TO_CONFIRM)
Seen = Mapping[str, int]


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


def free_places(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> list[FreePlace]:
    """Free places of a search, a pool once, in the order they suit: what counts, is not contested, and may fit.

    A unit that does not fit the needs, or whose figure nobody should rely on, is left out.
    """
    ids = matching_units(criteria.replaced(free=True), scope, now)
    if not ids:
        return []
    found: dict[str, FreePlace] = {}
    for offer in load_offers(open_units(scope).filter(pk__in=ids), scope, now):
        if not offer.counted or offer.doubt:
            continue
        place = FreePlace(offer=offer, judgement=judge(criteria.needs, offer.supply()))
        held = found.get(place.key)
        if place.judgement.fit in ALERTING and (held is None or _rank(place) < _rank(held)):
            found[place.key] = place
    return sorted(found.values(), key=_rank)


def seen_now(places: Sequence[FreePlace]) -> dict[str, int]:
    """What an alert keeps of a look."""
    return {place.key: place.free for place in places}


def news(places: Sequence[FreePlace], seen: Seen) -> list[FreePlace]:
    """Places that were not there at the last look, or are more."""
    return [place for place in places if place.free > seen.get(place.key, 0)]


def _rank(place: FreePlace) -> tuple[int, str, int]:
    return place.judgement.fit.rank, place.offer.unit.sort_name, place.offer.unit.pk
