"""Delegation: a director names and removes the Responsables de disponibilités of his UOs (spec 50).

A person is chosen by the exact mail of the account, or among those who are already Responsables there: nobody browses
the accounts, and identifiers, easy to guess, name nobody else. An unknown one and a closed one get the same answer.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.models.user import normalise_username
from accounts.roles import Permission, Role
from accounts.services import log_action
from common import french

from ..models import Assignment, GeographicEntity, LegalEntity, OperationalUnit
from ..permissions import covers, why_not_delegate
from ..scopes import Scope, scope_of
from . import mails
from .rights import Record, new_assignment, write_end, write_role

NOT_FOUND = (
    "Aucun compte utilisable n’a exactement cette adresse. Vérifiez-la, ou demandez un compte pour cette personne."
)
MISS_WINDOW = timedelta(hours=1)
MISSES = 20  # people sought in vain or named by one director within MISS_WINDOW
WITH_SCOPE = ("user", "unit__geographic_entity", "geographic_entity", "legal_entity")


class TooManyMisses(Exception):
    """This person sought too many accounts: addresses are not to be tried one after the other."""


def find_person(*, typed: str, by: User, scope: Scope, request_ip: str | None = None) -> User | None:
    """Active account whose mail is exactly ``typed``, whatever the case; ``None`` when there is none.

    The identifier does as well for support, and for people who are Responsables in the coverage of ``role:delegate``.
    One person's identifier that is another's mail names nobody. What is not found is logged. Raises ``TooManyMisses``
    after MISSES people, found or not, within MISS_WINDOW; support reads every account and is not counted.
    """
    support = scope.may(Permission.ACCOUNT_MANAGE)
    if not support and _sought_lately(by) >= MISSES:
        raise TooManyMisses
    wanted = typed.strip()
    identifier = Q(username=normalise_username(wanted))
    if not support:
        here = Assignment.objects.managers().not_ended(timezone.localdate())
        identifier &= Q(pk__in=here.within(scope.coverage(Permission.ROLE_DELEGATE)).values("user"))
    same = Q(email__iexact=wanted) | identifier
    people = list(User.objects.filter(same, is_active=True)[:2])
    if len(people) == 1:
        return people[0]
    log_action(action=AuditEntry.Action.PERSON_NOT_FOUND, actor=by, target=wanted, request_ip=request_ip)
    return None


def _sought_lately(by: User) -> int:
    """People whom this director sought in vain or named within MISS_WINDOW."""
    recent = AuditEntry.objects.filter(actor=by, at__gte=timezone.now() - MISS_WINDOW)
    named = recent.filter(action=AuditEntry.Action.ROLE_GIVEN).values("target").distinct().count()
    return named + recent.filter(action=AuditEntry.Action.PERSON_NOT_FOUND).count()


def why_not_closed(records: Iterable[Record]) -> str:
    """Reason why nobody is made Responsable of ``records``, in French: one is closed; empty when none is."""
    closed = next((record for record in records if record.is_closed), None)
    return f"«\u00a0{closed}\u00a0» est fermée\u00a0: personne n’y saisit plus de places." if closed else ""


def why_not_named(user: User, records: Iterable[Record]) -> str:
    """Reason why ``user`` needs no role there, in French: a director or support enters places already; else empty."""
    scope = scope_of(user)
    above = Scope(user.pk, tuple(grant for grant in scope.grants if grant.role != Role.AVAILABILITY_MANAGER))
    coverage = above.coverage(Permission.STATEMENT_WRITE)
    if not all(covers(coverage, record) for record in records):
        return ""
    return f"{user} y saisit déjà les places\u00a0: son rôle de directeur ou de support le permet."


@transaction.atomic
def name_manager(
    *,
    user: User,
    units: Sequence[Record],
    by: User,
    scope: Scope,
    base_url: str = "",
    request_ip: str | None = None,
) -> list[Assignment]:
    """Make ``user`` Responsable de disponibilités of ``units`` (UOs, or a whole EG) from today; return what is new.

    What the person already holds, there or above, is left alone. The person is told by mail when ``base_url``, the
    site's absolute address, is given. Raises ``PermissionDenied`` outside the coverage of ``role:delegate``,
    ``ValidationError`` when the account is closed, holds all of it already or as director, or a record is closed.
    """
    if refusal := why_not_delegate(scope, units):
        raise PermissionDenied(refusal)
    locked = User.objects.select_for_update().get(pk=user.pk)
    if not locked.is_active:
        raise ValidationError(NOT_FOUND, code="unknown")
    if refusal := why_not_closed(units) or why_not_named(locked, units):
        raise ValidationError(refusal, code="refused")
    given = give_missing(user=locked, records=units, by=by, request_ip=request_ip)
    if not given:
        raise ValidationError(f"{locked} est déjà responsable de tout ce que vous avez choisi.", code="duplicate")
    if base_url:
        tell_named(user=locked, given=given, by=by, base_url=base_url)
    return given


def give_missing(*, user: User, records: Iterable[Record], by: User, request_ip: str | None) -> list[Assignment]:
    """Give a locked person the role on the records where it is not held, the wider ones first; return what is new.

    Where the same role begins later, it is given until the eve of that day.
    """
    today = timezone.localdate()
    mine = Assignment.objects.managers().not_ended(today).filter(user=user).order_by("-valid_from")
    held, later = set(), {}
    for begins, *ids in mine.values_list("valid_from", *_SCOPE_IDS):
        if begins > today:
            later[tuple(ids)] = begins - timedelta(days=1)
        else:
            held.add(tuple(ids))
    given = []
    for record in sorted(records, key=lambda record: (_WIDTH[type(record)], record.pk)):
        if held & set(_ids_above(record)):
            continue
        given.append(
            write_role(
                new_assignment(user, Role.AVAILABILITY_MANAGER, record, today, later.get(_ids_of(record))),
                by,
                request_ip,
            )
        )
        held.add(_ids_of(record))
    return given


@transaction.atomic
def remove_manager(
    *, assignment: Assignment, by: User, scope: Scope, base_url: str = "", request_ip: str | None = None
) -> None:
    """End at once the role of a Responsable de disponibilités; the person is told by mail when ``base_url`` is given.

    Raises ``PermissionDenied`` for another role or outside the coverage of ``role:delegate``, ``ValidationError`` when
    the role has already ended.
    """
    locked = lock_current(assignment)
    record = locked.scope_record
    if locked.role != Role.AVAILABILITY_MANAGER or record is None:
        raise PermissionDenied("Vous ne retirez que des responsables de disponibilités.")
    if refusal := why_not_delegate(scope, [record]):
        raise PermissionDenied(refusal)
    write_end(locked, by, request_ip)
    if base_url:
        tell_removed(assignment=locked, by=by, base_url=base_url)


def lock_current(assignment: Assignment) -> Assignment:
    """Lock an assignment in force today or to come. Raises ``ValidationError`` when it has ended or was withdrawn."""
    rows = Assignment.objects.select_for_update(of=("self",)).select_related(*WITH_SCOPE)
    locked = rows.not_ended(timezone.localdate()).filter(pk=assignment.pk).first()
    if locked is None:
        raise ValidationError("Ce rôle est déjà retiré.", code="ended")
    return locked


def tell_named(*, user: User, given: Iterable[Assignment], by: User, base_url: str) -> None:
    """Mail a person what he or she became Responsable of, once the act is written."""
    _after_commit(
        mails.mail_named,
        user_id=user.pk,
        places=[place_words(assignment) for assignment in given],
        by_id=by.pk,
        base_url=base_url,
    )


def tell_given(*, assignment: Assignment, by: User | None, base_url: str) -> None:
    """Mail a person that he or she was given a role by an import, once the act is written."""
    _after_commit(
        mails.mail_given,
        user_id=assignment.user_id,
        role=assignment.role,
        place=place_words(assignment),
        until=french.day(assignment.valid_until) if assignment.valid_until else "",
        by_id=by.pk if by else None,
        base_url=base_url,
    )


def tell_removed(*, assignment: Assignment, by: User, base_url: str) -> None:
    """Mail a person that a role ended, once the act is written."""
    _after_commit(
        mails.mail_removed,
        user_id=assignment.user_id,
        role=assignment.role,
        place=place_words(assignment),
        by_id=by.pk,
        base_url=base_url,
    )


def place_words(assignment: Assignment) -> str:
    """« LAM (Association Altair) » for a unit and its EG, « tout l’établissement … », or « la région »."""
    if unit := assignment.unit:
        return unit.name if unit.name == unit.geographic_entity.name else f"{unit} ({unit.geographic_entity})"
    if assignment.geographic_entity:
        return f"tout l’établissement {assignment.geographic_entity}"
    return f"toute l’entité juridique {assignment.legal_entity}" if assignment.legal_entity else "la région"


_WIDTH = {LegalEntity: 0, GeographicEntity: 1, OperationalUnit: 2}
_SCOPE_IDS = ("legal_entity_id", "geographic_entity_id", "unit_id")


def _ids_of(record: Record) -> tuple[int | None, int | None, int | None]:
    """Values of the three scope columns of an assignment on ``record``."""
    width = _WIDTH[type(record)]
    return (record.pk if width == 0 else None, record.pk if width == 1 else None, record.pk if width == 2 else None)


def _ids_above(record: Record) -> list[tuple[int | None, int | None, int | None]]:
    """The same for ``record`` and for what stands over it."""
    if isinstance(record, LegalEntity):
        return [_ids_of(record)]
    above = record.geographic_entity if isinstance(record, OperationalUnit) else record.legal_entity
    return [_ids_of(record), *_ids_above(above)]


def _after_commit(task, **arguments) -> None:
    transaction.on_commit(functools.partial(task.enqueue, **arguments))
