"""The workflow of dossiers and fiches: one table each, pure (spec 30, States; spec 01-settled, Dossiers).

Who may act is told by ``Actor``, decided in ``collaborative.permissions``; what else must be true by the services.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from .enums import DossierAct, DossierState, FicheAct, FicheAction, FicheState, Pictogram

if TYPE_CHECKING:
    from collections.abc import Iterable


class Actor(StrEnum):
    """Who may make a transition."""

    EDITOR = "editor"  # may edit every EG of the dossier: its directors, support
    VALIDATOR = "validator"  # SESAN, but never who has sent it, in whatever round
    TAKER = "taker"  # the validator who took it
    SYSTEM = "system"  # follows from another act, whoever makes it


class IllegalAct(Exception):
    """The state does not allow the act: ``state`` is the present one, ``act`` what was asked."""

    def __init__(self, act: str, state: str) -> None:
        super().__init__(f"{act} from {state or 'nothing'}")
        self.act, self.state = act, state


class Transition(NamedTuple):
    """An act, the states that it may leave (none: it creates the dossier), the state that it gives."""

    act: DossierAct
    sources: tuple[DossierState, ...]
    target: DossierState
    actor: Actor
    needs_remark: bool = False


_D = DossierState
TRANSITIONS: tuple[Transition, ...] = (
    Transition(DossierAct.OPEN, (), _D.DRAFT, Actor.EDITOR),
    Transition(DossierAct.SETTLE, (_D.DRAFT, _D.RETURNED), _D.FINALISED, Actor.SYSTEM),
    Transition(DossierAct.UNSETTLE, (_D.FINALISED,), _D.DRAFT, Actor.SYSTEM),
    Transition(DossierAct.SEND, (_D.FINALISED, _D.RETURNED), _D.SENT, Actor.EDITOR),
    Transition(DossierAct.WITHDRAW, (_D.SENT,), _D.FINALISED, Actor.EDITOR),
    Transition(DossierAct.TAKE, (_D.SENT,), _D.SENT, Actor.VALIDATOR),
    Transition(DossierAct.TAKE_OVER, (_D.SENT,), _D.SENT, Actor.VALIDATOR),
    Transition(DossierAct.RELEASE, (_D.SENT,), _D.SENT, Actor.TAKER),
    Transition(DossierAct.RETURN, (_D.SENT,), _D.RETURNED, Actor.TAKER, needs_remark=True),
    Transition(DossierAct.VALIDATE, (_D.SENT,), _D.VALIDATED, Actor.TAKER),
    Transition(DossierAct.VALIDATE_PART, (_D.SENT,), _D.VALIDATED, Actor.TAKER, needs_remark=True),
    Transition(DossierAct.ABANDON, (_D.DRAFT, _D.FINALISED, _D.RETURNED), _D.ABANDONED, Actor.EDITOR),
)
_BY_ACT = {transition.act: transition for transition in TRANSITIONS}


def transition_of(act: DossierAct, state: str) -> Transition:
    """Transition that ``act`` makes from ``state``. Raises ``IllegalAct`` when the table has none."""
    found = _BY_ACT[DossierAct(act)]
    if state not in found.sources:
        raise IllegalAct(act, state)
    return found


def acts_from(state: str) -> tuple[Transition, ...]:
    """Transitions that leave ``state``, but those that the system makes."""
    return tuple(found for found in TRANSITIONS if state in found.sources and found.actor != Actor.SYSTEM)


class FicheTransition(NamedTuple):
    """An act on a fiche: the pairs (action, state) that it may leave; what it gives is told by ``fiche_after``."""

    act: FicheAct
    sources: frozenset[tuple[FicheAction, FicheState]]


_A, _F = FicheAction, FicheState
LEGAL_PAIRS: frozenset[tuple[FicheAction, FicheState]] = frozenset(
    {
        (_A.CREATE, _F.PENDING),
        (_A.CREATE, _F.FINALISED),
        (_A.CREATE, _F.REMOVED),
        (_A.MODIFY, _F.STANDARD),
        (_A.MODIFY, _F.PENDING),
        (_A.MODIFY, _F.FINALISED),
        (_A.DELETE, _F.REMOVED),
        (_A.MOVE, _F.PENDING),
        (_A.MOVE, _F.FINALISED),
    }
)
_LIVING = frozenset(pair for pair in LEGAL_PAIRS if pair[1] != _F.REMOVED)
FICHE_TRANSITIONS: tuple[FicheTransition, ...] = (
    FicheTransition(FicheAct.HOLD, _LIVING),
    FicheTransition(FicheAct.FINALISE, _LIVING),
    FicheTransition(FicheAct.REMOVE, _LIVING),
    FicheTransition(FicheAct.MOVE, _LIVING),
    FicheTransition(FicheAct.RESTORE, LEGAL_PAIRS - _LIVING | {(_A.MOVE, _F.PENDING), (_A.MOVE, _F.FINALISED)}),
    FicheTransition(FicheAct.RESET, frozenset(pair for pair in LEGAL_PAIRS if pair[0] != _A.CREATE)),
    FicheTransition(FicheAct.RETURN, frozenset(pair for pair in _LIVING if pair[1] == _F.FINALISED)),
)
_BY_FICHE_ACT = {transition.act: transition for transition in FICHE_TRANSITIONS}


def fiche_after(
    act: FicheAct, action: str, state: str, *, has_values: bool, away: bool = False
) -> tuple[FicheAction, FicheState]:
    """Action and state of a fiche after ``act``; ``has_values``: it proposes values of its own.

    ``away``: ``act`` (« Déplacer », « Rétablir ») puts it elsewhere than where the directory has its record. Raises
    ``IllegalAct`` when the table does not allow the act from there.
    """
    before = FicheAction(action), FicheState(state)
    if act not in _BY_FICHE_ACT or before not in _BY_FICHE_ACT[act].sources:
        raise IllegalAct(act, state)
    is_new = before[0] == _A.CREATE
    kept = before[1] if before[0] == _A.MOVE else _F.PENDING
    restored = (_A.CREATE, _F.PENDING) if is_new else (_A.MODIFY, kept if has_values else _F.STANDARD)
    return {
        FicheAct.HOLD: (before[0], _F.PENDING),
        FicheAct.RETURN: (before[0], _F.PENDING),
        FicheAct.FINALISE: (before[0], _F.FINALISED),
        FicheAct.REMOVE: (_A.CREATE if is_new else _A.DELETE, _F.REMOVED),
        FicheAct.MOVE: _moved(*before, restored, away=away),
        FicheAct.RESET: (_A.MODIFY, _F.STANDARD),
        FicheAct.RESTORE: _elsewhere(restored) if away and not is_new else restored,
    }[act]


def _moved(
    action: FicheAction, state: FicheState, restored: tuple[FicheAction, FicheState], *, away: bool
) -> tuple[FicheAction, FicheState]:
    """What « Déplacer » gives: to the place of its record, a moved fiche is ``restored`` and another stays as it is."""
    if action == _A.CREATE:
        return action, state
    if away:
        return _elsewhere((action, state))
    return restored if action == _A.MOVE else (action, state)


def _elsewhere(pair: tuple[FicheAction, FicheState]) -> tuple[FicheAction, FicheState]:
    return _A.MOVE, _F.FINALISED if pair[1] == _F.STANDARD else pair[1]


def pictogram_of(action: str, state: str) -> Pictogram:
    """Pictogram of a fiche in the tree."""
    is_new = action == FicheAction.CREATE
    if state == FicheState.REMOVED:
        return Pictogram.REMOVED_NEW if is_new else Pictogram.REMOVED_KNOWN
    if state == FicheState.PENDING:
        return Pictogram.PENDING
    if action == FicheAction.MOVE:
        return Pictogram.MOVED
    if state == FicheState.FINALISED:
        return Pictogram.FINALISED_NEW if is_new else Pictogram.FINALISED_KNOWN
    return Pictogram.STANDARD


# Nothing to publish: a fiche nobody touched, a new one that was removed again.
IDLE_PAIRS: frozenset[tuple[str, str]] = frozenset({(_A.MODIFY, _F.STANDARD), (_A.CREATE, _F.REMOVED)})


def is_ready(pairs: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a dossier may be sent, given the action and the state of each of its fiches.

    At least one finalised, deleted or moved, and none en attente; untouched ones do not count (spec 01-settled).
    """
    at_work = set(pairs) - IDLE_PAIRS
    return bool(at_work) and all(state != FicheState.PENDING for _, state in at_work)
