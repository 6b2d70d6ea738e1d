"""Opening hours by pattern: the weekly template of a unit."""

import datetime

from directory.models import WeeklyHours

from .world import World

Range = tuple[int, str, str, str]  # weekday, opening, closing, kind of hours (TRE_R252)
OPENING, DUTY, WITHOUT_APPOINTMENT, ON_APPOINTMENT = "01", "03", "06", "07"
WEEK = (1, 2, 3, 4, 5)


def _days(days: tuple[int, ...], *spans: tuple[str, str], kind: str = OPENING) -> tuple[Range, ...]:
    return tuple((day, start, end, kind) for day in days for start, end in spans)


PATTERNS: dict[str, tuple[tuple[Range, ...], ...]] = {
    "always": (_days((1, 2, 3, 4, 5, 6, 7), ("00:00", "00:00")),),
    "office": (
        _days(WEEK, ("09:00", "12:30"), ("13:30", "17:30")),
        _days(WEEK, ("08:30", "17:00")),
        _days((1, 2, 4, 5), ("09:00", "17:00")) + _days((3,), ("13:30", "18:00")),
    ),
    "day": (
        _days(WEEK, ("09:00", "19:00")),
        _days(WEEK, ("09:00", "12:30"), ("14:00", "18:30")) + _days((6,), ("09:00", "12:00")),
    ),
    "field": (
        _days(WEEK, ("08:00", "18:00")),
        _days(WEEK, ("09:00", "17:00")) + _days((2, 4), ("20:00", "01:00"), kind=DUTY),
        _days((1, 2, 3, 4, 5, 6, 7), ("07:00", "20:00")),
    ),
    "evening": (_days(WEEK, ("20:00", "00:00"), kind=DUTY) + _days((6, 7), ("09:00", "22:00"), kind=DUTY),),
    "town": (
        _days(WEEK, ("08:00", "12:00"), kind=WITHOUT_APPOINTMENT)
        + _days(WEEK, ("14:00", "19:00"), kind=ON_APPOINTMENT),
        _days(WEEK, ("09:00", "19:00"), kind=ON_APPOINTMENT) + _days((6,), ("09:00", "13:00"), kind=ON_APPOINTMENT),
    ),
    "night": (_days((1, 2, 3, 4, 5, 6, 7), ("20:00", "08:00")),),
}


def add_hours(world: World, unit_id: int, pattern: str) -> None:
    """Add one of the templates of the pattern, to three units out of four; a few houses open only for the night."""
    if not pattern or not world.chance(0.75):
        return
    if pattern == "always" and world.chance(0.02):
        pattern = "night"
    add_ranges(world, unit_id, world.rng.choice(PATTERNS[pattern]))


def add_ranges(world: World, unit_id: int, ranges: tuple[Range, ...]) -> None:
    """Add these ranges to the unit's week."""
    for weekday, start, end, kind in ranges:
        world.add_line(
            WeeklyHours,
            unit_id,
            weekday,
            datetime.time.fromisoformat(start),
            datetime.time.fromisoformat(end),
            world.term_id("hours_kind", kind),
        )
