"""Acceptance of the terms of use, before anything else is read."""

import time
from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import reverse

from . import terms

TERMS_CHECKED_AT = "terms_checked_at"  # session key: seconds since 1970
CHECK_INTERVAL = 60  # seconds: how long an open session may go on after a new version is published
ALWAYS_OPEN = frozenset({"accept_terms", "logout", "sign_out_everywhere", "account_export"})


class TermsMiddleware:
    """Lead whoever has not accepted the terms in force to the page where they are accepted, then back.

    Only pages are interrupted (GET, and not the parts of a page asked by htmx): what somebody is saving is never lost
    for it. Public pages stay open. Costs one query a minute and session, none otherwise.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        """Answer with a redirection when there is something to accept."""
        if not self._concerns(request, view_func):
            return None
        now = int(time.time())
        if now - request.session.get(TERMS_CHECKED_AT, 0) < CHECK_INTERVAL:
            return None
        if terms.terms_to_accept(request.user) is None:
            request.session[TERMS_CHECKED_AT] = now
            return None
        return redirect(f"{reverse('accept_terms')}?{urlencode({'next': request.get_full_path()})}")

    def _concerns(self, request, view_func) -> bool:
        return (
            request.method in {"GET", "HEAD"}
            and not request.htmx
            and getattr(view_func, "login_required", True)
            and request.resolver_match.view_name not in ALWAYS_OPEN
            and request.user.is_authenticated
        )
