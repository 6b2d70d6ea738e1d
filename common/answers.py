"""Middleware over what comes in and what goes out: unreadable characters, answers that no shared machine may keep."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict, UnreadablePostError

from common.errors import method_not_allowed
from common.middleware import GetResponse, is_exempt, is_signed_in

NUL = "\0"


class ReadableRequestMiddleware:
    """Take the character NUL, which PostgreSQL stores nowhere and nobody types, out of what is sent with a request.

    What else a form or a query says is kept: a text pasted from elsewhere is not lost for it. In an address, a 404.
    Stands after whatever the error pages need (the person, the scope) and before every view, which never meets it.
    Names of files are without it already (Django keeps their printable characters).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve what can be read."""
        if NUL in request.path:
            raise Http404
        if _has_nul(request.GET):
            request.GET = QueryDict(_without_nul(request.GET), encoding=request.GET.encoding)
        if request.method == "POST" and _posted_nul(request):
            request.POST = QueryDict(_without_nul(request.POST), encoding=request.POST.encoding)
        return self.get_response(request)


def _has_nul(fields: QueryDict) -> bool:
    return any(NUL in name or any(NUL in value for value in values) for name, values in fields.lists())


def _posted_nul(request: HttpRequest) -> bool:
    try:
        return _has_nul(request.POST)
    except UnreadablePostError:  # the visitor has gone: the CSRF check answers for it
        return False


def _without_nul(fields: QueryDict) -> str:
    """Return the same fields, as a query says them; those of the same name without it are put together."""
    clean = QueryDict(mutable=True, encoding=fields.encoding)
    for name, values in fields.lists():
        for value in values:
            clean.appendlist(name.replace(NUL, ""), value.replace(NUL, ""))
    return clean.urlencode()


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
