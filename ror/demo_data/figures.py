"""Statements of the last 90 days and current figures: every freshness, zero, never, over capacity."""

import datetime
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from psycopg.types.json import Jsonb

from availability.freshness import ContractState, expires_at
from availability.lines import LineRoom, LineSex, LineState, PlaceLine, counts_of_lines, stored_lines
from availability.models import AvailabilityEntry, CurrentFigure, Grouping, UnitTypeRhythm
from availability.openings.services import apply_rhythms
from common.french import french_spaces
from directory.enums import PublicationStatus
from directory.models import OperationalUnit

from .world import World
from .writer import copy_rows

LINES_ONE_IN = 4  # detailed units whose last statement has place lines
SPAN = datetime.timedelta(days=90)
DENSE = datetime.timedelta(days=30)  # older statements of hospitals are thinned out to one a week
OFTEN = datetime.timedelta(hours=8)  # nobody states more often than this in the past, whatever the rhythm
WEEK = datetime.timedelta(days=7)
COUNTS = ("men", "women", "any_sex", "accessible", "single_room", "shared_room")
ENTRY_COLUMNS = (
    "unit_id",
    "version",
    "figure",
    *COUNTS,
    "comment",
    "is_over_capacity",
    "source",
    "stated_at",
    "confirmed_at",
    "recorded_at",
    "is_confirmation",
    "lines",
    "by_id",
    "request_id",
)
STATES = {
    ContractState.UP_TO_DATE: 60,
    ContractState.DUE_SOON: 13,
    ContractState.LATE: 13,
    ContractState.EXPIRED: 8,
    ContractState.NEVER: 6,
}
AGES = {
    ContractState.UP_TO_DATE: (0.01, 0.74),
    ContractState.DUE_SOON: (0.76, 0.99),
    ContractState.LATE: (1.01, 2.95),
    ContractState.EXPIRED: (3.05, 9.0),
}  # in rhythms
COMMENTS = (
    "Admission possible dès lundi.",
    "Place disponible après nettoyage, en fin de journée.",
    "Appeler avant d’orienter.",
    "Pas de place PMR.",
    "Chambre au rez-de-chaussée.",
    "Une sortie prévue jeudi.",
    "Équipe réduite ce week-end.",
    "Animal accepté dans un appartement.",
)


@dataclass
class Series:
    """The statements of one unit: when it was last stated, and what the last statement says when that is fixed."""

    unit: OperationalUnit
    rhythm: datetime.timedelta
    last_at: datetime.datetime | None
    author_id: int | None
    detailed: bool = False
    last: dict[str, Any] = field(default_factory=dict)
    is_open: bool = True


def rhythms_for(unit_type_ids: Iterable[int]) -> dict[int, datetime.timedelta]:
    """Expected rhythm of each type d'UO that groupings name, by its id, before any unit is written."""
    links = Grouping.unit_types.through.objects.filter(term__in=unit_type_ids).order_by("-grouping__rhythm")
    rhythms = dict(links.values_list("term_id", "grouping__rhythm"))  # the shortest comes last and stays
    own = UnitTypeRhythm.objects.filter(pk__in=list(rhythms)).values_list("pk", "rhythm")
    return rhythms | dict(own)


def draw_series(world: World, units: Iterable[OperationalUnit], authors: dict[int, int]) -> list[Series]:
    """Series of the published units whose type states places, less a few that were never opened.

    ``authors`` are users by EG.
    """
    rhythms = rhythms_for({unit.unit_type_id for unit in units if unit.unit_type_id})
    series = []
    for unit in units:
        rhythm = rhythms.get(unit.unit_type_id or 0)
        if rhythm is None or unit.status != PublicationStatus.PUBLISHED:
            continue
        draw = world.rng.random()
        author = authors.get(unit.geographic_entity_id)
        detailed = world.term(unit.unit_type_id).parent.code == "MSS-PDS"
        if draw > 0.04:
            at = _last_moment(world, rhythm) if draw > 0.08 else None
            series.append(Series(unit, rhythm, at, author, detailed, is_open=draw > 0.08))
    return series


def _last_moment(world: World, rhythm: datetime.timedelta) -> datetime.datetime | None:
    """Moment of the last statement, after a state of freshness drawn by its weight."""
    state = world.rng.choices(list(STATES), list(STATES.values()))[0]
    if state == ContractState.NEVER:
        return None
    return world.now - rhythm * world.rng.uniform(*AGES[state])


def write_figures(world: World, series: list[Series]) -> tuple[int, int]:
    """Write the statements, then the current figures; return how many of each."""
    current: list[CurrentFigure] = []
    entries = copy_rows(AvailabilityEntry, ENTRY_COLUMNS, _entries(world, series, current))
    CurrentFigure.objects.bulk_create(current, batch_size=2000)
    apply_rhythms()
    return entries, len(current)


def _entries(world: World, series: list[Series], current: list[CurrentFigure]) -> Iterator[tuple]:
    for one in series:
        figure = CurrentFigure(
            unit_id=one.unit.pk,
            is_allowed=one.is_open,
            is_open=one.is_open,
            opened_at=world.now - SPAN - datetime.timedelta(days=30),
            rhythm=one.rhythm,
        )
        for values in _statements(world, one):
            if figure.figure != values["figure"]:
                figure.changed_at = values["stated_at"]
            for name, value in values.items():
                if name not in {"recorded_at", "request_id", "is_confirmation"}:
                    setattr(figure, name, value)
            yield (one.unit.pk, *(_column(name, values[name]) for name in ENTRY_COLUMNS[1:]))
        if figure.confirmed_at:
            figure.expires_at = expires_at(figure.confirmed_at, one.rhythm)
        current.append(figure)


def _column(name: str, value: Any) -> Any:
    """Value of a column of a statement, as it is copied."""
    return Jsonb(value) if name == "lines" else value


def _moments(world: World, one: Series) -> list[datetime.datetime]:
    """Moments of the statements, oldest first: about one a rhythm, back to the start of the span."""
    moments, at = [], one.last_at
    while at is not None and (at > world.now - SPAN or not moments):
        moments.append(at.replace(microsecond=0))
        dense = one.detailed or at > world.now - DENSE
        at -= max(one.rhythm, OFTEN if dense else WEEK) * world.rng.uniform(0.6, 1.2)
    return moments[::-1]


def _statements(world: World, one: Series) -> Iterator[dict[str, Any]]:
    rng = world.rng
    installed = one.unit.installed_places or 12
    usual = installed * rng.uniform(0.0, 0.18)
    figure = round(usual)
    moments = _moments(world, one)
    for version, at in enumerate(moments, start=1):
        drift = (usual - figure) * 0.3 + rng.choice((-2, -1, -1, 0, 0, 1, 1, 2))
        figure = min(max(0, round(figure + drift)), installed)
        last = version == len(moments)
        over = last and not one.last and one.unit.installed_places and rng.random() < 0.008
        stated = installed + rng.randint(1, 3) if over else figure
        values: dict[str, Any] = {
            "version": version,
            "figure": stated,
            **dict.fromkeys(COUNTS),
            "comment": french_spaces(rng.choice(COMMENTS)) if rng.random() < (0.35 if last else 0.05) else "",
            "is_over_capacity": bool(over),
            "source": rng.choices(("web", "mobile", "mail", "api"), (60, 30, 6, 4))[0],
            "stated_at": at,
            "confirmed_at": at,
            "lines": [],
            "is_confirmation": False,
            "recorded_at": at + datetime.timedelta(seconds=rng.choice((0, 0, 0, 1, 40)) if not last else 0),
            "by_id": one.author_id,
            "request_id": uuid.UUID(int=rng.getrandbits(128), version=4),
        }
        if one.detailed and rng.random() < 0.6:
            values |= _breakdown(world, stated, one.unit.sex)
            if last and one.unit.pk % LINES_ONE_IN == 0 and stated < installed:
                values |= _by_lines(world, stated, values)
        yield values | one.last if last else values


def _by_lines(world: World, figure: int, counts: dict[str, Any]) -> dict[str, Any]:
    """Place lines of a last statement instead of its counts, with one place that is not free."""
    kinds = ((LineSex.WOMEN, "women"), (LineSex.MEN, "men"), (LineSex.ANY, "any_sex"))
    free = [PlaceLine(count=counts[name], sex=sex, room=LineRoom.SINGLE) for sex, name in kinds if counts[name]]
    until = world.now.date() + WEEK * 2
    other = (
        PlaceLine(count=1, state=LineState.RESERVED, until=until)
        if figure % 2
        else PlaceLine(count=1, state=LineState.PREPARING)
    )
    lines = [*free, other]
    return {**dict.fromkeys(COUNTS), **asdict(counts_of_lines(lines)), "lines": stored_lines(lines)}


def _breakdown(world: World, figure: int, sex: str) -> dict[str, int | None]:
    """Counts that add up to the figure; some are « non précisé »."""
    rng = world.rng
    women = {"f": figure, "m": 0}.get(sex, rng.randint(0, figure))
    men = 0 if sex == "f" else rng.randint(0, figure - women)
    single = rng.randint(0, figure)
    rooms = (single, figure - single) if rng.random() < 0.7 else (None, None)
    return {
        "men": men,
        "women": women,
        "any_sex": figure - women - men,
        "accessible": rng.choice((None, 0, min(1, figure), min(2, figure))),
        "single_room": rooms[0],
        "shared_room": rooms[1],
    }
