"""Acts of support on what directors published at once: read, put back, ask (spec 30)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.roles import Permission
from common.attempts import attempted
from directory.models import RecordChange
from directory.versions.past import restore_block

from ..mails import asking
from ..models import DirectChangeReview
from ..services import SECOND_CLICK, checked_text
from .changes import published_at_once, to_read

if TYPE_CHECKING:
    from collections.abc import Collection

    from accounts.models import User
    from directory.scopes import Scope

MOST_AT_ONCE = 100
Verdict = DirectChangeReview.Verdict
SUPPORT_ONLY = "Seul le support relit les modifications publiées."


def mark_read(*, change_ids: Collection[int], by: User, scope: Scope, now: datetime.datetime) -> int:
    """« Relue »: note that these lines were read; return how many were not yet.

    What is not to be read is left out. Raises ``PermissionDenied`` for anybody but support.
    """
    _refuse(scope)
    with transaction.atomic():
        found = to_read().filter(pk__in=list(change_ids)[:MOST_AT_ONCE]).order_by("pk").values_list("pk", flat=True)
        made = DirectChangeReview.objects.bulk_create(
            [DirectChangeReview(change_id=pk, verdict=Verdict.READ, at=now, by=by) for pk in found],
            ignore_conflicts=True,
        )
    return len(made)


def restore_before(
    *, change: RecordChange, record: Any, expected_version: int, by: User, scope: Scope, now: datetime.datetime
) -> RecordChange | None:
    """« Rétablir la valeur d’avant »: put back what the fields of the line held before it; the line is read then.

    The rest of its block stays: a dossier validated since may have written it.

    Raises what ``restore_block`` raises: nothing is kept then.
    """
    _refuse(scope)

    @transaction.atomic
    def act() -> RecordChange | None:
        done = restore_block(
            record=record,
            change=change,
            before=True,
            whole=False,
            expected_version=expected_version,
            by=by,
            scope=scope,
        )
        _keep(change, Verdict.REVERTED, "", by, now)
        return done

    return attempted(act)


def ask_author(*, change: RecordChange, text: str, by: User, scope: Scope, now: datetime.datetime) -> None:
    """« Demander une précision »: mail a question to the author of the line, and keep it; a second click sends nothing.

    Raises ``ValidationError`` on an empty or too long text, or when the author has no account any more.
    """
    _refuse(scope)
    text = checked_text(text, missing="Écrivez votre question.")
    if change.by is None or not change.by.is_active:
        raise ValidationError("L’auteur de cette modification n’a plus de compte\u00a0: voyez avec l’établissement.")
    with transaction.atomic():
        RecordChange.objects.select_for_update(no_key=True).only("pk").get(pk=change.pk)  # one click after another
        said = {"verdict": Verdict.ASKED, "remark": text, "by": by}
        if DirectChangeReview.objects.filter(change=change, **said, at__gt=now - SECOND_CLICK).exists():
            return
        review = _keep(change, Verdict.ASKED, text, by, now)
        asking.mail_question.enqueue(review_id=review.pk, base_url=settings.SITE_URL)


def _keep(change: RecordChange, verdict: str, remark: str, by: User, now: datetime.datetime) -> DirectChangeReview:
    if not published_at_once().filter(pk=change.pk).exists():
        raise ValidationError("Cette modification n’est pas à relire.")
    values = {"verdict": verdict, "remark": remark, "by": by, "at": now}
    return DirectChangeReview.objects.update_or_create(change=change, defaults=values)[0]


def _refuse(scope: Scope) -> None:
    if not scope.may(Permission.DOSSIER_VALIDATE):
        raise PermissionDenied(SUPPORT_ONLY)
