"""What the forms of territory and address ask for while they are filled: outlines of a draft, names of communes."""

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from ..forms.base import STEP
from ..territory.territories import load_gazetteer, region_members, suggested, territory_query
from .access import readers_only
from .maps import geojson

PREVIEW_MAX_AGE = 3600  # seconds
ACTIONS = {"ajouter": "Ajouter", "commune": "Choisir"}  # steps of the forms that suggestions are buttons of
_STEP_NAME = re.compile(r"(?:[a-z]+-)?etape", re.ASCII)

_PREVIEW = """
    SELECT json_build_object('insee', insee, 'name', name) AS properties, outline
    FROM directory_commune WHERE insee = ANY(%s) AND outline IS NOT NULL
    UNION ALL
    SELECT json_build_object('department', code, 'name', name), outline
    FROM directory_department WHERE code = ANY(%s) AND outline IS NOT NULL
"""


@require_safe
@readers_only
@cache_control(private=True, max_age=PREVIEW_MAX_AGE)
@conditional_page
def territory_preview(request: HttpRequest) -> HttpResponse:
    """Outlines of a territory being made (``?t=92&t=78.646.650``, see ``territories.territory_parameters``).

    404 for a department or a form that is not known.
    """
    try:
        asked = territory_query(request.GET.getlist("t"), region_members())
    except ValueError as error:
        raise Http404 from error
    return geojson(_PREVIEW, [asked.communes, asked.departments])


@require_safe
@readers_only
@cache_control(private=True, max_age=PREVIEW_MAX_AGE)
def commune_suggestions(request: HttpRequest) -> HttpResponse:
    """Communes that a text may mean, as buttons of its form: whatever field sent it, « action » and « bouton » apart.

    ``bouton`` is the name of the buttons, « etape » below the prefix of the form.
    """
    action = request.GET.get("action", "")
    if action not in ACTIONS:
        raise Http404
    step_name = request.GET.get("bouton", STEP)
    if not _STEP_NAME.fullmatch(step_name):
        raise Http404
    text = next((str(value) for name, value in request.GET.items() if name not in {"action", "bouton"}), "")
    places = suggested(text, load_gazetteer())
    context = {"action": action, "step_name": step_name, "verb": ACTIONS[action], "text": text, "places": places}
    return render(request, "directory/commune_suggestions.html", context)
