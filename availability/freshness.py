"""How old a figure is, and what that means: pure functions, ``now`` as argument (spec 20, Freshness; 01-settled).

Ages are differences between aware datetimes, hence real time across both clock changes of Europe/Paris. Nothing of this
is stored: only the dated statement and its unit's rhythm are (DESIGN, decision 1).
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

HOUR = datetime.timedelta(hours=1)


class AgeBand(StrEnum):
    """Absolute age of a figure. The value is the key of its class and pictogram."""

    UNDER_1H = "1h"
    UNDER_3H = "3h"
    UNDER_6H = "6h"
    UNDER_12H = "12h"
    UNDER_24H = "24h"
    OLDER = "old"
    NEVER = "never"

    @property
    def key(self) -> str:
        """Key of its class and pictogram, for the badge."""
        return self.value

    @property
    def label(self) -> str:
        return AGE_LABELS[self]


AGE_LABELS: dict[AgeBand, str] = {
    AgeBand.UNDER_1H: "<\u00a01\u00a0h",
    AgeBand.UNDER_3H: "<\u00a03\u00a0h",
    AgeBand.UNDER_6H: "<\u00a06\u00a0h",
    AgeBand.UNDER_12H: "<\u00a012\u00a0h",
    AgeBand.UNDER_24H: "<\u00a024\u00a0h",
    AgeBand.OLDER: ">\u00a024\u00a0h",
    AgeBand.NEVER: "jamais",
}

# Upper bounds, excluded: [0, 1 h) … [12, 24 h), then older.
_BANDS: tuple[tuple[datetime.timedelta, AgeBand], ...] = (
    (1 * HOUR, AgeBand.UNDER_1H),
    (3 * HOUR, AgeBand.UNDER_3H),
    (6 * HOUR, AgeBand.UNDER_6H),
    (12 * HOUR, AgeBand.UNDER_12H),
    (24 * HOUR, AgeBand.UNDER_24H),
)


class ContractState(StrEnum):
    """State against the rhythm r: à jour ≤ 0.75 r, bientôt à confirmer ≤ r, en retard ≤ 3 r, périmée beyond."""

    UP_TO_DATE = "ok"
    DUE_SOON = "soon"
    LATE = "late"
    EXPIRED = "out"
    NEVER = "never"

    @property
    def key(self) -> str:
        """Key of its class and pictogram, for the badge: what was never stated is shown as late."""
        return ContractState.LATE.value if self is ContractState.NEVER else self.value

    @property
    def label(self) -> str:
        return STATE_LABELS[self]


STATE_LABELS: dict[ContractState, str] = {
    ContractState.UP_TO_DATE: "À jour",
    ContractState.DUE_SOON: "Bientôt à confirmer",
    ContractState.LATE: "En retard",
    ContractState.EXPIRED: "Périmée",
    ContractState.NEVER: "À saisir",
}

DUE_SOON_SHARE = 0.75
EXPIRY_RHYTHMS = 3


@dataclass(frozen=True)
class Freshness:
    """Age band and contract state of one figure at one moment."""

    band: AgeBand
    state: ContractState
    age: datetime.timedelta | None

    @property
    def counts(self) -> bool:
        """Whether the figure stands in default totals: stated and not expired."""
        return self.state in (
            ContractState.UP_TO_DATE,
            ContractState.DUE_SOON,
            ContractState.LATE,
        )


def age_band(age: datetime.timedelta | None) -> AgeBand:
    """Band of an age; ``None`` is « jamais ». A negative age (clock skew) is read as zero."""
    if age is None:
        return AgeBand.NEVER
    return next((band for bound, band in _BANDS if age < bound), AgeBand.OLDER)


def contract_state(age: datetime.timedelta | None, rhythm: datetime.timedelta) -> ContractState:
    """State of an age against ``rhythm`` (a positive duration)."""
    if age is None:
        return ContractState.NEVER
    if age <= rhythm * DUE_SOON_SHARE:
        return ContractState.UP_TO_DATE
    if age <= rhythm:
        return ContractState.DUE_SOON
    if age <= rhythm * EXPIRY_RHYTHMS:
        return ContractState.LATE
    return ContractState.EXPIRED


def freshness_at(
    stated_at: datetime.datetime | None,
    rhythm: datetime.timedelta,
    now: datetime.datetime,
) -> Freshness:
    """Freshness at ``now`` of a figure stated at ``stated_at`` (both aware; ``None`` when never stated)."""
    age = (
        None if stated_at is None else max(now.astimezone(datetime.UTC) - stated_at.astimezone(datetime.UTC), 0 * HOUR)
    )
    return Freshness(age_band(age), contract_state(age, rhythm), age)


def expires_at(stated_at: datetime.datetime, rhythm: datetime.timedelta) -> datetime.datetime:
    """Last moment at which a figure stated at ``stated_at`` still counts (in UTC)."""
    return stated_at.astimezone(datetime.UTC) + EXPIRY_RHYTHMS * rhythm
