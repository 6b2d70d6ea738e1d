"""Forms of error reports: filing one, answering one. No permission and no write here."""

from typing import Any

from django import forms

from common.fields import LinesField

from ..enums import RecordKind
from ..reports.pages import block_choices

TEXT_LENGTH = 2000
TOO_LONG = "2\u202f000 caractères au plus, %(show_value)d écrits."


# Choosing another block shows what it says, beside the text being written.
SHOW_BLOCK = {"hx-get": "", "hx-trigger": "change", "hx-target": "#fiche-dit", "hx-select": "#fiche-dit"}


class LongTextField(LinesField):
    """A text of several lines."""

    def __init__(self, *, rows: int, **options: Any) -> None:
        super().__init__(max_length=TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": rows}), **options)
        self.error_messages["max_length"] = TOO_LONG


class ReportForm(forms.Form):
    """The block and what is wrong in it."""

    block = forms.ChoiceField(
        label="Encadré",
        required=False,
        error_messages={"invalid_choice": "Choisissez un encadré de la liste."},
    )
    text = LongTextField(
        label="Erreur constatée",
        rows=5,
        help_text="Ce qui est faux et, si vous le savez, ce qu’il faudrait lire. Ne citez aucun patient.",
        error_messages={"required": "Décrivez l’erreur constatée."},
    )

    def __init__(self, kind: RecordKind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["block"].choices = block_choices(kind)
        self.fields["block"].widget.attrs |= SHOW_BLOCK


class AnswerForm(forms.Form):
    """The answer to a report. ``version`` comes back as it was shown; unreadable, it stands for an old page."""

    answer = LongTextField(
        label="Réponse à la personne qui a signalé",
        rows=4,
        required=False,
        help_text="Obligatoire pour clore le signalement.",
    )
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def read_version(self) -> int:
        """Version that the page showed, 0 when it cannot be read."""
        text = self.data.get("version", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
