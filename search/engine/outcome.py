"""What a search gives back: lines in order, totals, counts to refine by. No query."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from availability.guichet.needs import Fit
from common.french import counted
from directory.enums import Nomenclature
from directory.territory.places import Place, Resolution

from ..criteria import Facet, SearchCriteria, Sort
from ..words.lexicon import Correction
from ..words.matching import Match
from ..words.reading import Reading
from .conditions import Asked

SHOWN_LIMIT = 200  # establishments on screen (spec 40)


class Group(NamedTuple):
    """One line of results: an EG, or a practitioner (negative id). ``distance_km`` is empty when unknown or hidden."""

    group_id: int
    distance_km: float | None


@dataclass(frozen=True)
class FacetChoice:
    """One value of a facet.

    ``value`` is what the address holds; ``count``: how many UO or practitioners ticking it alone in its facet would
    find, all the other filters kept.
    """

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class FacetCounts:
    """A facet with its most frequent choices, the ticked ones always among them; ``more``: how many are not listed."""

    facet: Facet
    choices: tuple[FacetChoice, ...] = ()
    more: int = 0


@dataclass(frozen=True)
class FlagCounts:
    """How many UO each yes-or-no filter would find, all the other filters kept.

    ``open``: of the opening that is asked, empty without one. ``open_now``: empty when too many UO were found to read
    the hours of them all.
    """

    free: int = 0
    fresh: int = 0
    open: int | None = None
    open_now: int | None = None


@dataclass(frozen=True)
class Variant:
    """The same search without one criterion: what changes, in words (« sans PMR »), and how many lines it finds.

    ``practitioners``: those among the lines.
    """

    label: str
    criteria: SearchCriteria
    count: int
    practitioners: int = 0

    @property
    def found(self) -> str:
        """« 14 établissements et 78 professionnels »."""
        establishments = self.count - self.practitioners
        told = [counted(establishments, "établissement")] if establishments or not self.practitioners else []
        return " et ".join([*told, *([counted(self.practitioners, "professionnel")] if self.practitioners else [])])


@dataclass(frozen=True)
class Unpublished:
    """A term asked for that nothing published holds. ``label`` as stored, empty for none; what is nearest.

    ``kept``, ``labels``: as in ``Outcome``.
    """

    label: str
    nomenclature: str
    variants: tuple[Variant, ...] = ()
    kept: frozenset[int] = frozenset()
    labels: tuple[tuple[Any, ...], ...] = ()

    @property
    def sentence(self) -> str:
        """What is said before the label."""
        if self.nomenclature == Nomenclature.EG_CATEGORY:
            return "Aucun établissement publié n’est de cette catégorie"
        if self.nomenclature == Nomenclature.UNIT_TYPE:
            return "Aucune unité publiée de ce type"
        if self.nomenclature == Nomenclature.AUDIENCE:
            return "Aucune unité publiée ne dit qu’elle accueille ce public"
        return "Aucune unité publiée n’exerce cette activité ou ce métier"


@dataclass(frozen=True)
class Outcome:
    """What a search found. ``elapsed_ms`` is measured from the first query to the last one of ``search.engine.query``.

    ``groups``: the first lines in order, ``SHOWN_LIMIT`` at most; ``establishments``, ``units`` and
    ``practitioners`` are true totals. ``reached``: UO and practitioners within each distance to choose from, none
    beyond the radius in force. ``fits``: UO of each class of need, empty when none is asked; ``fitting``: UO that
    would fit for sure with one more need, by ``beside.tried_needs``. ``radius_km``: greatest distance applied, empty
    for none; ``is_widened``: none was applied because the usual radius holds too few lines.
    ``correction``: the typing error that was mended, when the text as typed finds nothing. ``asked`` is what the
    statements about these results need, empty when the texts can find nothing. ``kept``: ids of the units that the
    person keeps, empty when nothing was looked for. ``documents``: ids of those of the page asked for.
    ``proposals``: other readings of a text that finds nothing. ``beside``: rows of the statement of the page that was
    sent with the search. ``labels``: rows of ``criteria_words.labels_statement``, when they were read on the way.
    """

    place: Place | None
    resolution: Resolution
    match: Match
    sort: Sort
    groups: tuple[Group, ...] = ()
    establishments: int = 0
    units: int = 0
    practitioners: int = 0
    facets: tuple[FacetCounts, ...] = ()
    flags: FlagCounts = FlagCounts()
    reached: Mapping[int, int] = field(default_factory=dict)
    fits: Mapping[Fit, int] = field(default_factory=dict)
    fitting: Mapping[str, int] = field(default_factory=dict)
    radius_km: int | None = None
    is_widened: bool = False
    correction: Correction | None = None
    reading: Reading | None = None
    unpublished: Unpublished | None = None
    asked: Asked | None = None
    kept: frozenset[int] | None = None
    documents: tuple[int, ...] = ()
    variants: tuple[Variant, ...] = ()
    proposals: tuple[Variant, ...] = ()
    beside: tuple[tuple[Any, ...], ...] = ()
    labels: tuple[tuple[Any, ...], ...] = ()
    elapsed_ms: int = 0

    @property
    def lines(self) -> int:
        """Establishments and practitioners found."""
        return self.establishments + self.practitioners

    @property
    def has_start(self) -> bool:
        """Whether distances are measured from somewhere."""
        return self.place is not None and self.place.point is not None

    @property
    def is_untold(self) -> bool:
        """Whether a radius holds lines, but none whose distance may be told."""
        return self.radius_km is not None and all(group.distance_km is None for group in self.groups)

    @property
    def is_cut(self) -> bool:
        """Whether there are more lines than are shown on screen."""
        return self.lines > len(self.groups)
