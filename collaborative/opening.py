"""What may be put in a dossier: EGs and EJs of the person, and the dossier that already has an EG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.roles import Permission
from common.identifiers import compact
from common.text import fold
from directory.enums import PublicationStatus
from directory.models import GeographicEntity, LegalEntity
from directory.records import without_outlines

from .models import HeldEntity

if TYPE_CHECKING:
    from directory.scopes import Scope

MOST = 50  # shown at once: then the search is to be narrowed
TEXT_LENGTH = 100


def own_entities(scope: Scope) -> QuerySet[GeographicEntity]:
    """EGs wholly in the person's scope that are not closed, with the id of the open dossier that has each."""
    held = HeldEntity.objects.filter(geographic_entity=OuterRef("pk"))
    return (
        GeographicEntity.objects.filter(scope.coverage(Permission.DIRECTORY_EDIT).geographic_entities_q())
        .exclude(status=PublicationStatus.CLOSED)
        .select_related("commune", "legal_entity")
        .defer(*without_outlines("commune__"))
        .annotate(open_dossier=Subquery(held.values("dossier")[:1]))
        .order_by("sort_name", "pk")
    )


def own_legal_entities(scope: Scope) -> QuerySet[LegalEntity]:
    """EJs under which the person may propose a new EG: his own, and those of the EGs that he heads."""
    coverage = scope.coverage(Permission.DIRECTORY_EDIT)
    found = LegalEntity.objects.exclude(status=PublicationStatus.CLOSED).order_by("sort_name", "pk")
    if coverage.region:
        return found
    through = GeographicEntity.objects.filter(pk__in=coverage.geographic_entities).values("legal_entity")
    return found.filter(Q(pk__in=coverage.legal_entities) | Q(pk__in=through))


def named_like(text: str, commune: str = "") -> Q:
    """Condition on records that a typed name or number designates; ``commune``: path to its commune, if looked at."""
    if not (folded := fold(text)):
        return Q(pk__isnull=True)
    found = Q(sort_name__contains=folded)
    if (number := compact(text)).isalnum() and len(number) >= 4:
        found |= Q(finess__startswith=number)
    return found | Q(**{f"{commune}__key__startswith": folded}) if commune else found


def clean_text(typed: str) -> str:
    """Text of a search field as it is looked for: one line, cut."""
    return " ".join(typed.split())[:TEXT_LENGTH]
