"""« Recherches sans résultat », for support; and where pages of results tell what was opened of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import SignedInRequest
from accounts.roles import PERMISSION_LABELS, Permission
from common.french import NBSP
from common.pages import PAGE_SIZE, Crumb, posted_from
from common.xlsx import xlsx_response

from ..criteria import SearchCriteria
from ..log.counting import DAYS_TO_TELL, log_opening
from ..log.listing import OFTEN, PERIODS, Listing, LogQuery, numbers_count, settled, sheet, texts_of, untold_count
from ..log.services import TextRefused, add_synonym, find_terms, leave_text, list_again, may_mend, text_of_key
from .access import read_id, readers_only

RANK_DIGITS = 3


@require_POST
@readers_only
def opening(request: HttpRequest) -> HttpResponse:
    """Count a record opened from a page of results: its text, department, rank and kind, nothing of the person."""
    criteria = SearchCriteria.from_query({"quoi": request.POST.get("quoi", "")})
    rank = request.POST.get("rang", "")
    is_known = log_opening(
        text=criteria.what,
        department=request.POST.get("departement", ""),
        rank=read_id(rank) if len(rank) <= RANK_DIGITS else 0,
        kind=request.POST.get("nature", ""),
        now=timezone.now(),
    )
    return HttpResponse(status=204 if is_known else 400)


def support_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to whoever does not manage the nomenclatures."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not may_mend(request.scope):
            label = PERMISSION_LABELS[Permission.NOMENCLATURE_MANAGE].lower()
            raise PermissionDenied(f"Votre rôle ne permet pas de «{NBSP}{label}{NBSP}».")
        return view(request, *args, **kwargs)

    return guarded


def _list_page(*args: Any, **kwargs: Any) -> str:
    return reverse("search:log")


@require_safe
@support_only
def log(request: HttpRequest) -> HttpResponse:
    """The texts of one list over a period, fifteen a page."""
    now, asked = timezone.now(), LogQuery.read(request.GET)
    is_settled = asked.listing == Listing.SETTLED
    rows = settled() if is_settled else texts_of(asked, now)
    context = {
        "asked": asked,
        "listings": [(each, "?" + _query(LogQuery(each, asked.days))) for each in Listing],
        "periods": PERIODS.items(),
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "is_settled": is_settled,
        "often": OFTEN,
        "untold": untold_count(asked, now) if asked.listing == Listing.EMPTY else 0,
        "days_to_tell": DAYS_TO_TELL,
        "numbers": 0 if is_settled else numbers_count(asked, now),
        "export": f"{reverse('search:log_export')}?{_query(asked)}",
    }
    return render(request, "search/log_list.html", context)


def _query(asked: LogQuery) -> str:
    return urlencode({"liste": asked.listing.value, "periode": asked.days})


@require_safe
@support_only
def log_export(request: HttpRequest) -> HttpResponseBase:
    """The list as an Excel file, whole."""
    now, asked = timezone.now(), LogQuery.read(request.GET)
    if asked.listing == Listing.SETTLED:
        asked = LogQuery(days=asked.days)
    name = f"recherches-{asked.listing.value}-{timezone.localdate(now):%Y-%m-%d}.xlsx"
    return xlsx_response(name, [sheet(asked, now)])


@require_http_methods(["GET", "HEAD", "POST"])
@support_only
def log_synonym(request: SignedInRequest, key: str) -> HttpResponse:
    """Choose the term that a text means, then add it to its synonyms."""
    words = text_of_key(key)
    if not words:
        raise Http404
    problem = ""
    if request.method == "POST":
        term_id = read_id(request.POST.get("terme", ""))
        try:
            term = add_synonym(key=key, term_id=term_id, by=request.user, scope=request.scope, now=timezone.now())
        except TextRefused as error:
            problem = error.words
        else:
            quoted = f"«{NBSP}{words}{NBSP}»"
            messages.success(request, f"{quoted} trouve désormais «{NBSP}{term.label}{NBSP}».")
            return redirect("search:log")
    looked_for = (request.POST.get("q") or request.GET.get("q") or words).replace("\x00", "")[:120]
    context = {
        "words": words,
        "looked_for": looked_for,
        "found": find_terms(looked_for),
        "problem": problem,
        "crumbs": [Crumb("Recherches sans résultat", reverse("search:log")), Crumb("Ajouter comme synonyme")],
    }
    return render(request, "search/log_synonym.html", context, status=422 if problem else 200)


@support_only
@posted_from(_list_page)
def log_leave(request: SignedInRequest, key: str) -> HttpResponse:
    """« Ignorer » a text: the lists show it no more."""
    try:
        words = leave_text(key=key, scope=request.scope, now=timezone.now())
    except TextRefused as error:
        messages.error(request, error.words)
    else:
        messages.success(
            request, f"«{NBSP}{words}{NBSP}» n’est plus proposé. La liste « Traitées » permet d’y revenir."
        )
    return redirect("search:log")


@support_only
@posted_from(_list_page)
def log_again(request: SignedInRequest, key: str) -> HttpResponse:
    """« Reprendre » a text that was left alone, or take back the synonym that it was made."""
    if list_again(key=key, by=request.user, scope=request.scope):
        messages.success(request, "La recherche est de nouveau dans les listes.")
    else:
        messages.info(request, "Cette recherche n’était plus traitée.")
    return redirect(f"{reverse('search:log')}?{_query(LogQuery(Listing.SETTLED))}")
