"""Forms of the merge of two records: the two to be merged, what the one that stays takes, the way back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms

from common.identifiers import compact

from ..duplicates.choices import BOTH, FIRST, SECOND
from ..duplicates.merging import Decision

if TYPE_CHECKING:
    from django.http import QueryDict

    from ..duplicates.choices import Row
    from ..duplicates.merge_page import MergePage

KEEP, FOLLOW = "gardent", "suivent"
PREFIX = "choix-"
_LAST_NUMBER = re.compile(r"/(?:eg|uo)/(\d{1,18})/?", re.ASCII)


class MergeForm(forms.Form):
    """One choice a row, the roles that are given, the address of the units, the confirmation."""

    versions = forms.CharField(required=False, widget=forms.HiddenInput)
    roles = forms.MultipleChoiceField(
        label="Droits donnés sur la fiche conservée",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"invalid_choice": "Les droits sur cette fiche ont changé entre-temps\u00a0: vérifiez-les."},
    )
    inherited = forms.MultipleChoiceField(
        label="Droits venant d’une entité juridique ou d’un établissement, à donner sur la fiche conservée",
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"invalid_choice": "Les droits sur cette fiche ont changé entre-temps\u00a0: vérifiez-les."},
    )
    addresses = forms.ChoiceField(
        label="Adresse des unités déplacées qui ont celle de leur établissement",
        choices=[
            (KEEP, "Elles gardent leur adresse actuelle"),
            (FOLLOW, "Elles prennent l’adresse de l’établissement conservé"),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez l’adresse des unités déplacées.",
            "invalid_choice": "Choisissez l’adresse des unités déplacées.",
        },
    )
    confirmed = forms.BooleanField(
        label="J’ai vérifié que ces deux fiches décrivent la même chose.",
        error_messages={"required": "Cochez la case pour confirmer la fusion."},
    )

    def __init__(self, page: MergePage, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.page = page
        self.fields["versions"].initial = "-".join(map(str, page.versions))
        for name, lines in (("roles", page.roles), ("inherited", page.inherited)):
            held = [(str(line.pk), line.user) for line in lines]
            self.fields[name].choices, self.fields[name].initial = held, [key for key, _ in held]
        self.fields["addresses"].initial = KEEP
        if not page.asks_address:
            del self.fields["addresses"]
        for row in page.rows:
            if row.is_asked:
                self.fields[f"{PREFIX}{row.key}"] = _choice(row)

    @property
    def choices(self) -> list[tuple[Row, Any]]:
        """Rows with their field, ``None`` for what is told and not asked."""
        return [(row, self[f"{PREFIX}{row.key}"] if row.is_asked else None) for row in self.page.rows]

    @property
    def read_versions(self) -> tuple[int, int]:
        """Versions that the page showed, 0 for what cannot be read."""
        parts = (self.data.get("versions") or "").split("-")
        read = [int(part) if part.isascii() and part.isdigit() and len(part) < 10 else 0 for part in parts]
        return (read[0], read[1]) if len(read) == 2 else (0, 0)

    def decision(self) -> Decision:
        """What a valid form decides."""
        chosen = {row.key: self.cleaned_data[f"{PREFIX}{row.key}"] for row in self.page.rows if row.is_asked}
        return Decision(
            first_stays=self.page.first_stays,
            versions=self.read_versions,
            choices=chosen,
            roles=frozenset(int(key) for name in ("roles", "inherited") for key in self.cleaned_data[name]),
            units_follow=self.cleaned_data.get("addresses") == FOLLOW,
        )


def _choice(row: Row) -> forms.ChoiceField:
    labels = {FIRST: row.first, SECOND: row.second, BOTH: "Les deux"}
    return forms.ChoiceField(
        label=row.label,
        choices=[(option, labels[option]) for option in row.options],
        initial=row.preset,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
        error_messages={
            "required": f"Choisissez la valeur à garder\u00a0: {row.label}.",
            "invalid_choice": f"Choisissez la valeur à garder\u00a0: {row.label}.",
        },
    )


class OtherRecordForm(forms.Form):
    """The record to merge with the one that support came from: a number, or the address of its page."""

    second = forms.CharField(
        label="Fiche à fusionner avec elle",
        max_length=300,
        help_text="Son identifiant national, ou l’adresse de sa page (copiée depuis le navigateur).",
        error_messages={"required": "Indiquez la fiche à fusionner avec elle."},
    )

    def __init__(self, *args: Any, is_unit: bool, **kwargs: Any) -> None:
        """``is_unit``: a UO has neither FINESS nor SIRET of its own."""
        super().__init__(*args, **kwargs)
        if not is_unit:
            self.fields["second"].help_text = (
                "Son numéro FINESS ou SIRET, son identifiant national, ou l’adresse de sa page "
                "(copiée depuis le navigateur)."
            )

    def clean_second(self) -> str:
        """Number alone, without spaces; for an address, « n° » and the number that it holds."""
        typed = self.cleaned_data["second"].replace("\x00", "").strip()
        if found := _LAST_NUMBER.search(typed):
            return f"n°{found[1]}"
        return typed if "/" in typed else compact(typed)


class UndoForm(forms.Form):
    """Confirmation."""

    confirmed = forms.BooleanField(
        label="Je confirme que ce sont bien deux fiches différentes.",
        error_messages={"required": "Cochez la case pour défaire la fusion."},
    )
