"""The page of the link in a reminder: GET shows the figure, POST confirms it, without signing in (spec 20)."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from ..exceptions import NothingToConfirm, StaleFigure, StatementRefused
from ..models import AvailabilityEntry
from ..permissions import REFUSAL_WORDS
from ..reminders.confirm_links import BadLink, read_token
from ..reminders.confirming import LinkState, Opened, open_link
from ..services import confirm_unchanged, contest_key

GONE = {LinkState.EXPIRED: 410, LinkState.NOT_YOURS: 410}
NOT_DONE = {LinkState.CHANGED: 409, LinkState.REFUSED: 409, LinkState.READY: 409}
LONGEST_KEY = 19  # digits


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponseBase:
    """The figure of one unit and « Confirmer », for the person it was sent to, whoever is signed in.

    GET writes nothing: mail scanners open links. 404 when the address is no link, 410 when it no longer serves, 409
    when POST finds the figure changed or the unit without entry.
    """
    now = timezone.now()
    try:
        link = read_token(token)
    except BadLink:
        return render(request, "availability/confirm_unknown.html", status=404)
    opened = open_link(link, now)
    if request.method == "POST" and opened.is_ready:
        try:
            _confirm(opened, _contest_seen(request))
        except (StaleFigure, StatementRefused, NothingToConfirm):  # somebody was quicker: what is true now is shown
            opened = open_link(link, now)
        else:
            return redirect("availability:confirm", token=token)
    return _page(request, opened)


def _contest_seen(request: HttpRequest) -> int:
    """``services.contest_key`` of the page that was sent."""
    text = request.POST.get("contest", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_KEY else 0


def _confirm(opened: Opened, contest_seen: int) -> None:
    link = opened.link
    confirm_unchanged(
        unit_id=link.unit_id,
        expected_version=link.version,
        pool_id=link.pool_id,
        contest_seen=contest_seen,
        request_id=link.request_id,
        source=AvailabilityEntry.Source.MAIL,
        by=opened.user,
        scope=opened.scope,
        now=opened.shown.now,
    )


def _page(request: HttpRequest, opened: Opened) -> HttpResponse:
    status = GONE.get(opened.state, 200)
    if request.method == "POST":
        status = NOT_DONE.get(opened.state, status)
    context = {
        "opened": opened,
        "row": opened.shown,
        "contest": contest_key(opened.shown.figure.contested_at) if opened.shown and opened.shown.figure else 0,
        "is_contested_since": request.method == "POST" and opened.is_ready,
        "reason": REFUSAL_WORDS[opened.refusal] if opened.refusal else "Il n’y a plus de chiffre à confirmer.",
    }
    return render(request, "availability/confirm_figure.html", context, status=status)
