"""Forms of expected places. Parsing only."""

import datetime
import re
from typing import Any

from django import forms
from django.utils import timezone

from .services import LARGEST_COUNT

BAD_DATE = "Cette date n’existe pas. Écrivez par exemple 14/08/2024."


def day_field() -> forms.DateField:
    """A day, by the browser's control or typed."""
    return forms.DateField(
        label="Attendues le",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"required": "Indiquez le jour.", "invalid": BAD_DATE},
    )


class CountField(forms.IntegerField):
    """A whole number in the digits 0 to 9: Python reads those of other scripts too, and « 1_0 »."""

    def to_python(self, value: Any) -> int | None:
        if value not in self.empty_values and not re.fullmatch(r"\s*-?[0-9]+\s*", str(value)):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class ExpectedForm(forms.Form):
    """How many places, when, a word about them."""

    count = CountField(
        label="Places attendues",
        initial=1,
        min_value=1,
        max_value=LARGEST_COUNT,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Indiquez combien de places.",
            "invalid": "Écrivez un nombre entier, par exemple 2.",
            "min_value": "Écrivez 1 ou plus.",
            "max_value": f"Écrivez un nombre d’au plus {LARGEST_COUNT}.",
        },
    )
    expected_on = day_field()
    comment = forms.CharField(
        label="Précision",
        required=False,
        max_length=200,
        help_text="Facultative, lue par tous. Aucune information sur un patient.",
        error_messages={"max_length": "200 caractères au plus, %(show_value)d écrits."},
    )


class PostponeForm(forms.Form):
    """Another day: tomorrow unless said otherwise."""

    expected_on = day_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["expected_on"]
        field.label = "Reporter au"
        field.initial = timezone.localdate() + datetime.timedelta(days=1)
