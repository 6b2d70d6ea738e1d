"""Drafts: what a person types in a fiche, kept on the server before it is saved (spec 30, Nothing typed is lost).

A draft proposes nothing and is shown to nobody else. Saving the fiche drops it (``fiches.services.save_fiche``).
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import QueryDict

from ..enums import FicheState
from ..models import Draft, Fiche
from ..permissions import why_not_edit
from .form import FICHE_VERSION
from .proof import STAMP

if TYPE_CHECKING:
    from accounts.models import User
    from directory.scopes import Scope

    from ..models import Dossier

MAX_BYTES = 200_000  # of a form as sent
LARGEST_VERSION = 2**31 - 1
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "acte", STAMP})
TOO_LONG = "Saisie trop longue pour être gardée au fil de l’eau\u00a0: enregistrez la fiche."


def keep_draft(*, fiche: Fiche, data: QueryDict, by: User, scope: Scope, now: datetime.datetime) -> Draft | None:
    """Keep what is typed in a fiche, in place of the person's earlier draft.

    ``None``: the person has saved the text since, in another tab or an instant before. Raises ``PermissionDenied``
    when the fiche is not theirs to change now, ``ValidationError`` when it is too long.
    """
    if refusal := why_not_edit(scope, fiche.dossier):
        raise PermissionDenied(refusal)
    kept = [[name, value] for name, values in data.lists() if name not in NOT_KEPT for value in values]
    if sum(len(name.encode()) + len(value.encode()) for name, value in kept) > MAX_BYTES:
        raise ValidationError(TOO_LONG, code="too_long")
    version = data.get(FICHE_VERSION, "")
    typed_over = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else fiche.version
    if typed_over < fiche.text_version and fiche.text_by_id == by.pk:
        return None
    draft, _ = Draft.objects.update_or_create(
        fiche=fiche,
        by=by,
        defaults={"data": kept, "fiche_version": typed_over, "saved_at": now},
    )
    return draft


def drop_draft(*, fiche: Fiche, by: User) -> bool:
    """Drop the person's draft of a fiche; tell whether there was one."""
    return bool(Draft.objects.filter(fiche=fiche, by=by).delete()[0])


def draft_of(fiche: Fiche, by: User) -> Draft | None:
    """The person's own draft of a fiche."""
    return Draft.objects.filter(fiche=fiche, by=by).first()


def under_way(dossier: Dossier) -> list[Draft]:
    """What people typed in the fiches of a dossier and did not save, the oldest first, without its content: one query.

    Sending takes nothing of it; those of removed fiches are left out.
    """
    drafts = Draft.objects.filter(fiche__dossier=dossier).exclude(fiche__state=FicheState.REMOVED)
    return _without_content(drafts)


def drafts_in(fiche: Fiche) -> list[Draft]:
    """What people typed in a fiche and did not save, the oldest first, without its content: one query."""
    return _without_content(fiche.drafts)


def data_of(draft: Draft) -> QueryDict:
    """What was typed, as a form sends it."""
    data = QueryDict(mutable=True)
    for name, value in draft.data:
        data.appendlist(name, value)
    return data


def _without_content(drafts: Any) -> list[Draft]:
    return list(drafts.select_related("fiche", "by").defer("data").order_by("saved_at", "pk"))
