"""Acts on a campaign: remind, remove an EG, close, download the « bilan d'étape »."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.french import counted
from common.pages import posted_from
from common.xlsx import xlsx_response

from ..campaigns import services
from ..campaigns.progress import lines_of
from ..campaigns.report import sheets_of
from ..models import CampaignTarget
from .access import LARGEST_ID, campaigns_only
from .campaigns import METHODS, campaign_url, crumbs_of, find_campaign


@campaigns_only
@posted_from(lambda campaign_id: reverse("collaborative:campaign_detail", args=[campaign_id]))
def campaign_remind(request: SignedInRequest, campaign_id: int) -> HttpResponse:
    """« Relancer les silencieux »."""
    campaign = find_campaign(campaign_id)
    try:
        count = services.remind_silent(campaign=campaign, scope=request.scope, now=timezone.now())
    except ValidationError as refused:
        messages.warning(request, refused.messages[0])
        return redirect(campaign_url(campaign))
    if count:
        told = counted(count, "établissement relancé", "établissements relancés")
        messages.success(request, f"{told}\u00a0: un mail part à chacun de leurs directeurs.")
    else:
        messages.info(
            request, "Personne à relancer\u00a0: déjà fait aujourd’hui, sans directeur, ou dossier en préparation."
        )
    return redirect(campaign_url(campaign))


@require_http_methods(METHODS)
@campaigns_only
def campaign_remove(request: SignedInRequest, campaign_id: int, target_id: int) -> HttpResponse:
    """Confirm, then ask an EG no more."""
    campaign = find_campaign(campaign_id)
    targets = CampaignTarget.objects.select_related("campaign", "geographic_entity", "dossier")
    target = targets.filter(campaign=campaign, pk=target_id).first() if target_id <= LARGEST_ID else None
    if target is None:
        raise Http404
    if request.method == "POST":
        who = {"by": request.user, "scope": request.scope, "now": timezone.now()}
        try:
            left = services.remove_entity(target=target, **who)
        except ValidationError as refused:
            messages.warning(request, refused.messages[0])
        else:
            more = ", et son dossier, que personne n’avait commencé, est abandonné" if left else ""
            messages.success(request, f"«\u00a0{target.geographic_entity}\u00a0» est retiré de la campagne{more}.")
        return redirect(campaign_url(campaign))
    context = {
        "campaign": campaign,
        "target": target,
        "untouched": services.left_behind(campaign).filter(pk=target.dossier_id).exists(),
        "crumbs": crumbs_of(campaign, "Retirer un établissement"),
    }
    return render(request, "collaborative/campaign_remove.html", context)


@require_http_methods(METHODS)
@campaigns_only
def campaign_close(request: SignedInRequest, campaign_id: int) -> HttpResponse:
    """Confirm, then close a campaign."""
    campaign = find_campaign(campaign_id)
    if request.method == "POST":
        try:
            services.close_campaign(campaign=campaign, by=request.user, scope=request.scope, now=timezone.now())
        except ValidationError as refused:
            messages.warning(request, refused.messages[0])
        else:
            messages.success(request, f"La campagne «\u00a0{campaign.name}\u00a0» est close.")
        return redirect(campaign_url(campaign))
    count = services.left_behind(campaign).count()
    context = {"campaign": campaign, "untouched": count, "crumbs": crumbs_of(campaign, "Clore")}
    return render(request, "collaborative/campaign_close.html", context)


@require_safe
@campaigns_only
def campaign_report(request: SignedInRequest, campaign_id: int) -> HttpResponseBase:
    """« Bilan d'étape » in Excel: what the page shows, at this moment."""
    campaign, now = find_campaign(campaign_id), timezone.now()
    name = slugify(campaign.name)[:60] or str(campaign.pk)
    file_name = f"bilan-{name}-{timezone.localdate(now):%Y-%m-%d}.xlsx"
    return xlsx_response(file_name, sheets_of(campaign, lines_of(campaign, now), now))
