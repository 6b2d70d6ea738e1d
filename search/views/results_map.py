"""The map of results: its markers, and the short record that each of them opens (spec 40, Results)."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ..results.map_data import feature_collection, spot_of, spots_on_screen
from .access import asked_today, readers_only


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def map_data(request: HttpRequest) -> HttpResponseBase:
    """Markers of the lines on screen as GeoJSON, with the parameters of the page; none when nothing was asked."""
    criteria = asked_today(request)
    spots = spots_on_screen(criteria, request.scope, timezone.now()) if criteria.given else []
    return JsonResponse(feature_collection(spots), content_type="application/geo+json")


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
def map_spot(request: HttpRequest, key: str) -> HttpResponse:
    """Piece of page: what a marker stands for, under the same criteria. 404 when it is not on the map."""
    spot = spot_of(key, asked_today(request), request.scope, timezone.now())
    if spot is None:
        raise Http404
    return render(request, "search/map_spot.html", {"line": spot.line})
