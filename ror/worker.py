"""gunicorn's threaded worker, answering in French what it refuses before Django sees it.

`gunicorn ror.wsgi --worker-class ror.worker.FrenchWorker`. gunicorn writes two English words itself when it cannot read
a request; here the page is one of `templates/` (414, 431, `unreadable.html`), without request, user or database.
"""

from __future__ import annotations

import contextlib
import socket
from http import HTTPStatus
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import ThreadWorker

SENT_WITHIN = 2.0  # seconds a client has to take the page
READ_AFTER = 1 << 20  # bytes left unread that are thrown away, so that the page is not lost with the connection
TEMPLATES = {
    HTTPStatus.REQUEST_URI_TOO_LONG: "414.html",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "431.html",
    HTTPStatus.BAD_REQUEST: "unreadable.html",
}
_UNREADABLE = (
    errors.InvalidRequestLine,
    errors.InvalidRequestMethod,
    errors.InvalidHTTPVersion,
    errors.InvalidHeader,
    errors.InvalidHeaderName,
    errors.ObsoleteFolding,
    errors.InvalidSchemeHeaders,
    errors.InvalidChunkSize,
    errors.ChunkMissingTerminator,
    errors.InvalidChunkExtension,
)
_OURS = (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)  # what the site would have sent: an error 500
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'"


class FrenchWorker(ThreadWorker):
    """`gthread`, but for the pages of requests that cannot be read."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer with a page of the site when the request is at fault, else as gunicorn does."""
        status = status_of(exc)
        if status is None:
            super().handle_error(req, client, addr, exc)
            return
        ip = addr[0] if addr else ""
        self.log.warning("Invalid request from ip=%s: %s", ip, exc)
        with contextlib.suppress(OSError):
            client.settimeout(SENT_WITHIN)
            client.sendall(answer(status))
            util.close_graceful(client, SENT_WITHIN, READ_AFTER)


def status_of(error: BaseException) -> HTTPStatus | None:
    """The status of a request that gunicorn could not read; None when something else failed. Pure."""
    if isinstance(error, errors.LimitRequestLine):
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if isinstance(error, errors.LimitRequestHeaders):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    is_unreadable = isinstance(error, _UNREADABLE) and not isinstance(error, _OURS)
    return HTTPStatus.BAD_REQUEST if is_unreadable else None


def answer(status: HTTPStatus) -> bytes:
    """The whole answer, headers included: a page that says what happened and what to do."""
    from common.errors import page_alone  # Django is set up by then, in the process of the worker

    page = page_alone(TEMPLATES[status]).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(page)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        f"Content-Security-Policy: {_POLICY}",
    )
    return "\r\n".join((*head, "", "")).encode("ascii") + page
