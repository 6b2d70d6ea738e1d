"""What somebody says of the free places of a unit. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from .breakdown import NOTHING_GIVEN, Counts
from .lines import PlaceLine, counts_of_lines, stored_lines


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
