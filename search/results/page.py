"""What stands around the lines on the page of results: filters with their counts, chips, links. No query."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from availability.guichet.needs import Who
from common.french import NBSP, age, counted, day, number

from ..criteria import ANYWHERE, DISTANCES, Facet, Opening, SearchCriteria, Sort, View, Within
from ..criteria_words import WITHIN_WORDS, Labels
from ..engine.outcome import FacetChoice, FacetCounts, Outcome

FIRST_CHOICES = 6  # of a facet, before « Voir les N autres »
FEW_MORE = 2  # choices for which nothing is folded
ALWAYS_OPEN = (Facet.DEPARTMENT, Facet.UNIT_TYPE)
WHO_CHOICES = (
    (Who.ANYBODY, "Peu importe"),
    (Who.WOMAN, "Une femme"),
    (Who.MAN, "Un homme"),
    (Who.COUPLE, "Un couple ou une famille"),
)
_NAMED_CHIPS = {Facet.DEPARTMENT}  # « Paris » alone reads as a starting point
WHO_CHIPS = {Who.WOMAN: "Femme", Who.MAN: "Homme", Who.COUPLE: "Couple ou famille"}
_NAMED_BY_FORM = {
    *(facet.value for facet in Facet),
    *("distance", "places", "ajour", "ouvert", "ouvert_le", "pour", "age", "pmr", "chambre", "animal", "des"),
    *("masquer", "page"),
}


class Chip(NamedTuple):
    """One criterion asked for, and the address without it."""

    text: str
    query: str


class Tab(NamedTuple):
    """One way to show the results."""

    view: View
    label: str
    icon: str
    query: str


class Option(NamedTuple):
    """One value of a list to choose from, its count in the label when it is known."""

    value: str
    label: str
    is_chosen: bool


class FacetBlock(NamedTuple):
    """A facet as the form shows it: choices in sight, others folded, and how many are not on the page at all.

    ``noun``: what its counts count, in the singular.
    """

    facet: Facet
    shown: tuple[FacetChoice, ...]
    folded: tuple[FacetChoice, ...]
    more: int
    chosen: int
    is_open: bool
    noun: str

    @property
    def hidden_count(self) -> int:
        return len(self.folded) + self.more


@dataclass(frozen=True)
class RefineForm:
    """« Affiner la recherche ». ``hidden``: what the address holds and the form does not show.

    ``fitting``: UO that fit for sure once a box of need is ticked, by its name; empty while no need is asked.
    """

    facets: tuple[FacetBlock, ...]
    hidden: tuple[tuple[str, str], ...]
    distances: tuple[Option, ...]
    who: tuple[Option, ...]
    fitting: Mapping[str, int | None]
    open_day: str
    is_open_now: bool
    active: int


def refine_form(criteria: SearchCriteria, outcome: Outcome) -> RefineForm:
    """Return the filters with what is ticked; a value ticked that no list shows any more is kept hidden."""
    noun = counted_noun(outcome)
    blocks = tuple(_block(counts, criteria, noun) for counts in outcome.facets if counts.choices)
    labels = labels_in_sight(outcome)
    unseen = [(facet.value, value) for facet, value in _ticked(criteria) if (facet, value) not in labels]
    others = [(name, value) for name, value in criteria.to_pairs() if name not in _NAMED_BY_FORM]
    return RefineForm(
        facets=blocks,
        hidden=(*others, *unseen),
        distances=_distances(criteria, outcome) if outcome.has_start else (),
        who=tuple(
            Option(who.value, _with_count(label, outcome.fitting.get(who.value)), criteria.needs.who == who)
            for who, label in WHO_CHOICES
        ),
        fitting={box: outcome.fitting.get(box) for box in ("pmr", "chambre", "animal")},
        open_day=criteria.open_on.isoformat() if isinstance(criteria.open_on, datetime.date) else "",
        is_open_now=criteria.open_on == Opening.NOW,
        active=sum(name in _NAMED_BY_FORM - {"page"} for name, _ in criteria.to_pairs()),
    )


def counted_noun(outcome: Outcome) -> str:
    """What the counts of the filters count, in the singular: units, people, or both."""
    if not outcome.practitioners:
        return "UO"
    return "résultat" if outcome.units else "professionnel"


def _block(counts: FacetCounts, criteria: SearchCriteria, noun: str) -> FacetBlock:
    """Ticked choices stay in sight, whatever their rank."""
    choices = counts.choices
    chosen = sum(choice.is_chosen for choice in choices)
    is_unfolded = criteria.unfolded == counts.facet
    shown: tuple[FacetChoice, ...] = choices
    folded: tuple[FacetChoice, ...] = ()
    if not is_unfolded and (counts.more or len(choices) > FIRST_CHOICES + FEW_MORE):
        shown = tuple(choice for rank, choice in enumerate(choices) if rank < FIRST_CHOICES or choice.is_chosen)
        folded = tuple(choice for choice in choices if choice not in shown)
    is_open = counts.facet in ALWAYS_OPEN or bool(chosen) or is_unfolded
    return FacetBlock(counts.facet, shown, folded, counts.more, chosen, is_open, noun)


def _distances(criteria: SearchCriteria, outcome: Outcome) -> tuple[Option, ...]:
    """« 20 km (12) »: what each distance would find, unless it has to be looked for farther than was searched."""
    asked = criteria.distance_km
    steps = sorted({*DISTANCES, asked} if asked else set(DISTANCES))
    everywhere = outcome.units + outcome.practitioners if outcome.asked and outcome.radius_km is None else None
    return (
        Option("", "Automatique", not asked and not criteria.anywhere),
        *(
            Option(str(step), _with_count(f"{number(step)}{NBSP}km", outcome.reached.get(step)), step == asked)
            for step in steps
        ),
        Option(ANYWHERE, _with_count("Toute la région", everywhere), criteria.anywhere),
    )


def _with_count(label: str, count: int | None) -> str:
    return label if count is None else f"{label} ({number(count)})"


def labels_in_sight(outcome: Outcome) -> dict[tuple[Facet, str], str]:
    """Labels of the choices that the facets list."""
    return {(counts.facet, choice.value): choice.label for counts in outcome.facets for choice in counts.choices}


def lacks_labels(criteria: SearchCriteria, labels: Labels) -> bool:
    """Tell whether a value ticked has no label yet."""
    return any(ticked not in labels for ticked in _ticked(criteria))


def _ticked(criteria: SearchCriteria) -> list[tuple[Facet, str]]:
    return [(facet, value) for facet, values in criteria.chosen for value in values]


def chips(criteria: SearchCriteria, labels: Labels) -> list[Chip]:
    """Every criterion but the two fields, each with the address that drops it alone."""
    return [
        Chip(text, "?" + criteria.to_query(**changes))
        for text, changes in (
            *_search_chips(criteria),
            *_facet_chips(criteria, labels),
            *_filter_chips(criteria),
            *_need_chips(criteria),
        )
        if text
    ]


_Chips = list[tuple[str, dict[str, Any]]]


def _search_chips(criteria: SearchCriteria) -> _Chips:
    within = WITHIN_WORDS.get(criteria.within, "")
    return [
        (f"Dans{NBSP}: {within}" if within else "", {"within": Within.EVERYTHING}),
        ("Orthographe exacte" if criteria.exact else "", {"exact": False}),
    ]


def _facet_chips(criteria: SearchCriteria, labels: Labels) -> _Chips:
    found: _Chips = []
    for facet, value in _ticked(criteria):
        left = criteria.refined(facet, [other for other in criteria.values(facet) if other != value])
        label = labels.get((facet, value)) or "valeur inconnue"
        if facet in _NAMED_CHIPS or (facet, value) not in labels:
            label = f"{facet.label}{NBSP}: {label}"
        found.append((label, {"chosen": left.chosen}))
    return found


def _filter_chips(criteria: SearchCriteria) -> _Chips:
    opening = criteria.open_on
    opened = "Ouvert maintenant" if opening == Opening.NOW else ""
    if isinstance(opening, datetime.date):
        opened = f"Ouvert le {day(opening)}"
    distance = f"À {number(criteria.distance_km)}{NBSP}km au plus" if criteria.distance_km else ""
    return [
        (distance, {"distance_km": None}),
        ("Toute la région" if criteria.anywhere else "", {"anywhere": False}),
        ("Dans la zone de la carte" if criteria.zone else "", {"zone": None}),
        ("Au moins une place libre" if criteria.free else "", {"free": False}),
        ("Chiffre à jour" if criteria.fresh else "", {"fresh": False}),
        (opened, {"open_on": None}),
    ]


def _need_chips(criteria: SearchCriteria) -> _Chips:
    needs = criteria.needs
    return [
        (WHO_CHIPS.get(needs.who, ""), {"needs": replace(needs, who=Who.ANYBODY)}),
        ("" if needs.age is None else age(needs.age), {"needs": replace(needs, age=None)}),
        ("PMR" if needs.accessible else "", {"needs": replace(needs, accessible=False)}),
        ("Chambre individuelle" if needs.single_room else "", {"needs": replace(needs, single_room=False)}),
        ("Avec un animal" if needs.animal else "", {"needs": replace(needs, animal=False)}),
        (f"À partir du {day(needs.on)}" if needs.on else "", {"needs": replace(needs, on=None)}),
        ("Sans ce qui ne convient pas" if criteria.hides_unfit else "", {"hides_unfit": False}),
    ]


def cleared(criteria: SearchCriteria) -> str:
    """Address without any filter nor need: the two fields alone, shown and sorted the same way."""
    return "?" + SearchCriteria(criteria.where, criteria.what, sort=criteria.sort, view=criteria.view).to_query()


def tabs(criteria: SearchCriteria) -> list[Tab]:
    """« Liste » and « Carte »: the same results."""
    return [
        Tab(view, label, icon, "?" + criteria.to_query(view=view, page=criteria.page))
        for view, label, icon in ((View.LIST, "Liste", "liste"), (View.MAP, "Carte", "carte"))
    ]


def sort_options(outcome: Outcome) -> list[Option]:
    """Orders that make sense: no distance without a starting point."""
    shown = [sort for sort in Sort if outcome.has_start or sort != Sort.DISTANCE]
    return [Option(sort.value, sort.label, sort == outcome.sort) for sort in shown]


def sort_pairs(criteria: SearchCriteria) -> list[tuple[str, str]]:
    """What the form of the order sends beside the order."""
    return [(name, value) for name, value in criteria.replaced().to_pairs() if name != "tri"]


def heading(outcome: Outcome) -> str:
    """« 9 établissements », « 9 établissements et 2 professionnels », « Aucun résultat »."""
    parts = []
    if outcome.establishments:
        parts.append(counted(outcome.establishments, "établissement"))
    if outcome.practitioners:
        parts.append(counted(outcome.practitioners, "professionnel"))
    return " et ".join(parts) or "Aucun résultat"


def title(criteria: SearchCriteria, outcome: Outcome) -> str:
    """« ACT à Paris 10, 9 établissements »."""
    what = criteria.what or "Établissements"
    where = f" – {outcome.place.label}" if outcome.place else ""
    found = heading(outcome)
    return f"{what}{where}, {found[0].lower()}{found[1:]}"
