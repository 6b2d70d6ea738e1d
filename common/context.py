"""Template context shared by every page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

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
        "nav_main": _links(request, "main"),
        "nav_menu": _links(request, "menu"),
        "nav_tools": _links(request, "tools"),
        "nav_footer": _links(request, "footer"),
    }


def _links(request: HttpRequest, section: navigation.Section) -> Any:
    """Entries of a section, worked out when the page has a header: a part of a page has none."""
    return SimpleLazyObject(lambda: navigation.visible_links(request, section))
