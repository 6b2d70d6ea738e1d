"""Whether somebody at the establishment can still act on a dossier: what support must know before sending it back."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.roles import Role
from directory.enums import ScopeKind
from directory.models import Assignment


def is_headed() -> Exists:
    """Annotation of dossiers: an active director heads today the EG, its EJ or the EJ of a new EG.

    Of a new EG, its author counts while he heads something under the EJ (``permissions.edits_dossier``).
    """
    where = (
        Q(scope_kind=ScopeKind.REGION)
        | Q(geographic_entity=OuterRef("geographic_entity"))
        | Q(legal_entity=OuterRef("geographic_entity__legal_entity"))
        | Q(legal_entity=OuterRef("legal_entity"))
        | Q(user=OuterRef("opened_by"), geographic_entity__legal_entity=OuterRef("legal_entity"))
    )
    heads = Assignment.objects.valid_on(timezone.localdate()).filter(where, role=Role.DIRECTOR, user__is_active=True)
    return Exists(heads)
