"""What a new search by the two fields keeps of the page it is made on, and what it lifts: said, and put back. Pure.

The needs are those of a person, the radius and the yes-or-no filters mean the same whatever is looked for: they are
kept. The values of the facets, the zone of the map, « Rechercher dans » and the exact spelling belong to what was
looked for: they are lifted, and go along in ``avant`` with it, for the page to name them. Asked for again, nothing is.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode

from common.text import fold

from ..criteria import Facet, SearchCriteria, Within
from ..criteria_words import Labels
from .page import chips

BEFORE = "avant"
LONGEST = 4000  # characters read


class Lifted(NamedTuple):
    """Filters that a new search lifted, in words, and the address that puts them back."""

    texts: tuple[str, ...]
    query: str


def kept_pairs(criteria: SearchCriteria) -> list[tuple[str, str]]:
    """Hidden fields of the form of the two fields, which ``static/js/search.js`` fills anew."""
    kept = SearchCriteria(
        distance_km=criteria.distance_km,
        anywhere=criteria.anywhere,
        free=criteria.free,
        fresh=criteria.fresh,
        open_on=criteria.open_on,
        needs=criteria.needs,
        hides_unfit=criteria.hides_unfit,
        sort=criteria.sort,
        view=criteria.view,
    )
    lifted = SearchCriteria(within=criteria.within, exact=criteria.exact, chosen=criteria.chosen, zone=criteria.zone)
    if not lifted.to_pairs():
        return kept.to_pairs()
    before = lifted.replaced(where=criteria.where, what=criteria.what)
    return [*kept.to_pairs(), (BEFORE, urlencode(before.to_pairs()))]


def asked_again(before: str, criteria: SearchCriteria) -> SearchCriteria:
    """These criteria, with the filters of ``before`` when both ask for the same place and the same text."""
    asked = SearchCriteria.from_query(parse_qs(before[:LONGEST]))
    if not before or [fold(asked.where), fold(asked.what)] != [fold(criteria.where), fold(criteria.what)]:
        return criteria
    return replace(criteria, **_put_back(lifted_filters(before, criteria), criteria))


def lifted_filters(before: str, criteria: SearchCriteria) -> SearchCriteria:
    """What ``before``, the value of ``avant``, asked for and these criteria do not ask for any more."""
    asked = SearchCriteria.from_query(parse_qs(before[:LONGEST]))
    return SearchCriteria(
        within=Within.EVERYTHING if criteria.within else asked.within,
        exact=asked.exact and not criteria.exact,
        chosen=tuple(
            (facet, left)
            for facet, values in asked.chosen
            if (left := tuple(value for value in values if value not in criteria.values(facet)))
        ),
        zone=None if criteria.zone else asked.zone,
    )


def lifted_words(lifted: SearchCriteria, criteria: SearchCriteria, labels: Labels) -> Lifted | None:
    """Name what was lifted; nothing when nothing was. ``labels`` are those of ``criteria_words.labels_of``."""
    texts = tuple(chip.text for chip in chips(lifted, labels))
    if not texts:
        return None
    return Lifted(texts, "?" + criteria.to_query(**_put_back(lifted, criteria)))


def _put_back(lifted: SearchCriteria, criteria: SearchCriteria) -> dict[str, Any]:
    changes: dict[str, Any] = {"chosen": _together(lifted.chosen, criteria)}
    changes |= {"within": lifted.within} if lifted.within else {}
    changes |= {"exact": True} if lifted.exact else {}
    changes |= {"zone": lifted.zone} if lifted.zone else {}
    return changes


def _together(
    chosen: Iterable[tuple[Facet, tuple[str, ...]]], criteria: SearchCriteria
) -> tuple[tuple[Facet, tuple[str, ...]], ...]:
    """Values ticked in these criteria and in ``chosen``, in the order of the facets."""
    added = dict(chosen)
    found = {facet: (*criteria.values(facet), *added.get(facet, ())) for facet in Facet}
    return tuple((facet, values) for facet, values in found.items() if values)
