"""Whether somebody may state the places of a unit, or why not: the same rule for the row, the view and the service."""

from enum import StrEnum

from accounts.roles import Permission
from directory.models import OperationalUnit
from directory.scopes import Scope

from .models import CurrentFigure, UnitClosure


class Refusal(StrEnum):
    """Why a statement is refused."""

    NOT_HELD = "not_held"
    CLOSED = "closed"
    NOT_PUBLISHED = "not_published"
    NOT_OPEN = "not_open"
    UNAVAILABLE = "unavailable"


REFUSAL_WORDS: dict[Refusal, str] = {
    Refusal.NOT_HELD: "Cette unité n’est pas de celles dont vous saisissez les places.",
    Refusal.CLOSED: "UO fermée, saisie bloquée.",
    Refusal.NOT_PUBLISHED: "La fiche de cette unité n’est pas publiée\u00a0: la saisie est bloquée.",
    Refusal.NOT_OPEN: "Saisie non activée.",
    Refusal.UNAVAILABLE: "UO en indisponibilité totale, saisie bloquée.",
}


def may_state_somewhere(scope: Scope) -> bool:
    """Tell whether the entry page is for this person."""
    return scope.may(Permission.STATEMENT_WRITE)


def statement_refusal(
    scope: Scope, unit: OperationalUnit, figure: CurrentFigure | None, closure: UnitClosure | None
) -> Refusal | None:
    """Reason why this person may not state the unit's places now; ``None`` when allowed. The unit's EG is read.

    ``closure`` is the unavailability of the unit that holds now, if any.
    """
    if not scope.coverage(Permission.STATEMENT_WRITE).holds_unit(unit):
        return Refusal.NOT_HELD
    if unit.is_closed:
        return Refusal.CLOSED
    if not unit.is_published:
        return Refusal.NOT_PUBLISHED
    if figure is None or not figure.is_open:
        return Refusal.NOT_OPEN
    if closure is not None:
        return Refusal.UNAVAILABLE
    return None


def may_manage_entry(scope: Scope, unit: OperationalUnit) -> bool:
    """Tell whether this person may open or close the unit to entry."""
    return scope.coverage(Permission.OPENING_MANAGE).holds_unit(unit)


def may_manage_openings(scope: Scope) -> bool:
    """Tell whether this person manages groupings, openings and crisis mode for the region."""
    return scope.coverage(Permission.OPENING_MANAGE).region
