"""What somebody says of the free places of a unit. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from .breakdown import NOTHING_GIVEN, Counts, carried_over, counts_of
from .lines import LineState, PlaceLine, counts_of_lines, free_places, stored_lines


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A total, either counts or lines from which they are computed, and a comment (01-settled, Availability)."""

    figure: int
    counts: Counts = NOTHING_GIVEN
    lines: tuple[PlaceLine, ...] = ()
    comment: str = ""

    @property
    def shares(self) -> Counts:
        """Counts to keep: those of the lines when there are some."""
        return counts_of_lines(self.lines) if self.lines else self.counts

    def fields(self) -> dict[str, Any]:
        """Fields of the models that carry it."""
        return {
            "figure": self.figure,
            "comment": self.comment,
            "lines": stored_lines(self.lines),
            **asdict(self.shares),
        }


def fitted(typed: Statement, shown: Any) -> Statement:
    """Statement to record: what was left as ``shown`` (a statement or a current figure) and no longer fits is dropped.

    Whoever changes the total alone said nothing of the counts, nor of the places *libre* of the lines; lines of places
    that are not free stay true.
    """
    if not typed.lines:
        counts = carried_over(typed.counts, typed.figure, shown=counts_of(shown), shown_figure=shown.figure)
        return replace(typed, counts=counts)
    is_left = stored_lines(typed.lines) == shown.lines and typed.figure != shown.figure
    if is_left and free_places(typed.lines) > typed.figure:
        return replace(typed, lines=tuple(line for line in typed.lines if line.state is not LineState.FREE))
    return typed
