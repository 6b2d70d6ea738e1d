"""Middleware over what comes in and what goes out: unreadable requests, answers that no shared machine may keep."""

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict, UnreadablePostError

from common.errors import method_not_allowed
from common.middleware import GetResponse, is_exempt, is_signed_in

NUL = "\0"


class ReadableRequestMiddleware:
    """Refuse the character NUL, which PostgreSQL stores nowhere: 404 in an address, 400 in what is sent with it.

    Stands after whatever the error pages need (the person, the scope) and before every view.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve what can be read."""
        if NUL in request.path:
            raise Http404
        if _has_nul(request.GET) or (request.method == "POST" and _posted_nul(request)):
            raise BadRequest("NUL")
        return self.get_response(request)


def _has_nul(fields: QueryDict) -> bool:
    return any(NUL in name or any(NUL in value for value in values) for name, values in fields.lists())


def _posted_nul(request: HttpRequest) -> bool:
    try:
        return _has_nul(request.POST)
    except UnreadablePostError:  # the visitor has gone: the CSRF check answers for it
        return False


class MethodNotAllowedMiddleware:
    """Say in French that an address does not take a method, where Django's answer 405 is blank.

    Stands after whatever the error pages need. Probes keep the blank one: their answer needs no database.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve; fill a blank 405, its « Allow » kept."""
        response = self.get_response(request)
        if response.status_code != HttpResponseNotAllowed.status_code or response.content or is_exempt(request):
            return response
        page = method_not_allowed(request)
        page.headers["Allow"] = response.headers["Allow"]
        return page


class PrivateAnswersMiddleware:
    """Forbid every store to keep what a signed-in person reads, unless the view said something else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add ``Cache-Control: private, no-store`` where the answer has none."""
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and is_signed_in(request):
            response.headers["Cache-Control"] = "private, no-store"
        return response
