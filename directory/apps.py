from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"
    verbose_name = "Répertoire"

    def ready(self) -> None:
        """Register the reference data, who may do what, and the section of the account page."""
        from accounts import account_sections, authority
        from common import reference

        from .account_section import SECTION
        from .reference.nomenclatures import load_allowances, load_terms
        from .reference.places import load_places
        from .scopes import holds_permission

        reference.register(load_places, order=10)
        reference.register(load_terms, order=20)
        reference.register(load_allowances, order=21)
        authority.register(holds_permission)
        account_sections.register(SECTION)
