"""Who is told of an act on a dossier: its directors, its author, the validators, the desk of support."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.models import User
from accounts.roles import Permission
from directory.models import GeographicEntity
from directory.reports.services import directors_of
from directory.scopes import scope_of

from ..enums import DossierState
from ..models import Dossier

if TYPE_CHECKING:
    from collections.abc import Iterable


def keepers_of(dossier: Dossier) -> list[User]:
    """Who sent the dossier, who opened it for a new EG, and the directors of its EG.

    Each once, those only whose account is in use and who may open the dossier today; validators, who open dossiers for
    others, only when they sent it. Two queries, then those of each person's rights.
    """
    authors = {dossier.sent_by_id} if dossier.sent_by_id else set()
    if dossier.geographic_entity_id is None:
        authors.add(dossier.opened_by_id)
    found = list(User.objects.filter(pk__in=authors, is_active=True).order_by("pk"))
    if dossier.geographic_entity_id is not None:
        found += directors_of(GeographicEntity.objects.only("legal_entity_id").get(pk=dossier.geographic_entity_id))
    return [user for user in _once(found) if _may_read(user, dossier)]


def validates(user: User) -> bool:
    """Tell whether a person speaks for support."""
    return scope_of(user).may(Permission.DOSSIER_VALIDATE)


def validator_of(dossier: Dossier) -> User | None:
    """Validator who answers about a dossier: the one who took it, else the one who sent it back; ``None``: the desk."""
    found = dossier.taken_by
    if found is None and dossier.state != DossierState.SENT:
        found = dossier.decided_by
    return found if found is not None and found.is_active and validates(found) else None


def _may_read(user: User, dossier: Dossier) -> bool:
    return Dossier.objects.visible_to(scope_of(user)).filter(pk=dossier.pk).exists()


def _once(users: Iterable[User]) -> list[User]:
    return list({user.pk: user for user in users}.values())
