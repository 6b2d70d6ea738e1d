"""What the directory changed since a dossier was opened, and the conflicts that this makes (spec 30, Validating).

A field is in conflict when the directory no longer says what it said when it was proposed, nor what is proposed. One
query for all fiches of a dossier: every change of a record has its line of history.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from directory.models import RecordChange

from ..enums import FicheAction, FieldDecision
from ..fiches.states import same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User

    from ..models import Fiche, FieldReview

SETTLING = frozenset({FieldDecision.ACCEPT, FieldDecision.AMEND, FieldDecision.KEEP})


class Conflict(NamedTuple):
    """A field that the directory changed to something else. ``version``, ``at`` and ``by`` are those of that change."""

    name: str
    base: Any
    current: Any
    proposed: Any
    version: int
    at: datetime.datetime
    by: User | None

    def is_settled(self, review: FieldReview | None) -> bool:
        """Tell whether a decision taken with that change in sight settles it."""
        return review is not None and review.decision in SETTLING and review.record_version >= self.version


def changes_since(fiches: Iterable[Fiche]) -> dict[int, list[RecordChange]]:
    """Lines of history of the records of ``fiches`` since these are in a dossier, by fiche, the oldest first."""
    by_record: dict[tuple[str, int], Fiche] = {
        (fiche.kind, fiche.record_id): fiche for fiche in fiches if fiche.record_id and not fiche.is_creation
    }
    wanted: dict[str, list[int]] = defaultdict(list)
    for kind, record_id in by_record:
        wanted[kind].append(record_id)
    if not wanted:
        return {}
    condition = Q()
    for kind, ids in wanted.items():
        condition |= Q(record_kind=kind, record_id__in=ids)
    since = min(fiche.created_at for fiche in by_record.values())
    lines = RecordChange.objects.filter(condition, at__gte=since).select_related("by")
    found: dict[int, list[RecordChange]] = defaultdict(list)
    for line in lines.order_by("version", "pk"):
        found[by_record[line.record_kind, line.record_id].pk].append(line)
    return found


def conflicts_in(fiche: Fiche, changes: Iterable[RecordChange]) -> dict[str, Conflict]:
    """Conflicts of a fiche by field, given the lines of its record since it is in a dossier. Pure."""
    if fiche.action == FicheAction.DELETE:
        return {}
    found: dict[str, Conflict] = {}
    for line in changes:
        for name in fiche.values.keys() & line.changes.keys():
            now = line.changes[name][1]
            base, proposed = fiche.base.get(name), fiche.values[name]
            found.pop(name, None)
            if not same(now, base) and not same(now, proposed):
                found[name] = Conflict(name, base, now, proposed, line.version, line.at, line.by)
    return found
