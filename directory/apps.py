from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"
    verbose_name = "Répertoire"

    def ready(self) -> None:
        """Register the reference data, who may do what, and what other pages show of the directory."""
        from accounts import account_sections, authority
        from common import reference

        from . import menu
        from .attachments import panels as file_panels
        from .delegation import panels as delegation_panels
        from .delegation.account_section import SECTION
        from .duplicates import merge_tool
        from .imports import kinds as import_kinds
        from .imports import pages as import_pages
        from .orphans import panels as orphan_panels
        from .quality import panels as quality_panels
        from .reference.nomenclatures import load_allowances, load_terms
        from .reference.places import load_places
        from .reports import panels as report_panels
        from .scopes import holds_permission

        reference.register(load_places, order=10)
        reference.register(load_terms, order=20)
        reference.register(load_allowances, order=21)
        authority.register(holds_permission)
        import_kinds.register()
        import_pages.register()
        account_sections.register(SECTION)
        quality_panels.register()
        orphan_panels.register()
        report_panels.register()
        file_panels.register()
        menu.register()
        delegation_panels.register()
        merge_tool.register()
