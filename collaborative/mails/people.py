"""Who is told of an act on a dossier: its directors, its author, the validators, the desk of support."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission, Role
from common.french import plural
from directory.models import Assignment, GeographicEntity
from directory.reports.services import DIRECTORS_TOLD, directors_of
from directory.scopes import scope_of

from ..enums import DossierState
from ..models import Dossier
from ..permissions import edits_dossier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAMES_SHOWN = 4  # people that a sentence names


def keepers_of(dossier: Dossier) -> list[User]:
    """Who sent the dossier, who opened it for a new EG, and the directors of its EG.

    Each once, those only whose account is in use and who may open the dossier today; validators, who open dossiers for
    others, only when they sent it. Of a new EG whose authors may not write it any more, the directors of the EJ too.
    A few queries, then those of each person's rights.
    """
    authors = {dossier.sent_by_id} if dossier.sent_by_id else set()
    if dossier.geographic_entity_id is None:
        authors.add(dossier.opened_by_id)
    found = list(User.objects.filter(pk__in=authors, is_active=True).order_by("pk"))
    if dossier.geographic_entity_id is not None:
        found += directors_of(GeographicEntity.objects.only("legal_entity_id").get(pk=dossier.geographic_entity_id))
    elif not any(_may_write(user, dossier) for user in found):
        found += _directors_under(dossier)
    return [user for user in _once(found) if _may_read(user, dossier)]


def menders_of(dossier: Dossier) -> list[User]:
    """Keepers who may correct the dossier today; nobody, when those who could have left or lost their right."""
    return [user for user in keepers_of(dossier) if _may_write(user, dossier)]


def told_words(people: Sequence[User]) -> str:
    """« Inès Faure est prévenu par mail », for those an act on a dossier is told to; empty without anybody. Pure."""
    names = [user.short_name for user in people]
    if len(names) > NAMES_SHOWN:
        names = [*names[: NAMES_SHOWN - 1], f"{len(names) - NAMES_SHOWN + 1} autres personnes"]
    who = " et ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
    return f"{who} {plural(len(people), 'est prévenu', 'sont prévenus')} par mail" if people else ""


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


def _may_write(user: User, dossier: Dossier) -> bool:
    return edits_dossier(scope_of(user), dossier)


def _directors_under(dossier: Dossier) -> list[User]:
    """Directors of the EJ of a new EG whose account is in use: one query."""
    rows = Assignment.objects.valid_on(timezone.localdate()).filter(
        role=Role.DIRECTOR, legal_entity=dossier.legal_entity_id, user__is_active=True
    )
    return [row.user for row in rows.select_related("user").order_by("user_id")[:DIRECTORS_TOLD]]


def _once(users: Iterable[User]) -> list[User]:
    return list({user.pk: user for user in users}.values())
