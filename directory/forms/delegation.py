"""Forms of delegation: naming a Responsable, asking for an account, deciding on a request. Parsing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.validators import ASCIIUsernameValidator

from common.fields import LinesField

from ..models import AccountRequest, OperationalUnit
from ..models.base import PhoneFormField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from accounts.models import User

WHOLE = "whole"
MESSAGE_LENGTH = 1000


class UnitBoxes(forms.ModelMultipleChoiceField):
    """Units to tick, each with its type."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = dict.fromkeys(
        ("invalid_choice", "invalid_pk_value"),
        "Une unité cochée n’est plus proposée\u00a0: vérifiez votre choix, puis validez de nouveau.",
    )

    def label_from_instance(self, unit: OperationalUnit) -> str:
        """« ACT ALTAIR VESTA – Appartement de coordination thérapeutique »."""
        return f"{unit} – {unit.unit_type}" if unit.unit_type else str(unit)


class LongText(LinesField):
    """A text of a few lines."""

    widget = forms.Textarea(attrs={"rows": 3})


class NameManagerForm(forms.Form):
    """Who, then on what: a known Responsable or the exact mail of an account; the whole EG or units."""

    known = forms.ChoiceField(
        label="Déjà responsable chez vous",
        widget=forms.RadioSelect,
        required=False,
        choices=[("", "Une autre personne")],
        error_messages={"invalid_choice": "Cette personne n’est plus proposée\u00a0: saisissez son adresse."},
    )
    person = forms.CharField(
        label="Adresse mail professionnelle",
        required=False,
        max_length=254,
        help_text="En entier, telle que la personne l’utilise pour son compte.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    whole = forms.BooleanField(label="Tout l’établissement, unités à venir comprises", required=False)
    units = UnitBoxes(label="Unités", queryset=OperationalUnit.objects.none(), required=False)

    def __init__(
        self, *args: Any, people: Sequence[User], units: QuerySet[OperationalUnit], may_whole: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(person.pk): person for person in people}
        if people:
            offered = [(key, f"{person} ({person.email})") for key, person in self.people.items()]
            self.fields["known"].choices = [*offered, ("", "Une autre personne\u00a0:")]
        else:
            del self.fields["known"]
        if not may_whole:
            del self.fields["whole"]
        self.fields["units"].queryset = units

    def clean(self) -> dict[str, Any]:
        """One person, and at least one place."""
        cleaned = super().clean() or self.cleaned_data
        known, typed = cleaned.get("known", ""), cleaned.get("person", "")
        if known and typed:
            self.add_error("person", "Choisissez une personne de la liste ou saisissez une adresse, pas les deux.")
        elif not known and not typed and "person" not in self.errors:
            self.add_error("person", "Saisissez l’adresse mail de la personne.")
        if "units" not in self.errors and not cleaned.get("units") and not cleaned.get("whole"):
            several = "Cochez au moins une unité, ou tout l’établissement."
            self.add_error("units", several if "whole" in self.fields else "Cochez au moins une unité.")
        return cleaned


class AccountRequestForm(forms.ModelForm):
    """The person for whom an account is asked, and the units to keep up to date."""

    phone = PhoneFormField(label="Téléphone", required=False, max_length=25)
    units = UnitBoxes(
        label="Unités à mettre à jour",
        queryset=OperationalUnit.objects.none(),
        error_messages={"required": "Cochez au moins une unité."},
    )
    message = LongText(
        label="Message au support",
        required=False,
        max_length=MESSAGE_LENGTH,
        help_text="1\u202f000 caractères au plus. Aucune information sur un patient.",
    )

    class Meta:
        model = AccountRequest
        fields = ("last_name", "first_name", "email", "phone", "message")
        labels = {"last_name": "Nom", "first_name": "Prénom", "email": "Adresse mail professionnelle"}
        error_messages = {
            "last_name": {"required": "Saisissez le nom."},
            "first_name": {"required": "Saisissez le prénom."},
            "email": {
                "required": "Saisissez l’adresse mail professionnelle.",
                "invalid": "Saisissez une adresse complète, par exemple prenom.nom@etablissement.fr.",
            },
        }

    def __init__(self, *args: Any, units: QuerySet[OperationalUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].queryset = units
        for name in ("last_name", "first_name", "email", "phone"):
            self.fields[name].widget.attrs["autocomplete"] = "off"


class ApproveForm(forms.Form):
    """Approval: the identifier of the account to create (absent when an account has the mail) and a word."""

    username = forms.CharField(
        label="Identifiant du compte",
        max_length=150,
        validators=[ASCIIUsernameValidator(message="Lettres sans accent, chiffres et @ . + - _ seulement.")],
        error_messages={"required": "Saisissez l’identifiant du compte à créer."},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    answer = LongText(label="Message au demandeur", required=False, max_length=MESSAGE_LENGTH)

    def __init__(self, *args: Any, account: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if account is not None:
            del self.fields["username"]


class RefuseForm(forms.Form):
    """Refusal: its reason, that the director reads."""

    answer = LongText(
        label="Motif du refus",
        max_length=MESSAGE_LENGTH,
        help_text="Le demandeur le reçoit par mail.",
        error_messages={"required": "Dites au demandeur pourquoi sa demande est refusée."},
    )


def put_errors(form: forms.BaseForm, error: forms.ValidationError) -> None:
    """Show in ``form`` what a service refused: beside its field when the form has it, else above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
