"""What follows a sign-in or a sign-out, by whatever way it came: audit log, acceptance of the terms."""

import time

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from common.client_address import client_address

from . import services
from .middleware import TERMS_CHECKED_AT
from .models import AuditEntry
from .throttling import typed_username


@receiver(user_logged_in)
def log_sign_in(sender, request, user, **kwargs):
    """Log the sign-in and the acceptance it states."""
    address = client_address(request)
    services.log_action(action=AuditEntry.Action.SIGNED_IN, actor=user, target=user.username, request_ip=address)
    if services.accept_terms_at_sign_in(by=user, request_ip=address):
        request.session[TERMS_CHECKED_AT] = int(time.time())


@receiver(user_logged_out)
def log_sign_out(sender, request, user, **kwargs):
    """Log the sign-out of somebody who was signed in."""
    if user is not None:
        services.log_action(
            action=AuditEntry.Action.SIGNED_OUT,
            actor=user,
            target=user.username,
            request_ip=client_address(request),
        )


@receiver(user_login_failed)
def log_failed_sign_in(sender, credentials, request=None, **kwargs):
    """Log a refused sign-in. Once closed, tries are not counted by django-axes nor logged: nobody fills the log."""
    if request is None or getattr(request, "axes_failures_since_start", None) is None:
        return
    services.log_action(
        action=AuditEntry.Action.SIGN_IN_FAILED,
        actor=None,
        target=typed_username(request, credentials),
        request_ip=client_address(request),
        details={"closed": True} if request.axes_locked_out else None,
    )
