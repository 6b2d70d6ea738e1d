"""The id of the request being served, for logs and for the support desk."""

import re
import uuid
from contextvars import ContextVar
from typing import Any

from django.core.signals import request_finished

HEADER = "X-Request-ID"
NO_REQUEST = "-"
SAFE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

_request_id: ContextVar[str] = ContextVar("request_id", default=NO_REQUEST)


def current_request_id() -> str:
    """Return the current request's id, or `-` outside a request."""
    return _request_id.get()


def begin_request(proposed: str) -> str:
    """Adopt the proxy's id when it is harmless in a log line, else make one; return it."""
    request_id = proposed if SAFE_ID.fullmatch(proposed) else uuid.uuid4().hex
    _request_id.set(request_id)
    return request_id


def end_request(**kwargs: Any) -> None:
    """Forget the id once the answer is sent: the thread goes on to another request."""
    _request_id.set(NO_REQUEST)


request_finished.connect(end_request, dispatch_uid="request_id")
