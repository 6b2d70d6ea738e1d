"""What support decides about a possible duplicate: setting it aside, having it wait again (spec 30)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.roles import Permission

from ..models import DuplicatePair

if TYPE_CHECKING:
    from accounts.models import User

    from ..scopes import Scope

State = DuplicatePair.State
REMARK_LENGTH = 255
NOT_YOURS = "Les doublons possibles sont traités par le support du ROR."


class AlreadySettled(Exception):
    """Somebody decided otherwise meanwhile. ``current`` is what the pair is now."""

    def __init__(self, current: DuplicatePair) -> None:
        super().__init__(f"pair {current.pk} is {current.state}")
        self.current = current


@transaction.atomic
def set_pair_aside(
    *, pair: DuplicatePair, remark: str, by: User, scope: Scope, now: datetime.datetime
) -> DuplicatePair:
    """Keep a waiting pair out of the list: these are two things. ``remark`` says why.

    Raises ``PermissionDenied``, ``ValidationError`` without a remark or on one too long, ``AlreadySettled``.
    """
    remark = remark.strip()
    if not remark:
        raise ValidationError({"remark": "Dites pourquoi ce ne sont pas des doublons."})
    if len(remark) > REMARK_LENGTH:
        raise ValidationError({"remark": f"{REMARK_LENGTH} caractères au plus, {len(remark)} écrits."})
    locked = _locked(pair, State.WAITING, scope)
    locked.state, locked.new_reasons = State.SET_ASIDE, []
    locked.settled_at, locked.settled_by, locked.remark = now, by, remark
    locked.save()
    return locked


@transaction.atomic
def put_pair_back(*, pair: DuplicatePair, by: User, scope: Scope) -> DuplicatePair:
    """Have a pair that was set aside wait again; its remark goes with the decision.

    Raises ``PermissionDenied``, ``AlreadySettled``.
    """
    locked = _locked(pair, State.SET_ASIDE, scope)
    locked.state = State.WAITING
    locked.settled_at, locked.settled_by, locked.remark = None, None, ""
    locked.save()
    return locked


def _locked(pair: DuplicatePair, state: State, scope: Scope) -> DuplicatePair:
    """Lock a pair in the state that the page showed.

    Raises ``PermissionDenied`` to whoever does not keep the region, ``AlreadySettled`` in another state,
    ``DuplicatePair.DoesNotExist`` when a search took it away.
    """
    if not scope.coverage(Permission.DIRECTORY_EDIT).region:
        raise PermissionDenied(NOT_YOURS)
    pairs = DuplicatePair.objects.select_related("settled_by").select_for_update(of=("self",))
    locked = pairs.get(pk=pair.pk)
    if locked.state != state:
        raise AlreadySettled(locked)
    return locked
