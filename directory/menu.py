"""Entries of the directory in the header and the Menu, and its figures on the home page."""

from accounts import home
from common import navigation
from common.navigation import NavItem

from .key_figures import home_figures
from .permissions import reads_directory


def register() -> None:
    """Register them; called once, when the app is ready."""
    navigation.register(NavItem("Répertoire", "directory:tree", icon="repertoire", order=30, visible=reads_directory))
    navigation.register(
        NavItem("Nomenclatures", "directory:nomenclature_list", section="menu", order=50, visible=reads_directory)
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
