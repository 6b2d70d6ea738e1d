"""What record pages of the directory draw: ``{% load records %}``."""

from django import template
from django.utils.safestring import SafeString

register = template.Library()

TOOLS = "directory/block_tools.html"


@register.simple_tag(takes_context=True)
def block_tools(context: template.Context, key: str, title: str = "") -> SafeString:
    """What may be done with one block of the record shown, for its header.

    ``{% block_tools block.key block.title as tools %}``: ``directory/block_tools.html`` gets the whole context of the
    page, ``block_key`` and ``block_title``.
    """
    tools = context.template.engine.get_template(TOOLS)
    with context.push(block_key=key, block_title=title):
        return SafeString(tools.render(context).strip())
