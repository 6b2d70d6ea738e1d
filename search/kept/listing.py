"""Saved searches as pages list them: criteria in words, address, alert."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict
from django.urls import reverse

from ..criteria import SearchCriteria
from ..criteria_words import CriterionWords, Labels, labels_of, words_of
from ..models import PlaceAlert, SavedSearch
from .saved import saved_of


@dataclass(frozen=True, kw_only=True)
class SavedLine:
    """A saved search at ``now``. ``words``: its criteria; ``alert``: its alert, under way or over."""

    saved: SavedSearch
    words: Sequence[CriterionWords]
    alert: PlaceAlert | None
    now: datetime.datetime

    @property
    def url(self) -> str:
        """Address of the results."""
        return f"{reverse('search:results')}?{self.saved.query}"

    @property
    def is_watched(self) -> bool:
        """Tell whether mails may come."""
        return self.alert is not None and self.alert.ends_at > self.now

    @property
    def is_lost(self) -> bool:
        """Tell whether none can come, its place being understood no more."""
        return self.is_watched and self.alert is not None and self.alert.lost_at is not None

    @property
    def ended_at(self) -> datetime.datetime | None:
        """When the alert ended; empty while it runs, or without one."""
        return self.alert.ends_at if self.alert is not None and not self.is_watched else None


def criteria_of(saved: SavedSearch) -> SearchCriteria:
    """What a saved search asks for."""
    return SearchCriteria.from_query(QueryDict(saved.query))


def lines_of(user_id: int | None, now: datetime.datetime) -> list[SavedLine]:
    """Searches of a person by name: two queries."""
    searches = list(saved_of(user_id))
    asked = [criteria_of(saved) for saved in searches]
    labels = _labels(asked)
    return [
        SavedLine(saved=saved, words=words_of(criteria, labels), alert=getattr(saved, "alert", None), now=now)
        for saved, criteria in zip(searches, asked, strict=True)
    ]


def _labels(asked: Sequence[SearchCriteria]) -> Labels:
    """Labels of every value ticked in one of these searches, read together."""
    together: dict = {}
    for criteria in asked:
        for facet, values in criteria.chosen:
            together.setdefault(facet, {}).update(dict.fromkeys(values))
    chosen = tuple((facet, tuple(values)) for facet, values in together.items())
    return labels_of(SearchCriteria(chosen=chosen)) if chosen else {}
