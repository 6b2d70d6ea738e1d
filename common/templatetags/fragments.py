"""Pieces registered by higher apps (``common.fragments``): ``{% load fragments %}``."""

from django import template
from django.utils.safestring import SafeString

from common.fragments import Fragment, Piece

register = template.Library()


@register.simple_tag(takes_context=True)
def fragment(context: template.Context, piece: Piece[Fragment]) -> SafeString:
    """Render one piece with its own variables on top of those of the page."""
    assert context.template is not None  # noqa: S101 - set by whoever renders the page
    with context.push(**piece.values):
        return context.template.engine.get_template(piece.fragment.template).render(context)
