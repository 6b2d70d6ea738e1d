"""What follows from a dossier being sent: decisions about another proposal fall, its risk is counted."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from directory.blocks import block_of
from directory.enums import RecordKind

from ..enums import DossierAct, FieldDecision
from ..fiches.groups import GROUPED, key_of
from ..fiches.states import same
from ..models import Dossier, FieldReview
from ..signals import dossier_changed
from .facts import checks_by_fiche, dossier_checks, risk_facts
from .meanwhile import SOURCE
from .risk import risk_of
from .standing import standing_of

if TYPE_CHECKING:
    from ..models import Fiche, Step
    from .parts import Part
    from .standing import FicheStanding


def register() -> None:
    """Listen to the acts on dossiers; called once, when Django is ready."""
    dossier_changed.connect(when_sent, dispatch_uid="collaborative.review.when_sent")


def when_sent(sender: type[Dossier], dossier: Dossier, step: Step | None, **more: Any) -> None:
    """Prepare a dossier that was just sent for its review, in the transaction of the sending."""
    if step is None or step.act != DossierAct.SEND:
        return
    standing = standing_of(dossier)
    fallen = [one.reviews[name].pk for one in standing.fiches for name in fallen_names(one)]
    shown = [one.fiche.pk for one in standing.fiches]
    idle = Q(fiche__dossier=dossier) & ~Q(fiche__in=shown)
    FieldReview.objects.filter(Q(pk__in=fallen) | idle).delete()
    fiches = [one.fiche for one in standing.fiches]
    checks = [*chain.from_iterable(checks_by_fiche(fiches).values()), *dossier_checks(dossier)]
    dossier.risk, dossier.risk_reasons = risk_of(risk_facts(dossier, fiches, checks))
    Dossier.objects.filter(pk=dossier.pk).update(risk=dossier.risk, risk_reasons=dossier.risk_reasons)


def fallen_names(one: FicheStanding) -> list[str]:
    """Decisions of a fiche that no longer hold: fields sent back, and those whose proposal is another now.

    What a correction added to fields that nobody proposed holds as long as the part that it makes sense with, or as an
    amendment of its block, or as the decision that it was taken with. Of fields that make sense together only, no
    decision outlives another.
    """
    stored = {name for part in one.parts if not part.is_beside for name in part.stored}
    kind = RecordKind(one.fiche.kind)
    kept = {name for name in stored if name in one.reviews} & {
        name for part in one.parts if not part.is_beside and _holds(one, part) for name in part.stored
    }
    amended = {block_of(kind, name) for name in kept if one.reviews[name].decision == FieldDecision.AMEND}
    moments = {(block_of(kind, name), one.reviews[name].at) for name in kept}

    def holds(name: str) -> bool:
        review, block = one.reviews[name], block_of(kind, name)
        if name in stored or review.decision != FieldDecision.AMEND or review.proposed is not None:
            return False
        return block in amended or (block, review.at) in moments

    fallen = {key_of(name) for name in one.reviews if name not in kept and not holds(name)}
    return [name for name in one.reviews if key_of(name) in fallen]


def is_told(fiche: Fiche, review: FieldReview) -> bool:
    """Tell whether a point returned was sent back to its author: not while the dossier was withdrawn before that."""
    decided_at = fiche.dossier.decided_at
    return review.decision == FieldDecision.RETURN and decided_at is not None and review.at <= decided_at


def _holds(one: FicheStanding, part: Part) -> bool:
    """Tell whether the decision of a part is still about what is proposed, each of its fields, over the same others.

    One that keeps the directory, or returns the part, holds whatever these others say.
    """
    review = one.review_of(part)
    if review is None or is_told(one.fiche, review) or not one.reviews.keys() >= {*part.decided}:
        return False
    decided = [name for name in {*part.stored, *part.together} if name in one.reviews]
    if not all(_is_about(one, name) for name in decided):
        return False
    if review.decision == FieldDecision.RETURN:
        return True
    moved = _moved(one, review.record_version)
    base = one.fiche.base
    if any(name in base and same(base[name], moved[name]) for name in moved.keys() & {*decided}):
        return False  # the same is proposed anew, over what the directory says since: no conflict tells it
    others = {*part.together} - {*decided, SOURCE}
    return review.decision == FieldDecision.KEEP or others.isdisjoint(moved)


def _moved(one: FicheStanding, version: int) -> dict[str, Any]:
    """What the directory says of the fields that it changed after a version, those put back left out."""
    found: dict[str, tuple[Any, Any]] = {}
    for line in one.changes:
        if line.version > version:
            found |= {name: (found.get(name, pair)[0], pair[1]) for name, pair in line.changes.items()}
    return {name: now for name, (before, now) in found.items() if not same(before, now)}


def _is_about(one: FicheStanding, name: str) -> bool:
    """Tell whether a decision is about what is proposed of its field, or corrects one that still is not."""
    review = one.reviews[name]
    if name in one.fiche.values or name not in GROUPED:
        return same(review.proposed, one.proposal(name))
    return review.decision == FieldDecision.AMEND and review.proposed is None
