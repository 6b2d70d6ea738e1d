"""Fields of block forms: coded terms, long texts, identifiers."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django import forms

from common.fields import LinesField
from common.identifiers import compact

from ..blocks import shown_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..models import Term

NOTHING = "Non renseigné"
LONG = 5000  # characters (spec 10, Conditions)
COUNT_MAX = 99_999
MANY = 20  # beyond, a list of boxes is folded


def in_order(terms: Iterable[Term]) -> list[Term]:
    """Terms in the order of a kept state."""
    return sorted(terms, key=lambda term: (term.order, term.label, term.pk))


def by_category(terms: Iterable[Term]) -> list[tuple[str, list[Term]]]:
    """Terms under the label of their parent; those without one come last, « Autre catégorie » when others have one."""
    groups: dict[str, list[Term]] = {}
    for term in in_order(terms):
        groups.setdefault(term.parent.label if term.parent else "", []).append(term)
    alone = groups.pop("", [])
    found = list(groups.items())
    return [*found, ("Autre catégorie" if found else "", alone)] if alone else found


class TermField(forms.ChoiceField):
    """One coded term, cleaned to the ``Term`` or ``None``. ``terms``: those that may be chosen, in order.

    ``grouped`` puts them under their category (a type d'UO under its family).
    """

    def __init__(
        self, *, terms: Iterable[Term] = (), grouped: bool = False, nothing: str = NOTHING, **kwargs: Any
    ) -> None:
        super().__init__(required=False, **kwargs)
        self.error_messages["invalid_choice"] = "Ce choix n’est plus dans la liste\u00a0: choisissez-en un autre."
        held = list(terms)
        self.by_id = {str(term.pk): term for term in held}
        options: list[Any] = [("", nothing)]
        if grouped:
            for category, below in groupby(held, key=lambda term: term.parent.label if term.parent else ""):
                options.append((category, [(str(term.pk), shown_label(term)) for term in below]))
        else:
            options += [(str(term.pk), shown_label(term)) for term in held]
        self.choices = options

    def clean(self, value: Any) -> Term | None:
        """Return the term chosen."""
        return self.by_id.get(super().clean(value))


class TermsField(forms.MultipleChoiceField):
    """Several coded terms as boxes, cleaned to a list of ``Term`` in the order of a kept state.

    Drawn by ``{% term_boxes form.field %}`` (``directory.templatetags.editing``).
    """

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, terms: Iterable[Term] = (), **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.error_messages["invalid_choice"] = (
            "Un des termes choisis n’est plus dans la liste\u00a0: revoyez ce choix."
        )
        self.terms = in_order(terms)
        self.by_id = {str(term.pk): term for term in self.terms}
        self.choices = [(str(term.pk), shown_label(term)) for term in self.terms]

    def clean(self, value: Any) -> list[Term]:
        """Return the terms chosen."""
        return in_order(self.by_id[chosen] for chosen in set(super().clean(value)))


class LongTextField(LinesField):
    """A text of 5,000 characters at most."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.Textarea(attrs={"rows": 5, "data-counter": ""})
        super().__init__(required=False, max_length=LONG, widget=widget, **kwargs)


class CountField(forms.IntegerField):
    """A count of places or rooms: empty is unknown, 0 is none."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.NumberInput(attrs={"inputmode": "numeric"})
        super().__init__(required=False, min_value=0, max_value=COUNT_MAX, widget=widget, **kwargs)
        self.error_messages["invalid"] = "Saisissez un nombre entier."
        self.error_messages["min_value"] = "Saisissez un nombre positif, ou zéro."
        self.error_messages["max_value"] = "Ce nombre est trop grand."


class NumberField(forms.CharField):
    """FINESS or SIRET, typed with or without spaces."""

    def to_python(self, value: Any) -> str:
        """Take the spaces out."""
        return compact(super().to_python(value) or "")
