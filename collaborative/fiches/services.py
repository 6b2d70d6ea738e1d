"""Acts on fiches: save, add, copy, remove, restore, move, reset (spec 30, Working in a dossier).

Each act locks the dossier first, so that acts on one dossier follow one another; a fiche saved by somebody else since
it was read is refused (``StaleFiche``), and an act on a dossier that is not editable any more too (``StaleDossier``).
"""

from __future__ import annotations

import contextlib
import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max

from directory.enums import RecordKind, StructureLevel
from directory.fixed import FIXED_FIELDS, WHY_IN_DOSSIER
from directory.versions.wording import field_label

from ..enums import FicheAct, FicheAction, FicheState
from ..models import Dossier, Draft, Fiche, Step
from ..permissions import edits_dossier, why_not_open, why_not_yours
from ..services import AlreadyOpen, StaleDossier, hold_entity, lock_dossier, log_fiche, pair_words, settle
from ..workflow import IllegalAct, fiche_after
from .addresses import ADDRESS_NAMES, forget_inherited, whole_address, without_kept
from .copies import copy_names
from .entities import release_entities
from .groups import keep_around, with_others
from .identity import follow_legal_entity, refuse_taken_numbers
from .states import IDENTITY_NAMES, PLACE_NAMES, missing_of, same, state_at, waiting_rows, whole_state
from .term_rules import refuse_choices

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from accounts.models import User
    from directory.models import GeographicEntity
    from directory.scopes import Scope
    from directory.snapshots import State

MAX_ADDED = 50  # fiches created at once
MAX_FICHES = 2000  # of a dossier


class StaleFiche(Exception):
    """Somebody saved the fiche since it was read, or its state no longer allows the act. ``current`` is it now."""

    def __init__(self, current: Fiche) -> None:
        super().__init__(f"fiche {current.pk} is {pair_words(current)} at version {current.version}")
        self.current = current


def save_fiche(
    *,
    fiche: Fiche,
    values: State,
    record_version: int,
    finalise: bool,
    expected_version: int,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    waiting: dict[str, dict[str, str]] | None = None,
    touched: Collection[str] | None = None,
) -> Fiche:
    """« Enr. et mettre en attente » or, with ``finalise``, « Enr. et finaliser »; return the fiche as it is now.

    ``values`` are the kept values of the forms, of one block or of all; ``record_version`` is the version of the record
    that they were typed over: what the directory changed since and nobody touched here is left to the directory.
    ``waiting``: what waits in the blocks sent (``states.waiting_rows``). ``touched``: names that the person changed,
    the others being left as they stand when the fiche was moved meanwhile. The person's draft is dropped. Raises
    ``PermissionDenied``, ``StaleDossier``, ``StaleFiche``, and ``ValidationError`` (code « incomplete ») when a fiche
    to finalise lacks a required field or has lines that wait, or says what ``fiches.identity`` or ``fiches.term_rules``
    refuse.
    """
    with transaction.atomic():
        dossier, locked = _begin_text(fiche, expected_version, by, scope)
        if touched is not None and expected_version != locked.version:
            values = _touched_alone(values, touched)
        _propose(locked, values, record_version)
        state = whole_state(locked)
        rows = waiting_rows(locked, waiting or {})
        locked.missing = [*missing_of(locked.kind, without_kept(locked, state)), *rows]
        locked.name = str(state.get("name") or "")[:255]
        follow_legal_entity(dossier, locked, state, scope)
        if finalise:
            _refuse_unfinished(locked, state, now)
        _act(dossier, locked, FicheAct.FINALISE if finalise else FicheAct.HOLD, by, now, is_text=True)
        Draft.objects.filter(fiche=locked, by=by).delete()
        settle(dossier=dossier, by=by, now=now)
    return locked


def add_units(
    *,
    parent: Fiche,
    count: int,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    copy_of: Fiche | None = None,
) -> list[Fiche]:
    """« Créer des unités opérationnelles »: ``count`` blank UOs below an EG or a structure, or copies of a UO.

    A copy takes everything but the identifiers, the files and the place. Raises ``ValidationError`` beyond MAX_ADDED or
    MAX_FICHES, below a removed fiche or for a copy of another dossier's.
    """
    with transaction.atomic():
        dossier, locked = _begin(parent, None, by, scope)
        if locked.kind == RecordKind.UNIT or locked.is_removed:
            raise ValidationError("Une unité se crée sous un établissement ou une structure du dossier.")
        if not 1 <= count <= MAX_ADDED:
            raise ValidationError({"count": f"De 1 à {MAX_ADDED} unités à la fois."})
        if dossier.fiches.count() + count > MAX_FICHES:
            raise ValidationError(f"Un dossier a {MAX_FICHES} fiches au plus.")
        values: State = {}
        if copy_of is not None:
            if copy_of.dossier_id != dossier.pk or copy_of.kind != RecordKind.UNIT:
                raise ValidationError("Choisissez une unité de ce dossier à copier.")
            copied = whole_state(copy_of)
            values = {name: copied[name] for name in copied if name not in IDENTITY_NAMES | _PUBLICATION}
        names = copy_names(dossier, str(values.get("name") or ""), count) if copy_of else [""] * count
        made = [_added(dossier, RecordKind.UNIT, locked, values | {"name": name}, by, now) for name in names]
        settle(dossier=dossier, by=by, now=now)
    return made


def add_structure(*, parent: Fiche, level: str, by: User, scope: Scope, now: datetime.datetime) -> Fiche:
    """Add a blank structure of ``level`` below an EG or a higher structure. Raises ``ValidationError`` elsewhere."""
    with transaction.atomic():
        dossier, locked = _begin(parent, None, by, scope)
        if locked.kind == RecordKind.UNIT or locked.is_removed:
            raise ValidationError("Une structure se crée sous un établissement ou une structure du dossier.")
        above = whole_state(locked).get("level") if locked.kind == RecordKind.STRUCTURE else None
        if level not in _LEVELS or (above is not None and _LEVELS.index(above) >= _LEVELS.index(level)):
            raise ValidationError({"level": "La structure mère doit être d’un niveau supérieur."})
        if level == _LEVELS[0] and locked.kind == RecordKind.STRUCTURE:
            raise ValidationError({"level": "Une structure de niveau 1 dépend directement de l’établissement."})
        made = _added(dossier, RecordKind.STRUCTURE, locked, {"level": level}, by, now)
        settle(dossier=dossier, by=by, now=now)
    return made


def remove_fiche(*, fiche: Fiche, expected_version: int, by: User, scope: Scope, now: datetime.datetime) -> list[Fiche]:
    """« Supprimer »: the fiche and all below it; return them. Publishing closes for good those that exist."""
    with transaction.atomic():
        dossier, locked = _begin(fiche, expected_version, by, scope)
        removed = [locked, *(one for one in _below(locked) if not one.is_removed)]
        for one in removed:
            _act(dossier, one, FicheAct.REMOVE, by, now)
        settle(dossier=dossier, by=by, now=now)
    return removed


def restore_fiche(
    *, fiche: Fiche, expected_version: int, by: User, scope: Scope, now: datetime.datetime
) -> list[Fiche]:
    """« Rétablir »: a removed fiche (what went with it, and what it needs above it), or a moved one to its place.

    Of a fiche that stands, what was removed below it. One that was moved before it was removed is moved again. Return
    the fiches restored.
    """
    with transaction.atomic():
        dossier, locked = _begin(fiche, expected_version, by, scope)
        restored = [locked]
        if locked.is_removed:
            went = locked.updated_at
            restored += [one for one in _below(locked) if one.is_removed and one.updated_at == went]
            restored += [one for one in _above(locked) if one.is_removed]
        elif locked.action == FicheAction.MOVE:
            locked.parent = home_of(locked)
            forget_inherited(locked)
        else:
            restored = [one for one in _below(locked) if one.is_removed] or restored
        moved = _moved_when_removed(restored)
        for one in restored:
            _act(dossier, one, FicheAct.RESTORE, by, now, away=one.pk in moved)
        release_entities(dossier)
        settle(dossier=dossier, by=by, now=now)
    return restored


def reset_fiche(*, fiche: Fiche, expected_version: int, by: User, scope: Scope, now: datetime.datetime) -> Fiche:
    """« Revenir au répertoire »: drop what a fiche of an existing record proposes, its files included.

    The person's own draft goes too; those of others stay, and meet this version when they are saved.
    """
    with transaction.atomic():
        dossier, locked = _begin(fiche, expected_version, by, scope)
        locked.values, locked.base, locked.missing = {}, {}, []
        locked.parent = home_of(locked)
        if locked.record is not None:
            locked.name, locked.base_version = locked.record.name, locked.record.version
        _act(dossier, locked, FicheAct.RESET, by, now, is_text=True)
        locked.files.all().delete()
        locked.drafts.filter(by=by).delete()
        release_entities(dossier)
        settle(dossier=dossier, by=by, now=now)
    return locked


def move_fiche(
    *, fiche: Fiche, parent: Fiche, expected_version: int, by: User, scope: Scope, now: datetime.datetime
) -> Fiche:
    """« Déplacer » a UO below another EG or structure of the dossier, a structure within its EG.

    To the place that the record has in the directory it is no move: a moved fiche is restored there. Raises
    ``ValidationError`` for a place where it cannot stand.
    """
    with transaction.atomic():
        dossier, locked = _begin(fiche, expected_version, by, scope)
        above = _fiches(dossier).get(pk=parent.pk)
        _refuse_place(locked, above)
        locked.parent = above
        home = home_of(locked)
        away = home is None or home.pk != above.pk
        if _stays_in_entity(locked, above):
            forget_inherited(locked)
        act = FicheAct.RESTORE if locked.action == FicheAction.MOVE and not away else FicheAct.MOVE
        _act(dossier, locked, act, by, now, away=away)
        release_entities(dossier)
        settle(dossier=dossier, by=by, now=now)
    return locked


def _stays_in_entity(fiche: Fiche, above: Fiche) -> bool:
    """Tell whether a fiche stands, below ``above``, in the EG of its record."""
    there, record = above.record, fiche.record
    entity = getattr(there, "geographic_entity_id", None) or getattr(there, "pk", None)
    return record is not None and entity == getattr(record, "geographic_entity_id", None)


def join_entity(*, dossier: Dossier, entity: GeographicEntity, by: User, scope: Scope, now: datetime.datetime) -> Fiche:
    """Occupy a second EG, so that units move between the two; return its fiche.

    Raises ``PermissionDenied`` outside the person's scope, ``AlreadyOpen`` when the EG is in a dossier (this one too).
    """
    if refusal := why_not_open(scope, entity):
        raise PermissionDenied(refusal)
    try:
        with transaction.atomic():
            locked = editable_dossier(dossier.pk, scope)
            top = hold_entity(dossier=locked, entity=entity, by=by, now=now)
            settle(dossier=locked, by=by, now=now)
    except IntegrityError:
        held = Dossier.objects.about(entity).first()
        if held is None:
            raise
        raise AlreadyOpen(held) from None
    return top


def move_to_entity(
    *,
    fiche: Fiche,
    entity: GeographicEntity,
    expected_version: int,
    by: User,
    scope: Scope,
    now: datetime.datetime,
) -> Fiche:
    """« Déplacer » a UO to another EG of the person's: the dossier then occupies both.

    Raises what ``join_entity`` and ``move_fiche`` raise; nothing is kept of a refused move.
    """
    with transaction.atomic():
        dossier, _ = _begin(fiche, expected_version, by, scope)
        parent = join_entity(dossier=dossier, entity=entity, by=by, scope=scope, now=now)
        return move_fiche(fiche=fiche, parent=parent, expected_version=expected_version, by=by, scope=scope, now=now)


def return_fiches(*, dossier: Dossier, fiches: Iterable[Fiche], by: User, now: datetime.datetime) -> None:
    """Put the finalised ones of ``fiches`` back en attente, their dossier having just been returned by its validator.

    The caller has locked the dossier. A fiche that proposes a removal stays so: its remark says what to answer.
    """
    returned = [fiche for fiche in fiches if fiche.state == FicheState.FINALISED]
    for fiche in returned:
        _act(dossier, fiche, FicheAct.RETURN, by, now)
    if returned:
        settle(dossier=dossier, by=by, now=now)


@contextlib.contextmanager
def changing_files(*, fiche: Fiche, by: User, scope: Scope, now: datetime.datetime) -> Iterator[Fiche]:
    """Give the fiche, locked, to a change of its files (``fiches.files``); it is en attente after it.

    One transaction; the same refusals as ``save_fiche``, whatever the version: the text is left alone.
    """
    with transaction.atomic():
        dossier, locked = _begin(fiche, None, by, scope)
        yield locked
        _act(dossier, locked, FicheAct.HOLD, by, now)
        settle(dossier=dossier, by=by, now=now)


def home_of(fiche: Fiche) -> Fiche | None:
    """Fiche below which the record of ``fiche`` stands in the directory today; its present parent for a creation."""
    record = fiche.record
    if record is None or fiche.kind == RecordKind.GEOGRAPHIC_ENTITY:
        return fiche.parent
    above = record.structure_id if fiche.kind == RecordKind.UNIT else record.parent_id
    of = {"structure_id": above} if above else {"geographic_entity_id": record.geographic_entity_id}
    return Fiche.objects.filter(dossier_id=fiche.dossier_id, **of).first() or fiche.parent


_LEVELS = tuple(StructureLevel.values)  # the highest first
_PUBLICATION = frozenset({"status", "opened_on", "closure_kind", "closed_on", "reopens_on"})


def editable_dossier(dossier_id: int, scope: Scope) -> Dossier:
    """Lock a dossier whose fiches this person may change now: every act on them begins so.

    Raises ``PermissionDenied`` outside the person's scope, ``StaleDossier`` when its state allows no change.
    """
    dossier = lock_dossier(dossier_id)
    if not edits_dossier(scope, dossier):
        raise PermissionDenied(why_not_yours(scope, dossier))
    if not dossier.is_editable:
        raise StaleDossier(dossier)
    return dossier


def _begin(fiche: Fiche, expected_version: int | None, by: User, scope: Scope) -> tuple[Dossier, Fiche]:
    """Lock the dossier of a fiche, and read the fiche again."""
    dossier = editable_dossier(fiche.dossier_id, scope)
    locked = _fiches(dossier).get(pk=fiche.pk)
    if expected_version is not None and locked.version != expected_version:
        raise StaleFiche(locked)
    return dossier, locked


def _begin_text(fiche: Fiche, expected_version: int, by: User, scope: Scope) -> tuple[Dossier, Fiche]:
    """Begin, for who read the text at ``expected_version``: acts that left it alone since do not count."""
    dossier, locked = _begin(fiche, None, by, scope)
    if not expected_version or not locked.text_version <= expected_version <= locked.version:
        raise StaleFiche(locked)
    return dossier, locked


def _refuse_unfinished(fiche: Fiche, state: State, now: datetime.datetime) -> None:
    """Raise ``ValidationError`` for a fiche that cannot be finalised as it stands."""
    refuse_taken_numbers(fiche, state)
    if fiche.missing:
        labels = ", ".join(row["label"] for row in fiche.missing)
        raise ValidationError(f"À compléter avant de finaliser\u00a0: {labels}.", code="incomplete")
    refuse_choices(fiche, state, now)


def _fiches(dossier: Dossier):
    return Fiche.objects.filter(dossier=dossier).with_records()


def _moved_when_removed(fiches: list[Fiche]) -> set[int]:
    """Keys of the removed fiches that were moved by their dossier before, and still stand elsewhere than their record.

    One query, and one a moved fiche.
    """
    removed = {fiche.pk: fiche for fiche in fiches if fiche.is_removed}
    steps = Step.objects.filter(fiche__in=removed, act=FicheAct.REMOVE).order_by("pk")
    before = dict(steps.values_list("fiche_id", "from_state"))  # the last one of each
    moved = [removed[pk] for pk, pair in before.items() if pk and pair.startswith(f"{FicheAction.MOVE}:")]
    return {fiche.pk for fiche in moved if getattr(home_of(fiche), "pk", None) != fiche.parent_id}


def _act(
    dossier: Dossier,
    fiche: Fiche,
    act: FicheAct,
    by: User,
    now: datetime.datetime,
    *,
    away: bool = False,
    is_text: bool = False,
) -> None:
    """Change the state of a fiche as the table says, save it and keep its step. ``is_text``: its text was written."""
    before = pair_words(fiche)
    try:
        pair = fiche_after(act, fiche.action, fiche.state, has_values=_proposes(fiche), away=away)
        fiche.action, fiche.state = pair
    except IllegalAct:
        raise StaleFiche(fiche) from None
    fiche.version += 1
    fiche.updated_by, fiche.updated_at = by, now
    if is_text:
        fiche.text_version, fiche.text_by, fiche.text_at = fiche.version, by, now
    fiche.save()
    if pair_words(fiche) != before:
        log_fiche(fiche, act, before, by, now)


def _proposes(fiche: Fiche) -> bool:
    return bool(fiche.values) or fiche.files.exists()


def _touched_alone(values: State, touched: Collection[str]) -> State:
    """Values that the person changed; an address is one, whole."""
    kept = {name: value for name, value in values.items() if name in touched}
    if any(name in kept for name in ADDRESS_NAMES):
        kept |= {name: values[name] for name in ADDRESS_NAMES if name in values}
    return kept


def _propose(fiche: Fiche, values: State, record_version: int) -> None:
    """Put typed values over the proposal: what says the same as the directory is no proposal.

    Raises ``ValidationError`` when the discipline or the mode of a published unit would change (RG_EXP_010, 011).
    """
    typed = {name: value for name, value in values.items() if name not in PLACE_NAMES}
    if fiche.is_creation:
        fiche.values = {name: value for name, value in (fiche.values | typed).items() if value not in (None, "", [])}
        return
    today = state_at(fiche, fiche.record.version, typed.keys())
    shown = state_at(fiche, record_version, with_others(typed))
    proposed, base = dict(fiche.values), dict(fiche.base)
    fixed = FIXED_FIELDS.get(type(fiche.record), frozenset())
    for name, value in typed.items():
        if name not in proposed and same(shown.get(name), value):
            continue
        if name in fixed and today.get(name) and not same(today[name], value):
            raise ValidationError(f"{field_label(fiche.kind, name)}\u00a0: {WHY_IN_DOSSIER}", code="fixed")
        if same(today.get(name), value):
            proposed.pop(name, None)
            base.pop(name, None)
            continue
        proposed[name] = value
        base.setdefault(name, shown.get(name))
    if fiche.action == FicheAction.MOVE:
        whole_address(proposed, base, typed, shown)
    keep_around(proposed, base, shown)
    fiche.values, fiche.base, fiche.base_version = proposed, base, fiche.record.version


def _added(dossier: Dossier, kind: str, parent: Fiche, values: State, by: User, now: datetime.datetime) -> Fiche:
    top = dossier.fiches.aggregate(top=Max("position"))["top"] or 0
    values = {name: value for name, value in values.items() if value not in (None, "", [])}
    fiche: Any = Fiche(
        dossier=dossier,
        kind=kind,
        action=FicheAction.CREATE,
        state=FicheState.PENDING,
        parent=parent,
        name=str(values.get("name", "")),
        position=top + 1,
        values=values,
        missing=missing_of(kind, values),
        created_at=now,
        updated_at=now,
        updated_by=by,
    )
    fiche.save()
    log_fiche(fiche, FicheAct.ADD, "", by, now)
    return fiche


def _below(fiche: Fiche) -> list[Fiche]:
    """Fiches below one in the tree of its dossier, at any depth: one query."""
    rows = list(Fiche.objects.filter(dossier_id=fiche.dossier_id).with_records())
    found, reached = [], {fiche.pk}
    grew = True
    while grew:
        more = [row for row in rows if row.parent_id in reached and row.pk not in reached]
        found += more
        reached |= {row.pk for row in more}
        grew = bool(more)
    return found


def _above(fiche: Fiche) -> list[Fiche]:
    found = []
    while fiche.parent_id is not None:
        fiche = Fiche.objects.with_records().get(pk=fiche.parent_id)
        found.append(fiche)
    return found


def _refuse_place(fiche: Fiche, above: Fiche) -> None:
    """Raise ``ValidationError`` when ``fiche`` cannot stand below ``above``."""
    if fiche.kind == RecordKind.GEOGRAPHIC_ENTITY:
        raise ValidationError("Un établissement ne se déplace pas dans un dossier.")
    if above.kind == RecordKind.UNIT or above.is_removed:
        raise ValidationError("Choisissez un établissement ou une structure du dossier, qui n’est pas supprimé.")
    if fiche.kind == RecordKind.UNIT:
        return
    if above.pk in {fiche.pk, *(one.pk for one in _below(fiche))}:
        raise ValidationError("Une structure ne se déplace pas sous elle-même.")
    level = whole_state(fiche).get("level")
    if above.kind == RecordKind.STRUCTURE:
        over = whole_state(above).get("level")
        if level not in _LEVELS or over not in _LEVELS or _LEVELS.index(over) >= _LEVELS.index(level):
            raise ValidationError("La structure mère doit être d’un niveau supérieur.")
    if _top_of(above) != _top_of(fiche):
        raise ValidationError("Une structure se déplace dans son établissement.")


def _top_of(fiche: Fiche) -> int:
    while fiche.parent_id is not None:
        fiche = Fiche.objects.only("parent_id").get(pk=fiche.parent_id)
    return fiche.pk
