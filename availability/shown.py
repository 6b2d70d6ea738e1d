"""A unit's current figure as pages show it: badge, words, author. No query, no write."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from directory.models import OperationalUnit

from . import wording
from .breakdown import counts_of
from .freshness import Freshness
from .models import AvailabilityEntry, CurrentFigure, UnitClosure
from .standing import Standing, active_closure, standing_at


@dataclass(kw_only=True)
class ShownFigure:
    """The figure of ``unit`` at ``now`` for ``viewer_id``; ``figure`` is ``None`` when entry was never opened."""

    unit: OperationalUnit
    figure: CurrentFigure | None
    viewer_id: int
    now: datetime.datetime
    closures: Sequence[UnitClosure] = ()

    @property
    def kind(self) -> str:
        """Kind of the tag ``places``: « closed », « inactive », « unknown », « expired » or « known »."""
        if self.unit.is_closed or self.standing is Standing.UNAVAILABLE:
            return "closed"
        if self.figure is None or not self.figure.is_open:
            return "inactive"
        if self.standing is Standing.UNKNOWN:
            return "unknown"
        return "expired" if self.standing is Standing.EXPIRED else "known"

    @cached_property
    def standing(self) -> Standing | None:
        """Whether the figure counts, and why not; ``None`` when entry was never opened."""
        return standing_at(self.figure, self.closures, self.now) if self.figure else None

    @cached_property
    def closure(self) -> UnitClosure | None:
        """Unavailability that holds now, if any."""
        return active_closure(self.closures, self.now)

    @property
    def is_stated(self) -> bool:
        return self.figure is not None and self.figure.figure is not None

    @cached_property
    def freshness(self) -> Freshness | None:
        return self.figure.freshness(self.now) if self.figure else None

    @property
    def state_words(self) -> str:
        if self.figure is None or self.freshness is None:
            return ""
        return wording.state_words(self.freshness, self.figure.confirmed_at, self.figure.rhythm, self.now)

    @property
    def due_words(self) -> str:
        """Text of « bientôt à confirmer » when the figure comes to it on an open page."""
        if self.figure is None or self.figure.confirmed_at is None:
            return ""
        return wording.due_words(self.figure.confirmed_at + self.figure.rhythm, self.now)

    @property
    def rhythm_words(self) -> str:
        return wording.rhythm_words(self.figure.rhythm)

    @property
    def figure_words(self) -> str:
        """« 8 places », empty before the first statement."""
        if self.figure is None or self.figure.figure is None:
            return ""
        return wording.figure_words(self.figure.figure, self.unit.capacity_kind)

    @property
    def installed_words(self) -> str:
        return wording.installed_words(self.unit.installed_places, self.unit.capacity_kind)

    @property
    def author(self) -> str:
        """« par vous », « par S. Diallo », with where from when it was not this site; empty when unknown."""
        if self.figure.by_id is None:
            return ""
        name = "vous" if self.figure.by_id == self.viewer_id else self.figure.by.short_name
        elsewhere = self.figure.source not in ("", AvailabilityEntry.Source.WEB)
        return f"par {name} ({self.figure.get_source_display()})" if elsewhere else f"par {name}"

    @property
    def sentence(self) -> str:
        return wording.breakdown_sentence(counts_of(self.figure))
