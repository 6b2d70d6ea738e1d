"""What higher apps offer to do with the units of the guichet unique (a lower page never imports a higher app).

A higher app registers an action in ``AppConfig.ready()``::

    line_actions.register(LineAction("keep", kept_on_lines, "search/keep_line.html", "search/keep_form.html"))

``template`` is included on each line with ``action`` (what the provider returned) and ``unit``; ``page_template`` once
a page, for what all the lines share, such as the form that their buttons send.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

Provider = Callable[[HttpRequest], Mapping[str, Any] | None]


@dataclass(frozen=True)
class LineAction:
    """One action. ``provider`` returns what its templates need, ``None`` when this person has none: one query."""

    key: str
    provider: Provider
    template: str
    page_template: str
    order: int = 100


@dataclass(frozen=True)
class ShownAction:
    """An action ready for one page."""

    template: str
    page_template: str
    context: Mapping[str, Any]


_actions: dict[str, LineAction] = {}


def register(action: LineAction) -> None:
    """Add an action; registering the same key again replaces it."""
    _actions[action.key] = action


def actions_for(request: HttpRequest) -> list[ShownAction]:
    """Actions of this person, in order."""
    wanted = sorted(_actions.values(), key=lambda action: (action.order, action.key))
    found = ((action, action.provider(request)) for action in wanted)
    return [
        ShownAction(action.template, action.page_template, context) for action, context in found if context is not None
    ]
