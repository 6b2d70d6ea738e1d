from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"
    verbose_name = "Répertoire"

    def ready(self) -> None:
        """Register the reference data."""
        from common import reference

        from .reference.nomenclatures import load_allowances, load_terms
        from .reference.places import load_places

        reference.register(load_places, order=10)
        reference.register(load_terms, order=20)
        reference.register(load_allowances, order=21)
