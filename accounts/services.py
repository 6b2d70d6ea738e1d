"""Writes of this app: audit log, accounts, passwords, legal texts. ``by=None`` stands for the system (a command)."""

import functools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from axes.utils import reset as reset_failures
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from . import authority, tasks, terms
from .models import AuditEntry, LegalText, TermsAcceptance, User
from .models.user import normalise_username
from .roles import Permission

Action = AuditEntry.Action

RESET_WINDOW = timedelta(hours=1)
RESETS_PER_ADDRESS = 60  # requests for a new password within RESET_WINDOW


class TooManyResets(Exception):
    """Too many requests for a new password came from one address."""


def log_action(
    *,
    action: str,
    actor: User | None,
    target: str = "",
    request_ip: str | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add a line to the audit log (spec 50), in the caller's transaction.

    ``target`` names what was acted on (an identifier, a record), cut at 255 characters. ``details`` holds plain values.
    """
    return AuditEntry.objects.create(
        action=Action(action),
        at=timezone.now(),
        actor=actor,
        target=target[:255],
        ip_address=request_ip,
        details=details or {},
    )


def log_actions(
    *,
    action: str,
    actor: User | None,
    targets: Iterable[tuple[str, dict[str, Any]]],
    request_ip: str | None = None,
) -> None:
    """Add a line to the audit log for each target, a name and its details, in one go (see ``log_action``)."""
    at = timezone.now()
    AuditEntry.objects.bulk_create(
        [
            AuditEntry(
                action=Action(action), at=at, actor=actor, target=name[:255], ip_address=request_ip, details=details
            )
            for name, details in targets
        ],
        batch_size=1000,
    )


@transaction.atomic
def create_account(*, user: User, by: User | None, base_url: str = "", request_ip: str | None = None) -> User:
    """Save a new account without a password and mail its owner a link to choose one (spec 50: never one by mail).

    ``base_url`` is the site's absolute address (« https://… /»); empty sends no mail. Raises ``PermissionDenied`` when
    ``by`` may not manage accounts, ``ValidationError`` when a field is wrong or the identifier or mail is taken.
    """
    authority.require(by, Permission.ACCOUNT_MANAGE)
    user.set_unusable_password()
    user.full_clean()
    user.save(force_insert=True)
    log_action(action=Action.ACCOUNT_CREATED, actor=by, target=user.username, request_ip=request_ip)
    if base_url:
        _after_commit(tasks.mail_welcome, user_id=user.pk, base_url=base_url)
    return user


@transaction.atomic
def change_account(*, user: User, fields: Iterable[str], by: User | None, request_ip: str | None = None) -> None:
    """Save the named fields of an account. Deactivating ends its sessions at their next request.

    Raises ``PermissionDenied`` when ``by`` may not manage accounts, ``ValidationError`` when a value is wrong.
    """
    authority.require(by, Permission.ACCOUNT_MANAGE)
    changed = sorted(fields)
    user.full_clean(exclude={field.name for field in user._meta.fields} - set(changed))  # noqa: SLF001
    user.save(update_fields=changed)
    log_action(
        action=Action.ACCOUNT_CHANGED,
        actor=by,
        target=user.username,
        request_ip=request_ip,
        details={"fields": changed},
    )


def send_password_link(*, user: User, by: User, base_url: str, request_ip: str | None = None) -> None:
    """Mail an account's owner a new link to choose a password, at the support's request."""
    authority.require(by, Permission.ACCOUNT_MANAGE)
    with transaction.atomic():
        log_action(action=Action.PASSWORD_RESET_ASKED, actor=by, target=user.email, request_ip=request_ip)
        _after_commit(tasks.mail_welcome, user_id=user.pk, base_url=base_url)


def ask_password_reset(*, email: str, base_url: str, request_ip: str | None) -> None:
    """Have a link mailed if the address is an account's; the work is the same when it is not.

    Raises ``TooManyResets`` when the visitor's address has asked more than RESETS_PER_ADDRESS times in RESET_WINDOW.
    """
    since = timezone.now() - RESET_WINDOW
    asked = AuditEntry.objects.filter(action=Action.PASSWORD_RESET_ASKED, at__gte=since, ip_address=request_ip)
    if request_ip and asked.count() >= RESETS_PER_ADDRESS:
        raise TooManyResets
    with transaction.atomic():
        log_action(action=Action.PASSWORD_RESET_ASKED, actor=None, target=email, request_ip=request_ip)
        _after_commit(tasks.mail_password_reset, email=email, base_url=base_url, request_ip=request_ip)


@transaction.atomic
def change_password(*, user: User, password: str, request_ip: str | None = None, details: str = "") -> None:
    """Store a new password: every other session ends, and failures counted from this address are forgiven."""
    user.set_password(password)
    user.save(update_fields=["password"])
    log_action(
        action=Action.PASSWORD_CHANGED,
        actor=user,
        target=user.username,
        request_ip=request_ip,
        details={"by": details} if details else None,
    )
    if request_ip:
        reset_failures(ip=request_ip, username=normalise_username(user.username))
    _after_commit(tasks.mail_password_changed, user_id=user.pk)


@transaction.atomic
def sign_out_everywhere(*, by: User, request_ip: str | None = None) -> None:
    """End every session of a person, the present one included."""
    User.objects.filter(pk=by.pk).update(session_epoch=F("session_epoch") + 1)
    by.refresh_from_db(fields=["session_epoch"])
    log_action(
        action=Action.SIGNED_OUT,
        actor=by,
        target=by.username,
        request_ip=request_ip,
        details={"everywhere": True},
    )


@transaction.atomic
def accept_terms(*, text: LegalText, by: User, request_ip: str | None = None) -> None:
    """Record that a person accepts a version of the terms of use; again is no event."""
    _, created = TermsAcceptance.objects.get_or_create(user=by, text=text, defaults={"accepted_at": timezone.now()})
    if created:
        log_action(action=Action.TERMS_ACCEPTED, actor=by, target=str(text), request_ip=request_ip)


def accept_terms_at_sign_in(*, by: User, request_ip: str | None = None) -> bool:
    """Record the acceptance that the first sign-in states; tell whether nothing is left to accept.

    Somebody who has accepted an older version is asked explicitly, on a page of its own.
    """
    text = terms.terms_to_accept(by)
    if text is None:
        return True
    if terms.newest_acceptance(by) is not None:
        return False
    accept_terms(text=text, by=by, request_ip=request_ip)
    return True


@transaction.atomic
def publish_legal_text(*, kind: str, body: str, by: User | None, request_ip: str | None = None) -> LegalText:
    """Publish a new version of a legal text; older versions stay as they were.

    Raises ``PermissionDenied`` when ``by`` may not manage accounts.
    """
    authority.require(by, Permission.ACCOUNT_MANAGE)
    newest = LegalText.objects.filter(kind=kind).aggregate(newest=Max("version"))["newest"] or 0
    text = LegalText.objects.create(kind=kind, version=newest + 1, body=body, published_at=timezone.now())
    log_action(action=Action.LEGAL_TEXT_PUBLISHED, actor=by, target=str(text), request_ip=request_ip)
    return text


def _after_commit(task, **arguments) -> None:
    transaction.on_commit(functools.partial(task.enqueue, **arguments))
