"""Lits mutualisés, for support: the list, making, editing, separating (spec 20)."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.client_address import client_address
from common.pages import Crumb
from directory.models import GeographicEntity

from ..closures.listing import TEXT_LENGTH, named
from ..locks import SharedMeanwhile
from ..models import CurrentFigure, Pool
from ..permissions import may_manage_openings
from ..pools import services as pools
from ..pools.forms import PoolForm
from ..pools.services import FEWEST_UNITS, PoolRefused, refused_words

PER_PAGE = 30
ENTITIES_OFFERED = 20
REFUSED = 422
LARGEST_ID = 2**63 - 1
TRY_AGAIN = "Ces unités viennent de changer\u00a0: validez de nouveau."


def require_support(request: HttpRequest) -> None:
    """Raise ``PermissionDenied`` unless the person manages openings."""
    if not may_manage_openings(request.scope):
        raise PermissionDenied("Les lits mutualisés sont définis par le support.")


def crumbs(*steps: Crumb) -> list[Crumb]:
    """« Lits mutualisés › … »."""
    return [Crumb("Lits mutualisés", reverse("availability:pools") if steps else ""), *steps]


def _pools() -> QuerySet[Pool]:
    members = CurrentFigure.objects.select_related("unit").order_by("unit__sort_name")
    found = Pool.objects.select_related("geographic_entity__commune", "by")
    return found.defer("geographic_entity__commune__outline").prefetch_related(Prefetch("members", queryset=members))


@require_safe
def pool_list(request: SignedInRequest) -> HttpResponse:
    """Pools in force, or separated (``voir=separes``); with ``q``, establishments where one may be made."""
    require_support(request)
    text = request.GET.get("q", "").strip()[:TEXT_LENGTH]
    ended = request.GET.get("voir") == "separes"
    found = _pools().filter(ended_at__isnull=not ended).order_by("-ended_at" if ended else "name", "pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    entities = _entities(text) if text else []
    context = {
        "page": page,
        "pools": page.object_list,
        "ended": ended,
        "text": text,
        "entities": entities[:ENTITIES_OFFERED],
        "is_cut": len(entities) > ENTITIES_OFFERED,
        "crumbs": crumbs(),
    }
    return render(request, "availability/pool_list.html", context)


def _entities(text: str) -> list[GeographicEntity]:
    """Establishments whose name or commune holds each word, with two units at least that may share places."""
    may_share = Q(
        units__status="published",
        units__current_figure__is_open=True,
        units__current_figure__pool=None,
    )
    found = GeographicEntity.objects.published().filter(pk__in=_named(text)).select_related("commune")
    counted = found.annotate(sharing=Count("units", filter=may_share)).filter(sharing__gte=FEWEST_UNITS)
    return list(counted.defer("commune__outline").order_by("sort_name", "pk")[: ENTITIES_OFFERED + 1])


def _named(text: str) -> QuerySet:
    """Ids of the establishments of the units, or that bear the name, asked for."""
    return CurrentFigure.objects.filter(named(text, "unit__")).values("unit__geographic_entity")


@require_http_methods(["GET", "HEAD", "POST"])
def pool_add(request: SignedInRequest, entity_id: int) -> HttpResponse:
    """Share the places of units of an establishment. 404 for another, 422 to correct."""
    require_support(request)
    entity = _entity(request, entity_id)
    units = pools.units_offered(entity.pk)
    if request.method != "POST":
        form = PoolForm(units=units, with_figure=True, initial={"units": request.GET.getlist("unite")})
        return _pool_page(request, entity, form)
    form = PoolForm(request.POST, units=units, with_figure=True)
    if form.is_valid():
        values = form.cleaned_data
        said = {"entity": entity, "figure": values["figure"], **_said(request, values)}
        pool = _attempt(form, lambda: pools.make_pool(**said))
        if pool is not None:
            text = (
                f"Lits mutualisés «\u00a0{pool.name}\u00a0» créés\u00a0: ils se saisissent depuis n’importe laquelle "
            )
            messages.success(request, f"{text}de leurs unités.")
            return redirect("availability:pool_detail", pool_id=pool.pk)
    return _pool_page(request, entity, form, status=REFUSED)


def _entity(request: SignedInRequest, entity_id: int) -> GeographicEntity:
    if entity_id > LARGEST_ID:
        raise Http404
    found = GeographicEntity.objects.visible_to(request.scope).published().select_related("commune")
    return get_object_or_404(found.defer("commune__outline"), pk=entity_id)


def _said(request: SignedInRequest, values: dict[str, Any]) -> dict[str, Any]:
    """What a valid form and the request give to the services."""
    return {
        "unit_ids": [unit.pk for unit in values["units"]],
        "name": values["name"],
        "installed_places": values["installed_places"],
        "by": request.user,
        "scope": request.scope,
        "now": timezone.now(),
        "request_ip": client_address(request),
    }


def _attempt(form: PoolForm, act: Any) -> Pool | None:
    """Do the act; when it is refused the form says why."""
    try:
        return act()
    except PoolRefused as error:
        field = {
            PoolRefused.Why.TOO_FEW: "units",
            PoolRefused.Why.OVER_CAPACITY: "figure",
            PoolRefused.Why.NOT_STATED: "figure",
        }.get(error.why)
        form.add_error(field if field in form.fields else None, refused_words(error))
    except SharedMeanwhile:
        form.add_error(None, TRY_AGAIN)
    return None


def _pool_page(
    request: SignedInRequest, entity: GeographicEntity, form: PoolForm, pool: Pool | None = None, status: int = 200
) -> HttpResponse:
    url = reverse("directory:geographic_entity_detail", args=[entity.pk])
    last = Crumb(pool.name if pool else "Nouveaux lits mutualisés")
    context = {
        "entity": entity,
        "pool": pool,
        "form": form,
        "enough": pool is not None or len(form.fields["units"].choices) >= FEWEST_UNITS,
        "crumbs": crumbs(Crumb(entity.name, url, "EG"), last),
    }
    return render(request, "availability/pool_form.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def pool_detail(request: SignedInRequest, pool_id: int) -> HttpResponse:
    """One pool; its name, installed places and units are edited there. 422 to correct."""
    require_support(request)
    pool = find_pool(pool_id)
    entity = pool.geographic_entity
    units = pools.units_offered(entity.pk, pool.pk)
    if pool.ended_at is not None or request.method != "POST":
        held = [row.pk for row in pool.members.all()]
        initial = {"name": pool.name, "installed_places": pool.installed_places, "units": held}
        return _pool_page(request, entity, PoolForm(units=units, initial=initial), pool)
    form = PoolForm(request.POST, units=units)
    if form.is_valid():
        said = _said(request, form.cleaned_data)
        if changed := _attempt(form, lambda: pools.edit_pool(pool_id=pool.pk, **said)):
            messages.success(request, f"Lits mutualisés «\u00a0{changed.name}\u00a0» modifiés.")
            return redirect("availability:pool_detail", pool_id=pool.pk)
    return _pool_page(request, entity, form, pool, status=REFUSED)


def find_pool(pool_id: int) -> Pool:
    """Pool with its units. 404 when there is none."""
    if pool_id > LARGEST_ID:
        raise Http404
    return get_object_or_404(_pools(), pk=pool_id)


@require_http_methods(["GET", "HEAD", "POST"])
def pool_separate(request: SignedInRequest, pool_id: int) -> HttpResponse:
    """Separate the units, once confirmed: each has its own last figure back, to be confirmed."""
    require_support(request)
    pool = find_pool(pool_id)
    if pool.ended_at is not None:
        messages.info(request, refused_words(PoolRefused(PoolRefused.Why.ENDED)))
        return redirect("availability:pool_detail", pool_id=pool.pk)
    if request.method != "POST":
        url = reverse("availability:pool_detail", args=[pool.pk])
        context = {"pool": pool, "crumbs": crumbs(Crumb(pool.name, url), Crumb("Séparer"))}
        return render(request, "availability/pool_separate.html", context)
    who = {"by": request.user, "scope": request.scope, "now": timezone.now(), "request_ip": client_address(request)}
    try:
        pools.separate_pool(pool_id=pool.pk, **who)
    except PoolRefused as error:
        messages.info(request, refused_words(error))
    else:
        text = f"Lits mutualisés «\u00a0{pool.name}\u00a0» séparés\u00a0: chaque unité retrouve son dernier chiffre, "
        messages.success(request, f"{text}à confirmer.")
    return redirect("availability:pool_detail", pool_id=pool.pk)
