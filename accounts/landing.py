"""Where a person arrives after signing in when no address was asked for.

Higher apps add rules in ``AppConfig.ready()``; the first that returns an address wins, else the home page::

    landing.register(entry_page)  # Responsable de disponibilités only → /disponibilites/mise-a-jour/ (spec 00)
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.urls import reverse

Rule = Callable[[HttpRequest], str | None]

_rules: list[Rule] = []


def register(rule: Rule) -> None:
    """Add a rule: a function of the request that returns an address, or ``None`` when it has no opinion."""
    if rule not in _rules:
        _rules.append(rule)


def landing_address(request: HttpRequest) -> str:
    """Return the address this person arrives at. ``request.user`` is signed in."""
    for rule in _rules:
        if address := rule(request):
            return address
    return reverse("home")
