"""What this app adds to the pages of the others: its entry in the header, the quick search of the home page."""

from typing import Any

from django.http import HttpRequest

from accounts import home
from accounts.roles import Permission
from common import navigation, reference

from . import previews
from .indexing import index
from .kept import pieces as kept_pieces
from .log.services import may_mend


def may_search(request: HttpRequest) -> bool:
    """Tell whether the search is this person's: whoever reads the directory."""
    scope = getattr(request, "scope", None)
    return scope is not None and scope.may(Permission.DIRECTORY_READ)


def mends_searches(request: HttpRequest) -> bool:
    """Tell whether the list of searches without result is this person's: support's."""
    return may_mend(getattr(request, "scope", None))


def quick_search(request: HttpRequest) -> dict[str, Any]:
    """Return the two empty fields."""
    return {"where": "", "what": ""}


def register_all() -> None:
    """Register the entries, the card, and the spellings that follow a load of the nomenclatures."""
    navigation.register(
        navigation.NavItem("Recherche", "search:results", icon="recherche", order=20, visible=may_search)
    )
    navigation.register(
        navigation.NavItem("Recherches sans résultat", "search:log", section="menu", order=52, visible=mends_searches)
    )
    navigation.register(
        navigation.NavItem(
            "Kit de continuité", "search:continuity", icon="hors-ligne", section="menu", order=43, visible=may_search
        )
    )
    home.register(
        home.HomeCard(
            key="search",
            region="band",
            template="search/search_form.html",
            context=quick_search,
            visible=may_search,
            order=10,
        )
    )
    kept_pieces.register()
    previews.register()
    reference.register(index.load_spellings, order=50)
