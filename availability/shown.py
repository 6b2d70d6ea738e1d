"""A unit's current figure as pages show it: badge, words, author. No query, no write."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from common.french import PARIS, day, on_moment
from directory.models import OperationalUnit

from . import wording
from .breakdown import counts_of
from .freshness import ContractState, Freshness
from .lines import PlaceLine, read_lines
from .models import AvailabilityEntry, CurrentFigure, UnitClosure
from .standing import Standing, active_closure, standing_at


@dataclass(frozen=True)
class Badge:
    """What the tag ``state`` shows: ``key`` chooses colour and shape, ``label`` is the text."""

    key: str
    label: str


@dataclass(frozen=True)
class Mark:
    """Something to know of a figure, in words and with a pictogram of its own."""

    icon: str
    text: str


TO_CONFIRM = Badge("confirm", "À confirmer")
UNAVAILABLE = Badge("off", "Indisponibilité totale")
POOL_MARK = Mark("mutualise", "Lits mutualisés sur plusieurs UO")
UNAVAILABLE_MARK = Mark("indisponible", "Indisponibilité totale")
OVER_CAPACITY_MARK = Mark("info", "Surcapacité confirmée")


@dataclass(kw_only=True)
class ShownFigure:
    """The figure of ``unit`` at ``now`` for ``viewer_id``; ``figure`` is ``None`` when entry was never opened.

    ``closures`` are the unit's; ``sharing`` names the other units of its pool.
    """

    unit: OperationalUnit
    figure: CurrentFigure | None
    viewer_id: int
    now: datetime.datetime
    closures: Sequence[UnitClosure] = ()
    sharing: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """Kind of the tag ``places``: « closed », « inactive », « unknown », « expired », « to_confirm », « known »."""
        if self.unit.is_closed or self.standing is Standing.UNAVAILABLE:
            return "closed"
        if self.figure is None or not self.figure.is_open:
            return "inactive"
        if self.standing is Standing.UNKNOWN:
            return "unknown"
        if self.standing is Standing.TO_CONFIRM:
            return "to_confirm"
        return "expired" if self.standing is Standing.EXPIRED else "known"

    @property
    def unstated_words(self) -> str:
        """« Aucune saisie depuis l’ouverture, le 14/08/2024 »: nothing was stated of these places, and since when."""
        pool = self.figure.pool if self.figure else None
        opened_at = self.figure.opened_at if self.figure else None
        since = pool.created_at if pool else opened_at
        if since is None or since > self.now:  # a past figure, before the opening known today
            return "Aucune saisie"
        return f"Aucune saisie depuis {'la mutualisation' if pool else 'l’ouverture'}, le {day(since)}"

    @property
    def kind_detail(self) -> str:
        """Word under the number when the kind alone does not say it."""
        return "indisponible" if self.closure and not self.unit.is_closed else ""

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
    def badge(self) -> Badge | ContractState | None:
        """State of the figure for the tag ``state``: against its rhythm, unless a closure says otherwise."""
        if self.standing is Standing.UNAVAILABLE:
            return UNAVAILABLE
        if self.standing is Standing.TO_CONFIRM:
            return TO_CONFIRM
        return self.freshness.state if self.freshness else None

    @property
    def is_state_fixed(self) -> bool:
        """Whether the state does not change with age alone."""
        return self.standing in (Standing.UNAVAILABLE, Standing.TO_CONFIRM)

    @property
    def state_words(self) -> str:
        if self.is_state_fixed and self.badge:
            return self.badge.label
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
    def counts_until(self) -> datetime.datetime | None:
        """Last moment at which the figure counts if nothing is said of it; ``None`` when it does not count now."""
        return self.figure.expires_at if self.figure is not None and self.kind == "known" else None

    @property
    def expired_word(self) -> str:
        """Word under the figure once ``counts_until`` is past."""
        return "périmé"

    @property
    def rhythm_words(self) -> str:
        return wording.rhythm_words(self.figure.rhythm)

    @property
    def capacity_kind(self) -> str:
        """Whether places are told as beds: as the unit counts them, or as its pool does."""
        return self.figure.pool.capacity_kind if self.is_pooled else self.unit.capacity_kind

    @property
    def figure_words(self) -> str:
        """« 8 places », empty before the first statement."""
        if self.figure is None or self.figure.figure is None:
            return ""
        return wording.figure_words(self.figure.figure, self.capacity_kind)

    @property
    def is_pooled(self) -> bool:
        return self.figure is not None and self.figure.pool_id is not None

    @property
    def installed(self) -> int | None:
        """Installed places of the unit, or of its pool."""
        return self.figure.pool.installed_places if self.is_pooled else self.unit.installed_places

    @property
    def installed_words(self) -> str:
        words = wording.installed_words(self.installed, self.capacity_kind)
        shared = "mutualisés" if self.capacity_kind == "bed" else "mutualisées"
        return f"{words}, {shared}" if self.is_pooled and self.installed is not None else words

    @property
    def planned(self) -> list[UnitClosure]:
        """Unavailabilities to come, in order."""
        return [one for one in self.closures if one.withdrawn_at is None and one.starts_at > self.now]

    @property
    def closure_words(self) -> str:
        """« travaux, du 01/08/2024 à 08:00 au 31/08/2024 inclus », empty when no unavailability holds."""
        if self.closure is None:
            return ""
        reason = self.closure.get_reason_display()
        words = f"{reason}, {wording.period_words(self.closure.starts_at, self.closure.ends_at)}"
        return f"{words} ({self.closure.comment})" if self.closure.comment else words

    @property
    def contested_words(self) -> str:
        """That somebody called and was told there is no place left; empty when nobody was."""
        if self.figure is None or self.figure.contested_at is None:
            return ""
        return f"Contesté {on_moment(self.figure.contested_at)}"

    @property
    def marks(self) -> list[Mark]:
        """What is to be known of the figure besides its age and its state."""
        if self.figure is None:
            return []
        found = [UNAVAILABLE_MARK] if self.closure else []
        found += [Mark("etat-en-retard", self.contested_words)] if self.contested_words else []
        found += [OVER_CAPACITY_MARK] if self.figure.is_over_capacity else []
        return [*found, POOL_MARK] if self.is_pooled else found

    @property
    def author(self) -> str:
        """« par vous », « par S. Diallo », with where from when it was not this site; empty when unknown."""
        if self.figure.by_id is None:
            return ""
        name = "vous" if self.figure.by_id == self.viewer_id else self.figure.by.short_name
        elsewhere = self.figure.source not in ("", AvailabilityEntry.Source.WEB)
        return f"par {name} ({self.figure.get_source_display()})" if elsewhere else f"par {name}"

    @cached_property
    def lines(self) -> tuple[PlaceLine, ...]:
        """Place lines of the figure, empty when it has counts or nothing."""
        return read_lines(self.figure.lines) if self.figure else ()

    @property
    def sentence(self) -> str:
        """Sentence computed from the lines, or from the counts, shown before the free comment."""
        if self.lines:
            return wording.lines_sentence(self.lines, self.capacity_kind, local_day(self.now))
        return wording.breakdown_sentence(counts_of(self.figure), self.capacity_kind)

    @property
    def line_words(self) -> list[str]:
        """Each place line in words."""
        kind, today = self.capacity_kind, local_day(self.now)
        return [wording.line_words(line, kind, today) for line in self.lines]


def local_day(now: datetime.datetime) -> datetime.date:
    """Day in Paris."""
    return now.astimezone(PARIS).date()
