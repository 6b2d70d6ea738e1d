"""`/recherche/suggestions/`: what the text being typed may mean, as lines of a list or as JSON (spec 40)."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from ..criteria import SearchCriteria
from ..words.suggestions import Choice, Suggestions, suggest_what, suggest_where
from .access import readers_only

WHERE, WHAT = "ou", "quoi"
MAX_AGE = 30  # seconds a browser may show them again


@require_safe
@readers_only
@cache_control(private=True, max_age=MAX_AGE)
@vary_on_headers("Accept", "Cookie")
def suggestions(request: HttpRequest) -> HttpResponse:
    """Propose what ``q`` may mean in the field ``champ`` (« ou » or « quoi »); nothing for a field that is unknown."""
    field = request.GET.get("champ", "")
    criteria = SearchCriteria.from_query({WHERE if field == WHERE else WHAT: request.GET.get("q", "")})
    found = Suggestions()
    if field == WHERE:
        found = suggest_where(criteria.where, request.scope)
    elif field == WHAT:
        found = suggest_what(criteria.what, request.scope, timezone.now())
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse(_as_json(field, criteria.where or criteria.what, found))
    return render(request, "search/suggestion_list.html", {"field": field, "found": found})


def _as_json(field: str, text: str, found: Suggestions) -> dict[str, Any]:
    return {
        "champ": field,
        "q": text,
        "orthographe_proche": found.correction.text if found.correction else None,
        "groupes": [
            {"cle": group.key, "titre": group.title, "choix": [_line(choice) for choice in group.choices]}
            for group in found.groups
        ],
        "rechercher_dans": [
            {"texte": choice.value, "dans": choice.within, "libelle": choice.pieces[0].text} for choice in found.within
        ],
    }


def _line(choice: Choice) -> dict[str, Any]:
    return {
        "texte": choice.value,
        "libelle": "".join(piece.text for piece in choice.pieces),
        "precision": choice.detail,
        "nombre": choice.note,
        "dans": choice.within,
    }
