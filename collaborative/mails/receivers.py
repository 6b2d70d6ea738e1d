"""An act on a dossier writes the task of its mails in its own transaction: both are kept, or neither."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.tasks import default_task_backend

from ..enums import DossierAct
from ..models import Comment, Dossier
from ..signals import dossier_changed
from . import tasks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User

    from ..models import Step

TOLD_ACTS = frozenset(
    {
        DossierAct.SEND,
        DossierAct.WITHDRAW,
        DossierAct.TAKE,
        DossierAct.TAKE_OVER,
        DossierAct.RETURN,
        DossierAct.VALIDATE,
        DossierAct.VALIDATE_PART,
        DossierAct.ABANDON,
    }
)
GATHERED_FOR = datetime.timedelta(minutes=10)  # messages of one person in that time make one mail


def register() -> None:
    """Listen to the acts on dossiers; called once, when Django is ready."""
    dossier_changed.connect(when_changed, dispatch_uid="collaborative.mails.when_changed")


def when_changed(
    sender: type[Dossier],
    dossier: Dossier,
    step: Step | None,
    previous_taker: User | None = None,
    comment: Comment | None = None,
    **more: Any,
) -> None:
    """Queue the mails of an act or of a message."""
    if comment is not None:
        _queue_comment(comment)
    elif step is not None and step.act in TOLD_ACTS:
        previous = previous_taker.pk if previous_taker is not None else None
        tasks.tell_step.enqueue(step_id=step.pk, previous_taker_id=previous, base_url=settings.SITE_URL)


def _queue_comment(comment: Comment) -> None:
    """Queue the mail of a message, in ten minutes with those that follow it; alone where tasks cannot wait."""
    if not default_task_backend.supports_defer:
        tasks.tell_comments.enqueue(comment_id=comment.pk, until=comment.at.isoformat(), base_url=settings.SITE_URL)
        return
    times = Comment.objects.filter(dossier=comment.dossier_id, by=comment.by_id, is_return=False)
    if comment.at not in heads(times.order_by("at").values_list("at", flat=True)):
        return
    until = comment.at + GATHERED_FOR
    later = tasks.tell_comments.using(run_after=until)
    later.enqueue(comment_id=comment.pk, until=until.isoformat(), base_url=settings.SITE_URL)


def heads(times: Iterable[datetime.datetime]) -> list[datetime.datetime]:
    """Times, in order, that begin a new mail: those less than GATHERED_FOR after one are in its mail. Pure."""
    found: list[datetime.datetime] = []
    for at in times:
        if not found or at > found[-1] + GATHERED_FOR:
            found.append(at)
    return found
