"""Lines of the list of suggestions, written at once while a person types: ``{% load suggestions %}``."""

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString

from ..words.suggestions import Choice

register = template.Library()


@register.simple_tag
def suggestion_options(field: str, key: str, choices: Iterable[Choice], *, searches: bool = False) -> SafeString:
    """Options of the group ``key`` of a field (« ou », « quoi »); ``searches``: choosing one searches at once."""
    start = f'<div role="option" id="{escape(field)}-{key}-'
    state = f'"{" data-search" if searches else ""}><span>'
    return SafeString("".join(f"{start}{place}{_option(choice, state)}" for place, choice in enumerate(choices, 1)))


def _option(choice: Choice, state: str) -> str:
    pieces = "".join(
        f"<mark>{escape(piece.text)}</mark>" if piece.is_match else escape(piece.text) for piece in choice.pieces
    )
    detail = f' <span class="meta">{escape(choice.detail)}</span>' if choice.detail else ""
    note = f'<span class="meta">{escape(choice.note)}</span>' if choice.note else ""
    return (
        f'" aria-selected="false" data-value="{escape(choice.value)}" data-within="{escape(choice.within)}{state}'
        f"{pieces}{detail}</span>{note}</div>"
    )
