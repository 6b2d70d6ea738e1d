"""Alerts of saved searches: starting, renewing, ending; and ending from a mail without signing in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.requests import SignedInRequest
from common.french import NBSP, moment
from common.pages import posted_from

from ..alerts.links import BadLink, EndLink, read_mail_token, read_token
from ..alerts.services import AlertRefused, end_alert, end_alerts, silence_words, start_alert
from ..criteria import SearchCriteria
from ..kept.forms import AlertForm
from ..kept.saved import without_past_days
from ..models import PlaceAlert, SavedSearch
from .access import readers_only
from .saved import REFUSED, crumbs, own_search

GONE = 410


@require_http_methods(["GET", "HEAD", "POST"])
@readers_only
def alert(request: SignedInRequest, search_id: int) -> HttpResponse:
    """Choose whether and how often to be told of the places of a saved search; each choice lasts thirty days."""
    saved = own_search(request, search_id)
    now = timezone.now()
    watched = _watching(saved, now)
    form = AlertForm(request.POST or None, initial={"rhythm": watched.rhythm if watched else ""})
    status = 200
    if request.method == "POST":
        form, status = AlertForm(request.POST), REFUSED
        if form.is_valid() and _apply(request, saved, form.cleaned_data["rhythm"]):
            return redirect("search:saved")
    context = {"saved": saved, "form": form, "watched": watched, "crumbs": crumbs("Alerte sur les places")}
    return render(request, "search/saved_alert.html", context, status=status)


def _apply(request: SignedInRequest, saved: SavedSearch, rhythm: str) -> bool:
    """Start, renew or end as asked, and say it; tell whether that could be done."""
    now = timezone.now()
    if not rhythm:
        ended = hasattr(saved, "alert") and end_alert(alert_id=saved.alert.pk, now=now)
        said = "L’alerte est arrêtée" if ended else "Aucune alerte"
        messages.success(request, f"{said}{NBSP}: «{NBSP}{saved.name}{NBSP}».")
        return True
    return _start(request, saved, PlaceAlert.Rhythm(rhythm))


def _start(request: SignedInRequest, saved: SavedSearch, rhythm: PlaceAlert.Rhythm) -> bool:
    now, before = timezone.now(), saved.query
    try:
        started = start_alert(search=saved, rhythm=rhythm, by=request.user, scope=request.scope, now=now)
    except AlertRefused as error:
        messages.error(request, error.words)
        return False
    until = moment(started.ends_at)
    messages.success(request, f"«{NBSP}{saved.name}{NBSP}»{NBSP}: vous serez prévenu par mail jusqu’au {until}.")
    if words := silence_words(saved, request.scope, now):
        messages.warning(request, words)
    if saved.query != before:
        for words in without_past_days(SearchCriteria.from_query(QueryDict(before)), timezone.localdate(now))[1]:
            messages.warning(request, words)
    return True


@posted_from(lambda search_id: reverse("search:saved"))
@readers_only
def renew(request: SignedInRequest, search_id: int) -> HttpResponseBase:
    """Thirty more days for an alert, under way or over, at its rhythm."""
    saved = own_search(request, search_id)
    rhythm = saved.alert.rhythm if hasattr(saved, "alert") else PlaceAlert.Rhythm.AT_ONCE
    _start(request, saved, PlaceAlert.Rhythm(rhythm))
    return redirect("search:saved")


@posted_from(lambda search_id: reverse("search:saved"))
@readers_only
def stop(request: SignedInRequest, search_id: int) -> HttpResponseBase:
    """End an alert at once."""
    _apply(request, own_search(request, search_id), "")
    return redirect("search:saved")


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def end_from_mail(request: HttpRequest, token: str) -> HttpResponseBase:
    """« Arrêter » for whoever holds the link of a mail, whoever is signed in.

    GET writes nothing: mail scanners open links. 404 when the address is no link, 410 when its alert is no longer.
    """
    now = timezone.now()
    try:
        link = read_token(token)
    except BadLink:
        return render(request, "search/alert_unknown.html", status=404)
    found = next(iter(_alerts_of(link)), None)
    if request.method == "POST" and found is not None:
        end_alert(alert_id=found.pk, now=now)
        return redirect("search:alert_end", token=token)
    context: dict[str, Any] = {"alert": found, "is_over": found is not None and found.ends_at <= now, "token": token}
    return render(request, "search/alert_end.html", context, status=200 if found else GONE)


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponseBase:
    """End all the alerts of a mail: a mail program posts here, without session nor cookie (RFC 8058).

    GET writes nothing and asks. 404 when the address is no link, 410 when its alerts are no longer, 400 when what is
    posted is not the order of RFC 8058, which the button of the page sends too.
    """
    now = timezone.now()
    try:
        link = read_mail_token(token)
    except BadLink:
        return render(request, "search/alert_unknown.html", status=404)
    found = _alerts_of(link)
    if request.method == "POST":
        if request.POST.get("List-Unsubscribe") != "One-Click":
            return render(request, "search/alert_unknown.html", status=400)
        end_alerts(alert_ids=[alert.pk for alert in found], now=now)
    context = {"alerts": found, "is_over": request.method == "POST" or all(alert.ends_at <= now for alert in found)}
    return render(request, "search/alert_unsubscribe.html", context, status=200 if found else GONE)


def _alerts_of(link: EndLink) -> list[PlaceAlert]:
    """The alerts of a link that still exist, of the person it was sent to."""
    alerts = PlaceAlert.objects.select_related("search__user").filter(pk__in=link.alert_ids).order_by("pk")
    return [alert for alert in alerts if link.is_sent_to(alert.search.user)]


def _watching(saved: SavedSearch, now) -> PlaceAlert | None:
    """The alert under way."""
    found = getattr(saved, "alert", None)
    return found if found is not None and found.ends_at > now else None
