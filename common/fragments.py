"""Pieces of a page that higher apps add to a page of a lower one (DESIGN, « The house »).

A lower app owns a ``Registry``; higher apps register fragments in ``AppConfig.ready()``. The page asks the registry for
what this request may see and renders each piece with ``{% fragment %}`` (``common.templatetags.fragments``)::

    home.register(HomeCard(key="figures", template="availability/home_card.html", context=waiting_figures, order=10))
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


def always(request: HttpRequest) -> bool:
    """Show the fragment to everybody who reaches the page."""
    return True


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """One piece of a page.

    ``context`` returns the variables of ``template``, or ``None`` when there is nothing to show today.
    ``visible`` is a cheap rule without a query (a role). Smaller ``order`` comes first.
    """

    key: str
    template: str
    context: Callable[[HttpRequest], dict[str, Any] | None]
    visible: Callable[[HttpRequest], bool] = always
    order: int = 100


@dataclass(frozen=True)
class Piece[F: Fragment]:
    """A fragment with its variables, ready to be rendered."""

    fragment: F
    values: dict[str, Any]


class Registry[F: Fragment]:
    """Fragments of one page, by key."""

    def __init__(self) -> None:
        self._fragments: dict[str, F] = {}

    def register(self, fragment: F) -> None:
        """Add a fragment; the same key again replaces it."""
        self._fragments[fragment.key] = fragment

    def all(self) -> list[F]:
        """Return every fragment in order, whoever asks."""
        return sorted(self._fragments.values(), key=lambda fragment: fragment.order)

    def pieces(self, request: HttpRequest) -> list[Piece[F]]:
        """Return, in order, what this request may see and what is not empty."""
        return [
            Piece(fragment, values)
            for fragment in self.all()
            if fragment.visible(request) and (values := fragment.context(request)) is not None
        ]
