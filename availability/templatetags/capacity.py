"""« lits » or « places » in templates: the words of ``availability.wording``, for a count and a capacity kind."""

from django import template

from .. import wording

register = template.Library()


@register.filter
def capacity_noun(count: int | None, kind: str) -> str:
    """« place », « places », « lit » or « lits » of ``count``."""
    return wording.capacity_noun(count or 0, kind)


@register.filter
def capacity_words(count: int | None, kind: str) -> str:
    """« 8 places », « 1 lit »."""
    return wording.figure_words(count or 0, kind)


@register.filter
def installed_capacity(count: int | None, kind: str) -> str:
    """« 35 places installées », « 1 lit installé »."""
    return wording.installed_capacity(count or 0, kind)
