"""Entries of this app in the header, the Menu and the footer (spec 00, Navigation)."""

from common import navigation
from common.navigation import NavItem, everyone

from .roles import Permission


def may_manage_accounts(request) -> bool:
    """Tell whether the back office is this person's (support)."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.ACCOUNT_MANAGE)


def person_name(request) -> str:
    """« C. Moreau », the link to the account page in the header."""
    return request.user.short_name


def register_links() -> None:
    """Register the entries; each one's page exists in this app."""
    for item in (
        NavItem("Bienvenue", "home", icon="accueil", order=10),
        NavItem("Mon compte", "account", section="menu", order=10),
        NavItem("Back-office", "admin:index", section="menu", order=80, visible=may_manage_accounts),
        NavItem("Se déconnecter", "logout", section="menu", order=100, method="post"),
        NavItem(person_name, "account", section="tools", icon="compte", order=100),
        NavItem("Conditions générales d’utilisation", "terms", section="footer", order=20, visible=everyone),
        NavItem("Mentions légales", "legal_notice", section="footer", order=30, visible=everyone),
        NavItem(
            "Accessibilité\u00a0: partiellement conforme", "accessibility", section="footer", order=40, visible=everyone
        ),
    ):
        navigation.register(item)
