"""What the directory changed since a dossier was opened, and the conflicts that this makes (spec 30, Validating).

A field is in conflict when the directory no longer says what it said when it was proposed, nor what is proposed; so is
one that a correction of the support changes beside what is proposed, and a photo. Fields that make sense together only
are in conflict as a whole when the directory changed others of them than those proposed: half an address over half of
another is nobody's. One query for all fiches of a dossier: every change of a record has its line of history.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from directory.models import RecordChange

from ..enums import FicheAction, FieldDecision, FileKind
from ..fiches.groups import TOGETHER
from ..fiches.states import same
from .parts import PHOTO, beside_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from accounts.models import User

    from ..models import Fiche, FicheFile, FieldReview

SOURCE = "position_source"  # says how the point was found, not where an address is
AT_WORK = datetime.timedelta(minutes=5)  # between the moment that a change is dated and that it is there to be read
SETTLING = frozenset({FieldDecision.ACCEPT, FieldDecision.AMEND, FieldDecision.KEEP})


NO_PHOTO, A_PHOTO, ANOTHER_PHOTO = "Aucune photo", "Une photo", "Une autre photo"
PHOTO_WORDS = {FileKind.PHOTO: "Une nouvelle photo", FileKind.PHOTO_REMOVAL: "La photo est retirée"}


class Conflict(NamedTuple):
    """A field that the directory changed to something else. ``version``, ``at`` and ``by`` are those of that change.

    ``base``, ``current`` and ``proposed`` are kept values; words for a photo and for a record as a whole. ``others``:
    fields that make sense with it only, not proposed, with what they held when it was and what they hold since.
    """

    name: str
    base: Any
    current: Any
    proposed: Any
    version: int
    at: datetime.datetime
    by: User | None
    others: Mapping[str, tuple[Any, Any]] = MappingProxyType({})

    def is_settled(self, review: FieldReview | None) -> bool:
        """Tell whether a decision taken with that change in sight settles it: accepting half of a whole does not."""
        if review is None or review.record_version < self.version:
            return False
        return review.decision in SETTLING and not (self.others and review.decision == FieldDecision.ACCEPT)


def changes_since(fiches: Iterable[Fiche]) -> dict[int, list[RecordChange]]:
    """Lines of history of the records of ``fiches`` since these are in a dossier, by fiche, the oldest first.

    What a partial publication wrote at the moment when it put a fiche in its remainder is no change since.
    """
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
    since = min(fiche.created_at for fiche in by_record.values()) - AT_WORK
    lines = RecordChange.objects.filter(condition, at__gte=since).select_related("by")
    found: dict[int, list[RecordChange]] = defaultdict(list)
    for line in lines.order_by("version", "pk"):
        fiche = by_record[line.record_kind, line.record_id]
        if line.at > fiche.created_at or line.version > fiche.base_version:
            found[fiche.pk].append(line)
    return found


def conflicts_in(
    fiche: Fiche,
    changes: Iterable[RecordChange],
    reviews: Mapping[str, FieldReview] | None = None,
    files: Iterable[FicheFile] = (),
) -> dict[str, Conflict]:
    """Conflicts of a fiche by field, given the lines of its record since it is in a dossier. Pure.

    ``reviews``: decisions by field, for what corrections change beside the proposed fields. ``files``: those that the
    fiche proposes.
    """
    if fiche.action == FicheAction.DELETE:
        return {}
    changes = list(changes)
    pairs = {name: (fiche.base.get(name), value) for name, value in fiche.values.items()}
    if reviews:
        pairs |= {name: (reviews[name].base, reviews[name].value) for name in beside_names(fiche, reviews)}
    photo = next((file for file in files if file.kind in PHOTO_WORDS), None)
    found: dict[str, Conflict] = {}
    for line in changes:
        for name in pairs.keys() & line.changes.keys():
            now = line.changes[name][1]
            base, proposed = pairs[name]
            found.pop(name, None)
            if not same(now, base) and not same(now, proposed):
                found[name] = Conflict(name, base, now, proposed, line.version, line.at, line.by)
        if photo is not None and PHOTO in line.changes:
            found.pop(PHOTO, None)
            found |= _photo_conflict(photo, line)
    return found | _torn(fiche, changes, found, pairs, reviews or {})


def _torn(
    fiche: Fiche,
    changes: Sequence[RecordChange],
    found: Mapping[str, Conflict],
    pairs: Mapping[str, tuple[Any, Any]],
    reviews: Mapping[str, FieldReview],
) -> dict[str, Conflict]:
    """Conflicts of proposed or corrected fields whose others, that make sense with them, the directory changed since.

    One a list of such fields, under the first that is proposed or in conflict; under one that is corrected when none is
    proposed. ``pairs``: what each field that is proposed or corrected was made over, and its new value.
    """
    torn: dict[str, Conflict] = {}
    for _, names in TOGETHER.values():
        told = [name for name in names if name in fiche.values] or [name for name in names if name in pairs]
        left = {*names} - pairs.keys() - {SOURCE}
        others = _others(fiche, changes, left, _in_sight(fiche, told, reviews)) if told else {}
        if not others:
            continue
        name = next((name for name in told if name in found), told[0])
        last = next(line for line in reversed(changes) if not left.isdisjoint(line.changes))
        base, proposed = pairs[name]
        values = found.get(name) or Conflict(name, base, base, proposed, last.version, last.at, last.by)
        if last.version > values.version:
            values = values._replace(version=last.version, at=last.at, by=last.by)
        torn[name] = values._replace(others=others)
    return torn


def _in_sight(fiche: Fiche, told: Sequence[str], reviews: Mapping[str, FieldReview]) -> int:
    """Version of the record that was in sight of who said these fields: its author, else the support after him."""
    corrected = [reviews[name].record_version for name in told if name not in fiche.values]
    return min(corrected, default=0) or fiche.base_version


def _others(
    fiche: Fiche, changes: Sequence[RecordChange], names: Collection[str], in_sight: int
) -> dict[str, tuple[Any, Any]]:
    """Fields of ``names`` that the directory changed since they were in sight, with what they held and hold."""
    found: dict[str, tuple[Any, Any]] = {}
    for line in changes:
        for name in names & line.changes.keys():
            before, now = line.changes[name]
            if name in fiche.base or line.version > in_sight:
                found[name] = (fiche.base.get(name, found.get(name, (before,))[0]), now)
    return {name: pair for name, pair in found.items() if not same(*pair)}


def _photo_conflict(file: FicheFile, line: RecordChange) -> dict[str, Conflict]:
    """The directory has, since a line of history, another photo than the one that a proposal was made over."""
    now = line.changes[PHOTO][1] or ""
    if now == file.over or (not now and file.kind == FileKind.PHOTO_REMOVAL):
        return {}
    base = A_PHOTO if file.over else NO_PHOTO
    current = (ANOTHER_PHOTO if file.over else A_PHOTO) if now else NO_PHOTO
    words = PHOTO_WORDS[FileKind(file.kind)]
    return {PHOTO: Conflict(PHOTO, base, current, words, line.version, line.at, line.by)}
