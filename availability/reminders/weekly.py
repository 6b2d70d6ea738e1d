"""« Ce que vos données ont permis »: each week, what the figures of one's units served (spec 20, Beyond the seeds)."""

import datetime
import itertools
from collections import defaultdict
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, Sum

from common.french import PARIS
from directory.models import ErrorReport

from ..models import CallOutcome, CurrentFigure, Digest, ReminderPreference, UnitUse
from ..people import Held, people_on
from .digests import A_TASK, send_digests

FIRST_HOUR = 8  # of Monday, in Paris
WEEK = datetime.timedelta(days=7)
NAMES = ("views", "exports", "calls", "admitted", "reports")
Uses = dict[int, dict[str, int]]


def queue_summaries(*, now: datetime.datetime, base_url: str) -> int:
    """Queue the summaries of the week before, once; return their number. Nothing before Monday 8 h in Paris.

    Units that nobody looked at or called send nothing. Every line of the week is one transaction: it is there whole, or
    a later run writes it.
    """
    local = now.astimezone(PARIS)
    monday = local.date() - datetime.timedelta(days=local.weekday())
    if local.weekday() == 0 and local.hour < FIRST_HOUR:
        return 0
    if Digest.objects.filter(kind=Digest.Kind.WEEKLY, day=monday).exists():
        return 0
    contents = _contents(monday - WEEK, monday, now)
    digests = [
        Digest(user_id=user_id, kind=Digest.Kind.WEEKLY, day=monday, content=content, queued_at=now)
        for user_id, content in sorted(contents.items())
    ]
    with transaction.atomic():
        Digest.objects.bulk_create(digests, ignore_conflicts=True)
        written = Digest.objects.filter(kind=Digest.Kind.WEEKLY, day=monday, queued_at=now, sent_at=None)
        ids = list(written.order_by("pk").values_list("pk", flat=True))
        for batch in itertools.batched(ids, A_TASK):
            send_digests.enqueue(digest_ids=list(batch), base_url=base_url)
    return len(ids)


def uses_between(first: datetime.date, until: datetime.date) -> Uses:
    """What was done with each unit's page and figures from ``first`` until ``until`` excluded, in Paris (3 queries).

    Units without any use are absent.
    """
    found: Uses = defaultdict(lambda: dict.fromkeys(NAMES, 0))
    start, end = (datetime.datetime.combine(day, datetime.time(), PARIS) for day in (first, until))
    used = UnitUse.objects.filter(day__gte=first, day__lt=until).order_by().values("unit_id")
    for unit_id, seen, taken in used.annotate(seen=Sum("views"), taken=Sum("exports")).values_list(
        "unit_id", "seen", "taken"
    ):
        found[unit_id] |= {"views": seen, "exports": taken}
    calls = CallOutcome.objects.filter(at__gte=start, at__lt=end).order_by().values("unit_id")
    admitted = Count("pk", filter=Q(outcome=CallOutcome.Outcome.ADMITTED))
    for unit_id, made, let_in in calls.annotate(made=Count("pk"), let_in=admitted).values_list(
        "unit_id", "made", "let_in"
    ):
        found[unit_id] |= {"calls": made, "admitted": let_in}
    reports = ErrorReport.objects.filter(reported_at__gte=start, reported_at__lt=end, unit__isnull=False)
    filed_by_unit = reports.order_by().values("unit_id").annotate(filed=Count("pk"))
    for unit_id, filed in filed_by_unit.values_list("unit_id", "filed"):
        found[unit_id]["reports"] = filed
    return {unit_id: uses for unit_id, uses in found.items() if any(uses.values())}


def _contents(first: datetime.date, until: datetime.date, now: datetime.datetime) -> dict[int, dict[str, Any]]:
    """Content of each entry person's summary."""
    uses = uses_between(first, until)
    if not uses:
        return {}
    rows = CurrentFigure.objects.open().filter(pk__in=uses).order_by("unit__sort_name", "pk")
    above = rows.values_list("pk", "unit__geographic_entity_id", "unit__geographic_entity__legal_entity_id")
    people, lines = people_on(now), defaultdict(list)
    for row in above:
        for user_id in people.entry_people(Held(*row)):
            lines[user_id].append({"unit": row[0], **uses[row[0]]})
    declined = set(ReminderPreference.objects.filter(wants_weekly=False).values_list("user_id", flat=True))
    return {
        user_id: {"first": first.isoformat(), "until": until.isoformat(), "units": mine}
        for user_id, mine in lines.items()
        if user_id not in declined
    }
