"""What a partial publication leaves: a new dossier « à corriger », by the same author, linked to the first (spec 30).

Each of the two dossiers keeps a whole tree: a fiche that leaves the first one leaves a standard fiche of its record
there, and one that was published has a standard fiche in the new one.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from directory.enums import RecordKind
from directory.models import GeographicEntity, Structure

from ..enums import DossierAct, DossierState, FicheAct, FicheAction, FicheState
from ..fiches.entities import release_entities
from ..models import Comment, Dossier, Fiche, HeldEntity, Step
from ..models.fiches import RECORD_FIELDS
from ..review.standing import standings
from ..services import log_fiche, pair_words
from ..workflow import IDLE_PAIRS, fiche_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from accounts.models import User


@dataclass
class Split:
    """The fiches of a dossier that is published in part: those that leave it, those published, and its two trees.

    ``every`` are read with their records as the directory has them now.
    """

    first: Dossier
    rest: Dossier
    every: Sequence[Fiche]
    published: set[int]
    by: User
    now: datetime.datetime

    def leaves(self, fiche: Fiche) -> bool:
        """Tell whether a fiche goes to the new dossier: it proposes something that is not published."""
        idle = (fiche.action, fiche.state) == (FicheAction.MODIFY, FicheState.STANDARD)
        return not idle and fiche.pk not in self.published

    @cached_property
    def by_record(self) -> dict[tuple[str, int], Fiche]:
        """Fiches of EGs and of structures, by their record."""
        entities = {("eg", one.geographic_entity_id): one for one in self.every if one.geographic_entity_id}
        return entities | {("structure", one.structure_id): one for one in self.every if one.structure_id}

    def home(self, fiche: Fiche) -> Fiche | None:
        """Fiche of the record below which the directory has that of ``fiche``; ``None`` for an EG, or elsewhere."""
        record: Any = fiche.record
        if isinstance(record, GeographicEntity):
            return None
        structure = record.parent_id if isinstance(record, Structure) else record.structure_id
        above = ("structure", structure) if structure else ("eg", record.geographic_entity_id)
        return self.by_record.get(above)

    def is_elsewhere(self, fiche: Fiche) -> bool:
        """Tell whether the directory moved the record of a fiche out of the tree of the dossier."""
        one: Fiche | None = fiche
        while one is not None and one.kind != RecordKind.GEOGRAPHIC_ENTITY:
            one = self.home(one) if one.record is not None else None
        return one is None


def split_dossier(
    *, dossier: Dossier, every: Sequence[Fiche], published: set[int], remark: str, by: User, now: datetime.datetime
) -> Dossier:
    """Put what is not published of a locked dossier in a new one, whose EGs it keeps occupied; return it.

    ``every`` are the fiches of the dossier, those published with their records. Fiches with a returned point are en
    attente again, each point with its remark in the thread, which is copied.
    """
    rest = _new_dossier(dossier, by, now)
    Step.objects.create(
        dossier=rest, act=DossierAct.OPEN, from_state="", to_state=rest.state, remark=remark, at=now, by=by
    )
    split = Split(dossier, rest, every, published, by, now)
    _share_fiches(split)
    _share_entities(split)
    _copy_thread(split)
    _return_points(split, remark)
    release_entities(rest)
    pairs = [pair for pair in rest.fiches.values_list("action", "state") if pair not in IDLE_PAIRS]
    rest.fiche_count = len(pairs)
    rest.done_count = sum(state != FicheState.PENDING for _, state in pairs)
    rest.save(update_fields=["fiche_count", "done_count"])
    return rest


def _new_dossier(dossier: Dossier, by: User, now: datetime.datetime) -> Dossier:
    rest = Dossier(
        name=dossier.name,
        state=DossierState.RETURNED,
        geographic_entity=dossier.geographic_entity,
        legal_entity=dossier.legal_entity,
        campaign=dossier.campaign,
        origin=dossier,
        opened_by_id=dossier.opened_by_id,
        opened_at=now,
        started_at=now,
        changed_by=by,
        changed_at=now,
        sent_by_id=dossier.sent_by_id,
        sent_at=dossier.sent_at,
        senders=dossier.senders,
        decided_by=by,
        decided_at=now,
    )
    rest.save()
    return rest


def _share_fiches(split: Split) -> None:
    """Give each dossier its fiches: those that leave, those that stay, and a standard fiche for those of the other.

    A standard fiche stands where the directory has its record, moved meanwhile or not; what is closed or was moved out
    of the tree has none, unless something that leaves the first dossier stands below it.
    """
    leaving = {fiche.pk for fiche in split.every if split.leaves(fiche)}
    Fiche.objects.filter(pk__in=leaving).update(dossier=split.rest)
    above_rest = _above(split.every, leaving) - leaving
    shown = {
        fiche.pk
        for fiche in split.every
        if (fiche.pk in above_rest and fiche.record is not None)
        or (_is_open(fiche) and (fiche.pk in leaving or not split.is_elsewhere(fiche)))
    }
    stubs = {fiche.pk: _standard(split, fiche) for fiche in split.every if fiche.pk in shown}
    Fiche.objects.bulk_create(stubs.values(), batch_size=200)
    in_first = {fiche.pk: stubs.get(fiche.pk) if fiche.pk in leaving else fiche for fiche in split.every}
    in_rest = {fiche.pk: fiche if fiche.pk in leaving else stubs.get(fiche.pk) for fiche in split.every}
    for fiche in split.every:
        above = fiche.parent_id or 0
        stub = stubs.get(fiche.pk)
        home = split.home(fiche) if stub is not None else None
        if fiche.pk in leaving:
            fiche.dossier, fiche.parent = split.rest, in_rest.get(above)
            if stub is not None:
                stub.parent = in_first.get(home.pk) if home else None
        else:
            fiche.parent = in_first.get(above)
            if stub is not None:
                stub.parent = in_rest.get(home.pk if home else above)
    Fiche.objects.bulk_update([*split.every, *stubs.values()], ["parent"], batch_size=200)


def _above(every: Sequence[Fiche], below: set[int]) -> set[int]:
    """Ids of the fiches that those of ``below`` stand under, at any level."""
    parents = {fiche.pk: fiche.parent_id for fiche in every}
    found: set[int] = set()
    for pk in below:
        above = parents.get(pk)
        while above and above not in found:
            found.add(above)
            above = parents.get(above)
    return found


def _is_open(fiche: Fiche) -> bool:
    return fiche.record is not None and not fiche.record.is_closed


def _standard(split: Split, fiche: Fiche) -> Fiche:
    """Standard fiche of the record of ``fiche``, for the other dossier."""
    record: Any = fiche.record
    return Fiche(
        dossier=split.first if split.leaves(fiche) else split.rest,
        kind=fiche.kind,
        **{RECORD_FIELDS[RecordKind(fiche.kind)]: record},
        name=record.name,
        position=fiche.position,
        base_version=record.version,
        created_at=split.now,
        updated_at=split.now,
        updated_by=split.by,
    )


def _share_entities(split: Split) -> None:
    """The EGs stay occupied, by the new dossier: those that are open, the new one among them."""
    split.first.held.all().delete()
    entities = [fiche.geographic_entity for fiche in split.every if fiche.geographic_entity is not None]
    HeldEntity.objects.bulk_create(
        HeldEntity(dossier=split.rest, geographic_entity=entity)
        for entity in dict.fromkeys(entities)
        if not entity.is_closed
    )


def _copy_thread(split: Split) -> None:
    """Copy the messages about the dossier and about the fiches that leave it, with their authors and dates."""
    gone = {fiche.pk for fiche in split.every if split.leaves(fiche)}
    thread = [
        comment
        for comment in split.first.comments.order_by("at", "pk")
        if comment.fiche_id is None or comment.fiche_id in gone
    ]
    Comment.objects.bulk_create(
        Comment(
            dossier=split.rest,
            fiche_id=comment.fiche_id,
            field=comment.field,
            text=comment.text,
            is_return=comment.is_return,
            at=comment.at,
            by_id=comment.by_id,
        )
        for comment in thread
    )


def _return_points(split: Split, remark: str) -> None:
    """Write the remark and the reason of each returned point; their fiches are en attente again."""
    shared: dict[str, Any] = {"dossier": split.rest, "is_return": True, "at": split.now, "by": split.by}
    comments = [Comment(text=remark, **shared)] if remark else []
    for standing in standings([fiche for fiche in split.every if split.leaves(fiche)]):
        fiche = standing.fiche
        for part in standing.returned:
            review = standing.review_of(part)
            reason = review.reason if review is not None else part.label
            comments.append(Comment(fiche=fiche, field=part.field, text=reason, **shared))
        if standing.returned and fiche.state == FicheState.FINALISED:
            before = pair_words(fiche)
            action, state = fiche_after(FicheAct.RETURN, fiche.action, fiche.state, has_values=True)
            fiche.action, fiche.state = action, state
            fiche.version += 1
            fiche.updated_by, fiche.updated_at = split.by, split.now
            fiche.save()
            log_fiche(fiche, FicheAct.RETURN, before, split.by, split.now)
    Comment.objects.bulk_create(comments)
