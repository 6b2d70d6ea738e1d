"""Saved searches and « Ma sélection » on the home and account pages, and in « Exporter mes données »."""

from typing import Any, NamedTuple

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from accounts import account_sections, home
from accounts.models import User
from availability import line_actions
from common import navigation
from directory import panels
from directory.enums import RecordKind
from directory.models import OperationalUnit
from directory.permissions import reads_directory

from ..models import KeptUnit, SavedSearch
from . import merging
from .saved import saved_of
from .shortlist import kept_ids


class KeptCounts(NamedTuple):
    """How many units and searches a person keeps."""

    units: int
    searches: int


def kept_counts(user_id: int | None) -> KeptCounts:
    """Count what a person keeps: one query."""
    counts = [Coalesce(Subquery(_counted(model), output_field=IntegerField()), 0) for model in (KeptUnit, SavedSearch)]
    return KeptCounts(*User.objects.filter(pk=user_id).values_list(*counts).get())


def _counted(model: Any) -> Any:
    mine = model.objects.filter(user=OuterRef("pk")).order_by().values("user")
    return mine.annotate(total=Count("pk")).values("total")


def home_card(request: HttpRequest) -> dict[str, Any] | None:
    """What I keep, when there is something."""
    counts = kept_counts(request.scope.user_id)
    return {"counts": counts} if any(counts) else None


def unit_panel(request: HttpRequest, unit: OperationalUnit) -> dict[str, Any] | None:
    """« Retenir » on the record of a published unit: no query, the record has many."""
    return {} if unit.is_published and reads_directory(request) else None


def keep_lines(request: HttpRequest) -> dict[str, Any] | None:
    """« Retenir » on the lines of the guichet: ids of the units kept already, one query."""
    return {"kept": frozenset(kept_ids(request.scope.user_id))} if reads_directory(request) else None


def account_section(request: HttpRequest) -> dict[str, Any] | None:
    """« Recherches enregistrées » of the account page."""
    if not reads_directory(request):
        return None
    return {"searches": list(saved_of(request.scope.user_id))}


def export_kept(user: User) -> dict[str, Any]:
    """Searches, alerts and units that the person keeps, for « Exporter mes données »."""
    return {
        "recherches": [
            {
                "nom": saved.name,
                "adresse": saved.query,
                "enregistree_le": saved.saved_at.isoformat(),
                "alerte": {"rythme": saved.alert.get_rhythm_display(), "fin": saved.alert.ends_at.isoformat()}
                if hasattr(saved, "alert")
                else None,
            }
            for saved in saved_of(user.pk)
        ],
        "selection": [
            {"unite": kept.unit.name, "retenue_le": kept.kept_at.isoformat()}
            for kept in KeptUnit.objects.filter(user=user).select_related("unit")
        ],
    }


def register() -> None:
    """Fill the registries of the lower apps."""
    merging.connect()
    home.register(
        home.HomeCard(
            key="kept",
            region="side",
            template="search/kept_home.html",
            context=home_card,
            visible=reads_directory,
            order=20,
        )
    )
    panels.register(panels.Panel("kept", RecordKind.UNIT, "head", unit_panel, "search/kept_panel.html", order=90))
    line_actions.register(
        line_actions.LineAction("keep", keep_lines, "search/keep_line.html", "search/keep_form.html", order=10)
    )
    account_sections.register(
        account_sections.AccountSection(
            key="recherches_enregistrees",
            template="search/saved_account.html",
            context=account_section,
            export=export_kept,
            order=40,
        )
    )
    for label, name, icon, order in (
        ("Ma sélection", "search:shortlist", "epingle", 21),
        ("Mes recherches enregistrées", "search:saved", "recherche", 22),
    ):
        navigation.register(
            navigation.NavItem(label, name, icon=icon, section="menu", order=order, visible=reads_directory)
        )
