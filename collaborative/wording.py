"""Steps of a dossier in words: what was done, on what, and what it changed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .enums import DossierAct, DossierState, FicheAct
from .workflow import pictogram_of

if TYPE_CHECKING:
    from .models import Step


@dataclass(frozen=True)
class StepLine:
    """A step as the history shows it.

    ``fiche``: name of the fiche it is about, ``fiche_id`` its id, ``dossier_id`` the dossier where it is now.
    """

    at: datetime.datetime
    by: str
    act: str
    before: str
    after: str
    fiche: str
    fiche_id: int | None
    dossier_id: int
    remark: str


def line_of(step: Step) -> StepLine:
    """Step in words; its author and its fiche are loaded."""
    before, after = state_words(step.from_state), state_words(step.to_state)
    return StepLine(
        at=step.at,
        by=str(step.by) if step.by else "Le ROR",
        act=act_words(step.act, on_fiche=step.fiche_id is not None),
        before="" if before == after else before,
        after="" if before == after else after,
        fiche=str(step.fiche) if step.fiche else "",
        fiche_id=step.fiche_id,
        dossier_id=step.fiche.dossier_id if step.fiche else step.dossier_id,
        remark=step.remark,
    )


def act_words(act: str, *, on_fiche: bool) -> str:
    """Label of an act; the act itself when the tables do not know it any more."""
    kind = FicheAct if on_fiche else DossierAct
    return str(kind(act).label) if act in kind.values else act


def state_words(state: str) -> str:
    """Label of the state of a dossier, or of an « action:state » of a fiche; empty for no state."""
    action, _, fiche_state = state.partition(":")
    if fiche_state:
        return str(pictogram_of(action, fiche_state).label)
    return str(DossierState(state).label) if state in DossierState.values else state
