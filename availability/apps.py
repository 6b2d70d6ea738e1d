from django.apps import AppConfig


class AvailabilityConfig(AppConfig):
    name = "availability"
    verbose_name = "Disponibilités"

    def ready(self) -> None:
        """Register the reference data."""
        from common import reference

        from .reference import load_groupings

        reference.register(load_groupings, order=30)
