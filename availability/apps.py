from django.apps import AppConfig


class AvailabilityConfig(AppConfig):
    name = "availability"
    verbose_name = "Disponibilités"

    def ready(self) -> None:
        """Register the reference data and where a Responsable de disponibilités arrives."""
        from accounts import landing
        from common import reference

        from .landing import entry_page
        from .reference import load_groupings

        reference.register(load_groupings, order=30)
        landing.register(entry_page)
