"""The form that sets a possible duplicate aside."""

from django import forms

from ..duplicates.services import REMARK_LENGTH


class SetAsideForm(forms.Form):
    """Why the two records are not duplicates."""

    remark = forms.CharField(
        label="Raison",
        max_length=REMARK_LENGTH,
        help_text=("En quoi ce sont deux choses différentes, par exemple «\u00a0Deux services, à deux étages\u00a0»."),
        error_messages={
            "required": "Dites pourquoi ce ne sont pas des doublons.",
            "max_length": f"{REMARK_LENGTH} caractères au plus, %(show_value)d écrits.",
        },
    )
