"""What the review adds to pages of the lower apps and to the acts on dossiers."""

from common import navigation

from ..permissions import validates_dossiers
from . import reasons, receivers


def register() -> None:
    """Register the entry of the Menu, the reference data, the receivers; called once, when Django is ready."""
    navigation.register(
        navigation.NavItem(
            "Dossiers à valider", "collaborative:review_queue", section="menu", order=21, visible=validates_dossiers
        )
    )
    reasons.register()
    receivers.register()
