"""Campaigns: the list, one campaign, and the forms that open, change and extend one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.french import counted
from common.pages import PAGE_SIZE, Crumb

from ..campaigns import services
from ..campaigns.progress import (
    LineFilter,
    Progress,
    directors_by_entity,
    lines_of,
    table_of,
    to_remind,
    total_of,
    why_not_remind,
)
from ..forms.campaigns import CampaignForm, EntitiesForm, add_errors
from ..models import Campaign, CampaignTarget
from .access import LARGEST_ID, campaigns_only

TITLE = "Campagnes"
METHODS = ["GET", "HEAD", "POST"]
STEP = "etape"
STALE = "Quelqu’un a modifié la campagne pendant votre saisie\u00a0: relisez-la, puis enregistrez de nouveau."


def find_campaign(campaign_id: int) -> Campaign:
    """Campaign of an address. Raises ``Http404``."""
    found = Campaign.objects.select_related("created_by").filter(pk=campaign_id).first()
    if campaign_id > LARGEST_ID or found is None:
        raise Http404
    return found


def campaign_url(campaign: Campaign) -> str:
    """Address of the page of a campaign."""
    return reverse("collaborative:campaign_detail", args=[campaign.pk])


def crumbs_of(campaign: Campaign | None = None, step: str = "") -> list[Crumb]:
    """« Campagnes › ACT, LAM, LHSS 2024 › Clore »."""
    found = [Crumb(TITLE, reverse("collaborative:campaigns"))]
    if campaign is not None:
        found.append(Crumb(campaign.name, campaign_url(campaign)))
    return [*found, Crumb(step)] if step else found


@require_safe
@campaigns_only
def campaigns(request: SignedInRequest) -> HttpResponse:
    """Campaigns, those under way first."""
    found = Campaign.objects.annotate(count=Count("targets")).order_by("closed_at", "-starts_on", "-pk")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "today": timezone.localdate(), "title": TITLE, "crumbs": [Crumb(TITLE)]}
    return render(request, "collaborative/campaign_list.html", context)


@require_safe
@campaigns_only
def campaign_detail(request: SignedInRequest, campaign_id: int) -> HttpResponse:
    """Progress by department and type, EGs without a director, the list of EGs with its filters."""
    campaign, now = find_campaign(campaign_id), timezone.now()
    lines = lines_of(campaign, now)
    asked = LineFilter.read(request.GET.dict())
    page = Paginator(asked.apply(lines), PAGE_SIZE).get_page(request.GET.get("page"))
    directors = directors_by_entity([line.entity for line in lines], timezone.localdate(now))
    silent = [line for line in lines if line.is_silent]
    unasked = why_not_remind(campaign, timezone.localdate(now))
    context = {
        "campaign": campaign,
        "page": page,
        "lines": [(line, directors[line.entity.pk]) for line in page.object_list],
        "asked": asked,
        "progresses": Progress.choices,
        "departments": list({line.department_code: line.department for line in lines}.items()),
        "total": total_of(lines),
        "tables": [
            ("Par département", "Département", table_of(lines, "department")),
            ("Par type d’établissement", "Type d’EG", sorted(table_of(lines, "kind"), key=lambda row: row.label)),
        ],
        "without_director": [line for line in lines if not directors[line.entity.pk] and line.is_silent],
        "silent": len(silent),
        "to_remind": 0 if unasked else len(to_remind(silent, directors, since=now)),
        "unasked": unasked,
        "today": timezone.localdate(now),
        "crumbs": crumbs_of(campaign),
    }
    return render(request, "collaborative/campaign_detail.html", context)


@require_http_methods(METHODS)
@campaigns_only
def campaign_create(request: SignedInRequest) -> HttpResponse:
    """Open a campaign: what it says, then its EGs. 422 to correct."""
    sent = request.POST if request.method == "POST" else None
    form, entities = CampaignForm(sent), EntitiesForm(sent)
    title = "Nouvelle campagne"
    more: dict[str, Any] = {"crumbs": crumbs_of(step=title)}
    if sent is None:
        return _form_page(request, title, CampaignForm(), EntitiesForm({}), **more)
    if step := sent.get(STEP, ""):
        entities.step(step)
        return _form_page(request, title, CampaignForm(initial=_typed(form)), entities, **more)
    entities.check_saved()
    if form.is_valid() and entities.is_valid():
        who = {"by": request.user, "scope": request.scope, "now": timezone.now()}
        try:
            campaign = services.create_campaign(**form.values, entity_ids=entities.ids, **who)
        except ValidationError as refused:
            add_errors(form, refused)
        else:
            messages.success(
                request, f"La campagne «\u00a0{campaign.name}\u00a0» est ouverte\u00a0: ses dossiers suivent."
            )
            return redirect(campaign_url(campaign))
    return _form_page(request, title, form, entities, status=422, **more)


def _closed_already(request: SignedInRequest, campaign: Campaign) -> HttpResponse | None:
    """Lead to a campaign that is closed rather than ask what would be refused; what was typed meanwhile is refused."""
    if campaign.closed_at is None or request.method == "POST":
        return None
    messages.warning(request, services.CLOSED)
    return redirect(campaign_url(campaign))


@require_http_methods(METHODS)
@campaigns_only
def campaign_edit(request: SignedInRequest, campaign_id: int) -> HttpResponse:
    """Change the name, the dates or the message. 422 to correct, 409 when somebody changed it meanwhile."""
    campaign = find_campaign(campaign_id)
    if away := _closed_already(request, campaign):
        return away
    form, status = CampaignForm.of(campaign), 200
    if request.method == "POST":
        form, status = CampaignForm(request.POST), 422
        typed = request.POST.get("version", "")
        version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0
        if form.is_valid():
            who = {"by": request.user, "scope": request.scope, "now": timezone.now()}
            try:
                services.change_campaign(campaign=campaign, values=form.values, expected_version=version, **who)
            except services.StaleCampaign as refused:
                campaign, status = refused.current, 409
                form.add_error(None, STALE)
            except ValidationError as refused:
                add_errors(form, refused)
            else:
                messages.success(request, "La campagne est modifiée.")
                return redirect(campaign_url(campaign))
    context = {"crumbs": crumbs_of(campaign, "Modifier"), "campaign": campaign}
    return _form_page(request, "Modifier la campagne", form, None, status=status, **context)


@require_http_methods(METHODS)
@campaigns_only
def campaign_add(request: SignedInRequest, campaign_id: int) -> HttpResponse:
    """Ask more EGs. 422 to correct."""
    campaign = find_campaign(campaign_id)
    if away := _closed_already(request, campaign):
        return away
    asked = CampaignTarget.objects.filter(campaign=campaign).values_list("geographic_entity_id", flat=True)
    entities = EntitiesForm(request.POST if request.method == "POST" else {}, asked=asked)
    context: dict[str, Any] = {"crumbs": crumbs_of(campaign, "Ajouter des établissements"), "campaign": campaign}
    title, status = "Ajouter des établissements", 200
    if request.method == "POST" and (step := request.POST.get(STEP, "")):
        entities.step(step)
    elif request.method == "POST":
        entities.check_saved()
        status = 422
        if entities.is_valid():
            who = {"by": request.user, "scope": request.scope, "now": timezone.now()}
            try:
                count = services.add_entities(campaign=campaign, entity_ids=entities.ids, **who)
            except ValidationError as refused:
                entities.add_error("liste", refused.messages)
            else:
                added = counted(count, "établissement ajouté", "établissements ajoutés")
                messages.success(request, f"{added} à la campagne.")
                return redirect(campaign_url(campaign))
    return _form_page(request, title, None, entities, status=status, **context)


def _form_page(
    request: SignedInRequest,
    title: str,
    form: CampaignForm | None,
    entities: EntitiesForm | None,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {"title": title, "form": form, "entities": entities, **more}
    return render(request, "collaborative/campaign_form.html", context, status=status)


def _typed(form: CampaignForm) -> dict[str, Any]:
    """What was typed, shown again after a step without its errors."""
    return {name: form.data.get(name, "") for name in form.fields}
