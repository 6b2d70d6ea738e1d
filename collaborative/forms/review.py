"""Forms of the review: a decision, a remark. Parsing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from common.fields import LinesField

from ..models import ReturnReason
from ..services import TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST = 2**31 - 1
OUT_OF_DATE = "Cette page n’est plus à jour\u00a0: rechargez-la."
WHY = "Choisissez un motif ou écrivez une remarque\u00a0: l’auteur doit savoir quoi corriger."


def _version() -> forms.IntegerField:
    return forms.IntegerField(
        label="",
        min_value=0,
        max_value=LARGEST,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), OUT_OF_DATE),
    )


class DecisionForm(forms.Form):
    """What every decision says: the part, the version of the dossier and of the record that were in sight."""

    champ = forms.CharField(max_length=64, required=False)
    dossier_version = _version()
    record_version = _version()


class ReturnForm(DecisionForm):
    """« Renvoyer » a field: a ready-made reason, a remark, or both."""

    motif = forms.ModelChoiceField(
        label="Motif",
        queryset=ReturnReason.objects.filter(is_active=True),
        required=False,
        empty_label="Autre motif",
        error_messages={"invalid_choice": "Choisissez un motif de la liste."},
    )
    remarque = LinesField(
        label="Remarque à l’auteur",
        required=False,
        max_length=TEXT_LENGTH - 600,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a reason or a remark."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("motif") and not cleaned.get("remarque"):
            self.add_error("remarque", WHY)
        return cleaned

    @property
    def reason(self) -> str:
        """Text for the author."""
        ready = self.cleaned_data.get("motif")
        return " ".join(text for text in (ready.text if ready else "", self.cleaned_data.get("remarque")) if text)


def typed_text(data: Mapping[str, Any]) -> str:
    """What somebody wrote with a decision, to be copied when no form can show it any more: value, reason, remark.

    One query when a ready-made reason was chosen.
    """
    chosen = data.get("motif", "")
    if data.get("acte") == "renvoyer" and chosen:
        ready = forms.ModelChoiceField(queryset=ReturnReason.objects.all())
        try:
            chosen = ready.clean(chosen).text
        except forms.ValidationError:
            chosen = ""
    texts = (data.get(data.get("champ", ""), ""), chosen, data.get("remarque", ""))
    return "\n".join(text.strip() for text in texts if text.strip())


class AmendReasonForm(forms.Form):
    """Why the support corrects a field itself; sent to the author."""

    motif = forms.CharField(
        label="Motif de la correction (facultatif)",
        required=False,
        max_length=500,
        help_text="L’auteur le lira avec la valeur corrigée.",
    )


class RemarkForm(forms.Form):
    """The remark that goes with the return or the publication of a dossier."""

    dossier_version = _version()
    remarque = LinesField(
        label="Remarque à l’auteur",
        required=False,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class PublishForm(RemarkForm):
    """The remark that goes with a publication; ``sceau``: ``Standing.seal`` of what the page showed."""

    sceau = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
