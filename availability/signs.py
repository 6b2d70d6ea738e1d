"""Stating places is a sign of life of an establishment (directory.orphans)."""

from django.db.models import F, QuerySet

from directory.orphans import registries

from .models import CurrentFigure


def register() -> None:
    """Register it; called once, when the app is ready."""
    registries.register_sign(registries.Sign("Dernière saisie de places", last_statements))


def last_statements() -> QuerySet:
    """When the places of each unit were last stated, with its EG."""
    return CurrentFigure.objects.order_by().values(entity=F("unit__geographic_entity_id"), at=F("stated_at"))
