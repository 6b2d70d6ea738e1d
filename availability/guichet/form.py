"""Criteria of the map and of the guichet unique, read from the address; nothing of them is kept."""

import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from common.french import NBSP
from directory.ages import MAX_AGE_YEARS

from .needs import Needs, Who
from .supply import Ceiling

LONGEST_WAIT = datetime.timedelta(days=366)
RADII = (2, 5, 10, 20, 50)  # kilometres
_UNKNOWN = "Ce choix n’existe pas ou n’existe plus\u00a0: «\u00a0%(value)s\u00a0». Choisissez dans la liste."
_MANY = {"invalid_choice": _UNKNOWN, "invalid_list": _UNKNOWN}


class _Boxes(forms.CheckboxSelectMultiple):
    def __init__(self) -> None:
        super().__init__(attrs={"class": "form-check-input"})


class CriteriaForm(forms.Form):
    """What the map and the guichet share: departments, age of the figure. Bound to the address, always.

    What is wrong is said beside its field; the rest still filters (``valid`` gives it).
    """

    departement = forms.MultipleChoiceField(label="Départements", required=False, widget=_Boxes, error_messages=_MANY)
    fraicheur = forms.ChoiceField(
        label="Ancienneté maximale du chiffre",
        required=False,
        choices=[(ceiling.value, ceiling.label) for ceiling in Ceiling],
        error_messages={"invalid_choice": _UNKNOWN},
    )

    def __init__(self, data: QueryDict, *, choices: dict[str, list[tuple[str, str]]]) -> None:
        super().__init__(data, auto_id="id_%s")
        for name, given in choices.items():
            self.fields[name].choices = given
        self.is_valid()

    def valid(self, name: str) -> Any:
        """What was given of a field; ``None`` when it is wrong, missing or empty."""
        value = self.cleaned_data.get(name)
        return None if value is False or value in ("", []) else value

    @property
    def ceiling(self) -> Ceiling:
        return Ceiling(self.valid("fraicheur") or "")

    @property
    def departments(self) -> list[str]:
        return self.valid("departement") or []

    @property
    def is_asked(self) -> bool:
        """Tell whether something was asked for."""
        return any(self.data.getlist(name) != [""] for name in self.fields if name in self.data)


class MapForm(CriteriaForm):
    """Criteria of the map."""

    regroupement = forms.MultipleChoiceField(label="Regroupements", required=False, widget=_Boxes, error_messages=_MANY)
    femme = forms.BooleanField(label="Femme", required=False)
    homme = forms.BooleanField(label="Homme", required=False)
    pmr = forms.BooleanField(label="PMR", required=False)
    chambre = forms.BooleanField(label="Chambre individuelle", required=False)
    libres = forms.BooleanField(label="Seulement avec des places libres", required=False)

    @property
    def groupings(self) -> list[str]:
        return self.valid("regroupement") or []

    @property
    def needs(self) -> list[Needs]:
        """One need a sex ticked: a place that suits either of them is shown."""
        sexes = [who for who, name in ((Who.WOMAN, "femme"), (Who.MAN, "homme")) if self.valid(name)]
        return [
            Needs(who=who, accessible=bool(self.valid("pmr")), single_room=bool(self.valid("chambre")))
            for who in sexes or [Who.ANYBODY]
        ]


class GuichetForm(CriteriaForm):
    """Needs of a person to orient, and where to look."""

    pour = forms.ChoiceField(
        label="Pour qui",
        required=False,
        choices=[
            ("", "Peu importe"),
            (Who.MAN.value, "Un homme"),
            (Who.WOMAN.value, "Une femme"),
            (Who.COUPLE.value, "Un couple ou une famille"),
        ],
        error_messages={"invalid_choice": _UNKNOWN},
    )
    age = forms.IntegerField(
        label="Âge (en années)",
        required=False,
        min_value=0,
        max_value=MAX_AGE_YEARS,
        error_messages={
            "invalid": "Indiquez un âge en années, par exemple 34.",
            "min_value": "Un âge est de 0 an au moins.",
            "max_value": f"Un âge est de {MAX_AGE_YEARS} ans au plus.",
        },
    )
    pmr = forms.BooleanField(label="Place PMR (fauteuil)", required=False)
    chambre = forms.BooleanField(label="Chambre individuelle", required=False)
    animal = forms.BooleanField(label="Avec un animal", required=False)
    le = forms.DateField(
        label="À partir du",
        required=False,
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        error_messages={"invalid": "Indiquez un jour, par exemple 24/11/2026."},
    )
    type = forms.MultipleChoiceField(label="Type d’unité", required=False, widget=_Boxes, error_messages=_MANY)
    depuis = forms.CharField(label="Autour de", required=False, max_length=120)
    rayon = forms.ChoiceField(
        label="À moins de",
        required=False,
        choices=[("", "Toute distance"), *((str(radius), f"{radius}{NBSP}km") for radius in RADII)],
        error_messages={"invalid_choice": _UNKNOWN},
    )

    def __init__(self, data: QueryDict, *, choices: dict[str, list[tuple[str, str]]], today: datetime.date) -> None:
        self.today = today
        super().__init__(data, choices=choices)

    def clean_le(self) -> datetime.date | None:
        asked = self.cleaned_data["le"]
        if asked is None or asked == self.today:
            return None
        if asked < self.today:
            raise forms.ValidationError("Ce jour est passé\u00a0: indiquez aujourd’hui ou un jour à venir.")
        if asked > self.today + LONGEST_WAIT:
            raise forms.ValidationError("Ce jour est trop lointain\u00a0: un an au plus.")
        return asked

    @property
    def radius(self) -> int | None:
        """Kilometres from the starting point."""
        return int(self.valid("rayon")) if self.valid("rayon") else None

    @property
    def needs(self) -> Needs:
        return Needs(
            who=Who(self.valid("pour") or ""),
            age=self.valid("age"),
            accessible=bool(self.valid("pmr")),
            single_room=bool(self.valid("chambre")),
            animal=bool(self.valid("animal")),
            on=self.valid("le"),
        )
