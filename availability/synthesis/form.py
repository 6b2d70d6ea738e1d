"""What is asked of the synthesis, read from the address: filters, the moment, the comparison, the column of a phone."""

import datetime
import re
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from common.french import NBSP, PARIS
from common.text import fold
from directory.ages import ADULT_DAYS, MAX_AGE_YEARS, Age, first_day, last_day

from ..criteria_words import Words, applied_words, ignored_words
from ..moments import MomentField
from .catalogue import Catalogue
from .totals import Criteria

HOUR = datetime.timedelta(hours=1)
RHYTHM, ANY_AGE = "rythme", "toutes"
CEILINGS = {f"{hours}h": hours * HOUR for hours in (1, 3, 6, 12, 24)}
CEILING_CHOICES = [
    (RHYTHM, "Selon le rythme attendu"),
    *((key, f"<{NBSP}{key[:-1]}{NBSP}h") for key in CEILINGS),
    (ANY_AGE, "Sans limite"),
]
CHILD, ADULT = "enfant", "adulte"
UNIT_TYPE = "uo:"  # before the code of a type d'UO; groupings have theirs alone
_AGE = re.compile(r"(\d{1,4}) ?(jours?|j|mois|m|ans?|a)\b")
_UNITS = {"j": "d", "m": "m", "a": "y"}


class AgesField(forms.CharField):
    """Ages « 0 j – 18 a »: a window of days, both ends included (17 ans lasts until the 18th birthday)."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        ages = [Age(int(count), _UNITS[unit[0]]) for count, unit in _AGE.findall(text.lower())]
        rest = _AGE.sub("", text.lower()).strip(" -–—/à")
        if rest or len(ages) not in (1, 2) or any(first_day(age) > MAX_AGE_YEARS * 366 for age in ages):
            raise forms.ValidationError(
                f"Les âges s’écrivent avec leur unité, par exemple «{NBSP}0 j – 18 a{NBSP}» ou «{NBSP}6 m{NBSP}»."
            )
        window = first_day(ages[0]), last_day(ages[-1])
        if window[0] > window[1]:
            raise forms.ValidationError("L’âge de fin est plus petit que l’âge de début.")
        return window


def _boxes() -> forms.CheckboxSelectMultiple:
    return forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})


class SynthesisForm(forms.Form):
    """Filters as typed. ``cleaned_data`` holds those that can be read; the others are said and left out."""

    type = forms.ChoiceField(label="Type d’unité", required=False)
    etablissement = forms.CharField(label="Établissement", required=False, max_length=120)
    departement = forms.MultipleChoiceField(label="Département", required=False, widget=_boxes())
    public = forms.MultipleChoiceField(
        label="Patientèle",
        required=False,
        choices=[(CHILD, "Enfant"), (ADULT, "Adulte")],
        widget=_boxes(),
    )
    ages = AgesField(label="Ou tranche d’âge", required=False, max_length=40)
    fraicheur = forms.ChoiceField(label="Fraîcheur maximale", required=False, choices=CEILING_CHOICES)
    perimes = forms.BooleanField(label="Inclure les chiffres périmés", required=False)
    places = forms.BooleanField(label="Seulement les lignes avec des places", required=False)
    date = MomentField()
    comparer = forms.BooleanField(label="Comparer à la semaine précédente", required=False)

    def __init__(self, query: QueryDict, catalogue: Catalogue) -> None:
        super().__init__(query)
        self.groupings = catalogue.groupings
        self.types = {term.code: term for term in catalogue.unit_types}
        choice = self.fields["type"]
        choice.choices = [
            ("", "Tous les regroupements"),
            ("Regroupements", [(grouping.code, grouping.name) for grouping in self.groupings]),
            ("Types d’UO", [(UNIT_TYPE + term.code, term.label) for term in catalogue.unit_types]),
        ]
        choice.error_messages["invalid_choice"] = "Ce type d’unité n’est pas proposé ici."
        self.fields["departement"].choices = [(row.code, f"{row.code} {row.name}") for row in catalogue.departments]
        self.fields["departement"].error_messages["invalid_choice"] = "Ce département n’est pas de la région."
        self.fields["public"].error_messages["invalid_choice"] = "Cette patientèle n’existe pas."
        self.fields["fraicheur"].error_messages["invalid_choice"] = "Cette fraîcheur n’est pas proposée."

    def criteria(self) -> Criteria:
        """Criteria that could be read; validates."""
        self.is_valid()
        data = self.cleaned_data
        kind = data.get("type", "")
        unit_type = self.types.get(kind.removeprefix(UNIT_TYPE)) if kind.startswith(UNIT_TYPE) else None
        ceiling = data.get("fraicheur") or RHYTHM
        return Criteria(
            grouping_ids=tuple(row.pk for row in self.groupings if not kind or unit_type or row.code == kind),
            unit_type_id=unit_type.pk if unit_type else None,
            department_codes=tuple(data.get("departement") or ()),
            ages=_windows(data),
            words=tuple(dict.fromkeys(fold(data.get("etablissement", "")).split())),
            max_age=CEILINGS.get(ceiling),
            any_age=ceiling == ANY_AGE or (ceiling == RHYTHM and bool(data.get("perimes"))),
            at=data.get("date"),
        )

    @property
    def date_value(self) -> str:
        """Moment as a field of a browser holds it, or what was typed when it cannot be read."""
        moment = self.cleaned_data.get("date")
        return moment.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M") if moment else self.data.get("date", "")

    def applied(self, *left_out: str) -> Words:
        """Filters that hold, in words, but those of these names."""
        return applied_words(self, (*left_out, "perimes") if self.is_useless_box else left_out)

    @property
    def ignored(self) -> Words:
        """Filters that were left out, and why."""
        useless = [("Inclure les chiffres périmés", "oui – la fraîcheur maximale choisie remplace le rythme attendu.")]
        return ignored_words(self) + (useless if self.is_useless_box else [])

    @property
    def map_query(self) -> str:
        """Query string of the map for the filters that it knows: grouping, departments, age, free places."""
        data = self.cleaned_data
        kind, ceiling = data.get("type", ""), data.get("fraicheur") or RHYTHM
        is_any = ceiling == ANY_AGE or (ceiling == RHYTHM and bool(data.get("perimes")))
        asked = {
            "regroupement": "" if kind.startswith(UNIT_TYPE) else kind,
            "departement": data.get("departement") or [],
            "fraicheur": "sans" if is_any else ceiling.removesuffix("h") if ceiling in CEILINGS else "",
            "libres": "on" if data.get("places") else "",
        }
        return urlencode({name: value for name, value in asked.items() if value}, doseq=True)

    @property
    def is_useless_box(self) -> bool:
        """Whether « inclure les chiffres périmés » is ticked beside a ceiling, which replaces the rhythm."""
        data = self.cleaned_data
        return bool(data.get("perimes")) and data.get("fraicheur") in CEILINGS


def _windows(data: dict[str, Any]) -> tuple[tuple[int, int | None], ...]:
    """Windows of days that a unit has to meet; both boxes ticked ask for nothing."""
    public = data.get("public") or []
    windows: list[tuple[int, int | None]] = []
    if public == [CHILD]:
        windows.append((0, ADULT_DAYS - 1))
    if public == [ADULT]:
        windows.append((ADULT_DAYS, None))
    if data.get("ages"):
        windows.append(data["ages"])
    return tuple(windows)
