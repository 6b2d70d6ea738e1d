"""The address a request comes from, as far as it can be trusted."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the visitor's IP address, or ``None`` when it is not known (unix socket without a proxy).

    ``settings.PROXY_COUNT`` proxies stand in front of us; each adds the address it sees on the right of
    X-Forwarded-For, so what is further left was written by the visitor and is not read.
    """
    candidate = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_COUNT:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        candidate = hops[-settings.PROXY_COUNT] if len(hops) >= settings.PROXY_COUNT else candidate
    try:
        return str(ipaddress.ip_address(candidate))
    except ValueError:
        return None
