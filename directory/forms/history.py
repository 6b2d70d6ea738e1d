"""Filters of the history of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from ..blocks import BLOCKS
from ..enums import RecordKind

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import QueryDict

    from accounts.models import User

    from ..models import RecordChange


_DAY = "Écrivez une date, par exemple 14/08/2024."
UNREADABLE = {
    "encadre": "Choisissez un encadré de la liste.",
    "auteur": "Choisissez un auteur de la liste.",
    "du": _DAY,
    "au": _DAY,
}


class HistoryFilter(forms.Form):
    """Block, author and days; everything is optional and an unreadable value says so."""

    encadre = forms.ChoiceField(label="Encadré", required=False)
    auteur = forms.TypedChoiceField(label="Auteur", required=False, coerce=int, empty_value=None)
    du = forms.DateField(label="Du", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    au = forms.DateField(label="Au", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: QueryDict, *, kind: str, authors: list[User]) -> None:
        super().__init__(data)
        blocks = [(block.key, block.title) for block in BLOCKS.get(RecordKind(kind), ())]
        self.fields["encadre"].choices = [("", "Tous"), *blocks, ("publication", "Publication")]
        for name, words in UNREADABLE.items():
            self.fields[name].error_messages |= dict.fromkeys(("invalid", "invalid_choice"), words)
        self.fields["auteur"].choices = [("", "Tous"), *((author.pk, str(author)) for author in authors)]

    def clean(self) -> dict:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("du"), cleaned.get("au")
        if first and last and last < first:
            self.add_error("au", "La fin précède le début.")
        return cleaned

    @property
    def filters(self) -> bool:
        """Tell whether a filter that could be read narrows the list."""
        return any(getattr(self, "cleaned_data", {}).values())

    def applied(self, changes: QuerySet[RecordChange]) -> QuerySet[RecordChange]:
        """Lines that the filters keep; a filter that cannot be read is left out."""
        self.full_clean()
        wanted = getattr(self, "cleaned_data", {})
        if block := wanted.get("encadre"):
            changes = changes.filter(block=block)
        if author := wanted.get("auteur"):
            changes = changes.filter(by_id=author)
        if first := wanted.get("du"):
            changes = changes.filter(at__date__gte=first)
        if last := wanted.get("au"):
            changes = changes.filter(at__date__lte=last)
        return changes
