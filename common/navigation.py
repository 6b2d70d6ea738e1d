"""The entries of the header, the Menu and the footer.

An app registers an entry in ``AppConfig.ready()`` together with the page it leads to, so that an entry never comes
before its page::

    navigation.register(NavItem("Recherche", "search:results", icon="recherche", order=20))
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from django.http import HttpRequest
from django.urls import reverse

Section = Literal["main", "menu", "tools", "footer"]


def signed_in(request: HttpRequest) -> bool:
    """Tell whether the entry is shown: only to somebody who has signed in."""
    user = getattr(request, "user", None)
    return bool(user and user.is_authenticated)


def everyone(request: HttpRequest) -> bool:
    """Show the entry to everybody, signed in or not."""
    return True


@dataclass(frozen=True, kw_only=True)
class _Options:
    icon: str = ""
    order: int = 100
    section: Section = "main"
    visible: Callable[[HttpRequest], bool] = signed_in
    prefix: str = ""
    method: Literal["get", "post"] = "get"


@dataclass(frozen=True)
class NavItem(_Options):
    """One entry.

    ``label`` is the French text, or a function of the request (the user's name). ``icon`` is an id of the sprite.
    ``section``: « main » the header's links, « menu » the Menu, « tools » right of the header, « footer » the footer.
    ``prefix``: addresses that begin with it mark the entry as current (default: the entry's own address).
    ``method`` « post » renders a button in a form (sign-out).
    """

    label: str | Callable[[HttpRequest], str]
    url_name: str


@dataclass(frozen=True)
class NavLink:
    """An entry ready to be shown: ``current`` is « page », « true » (a page below it) or empty."""

    label: str
    url: str
    icon: str
    method: str
    current: str


_items: dict[tuple[str, str], NavItem] = {}


def register(item: NavItem) -> None:
    """Add an entry; registering the same address in the same section again replaces it."""
    _items[item.section, item.url_name] = item


def visible_links(request: HttpRequest, section: Section) -> list[NavLink]:
    """Return the entries of a section that this request may see, in order."""
    items = (item for item in _items.values() if item.section == section and item.visible(request))
    return [_link(item, request) for item in sorted(items, key=lambda item: item.order)]


_address = cache(reverse)  # each stands on every page


def _link(item: NavItem, request: HttpRequest) -> NavLink:
    url = _address(item.url_name)
    label = item.label(request) if callable(item.label) else item.label
    return NavLink(label=label, url=url, icon=item.icon, method=item.method, current=_current(item, url, request.path))


def _current(item: NavItem, url: str, path: str) -> str:
    if path == url:
        return "page"
    prefix = item.prefix or url
    return "true" if prefix != "/" and path.startswith(prefix) else ""
