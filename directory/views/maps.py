"""GeoJSON for the maps: outlines of departments and communes, territory of a unit.

The text is put together by PostgreSQL and never read by Python; answers carry an ETag and are kept by the browser.
"""

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from ..duplicates.replaced import refer_on
from ..models import Department, OperationalUnit
from .access import readers_only

GEOJSON = "application/geo+json"
OUTLINES_MAX_AGE = 24 * 3600  # seconds
MAX_DEPARTMENTS = 8

_COLLECTION = """
    SELECT json_build_object('type', 'FeatureCollection', 'features', coalesce(json_agg(json_build_object(
        'type', 'Feature', 'properties', properties, 'geometry', outline)), '[]'::json))::text
    FROM ({rows}) AS shown
"""
_DEPARTMENTS = """
    SELECT json_build_object('code', code, 'name', name) AS properties, outline
    FROM directory_department WHERE outline IS NOT NULL ORDER BY "order", code
"""
_COMMUNES = """
    SELECT json_build_object('insee', insee) AS properties, outline
    FROM directory_commune WHERE department_id = ANY(%s) AND outline IS NOT NULL ORDER BY insee
"""
_TERRITORY = """
    SELECT json_build_object('insee', c.insee, 'name', c.name) AS properties, c.outline
    FROM directory_commune c
    WHERE c.outline IS NOT NULL AND (
        c.insee IN (SELECT commune_id FROM directory_interventionarea WHERE unit_id = %s)
        OR c.parent_id IN (SELECT commune_id FROM directory_interventionarea WHERE unit_id = %s)
    )
    ORDER BY c.insee
"""


def geojson(rows: str, parameters: list) -> HttpResponse:
    """FeatureCollection of the columns « properties » and « outline » of a query written in code."""
    with connection.cursor() as cursor:
        cursor.execute(_COLLECTION.format(rows=rows), parameters)
        (text,) = cursor.fetchone()
    return HttpResponse(text, content_type=GEOJSON)


@require_safe
@cache_control(private=True, max_age=OUTLINES_MAX_AGE)
@conditional_page
def department_outlines(request: HttpRequest) -> HttpResponse:
    """Outlines of the departments of the region (properties: code, name)."""
    return geojson(_DEPARTMENTS, [])


@require_safe
@cache_control(private=True, max_age=OUTLINES_MAX_AGE)
@conditional_page
def commune_outlines(request: HttpRequest) -> HttpResponse:
    """Outlines of the communes of some departments (``?departement=92&departement=93``, eight at most).

    404 on an unknown department.
    """
    codes = list(dict.fromkeys(request.GET.getlist("departement")))[:MAX_DEPARTMENTS]
    if codes and Department.objects.filter(code__in=codes).count() != len(codes):
        raise Http404
    return geojson(_COMMUNES, [codes])


@require_safe
@readers_only
@cache_control(private=True, no_cache=True)
@conditional_page
def unit_territory(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Communes of a unit's territoire d'intervention; « Paris » is drawn by its arrondissements.

    404 when the unit is hidden from this person.
    """
    units = OperationalUnit.objects.visible_to(request.scope).only("status", "closure_kind")
    refer_on(request, get_object_or_404(units, pk=unit_id))
    return geojson(_TERRITORY, [unit_id, unit_id])
