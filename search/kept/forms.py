"""Forms of saved searches and of their alerts. Parsing only."""

from typing import Any

from django import forms

from ..models import PlaceAlert
from .saved import NAME_LENGTH, QUERY_LENGTH, NameMissing

NO_ALERT = ""
RHYTHMS = [(NO_ALERT, "Non"), *PlaceAlert.Rhythm.choices]


class AlertForm(forms.Form):
    """Whether and how often to be told of places."""

    rhythm = forms.ChoiceField(
        label="Me prévenir par mail quand une place se libère",
        choices=RHYTHMS,
        required=False,
        help_text="L’alerte dure 30 jours. Chaque mail permet de l’arrêter.",
        error_messages={"invalid_choice": "Choisissez dans la liste quand être prévenu."},
    )


class NameForm(forms.Form):
    """The name of a saved search."""

    name = forms.CharField(
        label="Nom de la recherche",
        max_length=NAME_LENGTH,
        help_text="Vous seul la verrez. N’écrivez rien sur un patient.",
        error_messages={
            "required": NameMissing.words,
            "max_length": f"{NAME_LENGTH} caractères au plus, %(show_value)d écrits.",
        },
    )


class SaveForm(NameForm, AlertForm):
    """A search to keep: its address, a name, an alert or not."""

    field_order = ("name", "rhythm", "query")
    query = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_query(self) -> str:
        """Cut what no address of ours is long enough for: the service says that it is too long."""
        query: Any = self.cleaned_data["query"]
        return str(query)[: QUERY_LENGTH * 4]
