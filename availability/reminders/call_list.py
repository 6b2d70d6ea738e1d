"""Support's call list: units silent for more than four rhythms, the phone number ready (spec 20, Escalation)."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import User
from common.french import duration
from common.text import fold
from directory.contacts import main_phone
from directory.enums import Nomenclature
from directory.models import Department, Term

from ..models import CurrentFigure
from ..people import Held, people_on
from ..wording import figure_words, rhythm_words
from .awaited import awaited, beyond, once_a_pool
from .escalation import Step

NOT_A_CHOICE = "Choisissez une valeur de la liste."


class CallFilter(forms.Form):
    """Filters of the list; each may be empty. A value that cannot be read is an error."""

    departement = forms.ChoiceField(label="Département", required=False)
    type = forms.ChoiceField(label="Type d’UO", required=False)
    q = forms.CharField(label="Unité, établissement ou commune", required=False, max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Read the choices: two queries."""
        super().__init__(*args, **kwargs)
        departments = Department.objects.order_by("order", "code").values_list("code", "name")
        kinds = Term.objects.filter(nomenclature=Nomenclature.UNIT_TYPE, groupings__isnull=False).distinct()
        self.fields["departement"].choices = [("", "Tous"), *((code, f"{name} ({code})") for code, name in departments)]
        self.fields["type"].choices = [
            ("", "Tous"),
            *((str(pk), label) for pk, label in kinds.order_by("label", "pk").values_list("pk", "label")),
        ]
        for name in ("departement", "type"):
            self.fields[name].error_messages["invalid_choice"] = NOT_A_CHOICE

    @property
    def wanted(self) -> dict[str, str]:
        """Values that could be read and are not empty."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


@dataclass
class CallLine:
    """A unit to call: its figure of ``awaited``, and who was reminded of it."""

    figure: CurrentFigure
    now: datetime.datetime
    people: list[User] = field(default_factory=list)

    @property
    def unit(self):
        return self.figure.unit

    @property
    def silence(self) -> str:
        """« 12 jours »."""
        return duration(self.now - self.figure.awaited_since)

    @property
    def rhythm(self) -> str:
        return rhythm_words(self.figure.rhythm)

    @property
    def figure_words(self) -> str:
        """« 8 places », empty before the first statement."""
        return "" if self.figure.figure is None else figure_words(self.figure.figure, self.figure.capacity_kind)

    @property
    def phone(self) -> dict[str, str] | None:
        return main_phone(self.unit, contacts=True)


def figures_to_call(wanted: dict[str, str], now: datetime.datetime) -> QuerySet[CurrentFigure]:
    """Figures whose reminders have reached support at ``now``, filtered, the longest silence first; a pool once."""
    found = beyond(awaited(now), Step.SUPPORT, now)
    if code := wanted.get("departement"):
        found = found.filter(unit__geographic_entity__commune__department=code)
    if kind := wanted.get("type"):
        found = found.filter(unit__unit_type=kind)
    for word in fold(wanted.get("q", "")).split():
        found = found.filter(
            Q(unit__sort_name__contains=word)
            | Q(unit__geographic_entity__sort_name__contains=word)
            | Q(unit__geographic_entity__commune__key__contains=word)
        )
    loaded = once_a_pool(found).select_related(
        "pool", "unit__unit_type", "unit__geographic_entity__commune__department"
    )
    return loaded.defer(
        "unit__geographic_entity__commune__outline", "unit__geographic_entity__commune__department__outline"
    ).order_by("awaited_since", "unit__sort_name", "unit_id")


def call_lines(figures: Iterable[CurrentFigure], now: datetime.datetime) -> Iterator[CallLine]:
    """Lines of these figures with the people who state them: two queries for all."""
    lines = [CallLine(figure, now) for figure in figures]
    held = [
        Held(line.unit.pk, line.unit.geographic_entity_id, line.unit.geographic_entity.legal_entity_id)
        for line in lines
    ]
    people = people_on(now, held)
    ids = [people.entry_people(unit) for unit in held]
    users = User.objects.in_bulk(set().union(*ids)) if ids else {}
    for line, mine in zip(lines, ids, strict=True):
        line.people = sorted((users[pk] for pk in mine if pk in users), key=lambda user: (user.last_name, user.pk))
    return iter(lines)
