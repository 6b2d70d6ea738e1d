"""What places say of orphans (directory.orphans): stating them is a sign of life, and asks for a Responsable."""

from django.db.models import F, QuerySet

from directory.orphans import registries

from .models import CurrentFigure


def register() -> None:
    """Register both; called once, when the app is ready."""
    registries.register_sign(registries.Sign("Dernière saisie de places", last_statements))
    registries.register_entry("places", units_that_enter)


def last_statements() -> QuerySet:
    """When the places of each unit were last stated, with its EG."""
    return CurrentFigure.objects.order_by().values(entity=F("unit__geographic_entity_id"), at=F("stated_at"))


def units_that_enter() -> QuerySet:
    """Keys of the units whose entry of places is open."""
    return CurrentFigure.objects.filter(is_open=True).order_by().values("unit_id")
