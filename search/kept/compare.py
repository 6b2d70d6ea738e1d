"""Up to four units side by side, with what differs told in words (spec 40, Results); more are to be chosen among."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from availability.guichet.supply import Offer, load_offers
from directory.duplicates.replaced import units_in_place
from directory.scopes import Scope

from .shortlist import open_units, quiet_places, with_record
from .unit_facts import COMPARED, OWN, UnitFacts

MOST = 4  # units


@dataclass(frozen=True)
class ComparedLine:
    """One criterion: what each unit says of it with its name, in their order; empty when it says nothing."""

    label: str
    cells: tuple[tuple[str, str], ...]

    @property
    def mark(self) -> str:
        """« différent », « identique »; empty for what is each unit's own anyway."""
        if self.label in OWN:
            return ""
        return "identique" if len({text for text, _ in self.cells}) == 1 else "différent"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Units that may be read, in the order asked; those beyond the fourth are ``excess``, and nothing is compared.

    ``missing``: units asked for that this person cannot open or that are closed. ``joined``: those that are one with
    another of them since they were merged.
    """

    facts: Sequence[UnitFacts]
    missing: int
    joined: int = 0

    @property
    def excess(self) -> int:
        """How many to take off."""
        return max(0, len(self.facts) - MOST)

    @property
    def is_table(self) -> bool:
        """Whether there are as many units as can be compared."""
        return 1 < len(self.facts) <= MOST

    @property
    def lines(self) -> list[ComparedLine]:
        """Criteria of which at least one unit says something."""
        lines = [
            ComparedLine(label, tuple((tell(facts), facts.unit.name) for facts in self.facts))
            for label, tell in COMPARED
        ]
        return [line for line in lines if any(text for text, _ in line.cells)]


def compare_units(unit_ids: Sequence[int], scope: Scope, now: datetime.datetime) -> Comparison:
    """Compare those of these units that may be read, in the order asked; one that was merged gives way to what stays.

    Six queries at most; when some are not found, two more, and one a link of the chain of merges.
    """
    asked = list(dict.fromkeys(unit_ids))
    by_unit = _offers(asked, scope, now)
    stays = units_in_place([unit_id for unit_id in asked if unit_id not in by_unit])
    by_unit |= _offers([unit_id for unit_id in stays.values() if unit_id not in by_unit], scope, now)
    found = [by_unit[unit_id] for asked_id in asked if (unit_id := stays.get(asked_id, asked_id)) in by_unit]
    kept = list({offer.unit.pk: offer for offer in found}.values())
    quiet = quiet_places([offer.unit.pk for offer in kept]) if kept else set()
    return Comparison(
        facts=[UnitFacts(offer, now, offer.unit.pk in quiet) for offer in kept],
        missing=len(asked) - len(found),
        joined=len(found) - len(kept),
    )


def _offers(unit_ids: Sequence[int], scope: Scope, now: datetime.datetime) -> dict[int, Offer]:
    if not unit_ids:
        return {}
    offers = load_offers(with_record(open_units(scope).filter(pk__in=unit_ids)), scope, now)
    return {offer.unit.pk: offer for offer in offers}
