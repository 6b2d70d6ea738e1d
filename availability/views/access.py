"""The guard that pages for readers share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from directory.permissions import reads_directory

NO_ROLE = "Votre compte n’a pas de rôle en cours\u00a0: demandez-en un au support du ROR."


def readers_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Answer 403 to a person without any role that reads the region."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not reads_directory(request):
            raise PermissionDenied(NO_ROLE)
        return view(request, *args, **kwargs)

    return guarded
