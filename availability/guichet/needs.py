"""What a person needs, what a unit offers, what it is worth for them: words of the guichet unique (spec 20).

Nothing about the person is kept. Needs explain and class, they never exclude (01-settled, Search).
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from ..breakdown import NOTHING_GIVEN, Counts
from ..lines import PlaceLine


class Who(StrEnum):
    """Who is looking for a place; empty is « peu importe »."""

    ANYBODY = ""
    MAN = "homme"
    WOMAN = "femme"
    COUPLE = "couple"  # couple or family


class Fit(StrEnum):
    """What a unit is worth for a need, best first."""

    FITS = "convient"
    TO_CONFIRM = "a-confirmer"
    FULL = "complet"
    NO_FIT = "non"

    @property
    def label(self) -> str:
        return FIT_LABELS[self]

    @property
    def rank(self) -> int:
        """0 is the best."""
        return FIT_RANKS[self]


FIT_RANKS: dict[Fit, int] = {fit: rank for rank, fit in enumerate(Fit)}
FIT_LABELS: dict[Fit, str] = {
    Fit.FITS: "Convient",
    Fit.TO_CONFIRM: "À confirmer",
    Fit.FULL: "Complet",
    Fit.NO_FIT: "Ne convient pas",
}


_A_DAY = datetime.timedelta(days=1)


class Answer(StrEnum):
    """What is known of one criterion. The value is the class of its line on the page."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class Worth(StrEnum):
    """Whether the unit's figure can be relied on now."""

    COUNTED = "counted"
    CLOSED = "closed"
    DOUBTFUL = "doubtful"  # never stated, expired, too old, to be confirmed, contested, entry not opened


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What is asked. ``age`` in years; ``on``: the day from which a place is needed, empty for now."""

    who: Who = Who.ANYBODY
    age: int | None = None
    accessible: bool = False
    single_room: bool = False
    animal: bool = False
    on: datetime.date | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is asked of the place itself."""
        return not (self.who or self.accessible or self.single_room or self.animal or self.age is not None)

    def is_ahead(self, today: datetime.date) -> bool:
        """Tell whether the day asked is beyond tomorrow: the figure of ``today`` is no longer certain for it."""
        return self.on is not None and self.on > today + _A_DAY


@dataclass(frozen=True, kw_only=True)
class Supply:
    """What a unit offers. ``free`` is the stated total, ``None`` when never stated; ages in days, maximum inclusive.

    ``today`` is the day on which it is judged, in Paris. ``doubt`` says in words why the figure cannot be relied on;
    ``late``, of one that counts, how old it is past its rhythm (empty when it is fresh). ``awaited``: places expected,
    by day, the soonest first. ``reopens_on``: the day a closure that holds now ends; ``closes``: first days of the
    planned ones, the soonest first, each with the day it ends (``None``: nobody knows).
    """

    worth: Worth
    free: int | None
    today: datetime.date
    sex: str = ""
    min_age_days: int = 0
    max_age_days: int = 55152
    pets: str = ""
    counts: Counts = NOTHING_GIVEN
    lines: tuple[PlaceLine, ...] = ()
    doubt: str = ""
    late: str = ""
    awaited: tuple[tuple[datetime.date, int], ...] = ()
    reopens_on: datetime.date | None = None
    closes: tuple[tuple[datetime.date, datetime.date | None], ...] = ()


@dataclass(frozen=True)
class Reason:
    """One line of « pourquoi »: what is known of a criterion, in words; ``ask`` is the question for the phone.

    ``short`` is what is said beside the figure instead of ``text``, nothing when it is empty.
    """

    answer: Answer
    text: str
    ask: str = ""
    is_of_unit: bool = False  # true of every place of the unit, hence never joined
    short: str | None = None


@dataclass(frozen=True)
class Judgement:
    """The class of a unit, why, and what to ask on the phone. ``is_stated``: every criterion is answered yes."""

    fit: Fit
    reasons: tuple[Reason, ...] = ()
    is_stated: bool = False

    @property
    def questions(self) -> list[str]:
        """What to ask on the phone, without doubles, in order."""
        return list(dict.fromkeys(reason.ask for reason in self.reasons if reason.ask))


def rank_key(
    fit: Fit,
    *,
    distance_km: float | None,
    is_near: bool,
    places: int | None,
    confirmed_at: datetime.datetime | None,
    name: str,
    pk: int,
) -> tuple:
    """Key that sorts units best first; no two units are equal.

    Class of the need, distance when there is a starting point (``is_near``), else most places, then the freshest
    figure, the name and ``pk``.
    """
    age = -confirmed_at.timestamp() if confirmed_at else float("inf")
    far = float("inf") if distance_km is None else distance_km
    where = (far,) if is_near else ()
    return (fit.rank, *where, 1 if places is None else -places, age, name, pk)
