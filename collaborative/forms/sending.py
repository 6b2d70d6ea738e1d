"""Form of an act on a dossier: a word to go with it. Parsing only."""

from __future__ import annotations

from typing import Any

from django import forms

from common.fields import LinesField

from ..services import TEXT_LENGTH

LABELS = {
    "send": ("Message pour SESAN", "Ce que le support doit savoir pour relire\u00a0: une source, une date, un doute."),
    "withdraw": ("Pourquoi le retirer", "Gardé dans l’historique du dossier."),
    "abandon": ("Pourquoi l’abandonner", "Gardé dans l’historique du dossier."),
}


class RemarkForm(forms.Form):
    """The version of the dossier that the person has read, and a remark that may stay empty."""

    remark = LinesField(
        required=False,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "2\u202f000 caractères au plus, %(show_value)d écrits."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, data: Any = None, *, version: int, act: str) -> None:
        """``version`` of the dossier as it is shown; ``act``: a key of ``LABELS``."""
        super().__init__(data, initial={"version": version})
        field = self.fields["remark"]
        field.label, field.help_text = LABELS[act]

    def refresh(self, version: int) -> None:
        """Show the form again over what the dossier has become."""
        self.data = {**self.data.dict(), "version": str(version)}
