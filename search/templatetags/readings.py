"""How a text was understood: ``{% load readings %}``."""

from django import template

from directory.territory.wording import around_place

from ..results import reading_words

register = template.Library()

register.filter(reading_words.understood)
register.filter(reading_words.dropped_words)
register.filter(reading_words.aside_words)
register.filter(reading_words.changed_words)
register.filter(around_place)
