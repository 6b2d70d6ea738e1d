"""Form of a pool: its name, places, units. Parsing only."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from directory.models import OperationalUnit

from ..services import LARGEST_FIGURE

NUMBER = "Écrivez un nombre entier, par exemple 12."
GONE = "Une unité cochée n’est plus proposée\u00a0: vérifiez votre choix, puis validez de nouveau."


class PoolUnits(forms.ModelMultipleChoiceField):
    """Units to tick, each with its type."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, unit: OperationalUnit) -> str:
        """« ACT ALTAIR VESTA – Appartement de coordination thérapeutique »."""
        return f"{unit} – {unit.unit_type}" if unit.unit_type else str(unit)


def count_field(label: str, help_text: str) -> forms.IntegerField:
    """A number of places, which may be left empty."""
    errors = {
        "invalid": NUMBER,
        "min_value": "Écrivez 0 ou plus.",
        "max_value": f"Écrivez un nombre d’au plus {LARGEST_FIGURE}.",
    }
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=0,
        max_value=LARGEST_FIGURE,
        error_messages=errors,
        widget=widget,
    )


class PoolForm(forms.Form):
    """Name, installed places, units; on creation the free places of the whole (``with_figure``)."""

    name = forms.CharField(
        label="Nom",
        max_length=120,
        help_text="Celui que les équipes donnent à ces lits, par exemple «\u00a0Lits partagés LHSS – LAM\u00a0».",
        error_messages={"required": "Donnez un nom.", "max_length": "120 caractères au plus."},
    )
    units = PoolUnits(
        label="Unités qui partagent ces lits",
        queryset=OperationalUnit.objects.none(),
        error_messages={"required": "Cochez au moins deux unités.", "invalid_choice": GONE, "invalid_pk_value": GONE},
    )
    installed_places = count_field(
        "Places installées, en tout", "Celles du lot, comptées une fois. Vide\u00a0: aucun contrôle du maximum."
    )
    figure = count_field(
        "Places disponibles, en tout, maintenant",
        "Facultatif. Les chiffres des unités ne sont pas additionnés\u00a0: elles ont pu compter les mêmes lits. "
        "Vide\u00a0: le lot reste «\u00a0jamais saisi\u00a0» jusqu’à la première saisie.",
    )

    def __init__(self, *args: Any, units: QuerySet[OperationalUnit], with_figure: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].queryset = units
        if not with_figure:
            del self.fields["figure"]
