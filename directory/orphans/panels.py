"""What the Menu and the home page show of possible duplicates and of orphans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.utils import timezone

from accounts import home
from common import navigation

from ..models import DuplicatePair
from ..permissions import edits_somewhere, settles_duplicates
from .kinds import LABELS, OrphanKind
from .listing import Asked, counts

if TYPE_CHECKING:
    from django.http import HttpRequest

CACHE_KEY = "directory.orphans.region"
CACHE_SECONDS = 300


def register() -> None:
    """Put the lists in the Menu and on the home page; called once, when the app is ready."""
    for label, name, visible, order in (
        ("Doublons possibles", "directory:duplicate_list", settles_duplicates, 46),
        ("Fiches orphelines", "directory:orphan_list", edits_somewhere, 47),
    ):
        navigation.register(navigation.NavItem(label, name, section="menu", order=order, visible=visible))
    home.register(
        home.HomeCard(
            key="orphans",
            template="directory/orphan_home.html",
            context=records_to_settle,
            visible=edits_somewhere,
            order=45,
        )
    )


def records_to_settle(request: HttpRequest) -> dict[str, Any] | None:
    """Orphans of one’s own, and duplicates for whoever settles them: two queries; the region is kept five minutes."""
    region = settles_duplicates(request)
    found = cache.get(CACHE_KEY) if region else None
    if found is None:
        now = timezone.now()
        found = {kind.value: count for kind, count in counts(Asked(), request.scope, now).items() if count}
        if region:
            cache.set(CACHE_KEY, found, CACHE_SECONDS)
    duplicates = DuplicatePair.objects.visible_to(request.scope).waiting().count() if region else 0
    if not found and not duplicates:
        return None
    return {
        "duplicates": duplicates,
        "total": sum(found.values()),
        "lists": [(kind.value, LABELS[kind], found[kind.value]) for kind in OrphanKind if kind.value in found],
    }
