"""What a campaign asks of a director: his EGs that are still to describe, each with what opens it, and the others."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest
from common.pages import PAGE_SIZE, Crumb

from ..campaigns.asking import asked_of
from ..campaigns.progress import TargetLine, lines_of, why_not_remind
from ..pages import LIST_TITLE, dossier_url
from ..panels import open_url
from .access import workers_only
from .campaigns import find_campaign


@require_safe
@workers_only
def campaign_mine(request: SignedInRequest, campaign_id: int) -> HttpResponse:
    """EGs of mine that a campaign asks, those still to describe first. 404 when it asks none of them."""
    campaign, now = find_campaign(campaign_id), timezone.now()
    lines = sorted(lines_of(campaign, now, asked_of(request.scope)), key=lambda line: not line.is_left)
    if not lines:
        raise Http404
    page = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign,
        "page": page,
        "lines": [(line, *_way_of(line)) for line in page.object_list],
        "left": sum(1 for line in lines if line.is_left),
        "count": len(lines),
        "asks": not why_not_remind(campaign, timezone.localdate(now)),
        "today": timezone.localdate(now),
        "crumbs": [Crumb(LIST_TITLE, reverse("collaborative:dossiers")), Crumb(campaign.name)],
    }
    return render(request, "collaborative/campaign_mine.html", context)


def _way_of(line: TargetLine) -> tuple[str, str]:
    """Label and address of what there is to do with an EG; empty when it closed without a dossier.

    The address that opens leads to a dossier that another EG shares with this one, or says that it is not to be known.
    """
    dossier = line.dossier
    if dossier is not None and (dossier.is_open or not line.is_left):
        return "Voir le dossier", dossier_url(dossier)
    if line.occupied_by is not None:
        return "Voir le dossier qui l’occupe", open_url(line.entity.pk)
    return ("Ouvrir un dossier", open_url(line.entity.pk)) if line.is_left else ("", "")
