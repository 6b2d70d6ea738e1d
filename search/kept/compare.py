"""Up to four units side by side, with what differs told in words (spec 40, Results)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from availability.guichet.supply import load_offers
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
    """``missing``: units asked for that this person cannot open or that are closed; ``left_out``: beyond the fourth."""

    facts: Sequence[UnitFacts]
    missing: int
    left_out: int

    @property
    def lines(self) -> list[ComparedLine]:
        """Criteria of which at least one unit says something."""
        lines = [
            ComparedLine(label, tuple((tell(facts), facts.unit.name) for facts in self.facts))
            for label, tell in COMPARED
        ]
        return [line for line in lines if any(text for text, _ in line.cells)]


def compare_units(unit_ids: Sequence[int], scope: Scope, now: datetime.datetime) -> Comparison:
    """Compare the first four of these units that may be read, in the order asked. Six queries at most."""
    asked = list(dict.fromkeys(unit_ids))
    offers = load_offers(with_record(open_units(scope).filter(pk__in=asked)), scope, now) if asked else []
    by_unit = {offer.unit.pk: offer for offer in offers}
    found = [by_unit[unit_id] for unit_id in asked if unit_id in by_unit]
    quiet = quiet_places([offer.unit.pk for offer in found[:MOST]]) if found else set()
    return Comparison(
        facts=[UnitFacts(offer, now, offer.unit.pk in quiet) for offer in found[:MOST]],
        missing=len(asked) - len(found),
        left_out=max(0, len(found) - MOST),
    )
