"""Mails of this app, sent in the background (``django.tasks``): a slow mail server tells nothing to who asks."""

from datetime import timedelta
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from common.context import site_name

from .models import AuditEntry, User

RESET_WINDOW = timedelta(hours=1)
RESETS_PER_VISITOR = 3  # mails to one address at the request of one IP address, within RESET_WINDOW
RESETS_PER_ADDRESS = 12  # mails to one address at anybody's request, within RESET_WINDOW


@task
def mail_welcome(user_id: int, base_url: str) -> None:
    """Send a new account its identifier and the link to choose a password."""
    user = User.objects.get(pk=user_id)
    _send(user, "welcome", f"Votre compte {site_name()}", link=_password_link(user, base_url), base_url=base_url)


@task
def mail_password_reset(email: str, base_url: str, request_ip: str | None) -> None:
    """Send the link to the active account of this address, if there is one and it was not sent too often.

    What is counted are mails sent, not requests: somebody who asks all day for another person's password uses up
    neither the owner's own mails nor more than RESETS_PER_VISITOR of them.
    """
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        return
    now = timezone.now()
    sent = AuditEntry.objects.filter(
        action=AuditEntry.Action.PASSWORD_RESET_SENT, at__gte=now - RESET_WINDOW, target=user.email
    )
    if sent.count() >= RESETS_PER_ADDRESS or sent.filter(ip_address=request_ip).count() >= RESETS_PER_VISITOR:
        return
    _send(user, "password_reset", "Choisir un nouveau mot de passe", link=_password_link(user, base_url))
    AuditEntry.objects.create(
        action=AuditEntry.Action.PASSWORD_RESET_SENT, at=now, target=user.email, ip_address=request_ip
    )


@task
def mail_password_changed(user_id: int) -> None:
    """Tell a person that the password was changed."""
    _send(User.objects.get(pk=user_id), "password_changed", "Votre mot de passe a été changé")


def _password_link(user: User, base_url: str) -> str:
    """Address to choose a password, valid once and for PASSWORD_RESET_TIMEOUT seconds."""
    arguments = {
        "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
    }
    return urljoin(base_url, reverse("password_reset_confirm", kwargs=arguments))


def _send(user: User, name: str, subject: str, **values: str) -> None:
    context = {
        "user": user,
        "site_name": site_name(),
        "support_desk": settings.SUPPORT_DESK,
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
        **values,
    }
    body = render_to_string(f"accounts/mails/{name}.txt", context)
    EmailMessage(f"[{site_name()}] {subject}", body, to=[user.email]).send()
