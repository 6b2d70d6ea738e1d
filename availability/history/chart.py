"""The figures of a unit over time: what held when, and its drawing as steps in an SVG. Pure functions.

Everything is in real time; drawn coordinates are integers, so that no locale writes a comma in a path.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from common.french import PARIS, number

from ..freshness import EXPIRY_RHYTHMS
from ..models import CurrentState, Pool, UnitClosure
from ..standing import Standing, standing_at

MAX_POINTS = 200  # statements drawn one by one; beyond, one point a day, with the lowest and the highest
WIDTH, HEIGHT = 1000, 240  # units of the drawing
TICK = 8  # height of the mark of a statement

WORDS: dict[Standing, str] = {
    Standing.COUNTED: "compté",
    Standing.EXPIRED: "périmé",
    Standing.TO_CONFIRM: "à confirmer",
    Standing.UNAVAILABLE: "indisponibilité totale",
    Standing.UNKNOWN: "inconnu",
}


@dataclass(frozen=True)
class Point:
    """A statement: when it was made, its figure (``None``: taken back), since when its freshness counts.

    Or, when ``is_statement`` is false, the figure that a unit found as it entered a pool, or was given back as it
    left, to be confirmed since ``waits_since``.
    """

    at: datetime.datetime
    figure: int | None
    confirmed_at: datetime.datetime | None
    is_statement: bool = True
    waits_since: datetime.datetime | None = None


@dataclass(frozen=True)
class Stretch:
    """A figure and its standing, the same from ``start`` to ``end``."""

    start: datetime.datetime
    end: datetime.datetime
    figure: int | None
    standing: Standing

    @property
    def words(self) -> str:
        """What the figure was worth: « compté », « périmé »."""
        return WORDS[self.standing]

    @property
    def shown(self) -> int | None:
        """Figure that was shown: none while the unit took nobody, or before the first statement."""
        return None if self.standing in (Standing.UNAVAILABLE, Standing.UNKNOWN) else self.figure


@dataclass(frozen=True)
class Day:
    """A day of Paris: lowest and highest figure in force, the last one with its standing, number of statements."""

    day: datetime.date
    low: int | None
    high: int | None
    last: Stretch
    statements: int


@dataclass(frozen=True)
class Span:
    """Window drawn: from ``start`` to ``end``, known until ``until`` (now)."""

    start: datetime.datetime
    end: datetime.datetime
    until: datetime.datetime

    def x(self, at: datetime.datetime) -> int:
        """Abscissa of a moment, kept inside the drawing."""
        share = (min(max(at, self.start), self.end) - self.start) / (self.end - self.start)
        return round(share * WIDTH)


def stretches(
    points: Sequence[Point],
    closures: Sequence[UnitClosure],
    rhythm: datetime.timedelta,
    span: Span,
    to_confirm_since: datetime.datetime | None = None,
) -> list[Stretch]:
    """What held when in ``span``. ``points`` are in order, one before the window at most."""
    cuts = {span.start, span.until}
    for point in points:
        cuts.add(point.at)
        if point.confirmed_at is not None:
            cuts.add(point.confirmed_at + EXPIRY_RHYTHMS * rhythm)
    for closure in closures:
        cuts |= {closure.starts_at} | ({closure.ends_at} if closure.ends_at else set())
    if to_confirm_since is not None:
        cuts.add(to_confirm_since)
    moments = sorted(cut for cut in cuts if span.start <= cut <= span.until)
    found: list[Stretch] = []
    index = -1
    for start, end in pairwise(moments):
        while index + 1 < len(points) and points[index + 1].at <= start:
            index += 1
        held = points[index] if index >= 0 else None
        middle = start + (end - start) / 2
        asked = (held and held.waits_since) or to_confirm_since
        standing = standing_at(_state(held, rhythm, asked, middle), closures, middle)
        _extend(found, Stretch(start, end, held.figure if held else None, standing))
    return found


def _state(
    point: Point | None, rhythm: datetime.timedelta, to_confirm_since: datetime.datetime | None, at: datetime.datetime
) -> CurrentState:
    waits = to_confirm_since if to_confirm_since is not None and to_confirm_since <= at else None
    return Pool(rhythm=rhythm, confirmed_at=point.confirmed_at if point else None, to_confirm_since=waits)


def _extend(found: list[Stretch], new: Stretch) -> None:
    """Add a stretch, joined to the one before when it says the same."""
    last = found[-1] if found else None
    if last is not None and (last.shown, last.standing, last.end) == (new.shown, new.standing, new.start):
        found[-1] = Stretch(last.start, new.end, new.figure, new.standing)
    else:
        found.append(new)


def last_of_days(points: Sequence[Point]) -> list[Point]:
    """Last statement of each day of Paris."""
    return list({point.at.astimezone(PARIS).date(): point for point in points}.values())


def days_of(points: Sequence[Point], held: Sequence[Stretch], span: Span) -> list[Day]:
    """A line a day, oldest first. ``held`` are the stretches of ``span``."""
    said: dict[datetime.date, list[int | None]] = {}
    stated = Counter(point.at.astimezone(PARIS).date() for point in points if point.is_statement)
    for point in points:
        said.setdefault(point.at.astimezone(PARIS).date(), []).append(point.figure)
    found, carried, index = [], None, 0
    day, last = span.start.astimezone(PARIS).date(), span.until.astimezone(PARIS).date()
    carried = next((point.figure for point in reversed(points) if point.at < span.start), None)
    while day <= last and held:
        evening = min(_midnight(day + datetime.timedelta(days=1)), span.until)
        while index + 1 < len(held) and held[index].end < evening:
            index += 1
        figures = [figure for figure in (carried, *said.get(day, ())) if figure is not None]
        found.append(Day(day, min(figures, default=None), max(figures, default=None), held[index], stated[day]))
        carried = said[day][-1] if day in said else carried
        day += datetime.timedelta(days=1)
    return found


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime(day.year, day.month, day.day, tzinfo=PARIS)


@dataclass(frozen=True)
class Box:
    """A closure, shaded."""

    x: int
    width: int


@dataclass(frozen=True)
class Drawing:
    """Paths of the SVG, and the labels that stand beside it in the page."""

    line: str  # figures that counted
    unsure: str  # expired, or to be confirmed
    joints: str  # from a figure to the next, when what they are worth differs
    band: str  # from the lowest to the highest of each day
    ticks: str  # statements
    closed: tuple[Box, ...]
    grid: str
    scale: tuple[str, str, str]  # top, middle, 0
    width: int = WIDTH
    height: int = HEIGHT


def draw(
    held: Sequence[Stretch],
    span: Span,
    *,
    moments: Iterable[datetime.datetime] = (),
    days: Sequence[Day] = (),
    columns: int,
) -> Drawing:
    """Draw ``held``; ``moments`` are marked at the foot, ``days`` give the band, ``columns`` the vertical rules."""
    figures = [one.shown for one in held if one.shown is not None] + [one.high for one in days if one.high is not None]
    top = _top(max(figures, default=0))

    def y(figure: int) -> int:
        return HEIGHT - round(figure / top * HEIGHT)

    closed = [one for one in held if one.standing is Standing.UNAVAILABLE]
    unsure = (Standing.EXPIRED, Standing.TO_CONFIRM)
    return Drawing(
        line=_steps([one for one in held if one.standing is Standing.COUNTED], span, y),
        unsure=_steps([one for one in held if one.standing in unsure], span, y),
        joints=_joints(held, span, y),
        band=_band(days, span, y),
        ticks="".join(f"M{span.x(at)} {HEIGHT}v-{TICK}" for at in moments if at >= span.start),
        closed=tuple(Box(span.x(one.start), max(span.x(one.end) - span.x(one.start), 1)) for one in closed),
        grid=_grid(columns),
        scale=(number(top), number(top // 2), "0"),
    )


def _top(highest: int) -> int:
    """Even top of the scale, a round number above what is drawn."""
    step = 2
    while step * 5 < highest:
        step *= 5 if str(step).startswith("2") else 2
    return max(step, -(-highest // step) * step)


def _steps(held: Sequence[Stretch], span: Span, y: Callable[[int], int]) -> str:
    """Step line through stretches; a new move wherever one does not follow the last."""
    parts, end = [], None
    for one in held:
        if one.shown is None:
            continue
        x, height = span.x(one.start), y(one.shown)
        parts.append(f"V{height}" if one.start == end else f"M{x} {height}")
        parts.append(f"H{span.x(one.end)}")
        end = one.end
    return "".join(parts)


def _joints(held: Sequence[Stretch], span: Span, y: Callable[[int], int]) -> str:
    """Upright strokes between a figure that counts and one that does not, which no step line joins."""
    return "".join(
        f"M{span.x(after.start)} {y(before.shown)}V{y(after.shown)}"
        for before, after in pairwise(held)
        if before.shown is not None and after.shown is not None
        if before.shown != after.shown and before.standing is not after.standing
    )


def _band(days: Sequence[Day], span: Span, y: Callable[[int], int]) -> str:
    """Rectangles from the lowest to the highest figure of each day."""
    parts = []
    for one in days:
        if one.low is None or one.high is None or one.low == one.high:
            continue
        left = span.x(_midnight(one.day))
        right = span.x(_midnight(one.day + datetime.timedelta(days=1)))
        parts.append(f"M{left} {y(one.low)}H{right}V{y(one.high)}H{left}Z")
    return "".join(parts)


def _grid(columns: int) -> str:
    across = "".join(f"M0 {height}H{WIDTH}" for height in (0, HEIGHT // 2, HEIGHT))
    return across + "".join(f"M{round(column * WIDTH / columns)} 0V{HEIGHT}" for column in range(1, columns))
