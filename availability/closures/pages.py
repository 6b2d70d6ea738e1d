"""Where the pages of closures, pools and expected places are reached from: Menu, home page, record of an EG."""

from typing import Any

from django.http import HttpRequest

from accounts import home
from common import navigation
from directory.enums import RecordKind
from directory.models import GeographicEntity
from directory.panels import Panel
from directory.panels import register as register_panel

from ..expected.services import due_reminders
from ..models import Pool
from ..panels import states_places
from ..permissions import may_manage_openings


def register() -> None:
    """Fill the registries of the lower apps."""
    navigation.register(
        navigation.NavItem(
            "Indisponibilités", "availability:closures", section="menu", order=410, visible=states_places
        )
    )
    navigation.register(
        navigation.NavItem(
            "Places attendues", "availability:expected_list", section="menu", order=415, visible=states_places
        )
    )
    navigation.register(
        navigation.NavItem("Lits mutualisés", "availability:pools", section="menu", order=420, visible=manages_pools)
    )
    home.register(
        home.HomeCard(
            key="expected",
            template="availability/expected_home.html",
            context=due_reminders,
            visible=states_places,
            order=12,
        )
    )
    entity = RecordKind.GEOGRAPHIC_ENTITY
    register_panel(Panel("pools", entity, "side", entity_pools, "availability/pool_panel.html", 80))


def manages_pools(request: HttpRequest) -> bool:
    """Tell whether the person makes and separates pools."""
    scope = getattr(request, "scope", None)
    return scope is not None and may_manage_openings(scope)


def entity_pools(request: HttpRequest, entity: GeographicEntity) -> dict[str, Any] | None:
    """Pools of the establishment, for support alone (one query)."""
    if not manages_pools(request) or not entity.is_published:
        return None
    return {"pools": list(Pool.objects.filter(geographic_entity=entity, ended_at=None).only("pk", "name"))}
