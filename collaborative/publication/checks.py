"""What prevents a publication, whole, before anything is written (spec 30, Validating; RG_EXP_044).

The forms have checked each fiche when it was finalised: this is about what changed since, in the directory, in the
nomenclatures or by the validator's hand, and about what a partial publication would tear apart.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import timezone

from common import french
from directory import closures
from directory.closing import closed_above
from directory.enums import PublicationStatus
from directory.models import GeographicEntity
from directory.snapshots import kept_fields

from ..enums import FicheAction, FicheState, FieldDecision
from ..fiches.states import missing_of
from ..fiches.term_rules import Asked, refused_choices
from ..review.meanwhile import conflicts_in
from ..review.parts import MEANWHILE, PLACE, STATUS
from .refusals import lines_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from directory.snapshots import State

    from ..models import Fiche
    from .plan import Item, Plan

NAMES_SHOWN = 3
CONFLICT = "Le répertoire a changé ce champ depuis\u00a0: choisissez la valeur à publier."
WHOLE_CONFLICTS = {
    PLACE: "Sa place dans le répertoire a changé depuis\u00a0: choisissez celle à publier.",
    STATUS: "Elle a été fermée dans le répertoire depuis\u00a0: choisissez si elle le reste.",
}
RETURNED = "Ce point est à corriger\u00a0: renvoyez la fiche, ou revenez sur votre décision."
PENDING = "Cette fiche n’est pas finalisée."


def check_plan(plan: Plan, every: Sequence[Fiche], now: datetime.datetime) -> None:
    """Add to ``plan.lines`` all that prevents publishing; nothing is written."""
    _check_decisions(plan)
    _check_places(plan, every)
    _check_closings(plan)
    for item in plan.writings:
        _check_record(plan, item)
    _check_terms(plan, timezone.localdate(now))


def _check_decisions(plan: Plan) -> None:
    """Fiches are finalised, nothing is returned, each conflict is settled by a decision taken with it in sight."""
    for item in plan.items:
        fiche = item.fiche
        if fiche.state == FicheState.PENDING:
            plan.refuse(item, PENDING)
        known = {*item.values, *fiche.values}
        for name, review in item.reviews.items():
            if review.decision == FieldDecision.RETURN and (name not in MEANWHILE or name in item.whole):
                plan.refuse(item, RETURNED, name if name in known else "")
        for name, conflict in conflicts_in(fiche, item.changes, item.reviews, fiche.files.all()).items():
            if not item.left and not conflict.is_settled(item.reviews.get(name)):
                plan.refuse(item, CONFLICT, name)
        for name in item.whole:
            if not item.settled(name) and not item.left:
                plan.refuse(item, WHOLE_CONFLICTS[name])


def _check_places(plan: Plan, every: Sequence[Fiche]) -> None:
    """What is published stands below something that exists, or is published with it."""
    by_id = {fiche.pk: fiche for fiche in every}
    chosen = {item.fiche.pk for item in plan.items}
    for item in plan.writings:
        above = by_id.get(item.fiche.parent_id or 0)
        if STATUS in item.whole:
            _check_reopening(plan, item)
        elif item.fiche.action != FicheAction.CREATE and item.edit.before.get("status") == PublicationStatus.CLOSED:
            day = french.day(datetime.date.fromisoformat(item.edit.before["closed_on"]))
            plan.refuse(item, f"Cette fiche est fermée dans le répertoire depuis le {day}\u00a0: renvoyez-la.")
        if not item.is_placed:
            continue
        if above is None and not isinstance(item.record, GeographicEntity):
            plan.refuse(item, "Cette fiche n’est rattachée à aucun établissement.")
        elif above is not None and above.is_removed:
            plan.refuse(item, f"Elle est sous «\u00a0{above}\u00a0», qui est supprimé.")
        elif above is not None and above.is_creation and above.pk not in chosen:
            plan.refuse(item, f"Elle ne peut pas être publiée sans «\u00a0{above}\u00a0», qui est nouveau.")


def _check_reopening(plan: Plan, item: Item) -> None:
    """What is open again does not stand below something closed (RG_EXP_044)."""
    if item.reopens and (closed := closed_above(item.record)) is not None:
        plan.refuse(item, f"«\u00a0{closed}\u00a0», au-dessus d’elle, est fermé dans le répertoire.")


def _check_closings(plan: Plan) -> None:
    """A closure closes nothing that the dossier does not close or move away: nobody validated that."""
    leaving = {
        (type(item.record), item.record.pk)
        for item in plan.items
        if item.is_closing or (item.is_placed and not item.edit.is_creation)
    }
    for item in plan.closings:
        left: list[str] = []
        for rows in closures.records_below(item.record):
            below = rows.exclude(status=PublicationStatus.CLOSED).order_by("sort_name", "pk").values_list("pk", "name")
            left += [name for pk, name in below if (rows.model, pk) not in leaving]
        if left:
            named = ", ".join(f"«\u00a0{name}\u00a0»" for name in left[:NAMES_SHOWN])
            more = f" et {len(left) - NAMES_SHOWN} autres" if len(left) > NAMES_SHOWN else ""
            plan.refuse(item, f"La supprimer fermerait aussi {named}{more}, que cette publication ne supprime pas.")


def _check_record(plan: Plan, item: Item) -> None:
    """Apply the rules of the model and of the rights to one record, as direct editing does."""
    record = item.record
    pointers = _pointers(type(record))
    empty = [field.name for field in pointers if not field.null and not _points(record, field)]
    required = {row["name"] for row in missing_of(item.fiche.kind, _said(item))}
    asked = set(item.values) if not item.edit.is_creation else required
    for name in dict.fromkeys((*empty, *sorted(required & asked))):
        if name == "geographic_entity":  # ``_check_places`` has said why
            continue
        plan.refuse(item, "Ce champ est obligatoire.", name)
    try:
        if empty:
            return
        if isinstance(record, GeographicEntity):
            record.full_clean(exclude=["sort_name"])
        else:
            record.clean_fields(exclude=[*(field.name for field in pointers), *record.derived_fields])
            record.clean()
        if not item.edit.is_creation:
            item.edit.check(item.values.keys())
    except ValidationError as refused:
        plan.lines += lines_of(item.fiche, refused)
    except PermissionDenied as refused:
        plan.refuse(item, str(refused))


def _said(item: Item) -> State:
    """What the record will say of the fields that a complete one has; a change is asked for what it touches only."""
    return item.edit.before | item.values


def _points(record: Any, field: models.ForeignKey) -> bool:
    """Tell whether a pointer is filled, be it by a record that is not stored yet."""
    return getattr(record, field.attname) is not None or field.is_cached(record)


def _pointers(model: type[models.Model]) -> list[models.ForeignKey]:
    return [field for field in kept_fields(model) if isinstance(field, models.ForeignKey)]


def _check_terms(plan: Plan, today: datetime.date) -> None:
    """What is newly chosen still exists, is not retired, and is allowed by the type still (``fiches.term_rules``)."""
    asked = [
        Asked(item.fiche.kind, item.values, item.edit.before, getattr(item.record, "unit_type_id", None))
        for item in plan.writings
    ]
    for item, refused in zip(plan.writings, refused_choices(asked, today), strict=True):
        for name, reason in refused:
            plan.refuse(item, reason, name)
