from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"
    verbose_name = "Répertoire"

    def ready(self) -> None:
        """Register the reference data, who may do what, and what other pages show of the directory."""
        from accounts import account_sections, authority, home
        from common import navigation, reference

        from . import delegation_pages, file_panels, quality_panels, report_panels
        from .account_section import SECTION
        from .imports import pages as import_pages
        from .imports import registry
        from .imports.accounts import AccountsImporter
        from .imports.finess import FinessImporter
        from .imports.nomenclatures import NomenclatureImporter
        from .imports.units import UnitsImporter
        from .key_figures import home_figures
        from .permissions import reads_directory
        from .reference.nomenclatures import load_allowances, load_terms
        from .reference.places import load_places
        from .scopes import holds_permission

        reference.register(load_places, order=10)
        reference.register(load_terms, order=20)
        reference.register(load_allowances, order=21)
        authority.register(holds_permission)
        import_pages.register()
        registry.register(FinessImporter)
        registry.register(NomenclatureImporter)
        registry.register(UnitsImporter)
        registry.register(AccountsImporter)
        account_sections.register(SECTION)
        quality_panels.register()
        report_panels.register()
        file_panels.register()
        navigation.register(
            navigation.NavItem("Répertoire", "directory:tree", icon="repertoire", order=30, visible=reads_directory)
        )
        navigation.register(
            navigation.NavItem(
                "Nomenclatures", "directory:nomenclature_list", section="menu", order=50, visible=reads_directory
            )
        )
        home.register(
            home.HomeCard(
                key="directory",
                region="figures",
                template="directory/home_figures.html",
                context=home_figures,
                visible=reads_directory,
                order=10,
            )
        )
        delegation_pages.register()
