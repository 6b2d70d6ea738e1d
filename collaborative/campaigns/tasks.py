"""Tasks of campaigns: their dossiers opened or left one by one, the mails of their reminders."""

from __future__ import annotations

import logging
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.context import site_name
from common.french import counted, day, french_spaces
from directory.scopes import scope_of

from ..enums import OPEN_STATES
from ..models import Campaign, CampaignTarget
from ..pages import dossier_url

logger = logging.getLogger(__name__)
LINES_SHOWN = 60


@task
def open_dossiers(campaign_id: int, by_id: int) -> None:
    """Open the dossiers that a campaign lacks; one that fails stops none of the others."""
    from . import services

    by = User.objects.get(pk=by_id)
    scope = scope_of(by)
    waiting = CampaignTarget.objects.filter(campaign=campaign_id, dossier=None)
    for target_id in list(waiting.order_by("pk").values_list("pk", flat=True)):
        try:
            services.open_one(target_id=target_id, by=by, scope=scope, now=timezone.now())
        except Exception:
            logger.exception("the dossier of target %s was not opened", target_id)


@task
def leave_dossiers(campaign_id: int, by_id: int) -> None:
    """Leave the dossiers of a closed campaign (``services.leave_one``); one that fails stops none of the others."""
    from . import services

    by, campaign = User.objects.get(pk=by_id), Campaign.objects.get(pk=campaign_id)
    scope = scope_of(by)
    targets = CampaignTarget.objects.filter(campaign=campaign, dossier__campaign=campaign)
    targets = targets.filter(dossier__state__in=OPEN_STATES)
    for dossier_id in list(targets.order_by("pk").values_list("dossier_id", flat=True)):
        try:
            services.leave_one(dossier_id=dossier_id, campaign=campaign, by=by, scope=scope, now=timezone.now())
        except Exception:
            logger.exception("dossier %s was not abandoned", dossier_id)


@task
def mail_reminder(campaign_id: int, user_id: int, target_ids: list[int], base_url: str) -> None:
    """Remind a director of the EGs that a campaign asks, with a link to each dossier."""
    user = User.objects.get(pk=user_id)
    campaign = Campaign.objects.get(pk=campaign_id)
    targets = CampaignTarget.objects.filter(pk__in=target_ids, campaign=campaign)
    shown = list(targets.select_related("geographic_entity", "dossier").order_by("geographic_entity__sort_name", "pk"))
    if not user.is_active or not shown or campaign.closed_at is not None:
        return
    lines = [(target.geographic_entity, _url(target, base_url)) for target in shown[:LINES_SHOWN]]
    context = {
        "user": user,
        "campaign": campaign,
        "lines": lines,
        "count": len(shown),
        "left": len(shown) - len(lines),
        "list_url": urljoin(base_url, reverse("collaborative:campaign_mine", args=[campaign.pk])),
        "support_desk": settings.SUPPORT_DESK,
    }
    body = french_spaces(render_to_string("collaborative/mails/campaign_reminder.txt", context))
    what = counted(len(shown), "établissement à décrire", "établissements à décrire")
    subject = " ".join(f"{campaign.name}\u00a0: {what} avant le {day(campaign.ends_on)}".splitlines())
    EmailMessage(f"[{site_name()}] {subject}", body, to=[user.email]).send()


def _url(target: CampaignTarget, base_url: str) -> str:
    if target.dossier is not None and target.dossier.is_open:
        return urljoin(base_url, dossier_url(target.dossier))
    path = f"{reverse('collaborative:dossier_open')}?eg={target.geographic_entity_id}"
    return urljoin(base_url, path)
