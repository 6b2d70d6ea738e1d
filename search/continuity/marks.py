"""How much a figure of the kit is worth: a shape, a letter and words, for paper without colour. Pure."""

from typing import NamedTuple

from availability.freshness import ContractState

from ..results.figures import Count


class Mark(NamedTuple):
    """``key`` chooses the colour on screen; the shape and the letter tell the rest without it."""

    key: str
    shape: str
    letter: str
    words: str
    meaning: str


UP_TO_DATE = Mark("ok", "●", "J", "À jour", "confirmé dans les temps")
DUE_SOON = Mark("soon", "◐", "B", "Bientôt à confirmer", "sera bientôt à confirmer")
LATE = Mark("late", "▲", "R", "En retard", "aurait dû être confirmé, appelez")
EXPIRED = Mark("out", "✕", "P", "Périmée", "trop ancien, ne compte plus, appelez")
TO_CONFIRM = Mark("late", "◆", "C", "À confirmer", "date d’avant une réouverture, appelez")
NEVER = Mark("never", "○", "N", "Jamais saisi", "places non connues, appelez")
CLOSED = Mark("never", "■", "F", "Indisponible", "n’accueille personne en ce moment")
INACTIVE = Mark("never", "–", "–", "Saisie non activée", "places non suivies dans le ROR, appelez")
LEGEND = (UP_TO_DATE, DUE_SOON, LATE, EXPIRED, TO_CONFIRM, NEVER, CLOSED, INACTIVE)

_OF_STATE = {
    ContractState.UP_TO_DATE: UP_TO_DATE,
    ContractState.DUE_SOON: DUE_SOON,
    ContractState.LATE: LATE,
    ContractState.EXPIRED: EXPIRED,
    ContractState.NEVER: NEVER,
}
_OF_KIND = {"closed": CLOSED, "inactive": INACTIVE, "unknown": NEVER, "expired": EXPIRED, "to_confirm": TO_CONFIRM}


def mark_of(count: Count) -> Mark:
    """What the figure of one unit is worth (``search.results.figures.unit_count``)."""
    if count.kind == "known" and count.freshness is not None:
        return _OF_STATE[count.freshness.state]
    return _OF_KIND[count.kind]
