"""Forms of closures: which units, when, why. Parsing only."""

import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from common.french import PARIS
from directory.models import OperationalUnit

from ..models import UnitClosure
from ..wording import edge_words

MOST_UNITS = 100  # of one declaration
COMMENT_LENGTH = 300
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y à %H:%M"]
DAYS = ["%d/%m/%Y", "%Y-%m-%d"]
BAD_MOMENT = "Écrivez une date et une heure, par exemple 14/08/2024 12:17."
CLOCK_CHANGE = (
    "Cette heure tombe pendant le changement d’heure\u00a0: donnez-en une autre, une heure plus tard par exemple."
)
YEARS = range(1990, 2100)


class MomentField(forms.DateTimeField):
    """A date and a time in Paris, by the browser's control or typed.

    A day alone is its midnight; ``is_end``: the midnight that ends it.
    """

    widget = forms.DateTimeInput

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        self.is_end = is_end
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        errors = {"required": "Indiquez le début.", "invalid": BAD_MOMENT}
        super().__init__(widget=widget, input_formats=[*FORMATS, *DAYS], error_messages=errors, **kwargs)

    def to_python(self, value: Any) -> datetime.datetime | None:
        """Raise ``ValidationError`` for what is no date, for an hour that the clock change skips or repeats."""
        try:
            found = super().to_python(value)
        except forms.ValidationError as error:
            if error.code == "ambiguous_timezone":
                raise forms.ValidationError(CLOCK_CHANGE) from error
            raise
        except (OverflowError, ValueError) as error:
            raise forms.ValidationError(BAD_MOMENT) from error
        if found is not None and found.year not in YEARS:
            raise forms.ValidationError(BAD_MOMENT)
        if found is not None and self.is_end and _is_day(value):
            return datetime.datetime.combine(found.date() + datetime.timedelta(days=1), datetime.time(), PARIS)
        return found


def _is_day(value: Any) -> bool:
    """Whether a day was typed without an hour."""
    text = str(value).strip()
    for pattern in DAYS:
        try:
            datetime.datetime.strptime(text, pattern)  # noqa: DTZ007 - a day, without hour
        except ValueError:
            continue
        return True
    return False


class ClosureForm(forms.Form):
    """When and why. ``started``: the start is past and is not asked."""

    starts_at = MomentField(label="Début")
    ends_at = MomentField(
        label="Fin",
        is_end=True,
        required=False,
        help_text=(
            "Un jour sans heure est compris en entier. "
            "Laissez vide si vous ne la connaissez pas encore\u00a0: vous la donnerez plus tard."
        ),
    )
    reason = forms.ChoiceField(
        label="Motif",
        choices=[("", "Choisissez…"), *UnitClosure.Reason.choices],
        error_messages={"required": "Choisissez le motif.", "invalid_choice": "Choisissez un motif de la liste."},
    )
    comment = forms.CharField(
        label="Précision",
        required=False,
        max_length=COMMENT_LENGTH,
        help_text="Lue par tous avec la fiche. Aucune information sur un patient.",
        error_messages={"max_length": f"{COMMENT_LENGTH} caractères au plus, %(show_value)d écrits."},
    )

    def __init__(self, *args: Any, started: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if started:
            del self.fields["starts_at"]
        else:
            now = timezone.now().replace(second=0, microsecond=0)
            self.fields["starts_at"].initial = now


def typed_words(form: ClosureForm) -> list[tuple[str, str]]:
    """Labels and what was typed, in words where it can be read."""
    return [(str(part.label), _words(part)) for part in form if form.data.get(part.html_name) and part.name != "units"]


def _words(part: forms.BoundField) -> str:
    text = str(part.data)
    if isinstance(part.field, MomentField):
        try:
            at = part.field.clean(text)
        except forms.ValidationError:
            return text
        return edge_words(at, is_end=part.field.is_end) if at is not None else text
    return dict(UnitClosure.Reason.choices).get(text, text) if part.name == "reason" else text


class DeclarationForm(ClosureForm):
    """The same, for one unit or several."""

    field_order = ("units", "starts_at", "ends_at", "reason", "comment")
    units = forms.ModelMultipleChoiceField(
        label="Unités",
        queryset=OperationalUnit.objects.none(),
        error_messages={
            "required": "Cochez au moins une unité.",
            "invalid_choice": "Une unité cochée n’est plus proposée\u00a0: vérifiez votre choix.",
            "invalid_pk_value": "Une unité cochée n’est plus proposée\u00a0: vérifiez votre choix.",
        },
    )

    def __init__(self, *args: Any, units: QuerySet[OperationalUnit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"].queryset = units

    def clean_units(self) -> list[OperationalUnit]:
        """Refuse a declaration too large to be meant."""
        units = list(self.cleaned_data["units"])
        if len(units) > MOST_UNITS:
            raise forms.ValidationError(f"{MOST_UNITS} unités au plus en une déclaration.")
        return units
