"""What became of a record whose number is asked: merged into another, which is found in its place (spec 30)."""

from django.db.models import Q

from directory.duplicates.replaced import ends_of_merges

from ..engine.outcome import Outcome


def names_taken_in(outcome: Outcome) -> list[str]:
    """Names of the merged EGs that bore the number asked, when what they became is found.

    No query unless a number is asked and found; then one.
    """
    numbers = outcome.reading.match.identifiers if outcome.reading else ()
    if not numbers or not outcome.groups:
        return []
    bore = Q(merged_entity__finess__in=numbers) | Q(merged_entity__siret__in=numbers)
    bore |= Q(merged_entity__national_id__in=numbers)
    found = {group.group_id for group in outcome.groups}
    return [name for kept, names in ends_of_merges(bore).items() if kept in found for name in names]
