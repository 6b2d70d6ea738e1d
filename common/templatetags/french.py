"""Template filters over ``common.french``: ``{% load french %}``. An empty value (None or "") gives an empty text."""

from collections.abc import Callable
from typing import Any

from django import template

from common import french

register = template.Library()


def _filled(function: Callable[..., str]) -> Callable[..., str]:
    def apply(value: Any, *arguments: Any) -> str:
        return "" if value is None or value == "" else function(value, *arguments)

    return apply


_FILTERS: dict[str, Callable[..., str]] = {
    "fr_number": french.number,
    "fr_distance": french.distance,
    "fr_date": french.day,
    "fr_time": french.time_of_day,
    "fr_moment": french.moment,
    "fr_on_moment": french.on_moment,
    "fr_duration": french.duration,
    "fr_phone": french.telephone,
    "fr_spaces": french.french_spaces,
}
for _name, _function in _FILTERS.items():
    register.filter(_name, _filled(_function))


@register.filter
def fr_count(count: int, nouns: str) -> str:
    """``{{ n|fr_count:"place" }}`` → « 2 places »; irregular nouns as « singular,plural »."""
    singular, _, plural_form = nouns.partition(",")
    return french.counted(count, singular, plural_form)


@register.filter
def fr_plural(count: int, nouns: str) -> str:
    """``{{ n|fr_plural:"unité comptée" }}`` → the noun alone, agreeing with the count."""
    singular, _, plural_form = nouns.partition(",")
    return french.plural(count, singular, plural_form)
