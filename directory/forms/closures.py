"""Forms that close a record and reopen it."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from common import french

from ..enums import ClosureKind
from ..hours.schedule import FIRST_YEAR, LAST_YEAR

REASON_LENGTH = 200
DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
BAD_DATE = "Cette date n’existe pas. Écrivez par exemple 14/08/2024."


def _day(label: str, **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=DATE_FORMATS, **kwargs)


class VersionForm(forms.Form):
    """What both forms hold: the version that the page showed, the reason for the history."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def read_version(self) -> int:
        """Version that the page showed, 0 when it cannot be read."""
        text = self.data.get("version", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


class ClosureForm(VersionForm):
    """Kind, date, expected reopening, reason, confirmation."""

    closure_kind = forms.ChoiceField(
        label="Type de fermeture",
        choices=[(ClosureKind.TEMPORARY, "Provisoire"), (ClosureKind.FINAL, "Définitive")],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez le type de fermeture.",
            "invalid_choice": "Choisissez «\u00a0Provisoire\u00a0» ou «\u00a0Définitive\u00a0».",
        },
    )
    closed_on = _day(
        "Date de fermeture",
        help_text="Aujourd’hui ou un jour passé\u00a0: la fermeture prend effet dès son enregistrement.",
        error_messages={"required": "Indiquez la date de fermeture.", "invalid": BAD_DATE},
    )
    reopens_on = _day(
        "Réouverture prévue le",
        required=False,
        help_text="Pour une fermeture provisoire, si la date est connue. La fiche ne se rouvre pas d’elle-même.",
        error_messages={"invalid": BAD_DATE},
    )
    reason = forms.CharField(
        label="Motif",
        max_length=REASON_LENGTH,
        help_text="Gardé dans l’historique de la fiche.",
        error_messages={
            "required": "Indiquez le motif de la fermeture.",
            "max_length": f"{REASON_LENGTH} caractères au plus, %(show_value)d écrits.",
        },
    )
    confirmed = forms.BooleanField(
        label="Je confirme cette fermeture et tout ce qu’elle ferme.",
        error_messages={"required": "Cochez la case pour confirmer la fermeture."},
    )

    def __init__(self, *args: Any, opened_on: datetime.date | None = None, **kwargs: Any) -> None:
        """``opened_on``: a record is not closed before it opened."""
        super().__init__(*args, **kwargs)
        self.opened_on = opened_on
        self.fields["closed_on"].initial = timezone.localdate

    def clean_closed_on(self) -> datetime.date:
        """Refuse a day to come, a day before the record opened, an absurd year."""
        day = self.cleaned_data["closed_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(
                "La fermeture prend effet dès son enregistrement\u00a0: sa date ne peut pas être à venir."
            )
        if self.opened_on and day < self.opened_on:
            raise forms.ValidationError(f"La fiche est ouverte depuis le {french.day(self.opened_on)}.")
        if day.year < FIRST_YEAR:
            raise forms.ValidationError(f"Donnez une date postérieure au 01/01/{FIRST_YEAR}.")
        return day

    def clean(self) -> dict[str, Any]:
        """Check the reopening: with a temporary closure only (RG_EXP_045), after today."""
        cleaned = super().clean() or self.cleaned_data
        day = cleaned.get("reopens_on")
        if day is None:
            return cleaned
        if cleaned.get("closure_kind") == ClosureKind.FINAL:
            self.add_error("reopens_on", "Seule une fermeture provisoire a une date de réouverture.")
        elif not timezone.localdate() < day or day.year > LAST_YEAR:
            self.add_error(
                "reopens_on",
                f"Donnez une date de réouverture postérieure à aujourd’hui, en {LAST_YEAR} au plus tard.",
            )
        return cleaned


class ReopeningForm(VersionForm):
    """Why the record is reopened."""

    reason = forms.CharField(
        label="Motif",
        max_length=REASON_LENGTH,
        required=False,
        help_text="Facultatif, gardé dans l’historique de la fiche.",
        error_messages={"max_length": f"{REASON_LENGTH} caractères au plus, %(show_value)d écrits."},
    )
