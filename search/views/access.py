"""What the pages of search share: who may open them, where an act goes back to."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from availability.shown import local_day
from directory.permissions import reads_directory

from ..criteria import SearchCriteria

NO_ROLE = "Votre compte n’a pas de rôle en cours\u00a0: demandez-en un au support du ROR."
ID_DIGITS = 18


def readers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to a person without any role that reads the region."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not reads_directory(request):
            raise PermissionDenied(NO_ROLE)
        return view(request, *args, **kwargs)

    return guarded


def asked_today(request: HttpRequest) -> SearchCriteria:
    """What the address asks for, as every view of a search understands it today: a day that is past asks nothing."""
    return SearchCriteria.from_query(request.GET).as_of(local_day(timezone.now()))


def back_to(request: HttpRequest, url_name: str) -> str:
    """Where one came from (``retour``), when it is a path of this site; else the page of that name."""
    asked = request.POST.get("retour") or request.GET.get("retour") or ""
    allowed = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if allowed and asked.startswith("/") else reverse(url_name)


def read_id(text: str) -> int:
    """Id written in an address or a form; 0, which no record has, when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS else 0
