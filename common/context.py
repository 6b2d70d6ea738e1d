"""Template context shared by every page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from common import navigation


def site_name() -> str:
    """Name of the site in titles and in the header: « ROR Île-de-France »."""
    return f"ROR {settings.REGION_NAME}"


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the site's name, support desk and visible navigation entries, and whether its data are fictitious."""
    return {
        "site_name": site_name(),
        "support_desk": settings.SUPPORT_DESK,
        "is_demo": settings.DEMO,
        "nav_main": navigation.visible_links(request, "main"),
        "nav_menu": navigation.visible_links(request, "menu"),
        "nav_tools": navigation.visible_links(request, "tools"),
        "nav_footer": navigation.visible_links(request, "footer"),
    }
