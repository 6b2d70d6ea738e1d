"""Who may do what with a dossier: one rule for the button, the view and the service (spec 30; spec 01-settled)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from accounts.roles import Permission
from directory.models import GeographicEntity

from .enums import DossierAct, DossierState
from .workflow import Actor, Transition, acts_from

if TYPE_CHECKING:
    from django.http import HttpRequest

    from directory.scopes import Coverage, Scope

    from .models import Dossier

NOT_YOURS = "Ce dossier n’est pas dans votre périmètre."
RIGHT_LOST = (
    "Vous n’avez plus de droit sous l’entité juridique de ce dossier\u00a0: vous pouvez le lire et y renoncer, "
    "pas le modifier ni l’envoyer."
)
OTHERS_TOO = (
    "Ce dossier touche aussi un établissement hors de votre périmètre, où une unité est déplacée\u00a0: "
    "seule une personne qui a un droit sur tous peut le modifier ou l’envoyer. Il s’agit de"
)
NAMES_SHOWN = 3
SENT_BY_YOU = "Vous avez envoyé ce dossier\u00a0: une autre personne du support doit le valider."
RENOUNCING = frozenset({DossierAct.WITHDRAW, DossierAct.ABANDON})
NOT_EDITABLE: dict[str, str] = {
    DossierState.SENT: "Ce dossier est en validation\u00a0: retirez-le de la validation pour le modifier.",
    DossierState.VALIDATED: "Ce dossier est publié\u00a0: il ne se modifie plus.",
    DossierState.ABANDONED: "Ce dossier est abandonné\u00a0: il ne se modifie plus.",
}


class NotEditableNow(PermissionDenied):
    """A person's own dossier, which takes no change in its state: no question of rights, it is said on its page."""


def works_on_dossiers(request: HttpRequest) -> bool:
    """Tell whether « Dossier collaboratif » is this person's: directors and support."""
    scope = getattr(request, "scope", None)
    return scope is not None and (scope.may(Permission.DIRECTORY_EDIT) or scope.may(Permission.DOSSIER_VALIDATE))


def validates_dossiers(request: HttpRequest) -> bool:
    """Tell whether « Dossiers à valider » is this person's."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.DOSSIER_VALIDATE)


def manages_campaigns(request: HttpRequest) -> bool:
    """Tell whether campaigns are this person's."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.CAMPAIGN_MANAGE)


def why_not_open(scope: Scope, entity: GeographicEntity) -> str:
    """Reason why this person may not open a dossier on an EG, in French; empty when they may."""
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    if coverage.empty:
        return "Seuls les directeurs et le support ouvrent un dossier collaboratif."
    if not coverage.holds_geographic_entity(entity):
        return "Cet établissement n’est pas dans votre périmètre."
    if entity.is_closed:
        return "Cet établissement est fermé\u00a0: rouvrez-le avant d’ouvrir un dossier."
    return ""


def heads_under(coverage: Coverage, legal_entity_id: int | None) -> bool:
    """Tell whether a coverage reaches an EJ or an EG of it: what lets propose a new EG there. One query at most."""
    if coverage.region or legal_entity_id in coverage.legal_entities:
        return True
    own = GeographicEntity.objects.filter(legal_entity=legal_entity_id, pk__in=coverage.geographic_entities)
    return bool(coverage.geographic_entities) and own.exists()


def edits_dossier(scope: Scope, dossier: Dossier) -> bool:
    """Tell whether the content is this person's to write, whatever its state: every EG it works on is in his scope.

    A dossier on a new EG belongs to whoever heads its EJ, and to who opened it while he heads something there (two
    queries at most).
    """
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    if coverage.region:
        return True
    if coverage.empty:
        return False
    if dossier.geographic_entity_id is not None:
        own = coverage.holds_geographic_entity(dossier.geographic_entity)
    elif dossier.opened_by_id == scope.user_id:
        own = heads_under(coverage, dossier.legal_entity_id)
    else:
        own = dossier.legal_entity_id in coverage.legal_entities
    entities = GeographicEntity.objects.filter(held_by__dossier=dossier)
    return own and not entities.exclude(coverage.geographic_entities_q()).exists()


def may_renounce(scope: Scope, dossier: Dossier) -> bool:
    """Tell whether a dossier on a new EG is this person's to withdraw or abandon, even without a right left there.

    He opened it, and still heads something somewhere; no query.
    """
    own = dossier.geographic_entity_id is None and dossier.opened_by_id == scope.user_id
    return own and not scope.coverage(Permission.DIRECTORY_EDIT).empty


def why_not_yours(scope: Scope, dossier: Dossier) -> str:
    """What to tell a person who may not write a dossier that he knows of.

    To who heads the EG that it is about: the other EGs of it, which are not his. One query then.
    """
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    own = dossier.geographic_entity
    if own is None or coverage.empty or not coverage.holds_geographic_entity(own):
        return _why_not_at_all(scope, dossier)
    held = GeographicEntity.objects.filter(held_by__dossier=dossier).exclude(coverage.geographic_entities_q())
    names = [f"«\u00a0{entity}\u00a0»" for entity in held.order_by("sort_name", "pk")[:NAMES_SHOWN]]
    return f"{OTHERS_TOO} {', '.join(names)}." if names else NOT_YOURS


def _why_not_at_all(scope: Scope, dossier: Dossier) -> str:
    return RIGHT_LOST if may_renounce(scope, dossier) else NOT_YOURS


def why_not_edit(scope: Scope, dossier: Dossier) -> str:
    """Reason why the fiches of a dossier may not be changed by this person now, in French; empty when they may."""
    if not edits_dossier(scope, dossier):
        return why_not_yours(scope, dossier)
    return NOT_EDITABLE.get(dossier.state, "")


def refuse_to_edit(scope: Scope, dossier: Dossier) -> None:
    """Raise ``NotEditableNow`` or ``PermissionDenied`` with ``why_not_edit``, when there is a reason."""
    if refusal := why_not_edit(scope, dossier):
        raise (NotEditableNow if refusal == NOT_EDITABLE.get(dossier.state) else PermissionDenied)(refusal)


def why_not_act(scope: Scope, dossier: Dossier, transition: Transition, *, edits: bool | None = None) -> str:
    """Reason why this person may not make ``transition`` on ``dossier``, in French; empty when they may.

    The two validations are never of the same person (spec 30, States): whoever has sent the dossier, in whatever round,
    has given the first one and gives no second, even once it was withdrawn or returned and sent again by another. To
    have written in it is no validation: support helps a director to fill it in, he sends it, and support validates.

    ``edits``: what ``edits_dossier`` said, for who has asked it already.
    """
    if transition.actor == Actor.EDITOR:
        own = edits_dossier(scope, dossier) if edits is None else edits
        own = own or (transition.act in RENOUNCING and may_renounce(scope, dossier))
        return "" if own else _why_not_at_all(scope, dossier)
    if transition.actor == Actor.SYSTEM:
        return "Cette étape suit d’une autre\u00a0: personne ne la décide."
    if not scope.may(Permission.DOSSIER_VALIDATE):
        return "Seul le support valide un dossier."
    if dossier.was_sent_by(scope.user_id):
        return SENT_BY_YOU
    if transition.actor == Actor.TAKER and dossier.taken_by_id != scope.user_id:
        return "Prenez d’abord ce dossier en charge."
    return ""


def acts_of(scope: Scope, dossier: Dossier, *, edits: bool | None = None) -> tuple[Transition, ...]:
    """Transitions that this person may make now: the buttons of the page. ``edits``: as in ``why_not_act``."""
    if edits is None:
        edits = edits_dossier(scope, dossier)
    return tuple(found for found in acts_from(dossier.state) if not why_not_act(scope, dossier, found, edits=edits))
