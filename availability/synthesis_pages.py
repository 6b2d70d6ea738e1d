"""The synthesis among the navigation entries."""

from django.http import HttpRequest

from common import navigation
from directory.permissions import reads_directory

from .panels import states_places


def register() -> None:
    """« Disponibilités » leads readers to the synthesis; whoever states places finds it in the Menu."""
    name = "availability:synthesis"
    header = navigation.NavItem(
        "Disponibilités", name, icon="lit", order=40, visible=_only_reads, prefix="/disponibilites/"
    )
    menu = navigation.NavItem(
        "Synthèse des disponibilités", name, icon="tableur", section="menu", order=41, visible=reads_directory
    )
    navigation.register(header)
    navigation.register(menu)


def _only_reads(request: HttpRequest) -> bool:
    return reads_directory(request) and not states_places(request)
