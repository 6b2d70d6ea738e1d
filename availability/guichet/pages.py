"""The map and the guichet unique among the navigation entries."""

from common import navigation
from directory.permissions import reads_directory


def register() -> None:
    """Add both pages to the Menu of whoever reads the region."""
    for label, name, icon, order in (
        ("Carte des places", "availability:map", "carte", 42),
        ("Guichet unique", "availability:guichet", "liste", 44),
    ):
        item = navigation.NavItem(label, name, icon=icon, section="menu", order=order, visible=reads_directory)
        navigation.register(item)
