"""Place lines: the places under a total, each line a number of places that are alike (spec 20, Beyond the seeds). Pure.

In the national model's terms a line is one capacity indicator. Only *libre* places are available; « non précisé » is a
value of its own everywhere.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from .breakdown import Counts


class LineState(StrEnum):
    """State of the places of a line."""

    FREE = "free"
    RESERVED = "reserved"  # until a date
    PREPARING = "preparing"
    ASSESSING = "assessing"
    CLOSED = "closed"


class LineSex(StrEnum):
    """Who may come; empty is « non précisé »."""

    UNKNOWN = ""
    WOMEN = "women"
    MEN = "men"
    ANY = "any"
    COUPLE = "couple"  # couple or family


class LineAccess(StrEnum):
    """Wheelchair access (PMR)."""

    UNKNOWN = ""
    YES = "yes"
    NO = "no"
    POSSIBLE = "possible"


class LineRoom(StrEnum):
    """Room."""

    UNKNOWN = ""
    SINGLE = "single"
    SHARED = "shared"


class LineAnimal(StrEnum):
    """Whether an animal is accepted."""

    UNKNOWN = ""
    YES = "yes"
    NO = "no"


STATE_LABELS: dict[LineState, str] = {
    LineState.FREE: "libre",
    LineState.RESERVED: "réservée",
    LineState.PREPARING: "en préparation",
    LineState.ASSESSING: "sous évaluation",
    LineState.CLOSED: "fermée",
}
SEX_LABELS: dict[LineSex, str] = {
    LineSex.UNKNOWN: "non précisé",
    LineSex.WOMEN: "femme",
    LineSex.MEN: "homme",
    LineSex.ANY: "indifférent",
    LineSex.COUPLE: "couple ou famille",
}
ACCESS_LABELS: dict[LineAccess, str] = {
    LineAccess.UNKNOWN: "non précisé",
    LineAccess.YES: "oui",
    LineAccess.NO: "non",
    LineAccess.POSSIBLE: "possible",
}
ROOM_LABELS: dict[LineRoom, str] = {
    LineRoom.UNKNOWN: "non précisé",
    LineRoom.SINGLE: "individuelle",
    LineRoom.SHARED: "partagée",
}
ANIMAL_LABELS: dict[LineAnimal, str] = {
    LineAnimal.UNKNOWN: "non précisé",
    LineAnimal.YES: "accepté",
    LineAnimal.NO: "refusé",
}


@dataclass(frozen=True, kw_only=True)
class PlaceLine:
    """``count`` places that are alike. Ages in years, ``max_age`` inclusive; ``until``: end of a reservation."""

    count: int
    state: LineState = LineState.FREE
    sex: LineSex = LineSex.UNKNOWN
    access: LineAccess = LineAccess.UNKNOWN
    room: LineRoom = LineRoom.UNKNOWN
    animal: LineAnimal = LineAnimal.UNKNOWN
    min_age: int | None = None
    max_age: int | None = None
    until: datetime.date | None = None

    def stored(self) -> dict[str, Any]:
        """Dictionary kept in JSON, « non précisé » left out."""
        values = {name: value for name, value in asdict(self).items() if value not in ("", None)}
        return values | ({"until": self.until.isoformat()} if self.until else {})


def stored_lines(lines: Iterable[PlaceLine]) -> list[dict[str, Any]]:
    """Lines as kept with a statement."""
    return [line.stored() for line in lines]


def read_lines(stored: Iterable[Mapping[str, Any]]) -> tuple[PlaceLine, ...]:
    """Lines of a statement from what is kept."""
    return tuple(_read(values) for values in stored)


def _read(values: Mapping[str, Any]) -> PlaceLine:
    until = values.get("until")
    return PlaceLine(
        count=values["count"],
        state=LineState(values["state"]),
        sex=LineSex(values.get("sex", "")),
        access=LineAccess(values.get("access", "")),
        room=LineRoom(values.get("room", "")),
        animal=LineAnimal(values.get("animal", "")),
        min_age=values.get("min_age"),
        max_age=values.get("max_age"),
        until=datetime.date.fromisoformat(until) if until else None,
    )


def free_places(lines: Iterable[PlaceLine]) -> int:
    """Places that are free now: those of the lines *libre*."""
    return sum(line.count for line in lines if line.state is LineState.FREE)


def all_places(lines: Iterable[PlaceLine]) -> int:
    """Places of all the lines, whatever their state."""
    return sum(line.count for line in lines)


def counts_of_lines(lines: Iterable[PlaceLine]) -> Counts:
    """Marginal counts of the free places; a count that no line says anything about is « non précisé »."""
    free = [line for line in lines if line.state is LineState.FREE]

    def added(name: str, *values: StrEnum) -> int | None:
        told = [line for line in free if getattr(line, name)]
        return sum(line.count for line in told if getattr(line, name) in values) if told else None

    return Counts(
        men=added("sex", LineSex.MEN),
        women=added("sex", LineSex.WOMEN),
        any_sex=added("sex", LineSex.ANY, LineSex.COUPLE),
        accessible=added("access", LineAccess.YES),
        single_room=added("room", LineRoom.SINGLE),
        shared_room=added("room", LineRoom.SHARED),
    )
