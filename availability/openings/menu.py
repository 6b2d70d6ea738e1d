"""Entries of the Menu for support: openings of the entry, crisis mode."""

from django.http import HttpRequest

from common.navigation import NavItem, register

from ..permissions import may_manage_openings


def register_links() -> None:
    """Register them; called once, when the app is ready."""
    register(
        NavItem("Ouvertures de saisie", "availability:opening_list", section="menu", order=60, visible=manages_openings)
    )
    register(NavItem("Mode crise", "availability:crisis_mode", section="menu", order=61, visible=manages_openings))


def manages_openings(request: HttpRequest) -> bool:
    """Tell whether the pages are this person's."""
    scope = getattr(request, "scope", None)
    return scope is not None and may_manage_openings(scope)
