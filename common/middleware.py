"""Middleware without a domain word: request id, sliding session, read-only GET."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve

from common import request_id
from common.errors import session_ended

GetResponse = Callable[[HttpRequest], HttpResponse]

RENEWED_AT = "renewed_at"  # session key: seconds since 1970


class RequestIdMiddleware:
    """Give each request an id (the proxy's X-Request-ID when it sends one) and return it in the answer.

    The id is kept until the answer is sent: Django logs answers 4xx and 5xx after the last middleware.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request under its id."""
        current = request_id.begin_request(request.headers.get(request_id.HEADER, ""))
        response = self.get_response(request)
        response.headers[request_id.HEADER] = current
        return response


class SignedInMiddleware(LoginRequiredMiddleware):
    """Ask visitors to sign in: by Django's redirection when they read, by a 401 when they were sending something.

    A redirection would lose what was typed: the form is gone without a word, and htmx would put the sign-in page in
    the place of a row.
    """

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        """Answer a visitor on a page that asks for an account; ``None`` for everybody else."""
        redirection = super().process_view(request, view_func, view_args, view_kwargs)
        if redirection and ("HX-Request" in request.headers or request.method not in {"GET", "HEAD"}):
            return session_ended(request)
        return redirection


class SlidingSessionMiddleware:
    """Move the end of a signed-in session forward, at most once per SESSION_RENEWAL_STEP seconds.

    Django's SESSION_SAVE_EVERY_REQUEST would write one row for every page read. The session itself is saved by
    SessionMiddleware, which stands outside the read-only transaction.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Mark the session as used, when its last mark is old enough."""
        if is_signed_in(request):
            now = int(time.time())
            if now - request.session.get(RENEWED_AT, 0) >= settings.SESSION_RENEWAL_STEP:
                request.session[RENEWED_AT] = now
        return self.get_response(request)


def is_exempt(request: HttpRequest) -> bool:
    """Tell whether the address is one of READ_ONLY_GET_EXEMPT. It is resolved once for all middleware."""
    if request.resolver_match is None:
        try:
            request.resolver_match = resolve(request.path_info)
        except Resolver404:
            return False
    return request.resolver_match.view_name in settings.READ_ONLY_GET_EXEMPT


def is_signed_in(request: HttpRequest) -> bool:
    """Tell whether somebody signed in reads this; on probes nobody does: they need neither session nor database."""
    return not is_exempt(request) and request.user.is_authenticated


@contextmanager
def read_only_transaction() -> Iterator[None]:
    """Open a READ ONLY transaction on the default connection.

    psycopg begins it with « BEGIN READ ONLY »: no statement of its own. Inside another transaction (tests) the
    savepoint is made read-only by a statement.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            yield
        return
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    session = connection.connection
    session.read_only = True
    try:
        with transaction.atomic():
            yield
    finally:
        if not session.closed:
            session.read_only = None


class ReadOnlyGetMiddleware:
    """Serve GET and HEAD in a READ ONLY transaction: a view that writes there fails in SQL.

    Must be the last middleware, so that it covers the view and the rendering of its template but not the session,
    which outer middleware save. URL names of READ_ONLY_GET_EXEMPT are left alone. The body of a streaming response
    is produced after the transaction and is not covered.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Open the transaction unless the method or the address is exempt."""
        if request.method not in {"GET", "HEAD"} or is_exempt(request):
            return self.get_response(request)
        with read_only_transaction():
            return self.get_response(request)
