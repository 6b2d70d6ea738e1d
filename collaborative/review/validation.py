"""« Valider » and « Publier le reste et renvoyer »: a publication, with what its author is told (spec 30)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from ..publication import Published, attempted, publish
from ..services import TEXT_LENGTH, lock_dossier
from .services import amended_words, left_words, returned_words
from .standing import standing_of

if TYPE_CHECKING:
    from accounts.models import User
    from directory.scopes import Scope

    from ..models import Dossier


def validate_dossier(
    *, dossier: Dossier, by: User, scope: Scope, now: datetime.datetime, expected_version: int, remark: str = ""
) -> Published:
    """Publish the whole dossier; what the support corrected is added to the remark. Raises what ``publish`` raises."""

    @transaction.atomic
    def act() -> Published:
        locked = lock_dossier(dossier.pk)
        standing = standing_of(locked)
        told = whole_remark(remark, amended_words(standing), left_words(standing))
        return publish(dossier=locked, by=by, scope=scope, now=now, expected_version=expected_version, remark=told)

    return attempted(act)


def publish_part(
    *, dossier: Dossier, by: User, scope: Scope, now: datetime.datetime, expected_version: int, remark: str = ""
) -> Published:
    """Publish the fiches without a returned point; the others go back in a new dossier « à corriger ».

    Raises what ``publish`` raises.
    """

    @transaction.atomic
    def act() -> Published:
        locked = lock_dossier(dossier.pk)
        standing = standing_of(locked)
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


def whole_remark(remark: str, amended: str, left: str = "") -> str:
    """Remark of the validator, then what the support corrected and left aside, as long as there is room. Pure."""
    told = {"Corrigé par le support": amended, "Laissé de côté à la publication": left}
    more = [f"{title}\u00a0:\n{lines}" for title, lines in told.items() if lines]
    text = "\n\n".join(part for part in (remark.strip(), *more) if part)
    return text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…"
