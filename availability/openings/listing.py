"""« Ouvertures de saisie »: units that may state places, by type, establishment and state, and orders about them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from common.text import fold
from directory.enums import PublicationStatus
from directory.models import OperationalUnit, Term

from ..groupings import in_force
from ..models import GroupedUnit

LONGEST_ID = 18  # digits
PUBLISHED = PublicationStatus.PUBLISHED


class State(StrEnum):
    """Whether a unit may be stated."""

    OPEN = "ouverte"
    CLOSED = "non-activee"
    NOT_GROUPED = "hors-regroupement"


STATE_LABELS: dict[State, str] = {
    State.OPEN: "Saisie ouverte",
    State.CLOSED: "Saisie non activée",
    State.NOT_GROUPED: "Hors regroupement",
}
_CONDITIONS: dict[State, Q] = {
    State.OPEN: Q(current_figure__is_open=True),
    State.CLOSED: Q(is_grouped=True) & (Q(current_figure=None) | Q(current_figure__is_open=False)),
    State.NOT_GROUPED: Q(is_grouped=False),
}


class OpeningFilter(forms.Form):
    """What the list is narrowed to; everything is optional."""

    type = forms.ChoiceField(label="Type d’UO", required=False)
    q = forms.CharField(label="Établissement ou unité", required=False, max_length=100)
    etat = forms.ChoiceField(
        label="État de la saisie", required=False, choices=[("", "Tous"), *((key, STATE_LABELS[key]) for key in State)]
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        """Offer the types that groupings name (one query)."""
        super().__init__(data)
        terms = Term.objects.filter(in_force("groupings__"), groupings__isnull=False).distinct().order_by("label", "pk")
        self.types = {str(pk): label for pk, label in terms.values_list("pk", "label")}
        self.fields["type"].choices = [("", "Tous"), *self.types.items()]

    def units(self) -> QuerySet[OperationalUnit]:
        """Units asked for; none while a filter cannot be read: everything would pass for what was asked."""
        found = stateable_units()
        if not self.is_valid():
            return found.none()
        if kind := self.cleaned_data["type"]:
            found = found.filter(unit_type=kind)
        for word in fold(self.cleaned_data["q"]).split():
            found = found.filter(Q(sort_name__contains=word) | Q(geographic_entity__sort_name__contains=word))
        if state := self.cleaned_data["etat"]:
            found = found.filter(_CONDITIONS[State(state)])
        return found

    @property
    def type_label(self) -> str:
        """Type that the list is narrowed to, empty when it is not."""
        return self.types.get(self.data.get("type", ""), "")

    @property
    def kept(self) -> dict[str, str]:
        """Filters in force, to be carried along."""
        return {name: value for name in self.fields if (value := self.data.get(name, ""))}

    @property
    def query(self) -> str:
        """Query string of the list as it is."""
        query = QueryDict(mutable=True)
        query.update(self.kept)
        return f"?{query.urlencode()}" if query else ""


def stateable_units() -> QuerySet[OperationalUnit]:
    """Published units that belong to a grouping in force, or were opened to entry when they did."""
    rows = GroupedUnit.objects.filter(in_force("grouping__"), unit=OuterRef("pk"))
    return (
        OperationalUnit.objects.published()
        .filter(geographic_entity__status=PUBLISHED, geographic_entity__legal_entity__status=PUBLISHED)
        .alias(is_grouped=Exists(rows))
        .filter(Q(is_grouped=True) | Q(current_figure__isnull=False))
    )


def shown_units(units: QuerySet[OperationalUnit]) -> QuerySet[OperationalUnit]:
    """Units as lines of the list, by establishment, each with its figure and the names of its ``groupings``."""
    rows = GroupedUnit.objects.filter(in_force("grouping__"), unit=OuterRef("pk")).order_by("grouping__order")
    return (
        units.with_place()
        .select_related("current_figure")
        .annotate(groupings=ArraySubquery(rows.values("grouping__name")))
        .order_by("geographic_entity__sort_name", "geographic_entity_id", "sort_name", "pk")
    )


def counts_of(units: QuerySet[OperationalUnit]) -> dict[str, int]:
    """How many units there are (``total``), how many can be opened (``opening``) and closed (``closing``)."""
    return units.order_by().aggregate(
        total=Count("pk"),
        opening=Count("pk", filter=_CONDITIONS[State.CLOSED]),
        closing=Count("pk", filter=Q(current_figure__is_open=True)),
    )


class Verb(StrEnum):
    """What is ordered."""

    OPEN = "ouvrir"
    CLOSE = "fermer"


@dataclass(frozen=True)
class Order:
    """Open or close one unit, those that were ticked, or every unit of the list."""

    verb: Verb
    unit_ids: tuple[int, ...] = ()
    is_whole_list: bool = False
    is_confirmed: bool = False
    expected: int = 0

    def units(self, listed: QuerySet[OperationalUnit]) -> QuerySet[OperationalUnit]:
        """Units that the order would change; ``listed`` are those of the list."""
        asked = listed if self.is_whole_list else stateable_units().filter(pk__in=self.unit_ids)
        return asked.filter(_CONDITIONS[State.CLOSED if self.verb is Verb.OPEN else State.OPEN])

    @property
    def is_for_one(self) -> bool:
        return not self.is_whole_list and len(self.unit_ids) == 1

    @property
    def is_empty(self) -> bool:
        return not self.is_whole_list and not self.unit_ids


def read_order(data: QueryDict) -> Order:
    """Order posted: ``ordre`` is « ouvrir », « ouvrir:12 » or « ouvrir:tout ». Raises ``ValueError``."""
    verb, _, target = data.get("ordre", "").partition(":")
    ticked = [target] if target not in {"", "tout"} else data.getlist("unite")
    expected = data.get("attendu", "")
    return Order(
        verb=Verb(verb),
        unit_ids=() if target == "tout" else tuple({int(text) for text in ticked if _is_id(text)}),
        is_whole_list=target == "tout",
        is_confirmed="confirme" in data,
        expected=int(expected) if _is_id(expected) else -1,
    )


def _is_id(text: str) -> bool:
    return re.fullmatch(f"[0-9]{{1,{LONGEST_ID}}}", text) is not None
