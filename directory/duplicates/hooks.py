"""What higher apps say and do when two records become one (DESIGN: a lower app never imports a higher one).

A higher app registers a ``Follower`` in its pieces: it may forbid the merge, tell what will follow, make follow what it
keys by the record that goes, and give it back when the merge is undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime
    from collections.abc import Callable

    from accounts.models import User


@dataclass(frozen=True)
class Veto:
    """Why two records are not merged now. ``link`` and ``url`` lead to what is to be done first."""

    text: str
    url: str = ""
    link: str = ""


@dataclass(frozen=True)
class Follower:
    """One app's part in a merge; each function gets two EGs or two UOs.

    ``annotations(model)``: what it reads with the records of the page, by the names that they then carry, so that
    ``words(kept, merged)``, sentences of the preview, makes no query. ``vetoes(one, other)`` is asked under the locks
    too, of records without annotations. ``follow(kept, merged, by, now)`` runs in the transaction, once the records are
    written and before it is told; it returns as JSON what ``give_back(kept, merged, given, by, now)`` needs.
    """

    annotations: Callable[[type], dict[str, Any]] | None = None
    vetoes: Callable[[Any, Any], list[Veto]] | None = None
    words: Callable[[Any, Any], list[str]] | None = None
    follow: Callable[[Any, Any, User, datetime.datetime], Any] | None = None
    give_back: Callable[[Any, Any, Any, User, datetime.datetime], None] | None = None


_followers: dict[str, Follower] = {}


def register(key: str, follower: Follower) -> None:
    """Add an app's part; registering the same key again replaces it."""
    _followers[key] = follower


def annotations_of(model: type) -> dict[str, Any]:
    """What the apps read with EGs or UOs that may be merged."""
    found = [part.annotations(model) for part in _followers.values() if part.annotations]
    return {name: value for annotations in found for name, value in annotations.items()}


def vetoes_of(one: Any, other: Any) -> list[Veto]:
    """All that forbids to merge two records, or to undo their merge."""
    return [veto for part in _followers.values() if part.vetoes for veto in part.vetoes(one, other)]


def words_of(kept: Any, merged: Any) -> list[str]:
    """What follows in the higher apps, in sentences."""
    return [text for part in _followers.values() if part.words for text in part.words(kept, merged)]


def follow_all(kept: Any, merged: Any, by: User, now: datetime.datetime) -> dict[str, Any]:
    """Make everything follow; what each app needs to give it back, by its key."""
    return {key: part.follow(kept, merged, by, now) for key, part in _followers.items() if part.follow}


def give_all_back(kept: Any, merged: Any, given: dict[str, Any], by: User, now: datetime.datetime) -> None:
    """Undo what ``follow_all`` did."""
    for key, part in _followers.items():
        if part.give_back and key in given:
            part.give_back(kept, merged, given[key], by, now)
