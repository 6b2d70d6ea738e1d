"""What publishing a fiche writes: what the director proposed, as the validator amended it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from directory.versions.wording import field_label

from ..enums import FieldDecision
from ..fiches.states import PLACE_NAMES
from ..review.meanwhile import changes_since, conflicts_in
from ..workflow import IDLE_PAIRS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from directory.snapshots import State

    from ..models import Dossier, Fiche, FieldReview


class Conflict(NamedTuple):
    """A field that the directory changed since it was proposed, to something else; kept values."""

    name: str
    label: str
    base: Any
    proposed: Any
    current: Any


def fiches_to_publish(dossier: Dossier) -> list[Fiche]:
    """Fiches of a dossier that publishing would write, in its order, with their records: one query."""
    rows = dossier.fiches.with_records().prefetch_related("reviews")
    return [fiche for fiche in rows if (fiche.action, fiche.state) not in IDLE_PAIRS]


def final_values(fiche: Fiche, reviews: Iterable[FieldReview] | None = None) -> State:
    """Kept values that publishing a fiche writes: amended ones replaced, those that the directory keeps left out.

    Where the record stands and its files are told elsewhere. ``reviews``: those that count, all when not given (one
    query, none when they are prefetched).
    """
    values = dict(fiche.values)
    for review in fiche.reviews.all() if reviews is None else reviews:
        if review.decision == FieldDecision.AMEND:
            values[review.field] = review.value
        elif review.decision == FieldDecision.KEEP:
            values.pop(review.field, None)
    return {name: value for name, value in values.items() if name not in PLACE_NAMES}


def conflicts_of(fiche: Fiche) -> list[Conflict]:
    """Fields of a fiche that the directory changed since they were proposed, settled or not: one query."""
    found = conflicts_in(fiche, changes_since([fiche]).get(fiche.pk, ()))
    return [
        Conflict(name, field_label(fiche.kind, name), conflict.base, conflict.proposed, conflict.current)
        for name, conflict in found.items()
    ]
