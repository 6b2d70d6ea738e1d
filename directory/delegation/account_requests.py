"""Account requests: a director asks for the account of a future Responsable, support decides (spec 50).

Approving creates the account, or takes the one that already has this mail, and gives the role on the units.
"""

from __future__ import annotations

import datetime
import functools
import itertools
from collections.abc import Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import authority
from accounts.models import AuditEntry, User
from accounts.roles import Permission
from accounts.services import create_account, log_action
from common import french
from common.text import fold

from ..models import AccountRequest, OperationalUnit
from ..permissions import why_not_delegate
from ..scopes import Scope, scope_of
from . import mails
from .services import give_missing, tell_named, why_not_closed

State = AccountRequest.State
REQUESTS_PER_DAY = 30  # of one director, within DAY
DAY = datetime.timedelta(hours=24)
TOO_MANY = (
    f"Vous avez demandé {REQUESTS_PER_DAY} comptes en vingt-quatre heures, le maximum\u00a0: "
    "recommencez demain, ou écrivez au support."
)
WAITING_ALREADY = "Vous avez déjà une demande en attente pour cette adresse."


@transaction.atomic
def request_account(
    *, asked: AccountRequest, units: Sequence[OperationalUnit], by: User, scope: Scope, request_ip: str | None = None
) -> AccountRequest:
    """Save the request ``asked`` (names, mail, phone, message) for ``units``.

    Nothing says whether an account has this mail. Raises ``PermissionDenied`` for a unit outside the coverage of
    ``role:delegate``, ``ValidationError`` when a field is wrong, no unit is given, the same person has a request
    waiting for this mail, or has made REQUESTS_PER_DAY of them within DAY.
    """
    if refusal := why_not_delegate(scope, units):
        raise PermissionDenied(refusal)
    if not units:
        raise ValidationError({"units": "Choisissez au moins une unité."})
    User.objects.select_for_update().get(pk=by.pk)
    if AccountRequest.objects.filter(requested_by=by, state=State.WAITING, email__iexact=asked.email).exists():
        raise ValidationError({"email": WAITING_ALREADY}, code="duplicate")
    if (
        AccountRequest.objects.filter(requested_by=by, requested_at__gt=timezone.now() - DAY).count()
        >= REQUESTS_PER_DAY
    ):
        raise ValidationError(TOO_MANY, code="limit")
    asked.requested_by, asked.requested_at, asked.state = by, timezone.now(), State.WAITING
    asked.full_clean()
    asked.save(force_insert=True)
    asked.units.set(units)
    _log(AuditEntry.Action.ACCOUNT_ASKED, asked, by, request_ip)
    return asked


@transaction.atomic
def approve_request(
    *,
    account_request: AccountRequest,
    username: str,
    by: User,
    answer: str = "",
    base_url: str = "",
    request_ip: str | None = None,
) -> AccountRequest:
    """Create the account (``username``) or take the one that has this mail, and give the role on the units.

    With ``base_url``, the site's absolute address, mails go to the director and to the person: a new account gets the
    link to choose a password. Raises ``PermissionDenied`` when ``by`` may not manage accounts, ``ValidationError`` when
    the request is already decided, the account is closed, the identifier is wrong or taken, the director no longer
    holds the units, or one of them is closed.
    """
    locked = _lock(account_request, by)
    units = list(locked.units.select_related("geographic_entity__legal_entity").order_by("pk"))
    _check_units(locked, units)
    user = account_of(locked.email) or _create(locked, units, username, by, base_url, request_ip)
    if not user.is_active:
        raise ValidationError(
            f"Le compte « {user.username} » a cette adresse et il est fermé\u00a0: rouvrez-le au back-office, "
            "ou refusez la demande.",
            code="closed",
        )
    user = User.objects.select_for_update().get(pk=user.pk)
    given = give_missing(user=user, records=units, by=by, request_ip=request_ip)
    locked.user = user
    _decide(locked, State.APPROVED, by, answer, base_url)
    _log(AuditEntry.Action.ACCOUNT_REQUEST_APPROVED, locked, by, request_ip)
    if base_url and given:
        tell_named(user=user, given=given, by=locked.requested_by, base_url=base_url)
    return locked


@transaction.atomic
def refuse_request(
    *, account_request: AccountRequest, answer: str, by: User, base_url: str = "", request_ip: str | None = None
) -> AccountRequest:
    """Refuse a request; the director is told why. Raises what ``approve_request`` raises; ``answer`` is required."""
    locked = _lock(account_request, by)
    if not answer.strip():
        raise ValidationError({"answer": "Dites au demandeur pourquoi sa demande est refusée."}, code="required")
    _decide(locked, State.REFUSED, by, answer, base_url)
    _log(AuditEntry.Action.ACCOUNT_REQUEST_REFUSED, locked, by, request_ip)
    return locked


def account_of(email: str) -> User | None:
    """Account that has this mail, whatever the case, closed ones included."""
    return User.objects.filter(email__iexact=email).first()


def proposed_username(account_request: AccountRequest) -> str:
    """Identifier to offer: « karim.diallo », or the first free of « karim.diallo2 », « karim.diallo3 »."""
    names = (fold(name).replace(" ", "-") for name in (account_request.first_name, account_request.last_name))
    base = ".".join(name for name in names if name) or "compte"
    taken = set(User.objects.filter(username__startswith=base).values_list("username", flat=True))
    candidates = itertools.chain([base], (f"{base}{number}" for number in itertools.count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)


def _lock(account_request: AccountRequest, by: User) -> AccountRequest:
    """Lock every request for the same mail, so that two approvals make one account; return the one to decide."""
    authority.require(by, Permission.ACCOUNT_MANAGE)
    same = AccountRequest.objects.select_for_update(of=("self",)).filter(email__iexact=account_request.email)
    rows = {row.pk: row for row in same.select_related("requested_by").order_by("pk")}
    locked = rows[account_request.pk]
    if locked.state != State.WAITING:
        since = french.on_moment(locked.decided_at) if locked.decided_at else ""
        words = "acceptée" if locked.state == State.APPROVED else "refusée"
        raise ValidationError(
            f"Cette demande a déjà été {words} par {locked.decided_by} {since}.",
            code="decided",
        )
    return locked


def _check_units(locked: AccountRequest, units: Sequence[OperationalUnit]) -> None:
    """Raise ``ValidationError`` when the director no longer holds the units, or one of them is closed."""
    if why_not_delegate(scope_of(locked.requested_by), units):
        raise ValidationError(
            f"{locked.requested_by} n’a plus toutes ces unités dans son périmètre\u00a0: refusez la demande, "
            "ou rendez-lui son rôle d’abord.",
            code="scope",
        )
    if refusal := why_not_closed(units):
        raise ValidationError(f"{refusal} Refusez la demande en le disant au demandeur.", code="closed")


def _create(
    asked: AccountRequest,
    units: Sequence[OperationalUnit],
    username: str,
    by: User,
    base_url: str,
    request_ip: str | None,
) -> User:
    user = User(
        username=username,
        first_name=asked.first_name,
        last_name=asked.last_name,
        email=asked.email,
        phone=asked.phone,
        organisation=units[0].geographic_entity.name[:160] if units else "",
    )
    try:
        with transaction.atomic():
            return create_account(user=user, by=by, base_url=base_url, request_ip=request_ip)
    except IntegrityError as error:
        raise ValidationError({"username": "Cet identifiant vient d’être pris."}, code="unique") from error


def _decide(locked: AccountRequest, state: str, by: User, answer: str, base_url: str) -> None:
    locked.state, locked.decided_by, locked.decided_at, locked.answer = state, by, timezone.now(), answer.strip()
    locked.full_clean(exclude=["units"])
    locked.save(update_fields=["state", "decided_by", "decided_at", "answer", "user"])
    if base_url:
        told = functools.partial(mails.mail_request_decided.enqueue, request_id=locked.pk, base_url=base_url)
        transaction.on_commit(told)


def _log(action: AuditEntry.Action, asked: AccountRequest, by: User, request_ip: str | None) -> None:
    log_action(
        action=action,
        actor=by,
        target=str(asked),
        request_ip=request_ip,
        details={"request": asked.pk, "account": asked.user.username if asked.user else None},
    )
