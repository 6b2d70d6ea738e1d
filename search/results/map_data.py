"""The map of results: a marker for each place of each line on screen, and its GeoJSON (spec 40, Results)."""

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from availability.freshness import AgeBand
from common.french import NBSP, counted, number
from common.geo import Point
from directory.scopes import Scope

from ..criteria import SearchCriteria
from ..engine.outcome import Group, Outcome
from ..engine.query import DocumentRow, iter_rows, run_search, shown_of
from .figures import Count, counts_of, notes_in
from .lines import ResultLine, lines_of

KEY = re.compile(r"(-?[0-9]{1,18})(?:/([0-9]{1,18}))?")


@dataclass(frozen=True)
class Spot:
    """What stands at one point: a line of results with those of its units that are there.

    ``key`` is the id of the line, followed by that of a unit for units that do not stand at the address of their EG.
    ``shared``: places counted here that other places of the map may count too, by pool.
    """

    key: str
    point: Point
    line: ResultLine
    shared: Mapping[int, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What is known of its places: « known », « unknown », « closed »; « none » for a practitioner."""
        count = self.line.count
        if count is None:
            return "none"
        if count.kind == "known":
            return "known"
        return "closed" if count.kind in ("closed", "inactive") else "unknown"

    @property
    def figure_words(self) -> str:
        """Text of the marker: « 8 », « ? » when nothing counts, « – » when nobody is taken or entry is not opened."""
        count = self.line.count
        if count is not None and count.kind == "known":
            return number(count.figure or 0)
        return {"none": "pro", "closed": "–"}.get(self.kind, "?")

    @property
    def band(self) -> AgeBand:
        """Age of the figure shown."""
        count = self.line.count
        return count.freshness.band if count and count.freshness else AgeBand.NEVER

    @property
    def label(self) -> str:
        """Name of the marker for whoever does not see it."""
        where = f"{self.line.name}, {self.line.place}" if self.line.place else self.line.name
        return f"{where}{NBSP}: {self._state(self.line.count)}"

    def _state(self, count: Count | None) -> str:
        if count is None:
            return self.line.profession
        if count.kind == "known":
            return f"{counted(count.figure or 0, 'place libre', 'places libres')}, saisie {self.band.label}"
        return {"closed": "indisponible", "inactive": "saisie non activée"}.get(count.kind, "places non connues")

    def feature(self) -> dict[str, Any]:
        """GeoJSON of the marker; see docs/frontend.md, Maps."""
        count, is_known = self.line.count, self.kind == "known"
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [self.point.lon, self.point.lat]},
            "properties": {
                "id": self.key,
                "name": self.line.name,
                "label": self.label,
                "places": self.figure_words,
                "kind": self.kind,
                "age": self.band.label if is_known else "",
                "free": count.figure or 0 if count and is_known else 0,
                "shared": self.shared,
                "fresh": self.band.key if is_known else AgeBand.NEVER.key,
            },
        }


def spots_on_screen(criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> list[Spot]:
    """Places of the lines on screen, all pages of them, in their order; hidden and unknown places are left out."""
    outcome = run_search(criteria, scope, now)
    return _spots(outcome, outcome.groups, scope, now)


def spot_of(key: str, criteria: SearchCriteria, scope: Scope, now: datetime.datetime) -> Spot | None:
    """What the marker of this key stands for under the same criteria; ``None`` when it is not on the map."""
    read = KEY.fullmatch(key)
    if read is None:
        return None
    outcome, unread = iter_rows(criteria, scope, now)  # how the search is understood: nothing else of it is needed
    unread.close()
    found = _spots(outcome, [Group(int(read[1]), None)], scope, now)
    return next((spot for spot in found if spot.key == key), None)


def _spots(outcome: Outcome, groups: Iterable[Group], scope: Scope, now: datetime.datetime) -> list[Spot]:
    groups = list(groups)
    rows, judgements, _ = shown_of(groups, outcome, scope)
    notes = notes_in(rows, now)
    standing: dict[int, dict[Point, list[DocumentRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.lat is not None and row.lon is not None:
            standing[row.group_id][Point(row.lat, row.lon)].append(row)
    spots = []
    for group in groups:
        for point, here in standing[group.group_id].items():
            is_apart = all(row.has_own_place for row in here)
            key = f"{group.group_id}/{here[0].unit_id}" if is_apart else str(group.group_id)
            [line] = lines_of([group], here, now, notes=notes, judgements=judgements)
            counts = [count for count in counts_of(here, notes, now) if count.kind == "known" and count.pool_id]
            spots.append(Spot(key, point, line, {count.pool_id or 0: count.figure or 0 for count in counts}))
    return spots


def feature_collection(spots: Iterable[Spot]) -> dict[str, Any]:
    """GeoJSON of the markers."""
    return {"type": "FeatureCollection", "features": [spot.feature() for spot in spots]}
