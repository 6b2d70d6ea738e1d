"""Mails about roles and account requests, sent in the background once the act is written."""

from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.tasks import task
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from accounts.roles import ROLE_LABELS, Role
from common.context import site_name

from ..models import AccountRequest


@task
def mail_named(user_id: int, places: list[str], by_id: int, base_url: str) -> None:
    """Tell a person of which UOs or EG he or she became Responsable de disponibilités, and by whom."""
    _send(
        User.objects.get(pk=user_id),
        "role_named",
        "Vous êtes responsable de disponibilités",
        places=places,
        by=User.objects.get(pk=by_id),
        link=base_url,
    )


@task
def mail_given(user_id: int, role: str, place: str, until: str, by_id: int | None, base_url: str) -> None:
    """Tell a person of a role that support gave by an import, on what, until which day (empty: no end), by whom."""
    _send(
        User.objects.get(pk=user_id),
        "role_given",
        "Un rôle vous est donné",
        role=ROLE_LABELS[Role(role)],
        place=place,
        until=until,
        by=User.objects.get(pk=by_id) if by_id else None,
        link=urljoin(base_url, reverse("account")),
    )


@task
def mail_removed(user_id: int, role: str, place: str, by_id: int, base_url: str) -> None:
    """Tell a person that a role ended, on what, and by whom."""
    _send(
        User.objects.get(pk=user_id),
        "role_removed",
        "Un de vos rôles est retiré",
        role=ROLE_LABELS[Role(role)],
        place=place,
        by=User.objects.get(pk=by_id),
        link=urljoin(base_url, reverse("account")),
    )


@task
def mail_request_decided(request_id: int, base_url: str) -> None:
    """Tell the director what support decided on the account that he or she asked for."""
    request = AccountRequest.objects.select_related("requested_by", "user").get(pk=request_id)
    approved = request.state == AccountRequest.State.APPROVED
    _send(
        request.requested_by,
        "account_request_approved" if approved else "account_request_refused",
        f"Demande de compte {'acceptée' if approved else 'refusée'}\u00a0: {request}",
        account_request=request,
        units=list(request.units.select_related("geographic_entity").order_by("sort_name", "pk")),
        link=urljoin(base_url, reverse("directory:account_request_detail", args=[request.pk])),
    )


def _send(user: User, name: str, subject: str, **values: object) -> None:
    context = {"user": user, "site_name": site_name(), "support_desk": settings.SUPPORT_DESK, **values}
    body = render_to_string(f"directory/mails/{name}.txt", context)
    EmailMessage(f"[{site_name()}] {subject}", body, to=[user.email]).send()
