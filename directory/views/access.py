"""The guard that pages of the directory share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from accounts.roles import Permission

NO_ROLE = "Votre compte n’a pas de rôle en cours : demandez-en un au support du ROR."


def readers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer 403 to a person without any role that reads the directory."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.scope.may(Permission.DIRECTORY_READ):
            raise PermissionDenied(NO_ROLE)
        return view(request, *args, **kwargs)

    return guarded
