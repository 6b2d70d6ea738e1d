"""« Disponibilités » in the header, the synthesis in the Menu, the page where entry people arrive."""

from django.http import HttpRequest

from accounts import landing
from common import navigation
from directory.permissions import reads_directory

from ..panels import entry_page, states_places


def register() -> None:
    """« Disponibilités » leads whoever states places to them, other readers to the synthesis, in the Menu for all."""
    name = "availability:synthesis"
    for address, visible in (("availability:entry", states_places), (name, _only_reads)):
        header = navigation.NavItem(
            "Disponibilités", address, icon="lit", order=40, visible=visible, prefix="/disponibilites/"
        )
        navigation.register(header)
    menu = navigation.NavItem(
        "Synthèse des disponibilités", name, icon="tableur", section="menu", order=41, visible=reads_directory
    )
    navigation.register(menu)
    landing.register(entry_page)


def _only_reads(request: HttpRequest) -> bool:
    return reads_directory(request) and not states_places(request)
