"""Mails about figures: who gets one today, its line written with the task that sends it, and its sending.

A process may die anywhere. The line and the task are one transaction: both or neither. The mail leaves under a lock on
its line, marked sent in the same transaction; a task whose worker died is queued again by the next run. What remains is
a mail that left while its mark did not reach the database: it goes a second time under the same Message-ID, since a
reminder twice does less harm than none (a mail kept in this database, as in the demonstration, is never doubled).
"""

import datetime
import itertools
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.tasks import task
from django.utils import timezone

from common.french import PARIS

from ..models import Digest, ReminderPreference
from ..people import Held, people_on
from .awaited import FIRST_HOUR, awaited, beyond, expected_today
from .escalation import Step, step_at
from .mails import message_of

logger = logging.getLogger(__name__)

A_TASK = 50  # mails
RETRY_AFTER = datetime.timedelta(minutes=15)
RETRY_DAYS = {Digest.Kind.DUE: 0, Digest.Kind.DIRECTOR: 0, Digest.Kind.WEEKLY: 6}
Kind = Digest.Kind
ABOVE = ("unit__geographic_entity_id", "unit__geographic_entity__legal_entity_id")
COLUMNS = (
    *("pk", "pool_id", "version", "figure", "confirmed_at", "awaited_since", "rhythm", "contested_at"),
    *("expires_at", "to_confirm_since", "closure_end"),
    *ABOVE,
)


@dataclass
class Lines:
    """Lines of one person's reminder, by place: a pool makes one."""

    entry: dict[int, dict[str, Any]] = field(default_factory=dict)
    director: dict[int, dict[str, Any]] = field(default_factory=dict)
    expected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return Kind.DUE if self.entry or self.expected else Kind.DIRECTOR

    def content(self, now: datetime.datetime) -> dict[str, Any]:
        """What the mail says, contested figures first, then the longest silence; links in it count from ``now``."""
        others = [line for place, line in self.director.items() if place not in self.entry]
        return {
            "written_at": now.isoformat(),
            "entry": _in_order(self.entry.values()),
            "director": _in_order(others),
            "expected": self.expected,
        }


def queue_reminders(*, now: datetime.datetime, base_url: str) -> int:
    """Queue the reminders of the day that were not yet; return their number. Nothing before 7 h in Paris.

    Figures older than two rhythms go to the entry people, older than three to the director too; places expected today
    to the entry people. One mail a person a day, whatever the number of runs, yesterday's that left late this morning
    included; none to whoever declined them. The number of queries grows with the mails alone, four a ``A_TASK`` of
    them.
    """
    local = now.astimezone(PARIS)
    if local.hour < FIRST_HOUR:
        return 0
    lines = _lines_by_person(now)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    of_today = Digest.objects.exclude(kind=Kind.WEEKLY).filter(Q(day=local.date()) | Q(sent_at__gte=midnight))
    told = of_today.values_list("user_id", flat=True)
    declined = ReminderPreference.objects.filter(wants_digest=False).values_list("user_id", flat=True)
    for user_id in {*told, *declined}:
        lines.pop(user_id, None)
    digests = [
        Digest(user_id=user_id, kind=mine.kind, day=local.date(), content=mine.content(now), queued_at=now)
        for user_id, mine in sorted(lines.items())
    ]
    return sum(_queue(batch, base_url) for batch in itertools.batched(digests, A_TASK))


def queue_again(*, now: datetime.datetime, base_url: str) -> int:
    """Queue again the mails that were not sent a quarter of an hour after they should have been; return their number.

    Their worker died, or the mail server refused them. A reminder is given up at midnight, that of the next day taking
    its place, a summary at the end of its week.
    """
    again = 0
    while True:
        with transaction.atomic():
            unsent = Digest.objects.filter(sent_at=None, queued_at__lte=now - RETRY_AFTER)
            unsent = unsent.filter(pk__in=_still_of_use(now)).select_for_update(skip_locked=True)
            ids = list(unsent.order_by("pk").values_list("pk", flat=True)[:A_TASK])
            if not ids:
                return again
            Digest.objects.filter(pk__in=ids).update(queued_at=now)
            send_digests.enqueue(digest_ids=ids, base_url=base_url)
        again += len(ids)


@task
def send_digests(digest_ids: list[int], base_url: str) -> None:
    """Send the mails of these lines that were not yet; one that fails stops none of the others."""
    for digest_id in digest_ids:
        try:
            send_digest(digest_id, base_url)
        except Exception:
            logger.exception("digest %s was not sent", digest_id)


def send_digest(digest_id: int, base_url: str) -> bool:
    """Send one mail unless it was, or somebody else is at it; tell whether it left.

    The line of an account closed meanwhile is taken away; a reminder that another of a later day has replaced stays
    unsent. Raises what the mail server raises; the line then stays unsent too.
    """
    with transaction.atomic():
        waiting = Digest.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        digest = waiting.filter(pk=digest_id, sent_at=None).first()
        if digest is None or _is_replaced(digest):
            return False
        if not digest.user.is_active:
            digest.delete()
            return False
        message_of(digest, base_url).send()
        digest.sent_at = timezone.now()
        digest.save(update_fields=["sent_at"])
        return True


def _is_replaced(digest: Digest) -> bool:
    """Whether the person has a reminder of a later day: never two reminders the same day."""
    if digest.kind == Kind.WEEKLY:
        return False
    later = Digest.objects.filter(user=digest.user_id, day__gt=digest.day)
    return later.exclude(kind=Kind.WEEKLY).exists()


def _lines_by_person(now: datetime.datetime) -> dict[int, Lines]:
    """Lines of everybody to be reminded at ``now`` (three queries)."""
    figures = list(beyond(awaited(now), Step.ENTRY, now).values_list(*COLUMNS, named=True))
    places = list(expected_today(now).values_list("unit_id", "count", "expected_on", "comment", *ABOVE, named=True))
    if not figures and not places:
        return {}
    people = people_on(now)
    found: dict[int, Lines] = defaultdict(Lines)
    for figure in figures:
        held = _held(figure.pk, figure)
        place, line = -figure.pool_id if figure.pool_id else figure.pk, _line(figure)
        for user_id in people.entry_people(held):
            found[user_id].entry.setdefault(place, line)
        if step_at(figure.awaited_since, figure.rhythm, now) >= Step.DIRECTOR:
            for user_id in people.directors(held):
                found[user_id].director.setdefault(place, line)
    for expected in places:
        line = {"unit": expected.unit_id, "count": expected.count, "on": expected.expected_on.isoformat()}
        line["comment"] = expected.comment
        for user_id in people.entry_people(_held(expected.unit_id, expected)):
            found[user_id].expected.append(line)
    return found


def _held(unit_id: int, row: Any) -> Held:
    return Held(unit_id, row.unit__geographic_entity_id, row.unit__geographic_entity__legal_entity_id)


def _line(figure: Any) -> dict[str, Any]:
    """Figure as a mail says it, in plain values; ``counted_until`` is empty when it waits since the unit reopened."""
    ends = [moment for moment in (figure.to_confirm_since, figure.closure_end) if moment is not None]
    is_waiting = figure.confirmed_at is not None and any(figure.confirmed_at < end for end in ends)
    return {
        "unit": figure.pk,
        "version": figure.version,
        "pool_id": figure.pool_id,
        "figure": figure.figure,
        "confirmed_at": figure.confirmed_at and figure.confirmed_at.isoformat(),
        "since": figure.awaited_since.isoformat(),
        "is_contested": figure.contested_at is not None,
        "counted_until": figure.expires_at.isoformat() if figure.expires_at and not is_waiting else "",
    }


def _in_order(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(lines, key=lambda line: (not line["is_contested"], line["since"], line["unit"]))


def _queue(digests: tuple[Digest, ...], base_url: str) -> int:
    """Write lines with the task that sends them; a line that another run has just written is left to it."""
    with transaction.atomic():
        mine = {digest.user_id for digest in digests}
        key = {"kind__in": {digest.kind for digest in digests}, "day": digests[0].day, "user__in": mine}
        held = set(Digest.objects.filter(**key).values_list("pk", flat=True))
        Digest.objects.bulk_create(digests, ignore_conflicts=True)
        written = Digest.objects.filter(**key, queued_at=digests[0].queued_at).exclude(pk__in=held)
        ids = list(written.order_by("pk").values_list("pk", flat=True))
        if ids:
            send_digests.enqueue(digest_ids=ids, base_url=base_url)
        return len(ids)


def _still_of_use(now: datetime.datetime):
    """Lines whose mail is still worth sending."""
    today = timezone.localdate(now)
    wanted = Digest.objects.none()
    for kind, days in RETRY_DAYS.items():
        wanted |= Digest.objects.filter(kind=kind, day__gte=today - datetime.timedelta(days=days))
    return wanted.values("pk")
