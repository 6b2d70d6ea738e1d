"""Where the review of a dossier stands: what is decided of each fiche, what is left, what stands against publishing.

Four queries for a dossier, whatever its number of fiches.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, F
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce
from django.urls import reverse

from directory.enums import RecordKind, StructureLevel

from ..enums import FicheAction, FieldDecision
from ..models import Fiche, FicheFile, FieldReview
from ..workflow import IDLE_PAIRS
from .above import above_of
from .apart import held_back
from .checks import Check, FicheFacts, Verdict, above_check
from .meanwhile import Conflict, changes_since, conflicts_in
from .parts import ACT, FILES, MEANWHILE, PLACE, STATUS, Part, parts_of
from .place import whole_conflicts, why_left

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from directory.models import RecordChange

    from ..models import Dossier
    from .above import Key

SEAL = 16  # characters
SHORT_ACTS = {FicheAction.CREATE: "nouvelle", FicheAction.DELETE: "suppression", FicheAction.MOVE: "déplacement"}


@dataclass
class FicheStanding:
    """One fiche under review: its parts, their decisions, the conflicts that the directory made."""

    fiche: Fiche
    parts: list[Part]
    reviews: dict[str, FieldReview]
    conflicts: dict[str, Conflict]
    files: list[FicheFile] = field(default_factory=list)
    kept: str = ""  # why the directory keeps the record as it is (``place.why_left``)
    changes: list[RecordChange] = field(default_factory=list)  # of the record, since it is in the dossier

    def review_of(self, part: Part) -> FieldReview | None:
        """Decision taken on a part, if any; what corrects one of its fields, proposed or not, is that of the part."""
        taken = [self.reviews[name] for name in (*part.decided, *part.beside) if name in self.reviews]
        for decision in (FieldDecision.RETURN, FieldDecision.AMEND):
            if found := next((review for review in taken if review.decision == decision), None):
                return found
        return taken[0] if taken else None

    def proposal(self, name: str) -> Any:
        """What is proposed under a stored name: a value; where the fiche goes; which files it brings."""
        if name == ACT:
            return {"action": self.fiche.action, "parent": self.fiche.parent_id}
        if name == PLACE:
            return {"parent": self.fiche.parent_id}
        if name in FILES:
            return sorted(file.pk for file in self.files if file.kind in FILES[name][1])
        return self.fiche.values.get(name)

    def conflicts_of(self, part: Part) -> list[Conflict]:
        """Conflicts of the fields of a part, or of the record as a whole."""
        return [self.conflicts[name] for name in part.stored if name in self.conflicts]

    def is_open_conflict(self, part: Part) -> bool:
        """Tell whether a conflict of the part waits for a decision that settles it."""
        waits = any(not conflict.is_settled(self.reviews.get(conflict.name)) for conflict in self.conflicts_of(part))
        return waits and not self._returns(part)

    def holds_correction(self, part: Part) -> bool:
        """Tell whether accepting a part keeps its correction: what it is over, or is in conflict, nobody proposed."""
        return part.is_beside or any(conflict.name in part.beside for conflict in self.conflicts_of(part))

    def is_torn(self, part: Part) -> bool:
        """Tell whether the directory changed other fields of a part than those proposed: taking these would mix."""
        return any(conflict.others for conflict in self.conflicts_of(part))

    def mixes(self, part: Part) -> bool:
        """Tell whether accepting a part would mix it with what the directory says of its other fields since.

        A correction may say all of it: without it the proposal would be torn again.
        """
        if self.holds_correction(part):
            return self.is_torn(part)
        return any(self._uncorrected[name].others for name in part.stored if name in self._uncorrected)

    def added_with(self, part: Part) -> list[str]:
        """Fields that the correction of a part changed beside it: they go when that correction goes.

        Those of a part that has proposed fields too are decided with these.
        """
        review = self.review_of(part)
        if review is None or part.is_beside:
            return []
        beside = (other for other in self.parts if other.is_beside and other.block == part.block)
        others = (name for other in beside for name in other.beside)
        return [name for name in others if self.reviews[name].at == review.at]

    def part(self, key: str) -> Part | None:
        """Part of that key."""
        return next((part for part in self.parts if part.key == key), None)

    @cached_property
    def _uncorrected(self) -> dict[str, Conflict]:
        return conflicts_in(self.fiche, self.changes)

    def _returns(self, part: Part) -> bool:
        review = self.review_of(part)
        return review is not None and review.decision == FieldDecision.RETURN

    @property
    def is_confirmed(self) -> bool:
        """Tell whether its author finalised it without changing anything: nothing to decide, nothing to write."""
        return not self.parts

    @cached_property
    def returned(self) -> list[Part]:
        """Parts to be put right by the author."""
        return [part for part in self.parts if self._returns(part)]

    @cached_property
    def left(self) -> str:
        """Why publishing writes nothing of the fiche; empty when it writes it, or when the fiche goes back."""
        return "" if self.returned else self.kept

    @cached_property
    def weighed(self) -> list[Part]:
        """Parts whose decision counts: of a fiche that is left, that which leaves it."""
        return [part for part in self.parts if part.key in MEANWHILE] if self.left else self.parts

    @cached_property
    def open_conflicts(self) -> list[Part]:
        """Parts that somebody must settle before anything is published."""
        if self.left:
            return []
        return [part for part in self.parts if self.is_open_conflict(part)]

    @cached_property
    def undecided(self) -> list[Part]:
        """Parts that nobody has looked at: accepted when the dossier is validated."""
        if self.left:
            return []
        return [part for part in self.parts if self.review_of(part) is None and not self.is_open_conflict(part)]

    @property
    def reopens(self) -> bool:
        """Tell whether a record closed meanwhile is open again once the fiche is published."""
        review = self.reviews.get(STATUS)
        conflict = self.conflicts.get(STATUS)
        settled = conflict is not None and conflict.is_settled(review)
        return settled and review is not None and review.decision == FieldDecision.ACCEPT

    @property
    def decided_count(self) -> int:
        return len(self.weighed) - len(self.undecided) - len(self.open_conflicts)

    @property
    def is_done(self) -> bool:
        """Tell whether each part is decided."""
        return not self.undecided and not self.open_conflicts

    @property
    def code(self) -> str:
        """EG, S1, S2, UF or UO."""
        if self.fiche.kind != RecordKind.STRUCTURE:
            return "UO" if self.fiche.kind == RecordKind.UNIT else "EG"
        structure = self.fiche.structure
        return structure.level if structure else str(self.fiche.values.get("level") or StructureLevel.S1)

    @property
    def photo_url(self) -> str:
        """Address of the photo that the record shows now, empty without one."""
        record = self.fiche.record
        if not getattr(record, "photo", None):
            return ""
        return reverse(
            "directory:photo_file", args=[self.fiche.kind, record.pk, PurePosixPath(str(record.photo.name)).name]
        )

    @property
    def short_act(self) -> str:
        """« nouvelle », « suppression », « déplacement », or nothing."""
        return SHORT_ACTS.get(FicheAction(self.fiche.action), "")


@dataclass
class Standing:
    """A dossier under review: its fiches that propose something, in the order of the tree."""

    dossier: Dossier
    fiches: list[FicheStanding]
    depths: dict[int, int]

    def find(self, fiche_id: int) -> FicheStanding | None:
        """Fiche of that id."""
        return next((one for one in self.fiches if one.fiche.pk == fiche_id), None)

    def after(self, fiche_id: int) -> FicheStanding | None:
        """Next fiche that has something to decide, after this one then from the first; ``None`` when all is decided."""
        rank = next((at for at, one in enumerate(self.fiches) if one.fiche.pk == fiche_id), -1)
        around = [*self.fiches[rank + 1 :], *self.fiches[: max(rank, 0)]]
        return next((one for one in around if not one.is_done), None)

    @cached_property
    def seal(self) -> str:
        """Tells these decisions from any others: what a publication was asked for with them in sight."""
        rows = [(review.pk, review.at.isoformat()) for one in self.fiches for review in one.reviews.values()]
        return sha256(repr(sorted(rows)).encode()).hexdigest()[:SEAL]

    @property
    def open_conflicts(self) -> list[tuple[FicheStanding, Part]]:
        return [(one, part) for one in self.fiches for part in one.open_conflicts]

    @property
    def barring_conflicts(self) -> list[tuple[FicheStanding, Part]]:
        """Conflicts that stand against publishing: those of a fiche that goes back wait for it to come again."""
        return [(one, part) for one, part in self.open_conflicts if one.fiche.pk not in self.held_back]

    @property
    def returned(self) -> list[tuple[FicheStanding, Part]]:
        return [(one, part) for one in self.fiches for part in one.returned]

    @property
    def total(self) -> int:
        return sum(len(one.weighed) for one in self.fiches)

    @property
    def undecided_count(self) -> int:
        return sum(len(one.undecided) for one in self.fiches)

    @property
    def conflict_count(self) -> int:
        return len(self.barring_conflicts)

    @property
    def returned_count(self) -> int:
        return len(self.returned)

    @property
    def decided_count(self) -> int:
        return sum(one.decided_count for one in self.fiches)

    def count(self, *decisions: str) -> int:
        """Parts decided so."""
        reviews = (one.review_of(part) for one in self.fiches for part in one.weighed if part not in one.open_conflicts)
        return sum(review is not None and review.decision in decisions for review in reviews)

    @property
    def accepted_count(self) -> int:
        return self.count(FieldDecision.ACCEPT)

    @property
    def amended_count(self) -> int:
        return self.count(FieldDecision.AMEND)

    @property
    def kept_count(self) -> int:
        return self.count(FieldDecision.KEEP)

    @property
    def may_validate(self) -> bool:
        """Tell whether the whole dossier may be published: conflicts settled, nothing returned (spec 30)."""
        return not self.open_conflicts and not self.returned

    @cached_property
    def held_back(self) -> dict[int, str]:
        """Fiches that a partial publication returns, by id: those with a returned point, and why the others must."""
        return held_back([one.fiche for one in self.fiches], {one.fiche.pk for one in self.fiches if one.returned})

    @property
    def going_back(self) -> list[tuple[FicheStanding, str]]:
        """Fiches that a partial publication returns, each with why it must; empty where its own points say it."""
        return [(one, self.held_back[one.fiche.pk]) for one in self.fiches if one.fiche.pk in self.held_back]

    @cached_property
    def publishable(self) -> list[Fiche]:
        """Fiches that a partial publication would take."""
        return [one.fiche for one in self.fiches if one.fiche.pk not in self.held_back]

    @cached_property
    def reopenings(self) -> dict[Key, bool]:
        """Records closed meanwhile that the dossier proposes to open again; ``True`` when this is accepted."""
        at_once = set(self.publishable)
        return {
            (one.fiche.kind, one.fiche.record_id): one.reopens
            for one in self.fiches
            if STATUS in one.conflicts and one.fiche in at_once
        }

    def blockers(self, checks: Mapping[int, Iterable[Check]]) -> list[str]:
        """What is closed above the fiches that would be published, given the checks of each; no query."""
        at_once = set(self.publishable)
        written = [one.fiche.pk for one in self.fiches if one.fiche in at_once and not one.left]
        return list(dict.fromkeys(check.blocker for pk in written for check in checks.get(pk, ()) if check.blocker))

    @cached_property
    def blocked(self) -> list[tuple[FicheStanding, Check]]:
        """Fiches that would be published below what the directory has closed, each with what stands against it."""
        at_once = set(self.publishable)
        written = [one for one in self.fiches if one.fiche in at_once and not one.left]
        above = above_of([one.fiche for one in written], self.reopenings)
        told = [
            (one, check)
            for one in written
            for check in above_check(FicheFacts(one.fiche.kind, one.fiche.action, "", above=above.get(one.fiche.pk)))
        ]
        return [(one, check) for one, check in told if check.verdict == Verdict.ERROR]

    @property
    def confirmed(self) -> list[FicheStanding]:
        """Fiches that their authors found right as the directory has them."""
        return [one for one in self.fiches if one.is_confirmed]

    @property
    def left(self) -> list[FicheStanding]:
        """Fiches of which publishing writes nothing, the directory keeping what it has."""
        return [one for one in self.fiches if one.left]

    @property
    def writes_part(self) -> bool:
        """Tell whether a fiche that does not go back says something to publish."""
        return any(one.fiche.pk not in self.held_back and not one.is_confirmed for one in self.fiches)

    @property
    def may_publish_part(self) -> bool:
        """Tell whether some fiches may be published while the others go back to their author."""
        return bool(self.returned) and not self.barring_conflicts and self.writes_part


def standing_of(dossier: Dossier) -> Standing:
    """Where the review of a dossier stands now."""
    level = Coalesce(F("structure__level"), KT("values__level"), output_field=CharField())
    every = list(dossier.fiches.with_records().annotate(level=level).order_by("position", "pk"))
    ordered, depths = _in_tree(every)
    at_work = [fiche for fiche in ordered if (fiche.action, fiche.state) not in IDLE_PAIRS]
    for fiche in at_work:
        fiche.dossier = dossier
    return Standing(dossier, standings(at_work), depths)


def standings(fiches: list[Fiche]) -> list[FicheStanding]:
    """Each fiche with its decisions, files and conflicts: three queries."""
    reviews: dict[int, dict[str, FieldReview]] = defaultdict(dict)
    for review in FieldReview.objects.filter(fiche__in=fiches).select_related("by"):
        reviews[review.fiche_id][review.field] = review
    files: dict[int, list[FicheFile]] = defaultdict(list)
    for file in FicheFile.objects.filter(fiche__in=fiches).select_related("removes"):
        files[file.fiche_id].append(file)
    changes = changes_since(fiches)
    return [_standing(fiche, reviews[fiche.pk], files[fiche.pk], changes.get(fiche.pk, ())) for fiche in fiches]


def _standing(
    fiche: Fiche, reviews: dict[str, FieldReview], files: list[FicheFile], changes: Iterable[RecordChange]
) -> FicheStanding:
    whole = whole_conflicts(fiche, changes)
    kept = why_left(fiche, changes, whole, reviews)
    parts = [Part(key, label) for key, label in MEANWHILE.items() if key in whole]
    conflicts = whole | conflicts_in(fiche, changes, reviews, files)
    return FicheStanding(
        fiche, [*parts, *parts_of(fiche, files, reviews)], reviews, conflicts, files, kept, list(changes)
    )


def _in_tree(fiches: Iterable[Fiche]) -> tuple[list[Fiche], dict[int, int]]:
    """Fiches as the tree shows them, each after the one above it, and their depths."""
    below: dict[int, list[Fiche]] = defaultdict(list)
    known = {fiche.pk for fiche in fiches}
    for fiche in fiches:
        below[fiche.parent_id if fiche.parent_id in known else 0].append(fiche)
    ordered: list[Fiche] = []
    depths: dict[int, int] = {}
    waiting = [(fiche, 0) for fiche in reversed(below[0])]
    while waiting:
        fiche, depth = waiting.pop()
        ordered.append(fiche)
        depths[fiche.pk] = depth
        waiting += [(child, depth + 1) for child in reversed(below[fiche.pk])]
    return ordered, depths
