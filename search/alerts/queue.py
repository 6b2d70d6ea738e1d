"""Looking for the alerts that are due, writing their mails, sending them.

A process may die anywhere. What an alert has seen moves in the transaction that writes the line of its mail and queues
the task which sends it: all or nothing. The mail leaves under a lock on its line, marked sent in the same transaction;
a task whose worker died is queued again by a later run. What remains is a mail that left while its mark did not reach
the database: it goes a second time under the same Message-ID.
"""

import datetime
import logging
from collections import defaultdict
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.tasks import task
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from common.french import PARIS
from directory.scopes import Scope, scope_of

from ..models import AlertMail, PlaceAlert
from .looking import FreePlace, Looks, Memory, PlaceNotUnderstood, PlaceUnanswered
from .mails import message_of

logger = logging.getLogger(__name__)

FIRST_HOUR = 7  # in Paris, for alerts told once a day
TOLD_AHEAD = datetime.timedelta(days=3)  # before an alert ends
LOST_AGAIN_AFTER = datetime.timedelta(days=1)  # a name that comes and goes is told once a day
RETRY_AFTER = datetime.timedelta(minutes=15)
GIVEN_UP_AFTER = datetime.timedelta(days=2)
KEPT_FOR = datetime.timedelta(days=30)  # once sent
A_TASK = 50  # mails
PLACES_TOLD = 20  # of one search in one mail


def queue_alerts(*, now: datetime.datetime, base_url: str) -> int:
    """Look for every alert that is due and queue one mail a person; return their number.

    Told as it happens: at each run. Told once a day: at the first run from 7 h in Paris. One that fails stops none of
    the others, and is looked at again by the next run.
    """
    waiting = PlaceAlert.objects.filter(_is_due(now)).order_by("search__user_id", "pk")
    by_person: dict[int, list[int]] = defaultdict(list)
    for user_id, alert_id in waiting.values_list("search__user_id", "pk"):
        by_person[user_id].append(alert_id)
    people = User.objects.filter(is_active=True).exclude(email="").in_bulk(by_person)
    queued, looks = 0, Looks(now)
    for user_id, user in people.items():
        try:
            queued += _queue_person(user, by_person[user_id], looks, base_url)
        except Exception:
            logger.exception("alerts of user %s were not looked at", user_id)
    return queued


def queue_again(*, now: datetime.datetime, base_url: str) -> int:
    """Queue again the mails that were not sent a quarter of an hour after they should have been; return their number.

    Given up after two days: places are no longer those. Lines of mails sent a month ago are forgotten.
    """
    AlertMail.objects.filter(sent_at__lt=now - KEPT_FOR).delete()
    AlertMail.objects.filter(sent_at=None, written_at__lt=now - GIVEN_UP_AFTER).delete()
    again = 0
    while True:
        with transaction.atomic():
            unsent = AlertMail.objects.filter(sent_at=None, queued_at__lte=now - RETRY_AFTER)
            unsent = unsent.select_for_update(skip_locked=True)
            ids = list(unsent.order_by("pk").values_list("pk", flat=True)[:A_TASK])
            if not ids:
                return again
            AlertMail.objects.filter(pk__in=ids).update(queued_at=now)
            send_alerts.enqueue(mail_ids=ids, base_url=base_url)
        again += len(ids)


@task
def send_alerts(mail_ids: list[int], base_url: str) -> None:
    """Send those of these mails that were not yet; one that fails stops none of the others."""
    for mail_id in mail_ids:
        try:
            send_alert(mail_id, base_url)
        except Exception:
            logger.exception("alert mail %s was not sent", mail_id)


def send_alert(mail_id: int, base_url: str) -> bool:
    """Send one mail unless it was, or somebody else is at it; tell whether it left.

    The line is taken away when the account was closed, lost the right to read, or has nothing left to be told. Raises
    what the mail server raises; the line then stays unsent.
    """
    with transaction.atomic():
        waiting = AlertMail.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        mail = waiting.filter(pk=mail_id, sent_at=None).first()
        if mail is None:
            return False
        scope = scope_of(mail.user)
        message = message_of(mail, scope, base_url, timezone.now()) if scope.may(Permission.DIRECTORY_READ) else None
        if message is None:
            mail.delete()
            return False
        message.send()
        mail.sent_at = timezone.now()
        mail.save(update_fields=["sent_at"])
        return True


def _is_due(now: datetime.datetime) -> Q:
    """Condition on alerts: to be looked at now, or their end to be told."""
    local = now.astimezone(PARIS)
    morning = local.replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)
    due = Q(rhythm=PlaceAlert.Rhythm.AT_ONCE)
    if local >= morning:
        due |= Q(rhythm=PlaceAlert.Rhythm.DAILY, looked_at__lt=morning)
    ending = Q(end_told_at=None, ends_at__lte=now + TOLD_AHEAD)
    return Q(ends_at__gt=now) & (due | ending)


@transaction.atomic
def _queue_person(user: User, alert_ids: list[int], looks: Looks, base_url: str) -> int:
    """Look at the alerts of one person that another run is not at; write and queue what they tell."""
    now = looks.now
    scope = scope_of(user, timezone.localdate(now))
    if not scope.may(Permission.DIRECTORY_READ):
        return 0
    held = PlaceAlert.objects.select_for_update(skip_locked=True, of=("self",)).select_related("search")
    alerts = list(held.filter(_is_due(now), pk__in=alert_ids).order_by("pk"))
    told = [line for alert in alerts if _is_looked_at(alert, now) and (line := _look(alert, scope, looks))]
    PlaceAlert.objects.bulk_update(alerts, ["seen", "pools", "looked_at", "lost_at"])
    lost = [alert.pk for alert in alerts if _is_loss_to_tell(alert, now)]
    PlaceAlert.objects.filter(pk__in=lost).update(lost_told_at=now)
    ending = [alert.pk for alert in alerts if alert.end_told_at is None and alert.ends_at <= now + TOLD_AHEAD]
    PlaceAlert.objects.filter(pk__in=ending).update(end_told_at=now)
    kinds = (
        (AlertMail.Kind.PLACES, {"searches": told}, told),
        (AlertMail.Kind.ENDING, {"alerts": ending}, ending),
        (AlertMail.Kind.LOST, {"alerts": lost}, lost),
    )
    mails = [
        AlertMail(user=user, kind=kind, content=content, written_at=now, queued_at=now)
        for kind, content, given in kinds
        if given
    ]
    if mails:
        AlertMail.objects.bulk_create(mails)
        send_alerts.enqueue(mail_ids=[mail.pk for mail in mails], base_url=base_url)
    return len(mails)


def _is_looked_at(alert: PlaceAlert, now: datetime.datetime) -> bool:
    """Whether it is due for its places, and not only for its end."""
    if alert.rhythm == PlaceAlert.Rhythm.AT_ONCE:
        return True
    morning = now.astimezone(PARIS).replace(hour=FIRST_HOUR, minute=0, second=0, microsecond=0)
    return alert.looked_at < morning <= now


def _is_loss_to_tell(alert: PlaceAlert, now: datetime.datetime) -> bool:
    """Whether its place is lost and no mail told it: once each time that it is lost, a day apart at least."""
    if alert.lost_at is None or alert.lost_told_at is None:
        return alert.lost_at is not None
    return alert.lost_told_at < alert.lost_at and alert.lost_told_at <= now - LOST_AGAIN_AFTER


def _look(alert: PlaceAlert, scope: Scope, looks: Looks) -> dict[str, Any] | None:
    """Move an alert on, without saving it; what is new since its last look, in plain values.

    One whose place is not understood keeps what it has seen and is marked lost, until it is understood again. While a
    geocoder does not answer nothing is sure: it is looked at again by the next run.
    """
    try:
        look = looks.at(alert.search.query, scope)
    except PlaceUnanswered:
        logger.warning("alert %s: the geocoder does not answer", alert.pk)
        return None
    except PlaceNotUnderstood:
        alert.lost_at, alert.looked_at = alert.lost_at or looks.now, looks.now
        return None
    memory = Memory(alert.seen, alert.pools)
    found, start = memory.news(look), look.start
    silent = looks.silent_of(memory.missing(look), alert.search.query, scope)
    (alert.seen, alert.pools), alert.looked_at, alert.lost_at = memory.after(look, silent), looks.now, None
    if not found:
        return None
    return {
        "alert": alert.pk,
        "name": alert.search.name,
        "query": alert.search.query,
        "start": list(start) if start else None,
        "places": [_told(place, memory.before(place)) for place in found[:PLACES_TOLD]],
        "more": max(0, len(found) - PLACES_TOLD),
    }


def _told(place: FreePlace, before: int) -> dict[str, Any]:
    """One unit as a mail tells it; its names and its place are read when the mail leaves."""
    figure = place.offer.figure
    confirmed_at = figure.confirmed_at if figure else None
    return {
        "unit": place.offer.unit.pk,
        "free": place.free,
        "before": before,
        "confirmed_at": confirmed_at.isoformat() if confirmed_at else None,
        "is_pooled": place.offer.is_pooled,
        "fit": place.judgement.fit.value,
        "reasons": [reason.text for reason in place.judgement.reasons],
        "questions": place.judgement.questions,
    }
