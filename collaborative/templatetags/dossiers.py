"""Tags of the pages of dossiers: ``{% load dossiers %}``."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.templatetags.ui import icon

from ..enums import DossierState
from ..models import Dossier
from ..pages import STATE_TAGS, give_role_url

register = template.Library()


register.filter("give_role_url", give_role_url)


@register.simple_tag
def dossier_state(dossier: Dossier) -> SafeString:
    """State of a dossier as a tag with its pictogram."""
    state = DossierState(dossier.state)
    css, picture = STATE_TAGS[state]
    return format_html('<span class="tag {}">{}{}</span>', css, icon(picture), state.label)
