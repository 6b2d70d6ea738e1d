"""The optional breakdown of a figure: marginal counts (spec 20, Entering; 01-settled, Availability). Pure.

Six are usual; the others are offered for hospital beds, by their groupings.
"""

from dataclasses import dataclass, fields
from enum import StrEnum


class Share(StrEnum):
    """A set of counts that cannot go beyond the figure: people, accessible places, rooms."""

    SEX = "sex"
    ACCESSIBLE = "accessible"
    ROOM = "room"
    AGE = "age"
    COVID = "covid"


@dataclass(frozen=True)
class Counts:
    """Places by kind, each ``None`` when « non précisé » and 0 when there is none.

    ``men``, ``women``, ``any_sex``: who may come; ``accessible``: places PMR; ``single_room``, ``shared_room``: rooms;
    ``adults``, ``children``: ages; ``covid_positive``, ``covid_negative``: sectors of an epidemic.
    """

    men: int | None = None
    women: int | None = None
    any_sex: int | None = None
    accessible: int | None = None
    single_room: int | None = None
    shared_room: int | None = None
    adults: int | None = None
    children: int | None = None
    covid_positive: int | None = None
    covid_negative: int | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is given."""
        return all(getattr(self, name) is None for name in COUNT_FIELDS)

    @property
    def by_sex(self) -> int:
        """Sum of the counts by sex, what is not given counting for nothing."""
        return sum(value or 0 for value in (self.men, self.women, self.any_sex))

    def beyond(self, figure: int) -> Share | None:
        """First share that goes beyond ``figure``, if any. A room holds one free place at least."""
        shares = {
            Share.SEX: self.by_sex,
            Share.ACCESSIBLE: self.accessible or 0,
            Share.ROOM: (self.single_room or 0) + (self.shared_room or 0),
            Share.AGE: (self.adults or 0) + (self.children or 0),
            Share.COVID: (self.covid_positive or 0) + (self.covid_negative or 0),
        }
        return next((share for share, total in shares.items() if total > figure), None)


COUNT_FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Counts))
USUAL_COUNTS: tuple[str, ...] = ("men", "women", "any_sex", "accessible", "single_room", "shared_room")
NOTHING_GIVEN = Counts()


def carried_over(typed: Counts, figure: int, *, shown: Counts, shown_figure: int | None) -> Counts:
    """Counts to record with ``figure``: those typed, or none when they were left as shown and no longer fit.

    The page fills in the counts of the last statement (``shown``, of ``shown_figure``): whoever changes the total alone
    said nothing about them. They no longer fit 0, nor a figure that one of the shares goes beyond.
    """
    is_left = typed == shown and figure != shown_figure
    return NOTHING_GIVEN if is_left and (figure == 0 or typed.beyond(figure)) else typed


def counts_of(row: object) -> Counts:
    """Counts carried by anything that has their attributes (a statement, a current figure)."""
    return Counts(**{name: getattr(row, name) for name in COUNT_FIELDS})
