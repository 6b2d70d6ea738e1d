"""Template context shared by every page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from common import navigation


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the site's name, the support desk and the visible navigation entries (no database query)."""
    return {
        "site_name": settings.SITE_NAME,
        "support_desk": settings.SUPPORT_DESK,
        "nav_main": navigation.visible_links(request, "main"),
        "nav_menu": navigation.visible_links(request, "menu"),
        "nav_tools": navigation.visible_links(request, "tools"),
        "nav_footer": navigation.visible_links(request, "footer"),
    }
