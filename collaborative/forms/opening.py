"""Forms of the opening of a dossier and of its thread. Parsing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from common.fields import LinesField
from directory.models import LegalEntity

from ..services import TEXT_LENGTH

if TYPE_CHECKING:
    from django.db.models import QuerySet

NAME_LENGTH = 255
TOO_LONG = f"{NAME_LENGTH} caractères au plus, %(show_value)d écrits."


class OpenForm(forms.Form):
    """Name of a dossier; empty: « Peuplement de <EG> »."""

    name = forms.CharField(
        label="Nom du dossier",
        required=False,
        max_length=NAME_LENGTH,
        help_text="C’est lui qui figure dans la liste des dossiers collaboratifs.",
        error_messages={"max_length": TOO_LONG},
    )


class ProposeForm(forms.Form):
    """A new EG: its EJ and its name; « homonyme » is the id of the EG of that name that it is not."""

    homonyme = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**62)

    legal_entity = forms.ModelChoiceField(
        label="Entité juridique",
        queryset=LegalEntity.objects.none(),
        empty_label="Choisissez…",
        help_text="L’organisme dont dépend l’établissement.",
        error_messages={
            "required": "Choisissez l’entité juridique.",
            "invalid_choice": "Choisissez une entité juridique de votre périmètre.",
        },
    )
    name = forms.CharField(
        label="Nom de l’établissement",
        max_length=NAME_LENGTH - len("Peuplement de "),
        help_text="Le nom sous lequel le public et les professionnels le connaissent.",
        error_messages={"required": "Donnez le nom de l’établissement.", "max_length": TOO_LONG},
    )

    def __init__(self, *args: Any, legal_entities: QuerySet[LegalEntity], **kwargs: Any) -> None:
        """``legal_entities``: those under which the person may propose an EG."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["legal_entity"]
        field.queryset = legal_entities
        field.label_from_instance = lambda entity: (
            f"{entity.name} (FINESS {entity.finess})" if entity.finess else entity.name
        )


class MessageForm(forms.Form):
    """A message of the thread; ``fiche`` and ``champ`` say what it is about."""

    text = LinesField(
        label="Votre message",
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Lu par les directeurs du dossier et par le support. Aucune information sur un patient.",
        error_messages={
            "required": "Écrivez un message.",
            "max_length": "2\u202f000 caractères au plus, %(show_value)d écrits.",
        },
    )
    fiche = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**62)
    champ = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)
