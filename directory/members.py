"""Members of a CPTS: its director and support take practitioners in, let them go and say who takes part in the SAS.

Spec 01, Directory: « a CPTS Directeur edits membership and the SAS flag of his members »; all else of a practitioner is
the support's. Every act keeps the history of the practitioner and tells the higher apps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q

from accounts.roles import Permission
from common.text import fold

from .models import GeographicEntity, Practitioner, RecordChange
from .permissions import why_not_membership
from .services import RecordEdit, StaleRecord, acting_role, refuse_merged
from .snapshots import differences, state_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from django.db.models import QuerySet

    from accounts.models import User

    from .scopes import Scope

CPTS_CATEGORY = "604"  # catégorie d'établissement FINESS: communauté professionnelle territoriale de santé
MEMBERSHIP_FIELDS = frozenset({"cpts", "takes_part_in_sas"})
FOUND = 20  # practitioners shown at once by a search


@dataclass
class MembershipEdit(RecordEdit):
    """Change of the CPTS or of the SAS flag of a practitioner, and of nothing else, by the director of a CPTS."""

    cpts_before: GeographicEntity | None = None

    def check(self, changed: Collection[str] | None = None) -> None:
        """Raise ``PermissionDenied`` for any other field, or when the CPTS is not this person's."""
        changed = differences(self.before, state_of(self.record)) if changed is None else changed
        if set(changed) - MEMBERSHIP_FIELDS:
            raise PermissionDenied("Seul le support modifie la fiche d’un professionnel.")
        if refusal := why_not_membership(self.scope, self.cpts_before, self.record.cpts):
            raise PermissionDenied(refusal)

    def role(self) -> str:
        """Role under which the CPTS is this person's."""
        return acting_role(self.scope, self.record.cpts or self.cpts_before)


def is_cpts(entity: GeographicEntity) -> bool:
    """Tell whether an EG is a CPTS, by its category."""
    return entity.category is not None and entity.category.code == CPTS_CATEGORY


def may_edit_members(scope: Scope, entity: GeographicEntity) -> bool:
    """Tell whether the members of this CPTS are this person's to edit."""
    return scope.coverage(Permission.DIRECTORY_EDIT).holds_geographic_entity(entity)


def members_of(scope: Scope, entity: GeographicEntity) -> QuerySet[Practitioner]:
    """Members that the person may see, by name."""
    rows = Practitioner.objects.visible_to(scope).filter(cpts=entity)
    return rows.select_related("profession", "speciality").order_by("sort_name", "pk")


def named(rows: QuerySet[Practitioner], text: str) -> QuerySet[Practitioner]:
    """Rows whose RPPS is ``text``, or whose name holds each of its words."""
    digits = "".join(text.split())
    if digits.isdigit():
        return rows.filter(rpps=digits)
    for word in fold(text).split():
        rows = rows.filter(sort_name__contains=word)
    return rows


def candidates(scope: Scope, entity: GeographicEntity, text: str) -> list[Practitioner]:
    """Published practitioners whom ``text`` names, who are not members, FOUND + 1 at most. Nothing for no text."""
    if not fold(text):
        return []
    rows = Practitioner.objects.visible_to(scope).published().filter(~Q(cpts=entity) | Q(cpts=None))
    shown = rows.select_related("profession", "speciality", "cpts__legal_entity").order_by("sort_name", "pk")
    return list(named(shown, text)[: FOUND + 1])


def add_member(
    *, practitioner: Practitioner, cpts: GeographicEntity, expected_version: int, by: User, scope: Scope
) -> RecordChange | None:
    """Take a practitioner into a CPTS; return the line of history, ``None`` when he or she is a member already.

    Raises ``StaleRecord`` when somebody saved the record since ``expected_version``, ``PermissionDenied`` when the CPTS
    is not this person's or the practitioner is another's member, ``ValidationError`` for an EG that is no CPTS, a
    closed one, or a practitioner who is not published.
    """
    if not is_cpts(cpts):
        raise ValidationError("Seule une CPTS a des membres.", code="category")
    if cpts.is_closed:
        raise ValidationError(f"«\u00a0{cpts}\u00a0» est fermée\u00a0: elle ne prend plus de membre.", code="closed")
    return _change(practitioner, {"cpts": cpts}, None, expected_version, by, scope)


def remove_member(
    *, practitioner: Practitioner, cpts: GeographicEntity, expected_version: int, by: User, scope: Scope
) -> RecordChange | None:
    """End the membership of a practitioner in ``cpts``, and with it what that CPTS said of the SAS.

    Raises what ``add_member`` raises.
    """
    return _change(practitioner, {"cpts": None, "takes_part_in_sas": None}, cpts, expected_version, by, scope)


def set_sas(
    *,
    practitioner: Practitioner,
    cpts: GeographicEntity,
    takes_part: bool,
    expected_version: int,
    by: User,
    scope: Scope,
) -> RecordChange | None:
    """Say whether a member of ``cpts`` takes part in the SAS. Raises what ``add_member`` raises."""
    return _change(practitioner, {"takes_part_in_sas": takes_part}, cpts, expected_version, by, scope)


@transaction.atomic
def _change(
    practitioner: Practitioner,
    changes: Mapping[str, Any],
    member_of: GeographicEntity | None,
    expected_version: int,
    by: User,
    scope: Scope,
) -> RecordChange | None:
    """Write ``changes``; with ``member_of``, the practitioner has to be a member of it.

    What already is as wanted (a button pressed twice) conflicts with nobody.
    """
    rows = (
        Practitioner.objects.visible_to(scope)
        .select_for_update(of=("self",), no_key=True)
        .select_related("cpts__legal_entity")
    )
    locked = rows.get(pk=practitioner.pk)
    if member_of is not None and locked.cpts_id != member_of.pk:
        words = f"{locked} n’est pas ou n’est plus membre de «\u00a0{member_of}\u00a0»."
        raise ValidationError(words, code="member")
    if cpts := changes.get("cpts"):
        refuse_merged(cpts)
    if changes.get("cpts") and not locked.is_published:
        raise ValidationError(f"La fiche de {locked} n’est pas publiée\u00a0: voyez avec le support.", code="status")
    edit = MembershipEdit(locked, by, scope, before=state_of(locked), cpts_before=locked.cpts)
    for name, value in changes.items():
        setattr(locked, name, value)
    edit.check()
    if locked.version != expected_version and differences(edit.before, state_of(locked)):
        raise StaleRecord(Practitioner.objects.get(pk=locked.pk))
    return edit.finish()
