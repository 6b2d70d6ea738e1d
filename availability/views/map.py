"""Disponibilités › Carte: places on the map and the same in a list (spec 20, Consulting)."""

from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from directory.duplicates.replaced import refer_on_miss
from directory.models import Department, OperationalUnit

from ..freshness import AgeBand, ContractState
from ..groupings import shown_groupings
from ..guichet.form import MapForm
from ..guichet.map_data import Spots, background, feature_collection, map_units, spots_of, units_beside
from ..guichet.supply import add_reliability, load_offers
from .access import readers_only

PAGE_SIZE = 50  # places
LARGEST_ID = 2**63 - 1


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def availability_map(request: HttpRequest) -> HttpResponseBase:
    """Criteria, map and list of places; the list is whole without the map."""
    now = timezone.now()
    form = _form(request)
    spots = _spots(request, form, now)
    query = urlencode(list(_pairs(form)))
    page = Paginator(spots.shown, PAGE_SIZE).get_page(request.GET.get("page"))
    listed = [*page.object_list, *(spots.apart if page.number == 1 else ())]
    add_reliability((offer for spot in listed for offer in spot.offers), now)
    context = {
        "form": form,
        "spots": spots,
        "page": page,
        "back": request.get_full_path(),
        "points": reverse("availability:map_data") + (f"?{query}" if query else ""),
        "outlines": background(form),
        "query": query,
        "bands": list(AgeBand),
        "states": [state for state in ContractState if state is not ContractState.NEVER],
        "now": now,
    }
    return render(request, "availability/map.html", context)


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def map_data(request: HttpRequest) -> HttpResponseBase:
    """Markers as GeoJSON for the criteria that the page wrote in this address; codes it does not know give nothing."""
    given = {name: [(code, code) for code in request.GET.getlist(name)] for name in ("departement", "regroupement")}
    spots = _spots(request, MapForm(request.GET, choices=given), timezone.now())
    return JsonResponse(feature_collection(spots), content_type="application/geo+json")


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def map_spot(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Piece of page: what stands where a unit does, under the same criteria. 404 when nothing of it is on the map."""
    if unit_id > LARGEST_ID:
        raise Http404
    units = OperationalUnit.objects.visible_to(request.scope).published()
    units = units.select_related("geographic_entity").with_address_shown(request.scope)
    unit = units.filter(pk=unit_id).first()
    if unit is None:
        refer_on_miss(request, OperationalUnit, unit_id)
        raise Http404
    if not unit.address_shown:
        raise Http404
    form = _form(request)
    now = timezone.now()
    offers = load_offers(units_beside(map_units(request.scope, form), unit), request.scope, now, form.ceiling)
    spots = spots_of(offers, form).shown
    if not spots:
        raise Http404
    add_reliability(spots[0].offers, now)
    query = urlencode(list(_pairs(form)))
    back = reverse("availability:map") + (f"?{query}" if query else "")
    return render(request, "availability/map_spot.html", {"spot": spots[0], "back": back})


def _form(request: HttpRequest) -> MapForm:
    departments = Department.objects.only("code", "name", "order")
    choices = {
        "departement": [(one.code, str(one)) for one in departments],
        "regroupement": list(shown_groupings().values_list("code", "name")),
    }
    return MapForm(request.GET, choices=choices)


def _spots(request: HttpRequest, form: MapForm, now) -> Spots:
    units = map_units(request.scope, form)
    return spots_of(load_offers(units, request.scope, now, form.ceiling), form)


def _pairs(form: MapForm):
    """Criteria that hold, as the address of the data writes them."""
    for name in form.fields:
        value = form.valid(name)
        if isinstance(value, list):
            yield from ((name, one) for one in value)
        elif value is not None:
            yield name, "on" if value is True else value
