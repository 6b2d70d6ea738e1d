"""Forms of the plain blocks of a UO (spec 10); its identification and its offer have modules of their own."""

from __future__ import annotations

from typing import Any

from django import forms

from common import french

from ..ages import DAYS_PER_UNIT, MAX_AGE_YEARS, Age, first_day, last_day
from ..enums import AgeUnit, CapacityKind, Nomenclature
from ..models import OperationalUnit
from .base import REQUIRED, BlockForm
from .fields import CountField, LongTextField
from .terms import TermsForm

AGE_MAX = int(MAX_AGE_YEARS * DAYS_PER_UNIT[AgeUnit.YEAR])


class UnitPatientsForm(BlockForm):
    """Patientèle: minimum and maximum age as typed, sex taken in when restricted."""

    model = OperationalUnit
    block = "patientele"
    names = ("sex",)
    labels = {"sex": "Sexe accueilli"}
    help_texts = {"sex": "Seulement si l’unité n’accueille que des femmes ou que des hommes."}
    template = "directory/unit_patients_fields.html"

    def add_fields(self) -> None:
        """Add the two ages, each a number and its unit."""
        super().add_fields()
        self.fields["sex"].choices = [("", "Femmes et hommes"), *self.fields["sex"].choices[1:]]
        for name, label, text in (
            ("min", "Âge minimum", "0 jour pour un nouveau-né\u202f; en jours ou en mois pour un tout-petit."),
            (
                "max",
                "Âge maximum",
                "Inclus\u00a0: «\u00a017 ans\u00a0» va jusqu’à la veille des 18 ans. Vide\u00a0: 150 ans.",
            ),
        ):
            number = forms.IntegerField(
                label=label, help_text=text, min_value=0, max_value=AGE_MAX, required=name == "min"
            )
            number.error_messages |= {
                "required": REQUIRED,
                "invalid": "Saisissez un nombre entier.",
                "min_value": "Un âge ne peut être négatif.",
                "max_value": f"Un âge est de {MAX_AGE_YEARS} ans au plus.",
            }
            self.fields[f"{name}_age_value"] = number
            self.fields[f"{name}_age_unit"] = forms.ChoiceField(
                label=f"Unité de l’{label.lower()}", choices=AgeUnit.choices, error_messages={"required": REQUIRED}
            )

    def clean(self) -> dict[str, Any]:
        """Order the ages; no maximum is 150 years."""
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if self.partial and cleaned["min_age_value"] is None:
            cleaned["min_age_value"], cleaned["min_age_unit"] = 0, AgeUnit.YEAR.value
        if cleaned["max_age_value"] is None:
            cleaned["max_age_value"], cleaned["max_age_unit"] = MAX_AGE_YEARS, AgeUnit.YEAR.value
        low, high = (Age(cleaned[f"{name}_age_value"], cleaned[f"{name}_age_unit"]) for name in ("min", "max"))
        if last_day(high) > last_day(Age(MAX_AGE_YEARS, AgeUnit.YEAR)):
            self.add_error("max_age_value", f"L’âge maximum est de {MAX_AGE_YEARS} ans au plus.")
        elif first_day(low) > last_day(high):
            self.add_error("max_age_value", "L’âge minimum dépasse l’âge maximum.")
        return cleaned


class UnitSecretariatForm(BlockForm):
    """Secrétariat – accueil: where a call or a mail about a place first goes."""

    model = OperationalUnit
    block = "secretariat"
    names = ("secretary_phone", "email")
    labels = {"secretary_phone": "Téléphone secrétariat"}
    help_texts = {
        "secretary_phone": "Secrétariat ou accueil\u00a0: le premier numéro que voient ceux qui cherchent une place.",
        "email": "Boîte de l’unité plutôt que celle d’une personne.",
    }


class UnitContactsForm(BlockForm):
    """Other contacts of the unit, and the confidentiality of all of them, the secretary's too (RG_EXP_032)."""

    model = OperationalUnit
    block = "contacts"
    names = (
        *("medical_phone", "medical_extension", "nursing_phone", "fax", "fax_extension"),
        "contact_confidentiality",
    )
    labels = {"medical_extension": "Poste médical", "fax_extension": "Poste du fax"}
    help_texts = {
        "medical_phone": "Ligne du médecin de l’unité, pour les professionnels.",
        "nursing_phone": "Ligne des soignants, jour et nuit si possible.",
        "contact_confidentiality": (
            "Vaut aussi pour le secrétariat. Libre\u00a0: aussi repris hors du ROR. "
            "Restreint\u00a0: personnes connectées. "
            "Très restreint\u00a0: l’unité, ses directeurs et le support."
        ),
    }
    template = "directory/unit_contacts_fields.html"


class UnitConditionsForm(BlockForm):
    """Conditions: three texts of 5,000 characters at most."""

    model = OperationalUnit
    block = "conditions"
    texts = (
        (
            "admission_conditions",
            "Conditions d’admission",
            "Qui peut être admis, sur quelle orientation, par quel dossier.",
        ),
        (
            "reception_conditions",
            "Conditions d’accueil",
            "Ce que la personne trouve en arrivant\u00a0: chambre, durée, vie sur place.",
        ),
        ("pets", "Animaux domestiques", "Admis ou non, lesquels, à quelles conditions."),
    )

    def add_fields(self) -> None:
        """Add the three texts."""
        super().add_fields()
        for name, label, text in self.texts:
            self.fields[name] = LongTextField(label=label, help_text=text)


class UnitCapacityForm(BlockForm):
    """Capacité: installed places (those authorised), in beds or places, and rooms."""

    model = OperationalUnit
    block = "capacite"
    names = ("capacity_kind",)
    labels = {"capacity_kind": "Lits ou places"}
    counts = (
        (
            "installed_places",
            "Places installées",
            "Places autorisées et installées, libres ou non. Vide\u00a0: inconnu.",
        ),
        ("single_rooms", "Chambres simples", "Nombre de chambres pour une personne."),
        ("double_rooms", "Chambres doubles", "Nombre de chambres pour deux personnes."),
    )

    def add_fields(self) -> None:
        """Add the counts."""
        super().add_fields()
        for name, label, text in self.counts:
            self.fields[name] = CountField(label=label, help_text=text)
        self.order_fields(["installed_places", "capacity_kind", "single_rooms", "double_rooms"])

    def warnings(self) -> list[str]:
        """Rooms for more people than there are installed places: a slip of the keyboard more often than the truth."""
        cleaned = self.cleaned_data
        installed = cleaned.get("installed_places")
        held = (cleaned.get("single_rooms") or 0) + 2 * (cleaned.get("double_rooms") or 0)
        if installed is None or held <= installed:
            return []
        noun = "lit installé" if cleaned.get("capacity_kind") == CapacityKind.BED else "place installée"
        people, places = french.counted(held, "personne"), french.counted(installed, noun)
        return [f"Les chambres reçoivent {people}, pour {places}\u00a0: vérifiez la capacité."]


class UnitManagerForm(TermsForm):
    """Responsable of the unit."""

    model = OperationalUnit
    block = "responsable"
    term_names = {"manager_civility": Nomenclature.CIVILITY}
    names = ("manager_last_name", "manager_first_name", "manager_role", "manager_phone", "manager_email")
    labels = {
        "manager_civility": "Civilité",
        "manager_last_name": "Nom",
        "manager_first_name": "Prénom",
        "manager_role": "Fonction",
        "manager_phone": "Téléphone",
        "manager_email": "Adresse mail",
    }
    help_texts = {
        "manager_role": "Par exemple\u00a0: cadre de santé, chef de service.",
        "manager_phone": "Ligne directe, si elle peut être communiquée.",
        "manager_email": "Adresse professionnelle.",
    }
