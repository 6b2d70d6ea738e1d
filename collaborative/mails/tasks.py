"""Tasks of the mails: one finds who is told of an act, and queues a mail to each, so that one that fails stops none.

A mail names the dossier and its EG; the pages, behind the sign-in, say the rest.
"""

from __future__ import annotations

import datetime
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.tasks import task
from django.template.loader import render_to_string

from accounts.models import User
from common.context import site_name
from common.french import counted, french_spaces

from ..enums import DossierAct
from ..models import Comment, Dossier, Step
from ..pages import dossier_url
from .people import keepers_of, menders_of, validates, validator_of
from .words import comment_lines, names_of, returned_lines

SUBJECTS: dict[str, str] = {
    "sent": "À valider",
    "withdrawn": "Dossier retiré de la validation",
    "taken": "Dossier pris en charge",
    "taken_over": "Dossier repris par un autre valideur",
    "returned": "Dossier à corriger",
    "stranded": "Personne ne peut plus corriger ce dossier",
    "validated": "Dossier publié",
    "validated_part": "Dossier publié en partie",
    "abandoned": "Dossier abandonné",
}
# Subjects of a publication that left every fiche aside.
NOTHING_WRITTEN = {
    "validated": "Dossier validé, rien n’a été écrit",
    "validated_part": "Dossier renvoyé en partie, rien n’a été écrit",
}


@task
def tell_step(step_id: int, previous_taker_id: int | None, base_url: str) -> None:
    """Queue the mails of an act on a dossier, to each person it concerns but its author, or to the desk of support."""
    step = Step.objects.select_related("dossier__sent_by", "dossier__taken_by", "dossier__decided_by").get(pk=step_id)
    told = _told(step, previous_taker_id)
    name = "stranded" if step.act == DossierAct.RETURN and None in told else _mail_of(step)
    with transaction.atomic():
        for user_id in told:
            if user_id != step.by_id:
                mail_step.enqueue(step_id=step_id, name=name, user_id=user_id, base_url=base_url)
        rest = _rest_of(step)
        if rest is not None and not menders_of(rest):
            mail_step.enqueue(step_id=step_id, name="stranded", user_id=None, base_url=base_url)


@task
def mail_step(step_id: int, name: str, user_id: int | None, base_url: str) -> None:
    """Tell one person, or the desk of support, of an act on a dossier. ``name``: a key of SUBJECTS."""
    step = Step.objects.select_related("dossier__geographic_entity", "by").get(pk=step_id)
    dossier = (name == "stranded" and _rest_of(step)) or step.dossier
    user = User.objects.filter(pk=user_id).first() if user_id else None
    page = "review" if name in {"sent", "taken_over"} else "detail"
    values: dict[str, Any] = {"step": step, "url": urljoin(base_url, dossier_url(dossier, page))}
    if name == "withdrawn":
        values["took"] = user is not None and validates(user)
    if name == "returned":
        values["lines"] = returned_lines(step, base_url)
    subject = SUBJECTS[name]
    if name == "sent":
        values["confirmed"] = dossier.fiches.with_confirmation().filter(is_confirmed=True).count()
        values["proposed"] = dossier.done_count - values["confirmed"]
    if name in NOTHING_WRITTEN:
        left = [fiche for fiche in dossier.fiches.filter(published_at=None) if fiche.is_left_aside]
        values |= {"left": left, "left_names": names_of(left)}
        done = dossier.fiches.exclude(published_at=None)
        values["written"] = done.proposing().exists()
        values["confirmed"] = done.with_confirmation().filter(is_confirmed=True).count()
        subject = subject if values["written"] else NOTHING_WRITTEN[name]
    if name == "validated_part":
        rest = _rest_of(step)
        values["rest_url"] = urljoin(base_url, dossier_url(rest)) if rest else ""
        values["lines"] = returned_lines(step, base_url, of=rest) if rest else []
    _send(user, name, f"{subject}\u00a0: {dossier.name}", dossier=dossier, **values)


@task
def tell_comments(comment_id: int, until: str, base_url: str) -> None:
    """Queue the mail of a message and of those its author wrote until ``until``.

    Support writes to who keeps the dossier; a director writes to support, and to the other keepers.
    """
    comment = Comment.objects.select_related("by", "dossier__sent_by", "dossier__taken_by", "dossier__decided_by").get(
        pk=comment_id
    )
    dossier = comment.dossier
    told: list[int | None] = []
    if not validates(comment.by):
        validator = validator_of(dossier)
        told.append(validator.pk if validator else None)
    told += [user.pk for user in keepers_of(dossier)]
    with transaction.atomic():
        for user_id in dict.fromkeys(told):
            if user_id != comment.by_id:
                mail_comments.enqueue(comment_id=comment_id, until=until, user_id=user_id, base_url=base_url)


@task
def mail_comments(comment_id: int, until: str, user_id: int | None, base_url: str) -> None:
    """Send the messages of one person to one other, or to the desk of support."""
    first = Comment.objects.select_related("dossier__geographic_entity", "by").get(pk=comment_id)
    lines = comment_lines(first, datetime.datetime.fromisoformat(until), base_url)
    user = User.objects.filter(pk=user_id).first() if user_id else None
    dossier = first.dossier
    subject = f"{counted(len(lines), 'nouveau message', 'nouveaux messages')}\u00a0: {dossier.name}"
    url = urljoin(base_url, dossier_url(dossier)) + "#messages"
    _send(user, "comments", subject, dossier=dossier, author=first.by, lines=lines, url=url)


def _rest_of(step: Step) -> Dossier | None:
    """Dossier of what a partial publication sent back; ``None`` for another act."""
    if step.act != DossierAct.VALIDATE_PART:
        return None
    return step.dossier.remainders.order_by("-pk").first()


def _mail_of(step: Step) -> str:
    return {
        DossierAct.SEND: "sent",
        DossierAct.WITHDRAW: "withdrawn",
        DossierAct.TAKE: "taken",
        DossierAct.TAKE_OVER: "taken_over",
        DossierAct.RETURN: "returned",
        DossierAct.VALIDATE: "validated",
        DossierAct.VALIDATE_PART: "validated_part",
        DossierAct.ABANDON: "abandoned",
    }[DossierAct(step.act)]


def _told(step: Step, previous_taker_id: int | None) -> list[int | None]:
    """Ids of the people told of an act; ``None`` is the desk of support.

    Those only who may act on the dossier today: its author who has lost it is told nothing, its directors are.
    """
    dossier: Dossier = step.dossier
    if step.act == DossierAct.SEND:
        return [None]
    if step.act in {DossierAct.WITHDRAW, DossierAct.TAKE_OVER}:
        previous = User.objects.filter(pk=previous_taker_id, is_active=True).first() if previous_taker_id else None
        told: list[int | None] = [previous.pk] if previous else []
        if step.act == DossierAct.WITHDRAW and step.by is not None and validates(step.by):
            told += [user.pk for user in keepers_of(dossier)]  # support took it back: its directors wait for nothing
        return list(dict.fromkeys(told))
    if step.act == DossierAct.TAKE:
        keepers: list[int | None] = [user.pk for user in keepers_of(dossier)]
        return [dossier.sent_by_id] if dossier.sent_by_id in keepers else keepers
    if step.act == DossierAct.RETURN:
        menders: list[int | None] = [user.pk for user in menders_of(dossier)]
        return menders or [None]
    if step.act == DossierAct.ABANDON and (dossier.started_at is None or step.by is None or not validates(step.by)):
        return []  # nobody worked in it, or the directors gave it up themselves
    return [user.pk for user in keepers_of(dossier)]


def _send(user: User | None, name: str, subject: str, **values: Any) -> None:
    """Send a mail to a person whose account is in use, or to the desk of support without ``user``."""
    if user is not None and not user.is_active:
        return
    context = {"user": user, "site_name": site_name(), "support_desk": settings.SUPPORT_DESK, **values}
    body = french_spaces(render_to_string(f"collaborative/mails/{name}.txt", context))
    one_line = " ".join(subject.splitlines())  # a name may hold a line end, a header never
    address = user.email if user is not None else settings.SUPPORT_DESK["email"]
    EmailMessage(f"[{site_name()}] {one_line}", body, to=[address]).send()
