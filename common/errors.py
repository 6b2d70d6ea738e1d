"""Error pages: the handlers named in ``ror.urls`` and the answers views give themselves (409, 413, 429).

Every page says in French what happened, what to do next and how to reach the support desk. The texts are in
``templates/<status>.html``.
"""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from common.context import site_name

TOO_LARGE = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400, or 413 when what was sent is over the limits of the settings."""
    return payload_too_large(request) if isinstance(exception, TOO_LARGE) else _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403; the text given to ``PermissionDenied`` (the reason of the permission rule) is shown."""
    return _page(request, 403, detail=str(exception))


def session_ended(request: HttpRequest) -> HttpResponse:
    """Answer 401 to what a visitor sends to a page that asks for an account: nothing was written."""
    response = _page(request, 401)
    response.headers["WWW-Authenticate"] = "Cookie"  # RFC 9110: a 401 names a scheme; no browser asks anything for it
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 when the CSRF check fails (``CSRF_FAILURE_VIEW``); ``reason`` is for the log alone."""
    return _page(request, 403, template="403_csrf.html")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 without saying whether the thing exists."""
    return _page(request, 404)


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """Answer 405: the address takes another method."""
    return _page(request, 405)


def conflict(request: HttpRequest, detail: str = "") -> HttpResponse:
    """Answer 409: somebody else wrote first. ``detail`` says who and when, when the view knows."""
    return _page(request, 409, detail=detail)


def payload_too_large(request: HttpRequest, detail: str = "") -> HttpResponse:
    """Answer 413; ``detail`` says the limit, when the view knows."""
    return _page(request, 413, detail=detail)


def too_many_requests(request: HttpRequest, detail: str = "") -> HttpResponse:
    """Answer 429; ``detail`` says until when, when the view knows."""
    return _page(request, 429, detail=detail)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without request, session, user or database: nothing that may be what failed."""
    return HttpResponse(page_alone("500.html"), status=500)


def page_alone(template: str) -> str:
    """A page on ``components/error_alone.html``: it needs no request, session, user nor database."""
    return render_to_string(template, {"site_name": site_name(), "support_desk": settings.SUPPORT_DESK})


def _page(request: HttpRequest, status: int, *, template: str = "", detail: str = "") -> HttpResponse:
    return render(request, template or f"{status}.html", {"detail": detail}, status=status)
