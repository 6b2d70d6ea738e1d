"""What a scheduler does for campaigns each day: open the dossiers that lack, remind the silent (spec 30, Campaigns)."""

from __future__ import annotations

import datetime

from django.utils import timezone

from ..models import Campaign, CampaignTarget
from . import tasks
from .services import remind_silent

EVERY = datetime.timedelta(days=7)


def remind_all(*, now: datetime.datetime) -> int:
    """For each campaign under way on the day of ``now``; return how many EGs are reminded.

    The first reminder leaves on its first day, then one a week. Running it again the same day reminds nobody twice.
    """
    day = timezone.localdate(now)
    under_way = Campaign.objects.filter(closed_at=None, starts_on__lte=day, ends_on__gte=day)
    reminded = 0
    for campaign in under_way.order_by("pk"):
        targets = CampaignTarget.objects.filter(campaign=campaign)
        if targets.filter(dossier=None).exists():
            tasks.open_dossiers.enqueue(campaign_id=campaign.pk, by_id=campaign.created_by_id)
        reminded += remind_silent(campaign=campaign, scope=None, now=now, every=EVERY)
    return reminded
