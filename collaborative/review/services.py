"""Acts of the review: decide of a field, take a decision back, return a dossier, validate it (spec 30, Validating).

Only the validator who took the dossier decides, while it is en validation; each act locks the dossier first, so that
it never crosses a withdrawal, a takeover or a publication.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from common import french

from ..enums import DossierAct, FicheAction, FieldDecision
from ..fiches.services import return_fiches
from ..fiches.states import same, state_at
from ..models import Comment, Dossier, Fiche, FieldReview
from ..permissions import why_not_act
from ..services import StaleDossier, apply_locked, checked_text, lock_dossier
from ..workflow import IllegalAct, transition_of
from .corrections import corrected_value, why_words
from .parts import MEANWHILE, PHOTO, field_parts
from .standing import standing_of, standings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import User
    from directory.scopes import Scope

    from .parts import Part
    from .standing import FicheStanding, Standing

REASON_MISSING = "Dites pourquoi ce champ est à corriger."
TORN = (
    "Le répertoire a changé le reste de ce point depuis\u00a0: corrigez-le pour dire ce qui sera publié, "
    "gardez celui du répertoire, ou renvoyez-le."
)
KEPT = "valeur du répertoire gardée"
NOTHING_RETURNED = "Écrivez une remarque, ou renvoyez au moins un champ."


def decide_field(
    *,
    fiche: Fiche,
    part: str,
    decision: FieldDecision,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int | None = None,
    record_version: int = 0,
    reason: str = "",
    values: Mapping[str, Any] | None = None,
) -> Dossier:
    """Accept, amend, return a part of a fiche, or keep what the directory says; return the dossier.

    ``record_version`` is the version of the record that was in sight. ``values`` are the kept values of an amended
    part, and of fields beside it: what these held at ``record_version`` is kept as their base. A part amended to what
    is proposed is accepted. A correction of such fields is held against what the directory says since by accepting its
    part, dropped by keeping the directory.
    Raises ``PermissionDenied`` for who did not take the dossier, ``StaleDossier`` when it is no more en
    validation or was acted upon since ``expected_version``, ``ValidationError`` for a part that the fiche does not
    have, a decision that the part does not take, or a return without ``reason``.
    """
    with transaction.atomic():
        dossier = lock_for_review(fiche.dossier_id, scope, expected_version)
        one = _standing_in(dossier, fiche)
        found = one.part(part)
        if found is None:
            raise ValidationError("Ce champ n’est plus proposé par la fiche.", code="gone")
        _refuse(one, found, decision, values)
        missing = REASON_MISSING if decision == FieldDecision.RETURN else ""
        reason = checked_text(reason, missing=missing)
        seen = _seen(one, record_version)
        shared: dict[str, Any] = {"by": by, "now": now, "reason": reason, "record_version": seen}
        if decision == FieldDecision.AMEND:
            _correct(one, found, values or {}, **shared)
        else:
            _settle(one, found, decision, **shared)
    return dossier


def undecide(
    *,
    fiche: Fiche,
    part: str,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int | None = None,
) -> Dossier:
    """Take back what was decided of a part; nothing when nothing was. Raises what ``decide_field`` raises."""
    with transaction.atomic():
        dossier = lock_for_review(fiche.dossier_id, scope, expected_version)
        one = _standing_in(dossier, fiche)
        found = one.part(part)
        if found is None:
            raise ValidationError("Ce champ n’est plus proposé par la fiche.", code="gone")
        _forget(one, found)
    return dossier


def accept_fiche(
    *,
    fiche: Fiche,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int | None = None,
    record_version: int = 0,
) -> int:
    """« Accepter toute la fiche »: each part that is not decided; return how many. Conflicts are left to be settled.

    Raises what ``decide_field`` raises.
    """
    with transaction.atomic():
        dossier = lock_for_review(fiche.dossier_id, scope, expected_version)
        one = _standing_in(dossier, fiche)
        names = tuple(name for part in one.undecided for name in part.decided)
        count = len(one.undecided)
        _write(
            one, names, FieldDecision.ACCEPT, {}, by=by, now=now, reason="", record_version=_seen(one, record_version)
        )
    return count


def return_dossier(
    *,
    dossier: Dossier,
    remark: str,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int | None = None,
) -> Dossier:
    """« Renvoyer à corriger »: one message to the author, with a remark for each returned field.

    The fiches that hold a returned field are en attente again. Raises ``ValidationError`` when there is neither a
    remark nor a returned field, and what ``services.apply`` raises.
    """
    with transaction.atomic():
        locked = lock_dossier(dossier.pk)
        standing = standing_of(locked)
        if not standing.returned:
            checked_text(remark, missing=NOTHING_RETURNED)
        remark = checked_text(remark) or returned_words(standing)
        _write_remarks(standing, by, now)
        done = apply_locked(
            dossier=locked,
            act=DossierAct.RETURN,
            by=by,
            scope=scope,
            now=now,
            expected_version=expected_version,
            remark=remark,
        )
        fiches = list(dict.fromkeys(one.fiche for one, _ in standing.returned))
        return_fiches(dossier=done, fiches=fiches, by=by, now=now)
    return done


def _write_remarks(standing: Standing, by: User, now: datetime.datetime) -> None:
    """One remark a returned point, on its field, in the thread of the dossier."""
    for one, part in standing.returned:
        review = one.review_of(part)
        Comment.objects.create(
            dossier=standing.dossier,
            fiche=one.fiche,
            field=part.field,
            text=review.reason if review else part.label,
            is_return=True,
            at=now,
            by=by,
        )


def lock_for_review(dossier_id: int, scope: Scope, expected_version: int | None = None) -> Dossier:
    """Lock a dossier that this person took and that is still en validation.

    Raises ``StaleDossier`` or ``PermissionDenied``.
    """
    dossier = lock_dossier(dossier_id)
    try:
        transition = transition_of(DossierAct.RETURN, dossier.state)
    except IllegalAct:
        raise StaleDossier(dossier) from None
    if refusal := why_not_act(scope, dossier, transition):
        raise PermissionDenied(refusal)
    if expected_version is not None and dossier.version != expected_version:
        raise StaleDossier(dossier)
    return dossier


def returned_words(standing: Standing) -> str:
    """« 2 points à corriger : UO ACT Vesta – Adresse mail, … »: what is said when no remark was written."""
    named = [f"{one.fiche} – {part.label}" for one, part in standing.returned]
    shown = "\u202f; ".join(named[:8]) + ("…" if len(named) > 8 else ".")
    return f"{french.counted(len(named), 'point à corriger', 'points à corriger')}\u00a0: {shown}"


def amended_words(standing: Standing) -> str:
    """What the support put right itself in what is published now, for the author; empty when nothing."""
    lines = []
    published = set(standing.publishable)
    for one in standing.fiches:
        for part in one.parts if one.fiche in published and not one.left else []:
            review = one.review_of(part)
            if review is None or review.decision not in {FieldDecision.AMEND, FieldDecision.KEEP}:
                continue
            value = "" if review.decision == FieldDecision.KEEP else corrected_value(one, part)
            if value or review.decision == FieldDecision.KEEP:
                said = f"corrigé en {value}" if value else KEPT
                lines.append(f"{one.fiche} – {part.label}\u00a0: {said}{why_words(review)}.")
    return "\n".join(lines)


def left_words(standing: Standing) -> str:
    """Fiches that publishing leaves aside now and why, for the author; empty when none."""
    published = set(standing.publishable)
    return "\n".join(f"{one.fiche}\u00a0: {one.left}." for one in standing.left if one.fiche in published)


def _standing_in(dossier: Dossier, fiche: Fiche) -> FicheStanding:
    found = Fiche.objects.filter(dossier=dossier, pk=fiche.pk).with_records().first()
    if found is None:
        raise ValidationError("Cette fiche n’est plus dans le dossier.", code="gone")
    return standings([found])[0]


def _seen(one: FicheStanding, record_version: int) -> int:
    """Version of the record that was in sight: none that is still to come."""
    return min(record_version, one.fiche.record.version if one.fiche.record is not None else 0)


def _refuse(one: FicheStanding, part: Part, decision: str, values: Mapping[str, Any] | None) -> None:
    """Raise ``ValidationError`` for a decision that the part does not take."""
    has_value = not part.is_whole or part.key in MEANWHILE or (part.key == PHOTO and PHOTO in one.conflicts)
    is_kept = one.fiche.action != FicheAction.CREATE and has_value
    if decision == FieldDecision.KEEP and not is_kept:
        raise ValidationError("Le répertoire n’a pas de valeur à garder ici.", code="decision")
    if decision == FieldDecision.ACCEPT and one.mixes(part):
        raise ValidationError(TORN, code="decision")
    if decision == FieldDecision.AMEND and (part.is_whole or not values):
        raise ValidationError("Donnez la valeur corrigée.", code="decision")
    if decision == FieldDecision.RETURN and part.is_beside:
        raise ValidationError("La fiche ne propose pas ce champ\u00a0: annulez la correction.", code="decision")


def _forget(one: FicheStanding, part: Part) -> None:
    """Drop the decisions of a part, and what its correction changed beside it."""
    one.fiche.reviews.filter(field__in={*part.stored, *one.added_with(part)}).delete()


def _settle(one: FicheStanding, part: Part, decision: str, **shared: Any) -> None:
    """Write a decision without a value; of a correction over what nobody proposed: hold it, or drop it."""
    if decision == FieldDecision.ACCEPT and one.holds_correction(part):
        held = {"record_version": shared["record_version"], "by": shared["by"]}
        one.fiche.reviews.filter(field__in=part.stored).update(**held)
        return
    _forget(one, part)
    if not part.is_beside:
        _write(one, part.decided, decision, {}, **shared)


def _correct(one: FicheStanding, part: Part, values: Mapping[str, Any], **shared: Any) -> None:
    """Write a correction: values of the part and beside it, those as the directory had them in sight left out.

    Nothing of a part that comes back to what is proposed is a correction: the part itself is accepted then. Of a part
    torn by the directory, all is written: its author had something else in sight, and is told.
    """
    fiche = one.fiche
    whole = {*part.together} if one.mixes(part) else set()
    beside = [name for name in values if name not in fiche.values]
    version = shared["record_version"] or (fiche.record.version if fiche.record is not None else 0)
    base = state_at(fiche, version, beside) if beside else {}
    written = {
        name: value
        for name, value in values.items()
        if name in whole or name not in beside or not same(value, base.get(name))
    }
    fiche.reviews.filter(field__in={*part.stored, *values}).delete()
    fiche.reviews.filter(field__in=one.added_with(part)).update(at=shared["now"])  # they stay tied to it
    same_parts = _as_proposed(fiche, written)
    unchanged = {name for same_part in same_parts for name in same_part.names}
    names = tuple(name for name in written if name not in unchanged)
    _write(one, names, FieldDecision.AMEND, written, base=base, **shared)
    if any(same_part.key == part.key for same_part in same_parts):
        _write(one, part.decided, FieldDecision.ACCEPT, {}, **shared)


def _as_proposed(fiche: Fiche, written: Mapping[str, Any]) -> list[Part]:
    """Parts whose fields in ``written`` all say what the fiche proposes."""
    beside = written.keys() - fiche.values.keys()
    parts = field_parts(fiche.kind, written.keys() & fiche.values.keys(), beside)
    return [
        part
        for part in parts
        if not part.beside and all(same(written[name], fiche.values[name]) for name in part.names)
    ]


def _write(
    one: FicheStanding,
    names: tuple[str, ...],
    decision: str,
    amended: Mapping[str, Any],
    *,
    by: User,
    now: datetime.datetime,
    reason: str,
    record_version: int,
    base: Mapping[str, Any] | None = None,
) -> None:
    FieldReview.objects.bulk_create(
        [
            FieldReview(
                fiche=one.fiche,
                field=name,
                decision=decision,
                value=amended.get(name),
                proposed=_kept_proposal(one, name),
                base=(base or {}).get(name),
                reason=reason,
                record_version=record_version,
                at=now,
                by=by,
            )
            for name in names
        ],
        update_conflicts=True,
        unique_fields=["fiche", "field"],
        update_fields=["decision", "value", "proposed", "base", "reason", "record_version", "at", "by"],
    )


def _kept_proposal(one: FicheStanding, name: str) -> Any:
    """What a decision is about: an emptied field is told from one that the fiche does not propose."""
    proposal = one.proposal(name)
    return "" if proposal is None and name in one.fiche.values else proposal
