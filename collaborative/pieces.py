"""What the app adds to pages of the lower apps: Menu, home cards, panels of records."""

from common import navigation
from directory import closing_notes, proposals, tree_marks
from directory.attachments.services import register_folder
from directory.enums import RecordKind
from directory.orphans.kinds import OrphanKind
from directory.orphans.registries import Remedy, register_remedy
from directory.panels import Panel
from directory.panels import register as register_panel

from . import home_cards, merging, panels
from .campaigns import receivers as campaigns
from .direct.proposing import offer_for
from .fiches import files
from .mails import receivers as mails
from .permissions import works_on_dossiers
from .review import pieces as review


def register_all() -> None:
    """Fill the registries, once, when Django is ready."""
    navigation.register(
        navigation.NavItem(
            "Dossier collaboratif", "collaborative:dossiers", section="menu", order=20, visible=works_on_dossiers
        )
    )
    for kind, entity in ((RecordKind.GEOGRAPHIC_ENTITY, "pk"), (RecordKind.UNIT, "geographic_entity")):
        register_panel(
            Panel(
                "dossier",
                kind,
                "tools",
                panels.entity_button,
                "collaborative/record_tool.html",
                order=10,
                annotations=panels.open_dossier_of(entity),
            )
        )
    register_folder(files.FOLDER, files.files_in_use)
    tree_marks.register("dossier", panels.tree_marks_of, panels.open_dossier_of)
    closing_notes.register("dossiers", panels.closing_notes_on)
    register_remedy(OrphanKind.ENTITY_EMPTY, Remedy("Décrire ses unités dans un dossier", panels.open_url))
    proposals.register(offer_for)
    home_cards.register()
    merging.connect()
    campaigns.register()
    mails.register()
    review.register()
