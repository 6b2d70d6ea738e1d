"""Saved searches: the list, saving, renaming, deleting (spec 40, Results). One's own only: 404 for others'."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import SignedInRequest
from common.french import NBSP
from common.pages import Crumb

from ..alerts.services import AlertRefused, silence_words, start_alert
from ..criteria import SearchCriteria
from ..criteria_words import labels_of, words_of
from ..kept.forms import NameForm, SaveForm
from ..kept.listing import lines_of
from ..kept.saved import (
    LIMIT,
    NameMissing,
    NameTaken,
    SavedSearchRefused,
    delete_search,
    proposed_name,
    rename_search,
    save_search,
    saved_of,
    without_past_days,
)
from ..models import PlaceAlert, SavedSearch
from .access import readers_only

REFUSED = 422
_OF_NAME = (NameMissing, NameTaken)


def crumbs(*steps: str) -> list[Crumb]:
    """« Recherche › Mes recherches enregistrées › … »."""
    first = [Crumb("Recherche", reverse("search:results"))]
    if not steps:
        return [*first, Crumb("Mes recherches enregistrées")]
    return [*first, Crumb("Mes recherches enregistrées", reverse("search:saved")), *map(Crumb, steps)]


def own_search(request: HttpRequest, search_id: int) -> SavedSearch:
    """One's saved search with its alert. Raises ``Http404``."""
    found = saved_of(request.scope.user_id).filter(pk=search_id).first()
    if found is None:
        raise Http404
    return found


@require_safe
@readers_only
def saved_list(request: HttpRequest) -> HttpResponse:
    """The searches that I saved, each with its criteria in words and its alert."""
    now = timezone.now()
    lines = lines_of(request.scope.user_id, now)
    context = {"lines": lines, "limit": LIMIT, "is_full": len(lines) >= LIMIT, "crumbs": crumbs()}
    return render(request, "search/saved_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def save(request: SignedInRequest) -> HttpResponse:
    """Name a search and keep it; GET proposes a name for the search that its address holds. 422 to correct."""
    today = timezone.localdate()
    if request.method != "POST":
        criteria, past = without_past_days(SearchCriteria.from_query(request.GET), today)
        words = words_of(criteria, labels_of(criteria))
        form = SaveForm(initial={"name": proposed_name(words), "query": criteria.to_query()})
        return _save_page(request, form, criteria, past)
    form = SaveForm(request.POST)
    criteria, past = without_past_days(SearchCriteria.from_query(QueryDict(form["query"].value() or "")), today)
    if form.is_valid() and (saved := _save(request, form, criteria)) is not None:
        messages.success(request, f"«{NBSP}{saved.name}{NBSP}» est enregistrée.{_alert_words(saved)}")
        for said in (*past, *_silence(request, saved)):
            messages.warning(request, said)
        return redirect("search:saved")
    return _save_page(request, form, criteria, past, status=REFUSED)


def _save(request: SignedInRequest, form: SaveForm, criteria: SearchCriteria) -> SavedSearch | None:
    """Keep what a valid form says; ``None`` when it is refused, the form saying why."""
    now = timezone.now()
    try:
        saved = save_search(name=form.cleaned_data["name"], criteria=criteria, by=request.user, now=now)
    except SavedSearchRefused as error:
        form.add_error("name" if isinstance(error, _OF_NAME) else None, error.words)
        return None
    if rhythm := form.cleaned_data["rhythm"]:
        try:
            start_alert(search=saved, rhythm=PlaceAlert.Rhythm(rhythm), by=request.user, scope=request.scope, now=now)
        except AlertRefused as error:
            messages.warning(request, error.words)
    return saved


def _alert_words(saved: SavedSearch) -> str:
    return " Vous serez prévenu par mail pendant 30 jours." if hasattr(saved, "alert") else ""


def _silence(request: SignedInRequest, saved: SavedSearch) -> list[str]:
    """Why the alert of a search just saved tells nothing for now."""
    words = silence_words(saved, request.scope, timezone.now()) if hasattr(saved, "alert") else ""
    return [words] if words else []


def _save_page(
    request: HttpRequest, form: SaveForm, criteria: SearchCriteria, past: list[str], status: int = 200
) -> HttpResponse:
    words = words_of(criteria, labels_of(criteria))
    context: dict[str, Any] = {
        "form": form,
        "words": words,
        "past": past,
        "back": f"{reverse('search:results')}?{criteria.to_query()}",
        "crumbs": crumbs("Enregistrer une recherche"),
    }
    return render(request, "search/saved_add.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def rename(request: SignedInRequest, search_id: int) -> HttpResponse:
    """Give a saved search another name. 422 to correct."""
    saved = own_search(request, search_id)
    form = NameForm(request.POST or None, initial={"name": saved.name})
    old, status = saved.name, 200
    if request.method == "POST":
        form = NameForm(request.POST)
        status = REFUSED
        if form.is_valid():
            try:
                rename_search(saved=saved, name=form.cleaned_data["name"], by=request.user)
            except SavedSearchRefused as error:
                form.add_error("name", error.words)
            else:
                messages.success(request, f"La recherche s’appelle maintenant «{NBSP}{saved.name}{NBSP}».")
                return redirect("search:saved")
    context = {"form": form, "name": old, "crumbs": crumbs("Renommer")}
    return render(request, "search/saved_rename.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def delete(request: SignedInRequest, search_id: int) -> HttpResponse:
    """Ask, then forget a saved search and its alert."""
    saved = own_search(request, search_id)
    if request.method == "POST":
        name = saved.name
        delete_search(saved=saved)
        messages.success(request, f"«{NBSP}{name}{NBSP}» est supprimée.")
        return redirect("search:saved")
    context = {"saved": saved, "has_alert": hasattr(saved, "alert"), "crumbs": crumbs("Supprimer")}
    return render(request, "search/saved_delete.html", context)
