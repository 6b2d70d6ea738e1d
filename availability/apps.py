from django.apps import AppConfig


class AvailabilityConfig(AppConfig):
    name = "availability"
    verbose_name = "Disponibilités"

    def ready(self) -> None:
        """Register the reference data, and what pages of the lower apps show of availability."""
        from accounts import home
        from common import reference
        from directory.enums import RecordKind
        from directory.panels import Panel, register
        from directory.permissions import reads_directory

        from . import key_figures, merging, panels, receivers, signs, uses
        from .closures import pages as closure_pages
        from .guichet import pages as guichet_pages
        from .openings import menu as openings_menu
        from .reference import load_groupings
        from .reminders import panels as reminder_panels
        from .synthesis import pages as synthesis_pages

        receivers.connect()
        uses.connect()
        signs.register()
        merging.connect()
        openings_menu.register_links()
        for pages in (closure_pages, reminder_panels, guichet_pages, synthesis_pages):
            pages.register()
        reference.register(load_groupings, order=30)
        home.register(
            home.HomeCard(
                key="places",
                region="figures",
                template="availability/home_figures.html",
                context=key_figures.home_figures,
                visible=reads_directory,
                order=5,
            )
        )
        entity = RecordKind.GEOGRAPHIC_ENTITY
        register(Panel("places", RecordKind.UNIT, "head", panels.unit_panel, "availability/unit_panel.html", 10))
        register(Panel("places", entity, "main", panels.entity_panel, "availability/entity_panel.html", 10))
