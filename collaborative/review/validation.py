"""« Valider » and « Publier le reste et renvoyer »: a publication, with what its author is told (spec 30)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction

from ..enums import DossierState
from ..publication import Published, attempted, publish
from ..services import TEXT_LENGTH, lock_dossier
from .services import amended_words, left_words, returned_words
from .standing import standing_of

NOTHING_RETURNED = (
    "Plus aucun point n’est à corriger\u00a0: rien n’est publié. Relisez ce que la validation publierait."
)
NOTHING_LEFT = "Rien d’autre n’est à publier\u00a0: renvoyez le dossier à corriger."
DECIDED_SINCE = "Des décisions ont changé depuis que cette page est ouverte\u00a0: rien n’est publié. Relisez-les."

if TYPE_CHECKING:
    from accounts.models import User
    from directory.scopes import Scope

    from ..models import Dossier
    from .standing import Standing


def validate_dossier(
    *,
    dossier: Dossier,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int,
    remark: str = "",
    seal: str = "",
) -> Published:
    """Publish the whole dossier; what the support corrected is added to the remark.

    ``seal``: ``Standing.seal`` of what was in sight: decisions change what is published, not the version of the
    dossier. Raises ``ValidationError`` when they are others now, and what ``publish`` raises.
    """

    @transaction.atomic
    def act() -> Published:
        locked = lock_dossier(dossier.pk)
        standing = _as_shown(standing_of(locked), seal)
        told = whole_remark(remark, amended_words(standing), left_words(standing))
        return publish(dossier=locked, by=by, scope=scope, now=now, expected_version=expected_version, remark=told)

    return attempted(act)


def publish_part(
    *,
    dossier: Dossier,
    by: User,
    scope: Scope,
    now: datetime.datetime,
    expected_version: int,
    remark: str = "",
    seal: str = "",
) -> Published:
    """Publish the fiches without a returned point; the others go back in a new dossier « à corriger ».

    ``seal``: as for ``validate_dossier``. Raises ``ValidationError`` when nothing goes back, or all does, too.
    """

    @transaction.atomic
    def act() -> Published:
        locked = lock_dossier(dossier.pk)
        standing = _as_shown(standing_of(locked), seal)
        if locked.state == DossierState.SENT and not standing.held_back:
            raise ValidationError(NOTHING_RETURNED, code="returned")
        if locked.state == DossierState.SENT and not standing.writes_part:
            raise ValidationError(NOTHING_LEFT, code="returned")
        asked = remark.strip()
        told = whole_remark(asked or returned_words(standing), amended_words(standing), left_words(standing))
        return publish(
            dossier=locked,
            by=by,
            scope=scope,
            now=now,
            expected_version=expected_version,
            fiche_ids={fiche.pk for fiche in standing.publishable},
            remark=told,
            asked=asked,
        )

    return attempted(act)


def _as_shown(standing: Standing, seal: str) -> Standing:
    if seal and standing.dossier.state == DossierState.SENT and seal != standing.seal:
        raise ValidationError(DECIDED_SINCE, code="decided")
    return standing


def whole_remark(remark: str, amended: str, left: str = "") -> str:
    """Remark of the validator, then what the support corrected and left aside, as long as there is room. Pure."""
    told = {"Corrigé par le support": amended, "Laissé de côté à la publication": left}
    more = [f"{title}\u00a0:\n{lines}" for title, lines in told.items() if lines]
    text = "\n\n".join(part for part in (remark.strip(), *more) if part)
    return text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…"
