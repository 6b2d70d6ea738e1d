"""Up to four units side by side, with what differs told in words (spec 40, Results); more are to be chosen among."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from availability.guichet.supply import load_offers
from directory.duplicates.replaced import units_in_place
from directory.scopes import Scope

from .shortlist import open_units, with_quiet_place, with_record
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

    Six queries at most, whatever is asked: the merges are followed and the units read once, all together.
    """
    asked = list(dict.fromkeys(unit_ids))
    stays = units_in_place(asked)
    units = with_quiet_place(with_record(open_units(scope).filter(pk__in={*asked, *stays.values()})))
    by_unit = {offer.unit.pk: offer for offer in load_offers(units, scope, now)} if asked else {}
    in_place = [asked_id if asked_id in by_unit else stays.get(asked_id, asked_id) for asked_id in asked]
    found = [by_unit[unit_id] for unit_id in in_place if unit_id in by_unit]
    kept = list({offer.unit.pk: offer for offer in found}.values())
    return Comparison(
        facts=[UnitFacts(offer, now, offer.unit.is_quiet) for offer in kept],
        missing=len(asked) - len(found),
        joined=len(found) - len(kept),
    )
