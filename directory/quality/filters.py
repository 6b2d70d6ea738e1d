"""What the list « Qualité des fiches » was asked: its form, read from the address."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices

from accounts.roles import Permission

from ..enums import Nomenclature, RecordKind
from ..models import Department, GeographicEntity, OperationalUnit, RecordQuality, Term
from ..scopes import Scope
from .rules import RECENCY, RULES

FIRST_DAY, LAST_DAY = datetime.date(2000, 1, 1), datetime.date(2100, 1, 1)
_PERCENT = "Écrivez un nombre entier, de 1 à 100."
_DAY = "Écrivez une date, par exemple 14/08/2024."


class Order(TextChoices):
    """Orders of the list."""

    PERCENT = "", "Les moins complètes d’abord"
    UPDATED = "maj", "Les plus anciennes d’abord"
    NAME = "nom", "Par nom"


class QualityFilter(forms.Form):
    """Filters and order of the list; every field may be empty. A value that cannot be read is an error.

    Departments and types are those of the records that the person follows.
    """

    fiche = forms.ChoiceField(
        label="Fiches",
        required=False,
        choices=[
            ("", "EG et UO"),
            (RecordKind.GEOGRAPHIC_ENTITY.value, "EG (établissements)"),
            (RecordKind.UNIT.value, "UO (unités opérationnelles)"),
        ],
    )
    departement = forms.ChoiceField(label="Département", required=False)
    type = forms.ChoiceField(label="Type d’UO ou type d’EG", required=False)
    regle = forms.ChoiceField(label="Manque ou conseil", required=False)
    moins_de = forms.IntegerField(
        label="Complétude inférieure à (%)",
        required=False,
        min_value=1,
        max_value=100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _PERCENT, "min_value": _PERCENT, "max_value": _PERCENT},
    )
    avant = forms.DateField(
        label="Mise à jour avant le",
        required=False,
        validators=[MinValueValidator(FIRST_DAY, _DAY), MaxValueValidator(LAST_DAY, _DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%d/%m/%Y"],
        error_messages={"invalid": _DAY},
    )
    tri = forms.ChoiceField(label="Ordre", required=False, choices=Order.choices)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        """Read the choices: two queries (departments, types in use)."""
        super().__init__(*args, **kwargs)
        departments = Department.objects.order_by("order", "code").values_list("code", "name")
        followed = None
        if not (scope.may(Permission.QUALITY_READ) or scope.coverage(Permission.DIRECTORY_EDIT).region):
            followed = RecordQuality.objects.visible_to(scope).published()
            departments = departments.filter(
                Q(code__in=followed.values("unit__geographic_entity__commune__department"))
                | Q(code__in=followed.values("geographic_entity__commune__department"))
            )
        self.fields["departement"].choices = [
            ("", "Tous"),
            *((code, f"{name} ({code})") for code, name in departments),
        ]
        self.fields["type"].choices = [("", "Tous les types"), *types_in_use(followed)]
        self.fields["regle"].choices = [("", "Tout"), *rule_choices()]
        for field in self.fields.values():
            field.error_messages.setdefault("invalid_choice", "Choisissez une valeur de la liste.")
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = "Choisissez une valeur de la liste."

    @property
    def wanted(self) -> dict[str, Any]:
        """Values that could be read, those that are not empty."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


def types_in_use(followed: QuerySet[RecordQuality] | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """Types d'UO by family, then types d'EG, of the records there are, or of those ``followed``: one query."""
    if followed is None:
        used = _in_region()
    else:
        used = Q(pk__in=followed.values("unit__unit_type")) | Q(pk__in=followed.values("geographic_entity__category"))
    lists = [Nomenclature.UNIT_TYPE, Nomenclature.EG_CATEGORY]
    terms = Term.objects.filter(used, nomenclature__in=lists).select_related("parent")
    groups: dict[str, list[tuple[str, str]]] = {}
    for term in terms.order_by("-nomenclature", "parent__order", "parent__label", "order", "label", "pk"):
        of_units = term.nomenclature == Nomenclature.UNIT_TYPE
        group = f"UO\u00a0: {term.parent.label if term.parent else 'autres types'}" if of_units else "Types d’EG"
        groups.setdefault(group, []).append((str(term.pk), term.label))
    return list(groups.items())


def _in_region() -> Q:
    """Types that some record of the region has."""
    return Q(Exists(OperationalUnit.objects.filter(unit_type=OuterRef("pk")))) | Q(
        Exists(GeographicEntity.objects.filter(category=OuterRef("pk")))
    )


def rule_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """What may be missing from an EG, from a UO, and the advice."""
    groups: dict[str, list[tuple[str, str]]] = {"Manques des EG": [], "Manques des UO": [], "Conseils de l’ANS": []}
    for rule in (*RULES, RECENCY):
        of_entities = rule.kind == RecordKind.GEOGRAPHIC_ENTITY
        group = "Conseils de l’ANS" if rule.is_advice else "Manques des EG" if of_entities else "Manques des UO"
        groups[group].append((rule.key, rule.name))
    return list(groups.items())
