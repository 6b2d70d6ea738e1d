"""Forms of the action menu: creating units, adding a structure, moving. Parsing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from directory.enums import StructureLevel

from ..fiches.services import MAX_ADDED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HOW_MANY = f"Écrivez un nombre de 1 à {MAX_ADDED}."
CHOOSE_PLACE = "Choisissez où déplacer la fiche."


class UnitsForm(forms.Form):
    """How many units, blank or copies of a unit of the dossier."""

    count = forms.IntegerField(
        label="Nombre d’unités à créer",
        min_value=1,
        max_value=MAX_ADDED,
        initial=1,
        help_text=f"De 1 à {MAX_ADDED}.",
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), HOW_MANY),
    )
    copy_of = forms.TypedChoiceField(
        label="Contenu des unités",
        coerce=int,
        empty_value=None,
        required=False,
        help_text=(
            "Une copie reprend tout ce qui décrit l’unité, sauf ses identifiants, sa photo et ses pièces jointes."
        ),
        error_messages={"invalid_choice": "Choisissez une unité de la liste."},
    )

    def __init__(self, *args: Any, units: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        """``units``: ids and names of the units that may be copied."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["copy_of"]
        copies = [(pk, f"Copie de «\u00a0{name}\u00a0»") for pk, name in units]
        field.choices = [("", "Unités vierges"), *copies]


class StructureForm(forms.Form):
    """Level of a structure to add."""

    level = forms.ChoiceField(
        label="Niveau de la structure",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez le niveau.",
            "invalid_choice": "Choisissez un niveau de la liste.",
        },
    )

    def __init__(self, *args: Any, levels: Sequence[str], **kwargs: Any) -> None:
        """``levels``: those allowed below the place chosen."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["level"]
        field.choices = [(level, f"{level} – {StructureLevel(level).label}") for level in levels]
        if len(levels) == 1:
            field.initial = levels[0]


class MoveForm(forms.Form):
    """Where a fiche goes: « fiche:12 » a place of the dossier, « eg:7 » another EG of the person's."""

    place = forms.ChoiceField(
        label="Nouvel emplacement",
        error_messages={"required": CHOOSE_PLACE, "invalid_choice": CHOOSE_PLACE},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)

    def __init__(self, *args: Any, places: Iterable[str], **kwargs: Any) -> None:
        """``places``: values that the page offers."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["place"]
        field.choices = [(value, value) for value in places]

    @property
    def chosen(self) -> tuple[str, int]:
        """« fiche » or « eg », and its id."""
        kind, _, number = self.cleaned_data["place"].partition(":")
        return kind, int(number)
