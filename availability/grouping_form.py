"""The form of a grouping in the back office: its rule, its rhythm, the counts it offers. No write."""

import datetime

from django import forms

from directory.ages import DAYS_PER_UNIT, MAX_AGE_YEARS, Age, first_day
from directory.enums import AgeUnit, Nomenclature
from directory.models import Term

from .groupings import COUNT_LABELS
from .models import Grouping

TERM_FIELDS: dict[str, Nomenclature] = {
    "unit_type": Nomenclature.UNIT_TYPE,
    "unit_types": Nomenclature.UNIT_TYPE,
    "activities": Nomenclature.OPERATIONAL_ACTIVITY,
    "modes": Nomenclature.CARE_MODE,
}
AGES = ("from", "until")
RESERVED_CODES = ("etablissements", "export")  # taken by pages of the synthesis: the cells could not be opened


class RhythmForm(forms.ModelForm):
    """A rhythm typed in hours."""

    rhythm = forms.IntegerField(label="Rythme attendu (heures)", min_value=1, max_value=24 * 366)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["rhythm"] = self.instance.rhythm // datetime.timedelta(hours=1)

    def clean_rhythm(self):
        return datetime.timedelta(hours=self.cleaned_data["rhythm"])


class GroupingForm(RhythmForm):
    """A rule: ages typed as a value and its unit, counts as boxes."""

    from_value = forms.IntegerField(
        label="Âge, à partir de", min_value=0, max_value=MAX_AGE_YEARS * 366, required=False
    )
    from_unit = forms.ChoiceField(label="Unité de l’âge de début", choices=AgeUnit.choices, required=False)
    until_value = forms.IntegerField(
        label="Âge, avant",
        min_value=0,
        max_value=MAX_AGE_YEARS * 366,
        required=False,
        help_text="«\u00a018 ans\u00a0»\u00a0: jusqu’au 18e anniversaire, non compris.",
    )
    until_unit = forms.ChoiceField(label="Unité de l’âge de fin", choices=AgeUnit.choices, required=False)
    offered_counts = forms.MultipleChoiceField(
        label="Répartition proposée à la saisie",
        choices=list(COUNT_LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Rien de coché\u00a0: la répartition habituelle (homme, femme, indifférent, PMR, chambres).",
    )
    counted = forms.ChoiceField(
        label="Nombre additionné dans la synthèse",
        choices=[("", "Total des places disponibles"), *COUNT_LABELS.items()],
        required=False,
    )

    class Meta:
        model = Grouping
        fields = (
            *("code", "name", "order", "rhythm", "unit_types", "activities", "modes"),
            *("offered_counts", "counted", "is_crisis"),
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in AGES:
            age = typed_age(getattr(self.instance, f"{name}_days"))
            self.initial[f"{name}_value"] = age.value if age else None
            self.initial[f"{name}_unit"] = age.unit if age else AgeUnit.YEAR
        for name in ("unit_types", "activities", "modes"):
            self.fields[name].queryset = Term.objects.of(TERM_FIELDS[name])

    def clean_code(self):
        """Code that hides no page: it is part of the address of its cells."""
        code = self.cleaned_data["code"]
        if code.lower() in RESERVED_CODES:
            raise forms.ValidationError(
                f"«\u00a0{code}\u00a0» est l’adresse d’une page de la synthèse\u00a0: choisissez un autre code."
            )
        return code

    def clean(self):
        """Ages in days; a grouping adds up one of the counts that it offers."""
        cleaned = super().clean() or self.cleaned_data
        for name in AGES:
            if f"{name}_value" in cleaned:
                value, unit = cleaned[f"{name}_value"], cleaned.get(f"{name}_unit") or AgeUnit.YEAR
                setattr(self.instance, f"{name}_days", None if value is None else first_day(Age(value, unit)))
        start, end = self.instance.from_days, self.instance.until_days
        if start is not None and end is not None and end <= start:
            self.add_error("until_value", "L’âge de fin suit l’âge de début.")
        counted = cleaned.get("counted")
        if counted and counted not in cleaned.get("offered_counts", ()):
            self.add_error(
                "offered_counts", f"Cochez aussi «\u00a0{COUNT_LABELS[counted]}\u00a0», que ce regroupement additionne."
            )
        return cleaned


def typed_age(days: int | None) -> Age | None:
    """Age that gives ``days``, in the largest unit that does."""
    if days is None:
        return None
    for unit in sorted(DAYS_PER_UNIT, key=lambda key: -DAYS_PER_UNIT[key]):
        value = round(days / DAYS_PER_UNIT[unit])
        if first_day(Age(value, unit)) == days:
            return Age(value, unit)
    raise AssertionError("a number of days is an age in days")
