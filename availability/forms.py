"""Reading one row of the entry page, and saying in French why it was not saved. No permission and no write here."""

import functools
import re

from django import forms

from common.french import NBSP, THIN, on_moment
from directory.models import OperationalUnit

from . import wording
from .breakdown import COUNT_FIELDS, Counts, Share, counts_of
from .exceptions import (
    BreakdownBeyondFigure,
    NothingToConfirm,
    OverCapacity,
    StaleFigure,
    StatementError,
    StatementRefused,
    UnlikelyRise,
)
from .models import CurrentFigure
from .permissions import REFUSAL_WORDS
from .services import LARGEST_FIGURE

COMMENT_LENGTH = 500
_SPACES = re.compile(r"[\s\u00a0\u202f]+")
_SHARE_FIELD = {
    Share.SEX: "men",
    Share.ACCESSIBLE: "accessible",
    Share.ROOM: "single_room",
    Share.AGE: "adults",
    Share.COVID: "covid_positive",
}
_SHARE_WORDS = {
    Share.SEX: "La répartition par public dépasse",
    Share.ACCESSIBLE: "Le nombre de places PMR dépasse",
    Share.ROOM: "Le nombre de chambres dépasse",
    Share.AGE: "La répartition par âge dépasse",
    Share.COVID: "La répartition Covid dépasse",
}


class WholeNumberField(forms.Field):
    """A number of places: digits only, whatever spaces; an empty field is ``None``."""

    default_error_messages = {
        "required": f"Indiquez le nombre de places disponibles, 0 s’il n’y en a{NBSP}pas.",
        "whole": "Écrivez un nombre entier, en chiffres.",
        "negative": "Un nombre de places ne peut être négatif.",
        "large": f"Ce nombre dépasse 9{THIN}999.",
    }

    def to_python(self, value: str | None) -> int | None:
        digits = _SPACES.sub("", value or "")
        if not digits:
            return None
        if re.fullmatch(r"-[0-9]+", digits):
            raise forms.ValidationError(self.error_messages["negative"], code="negative")
        if not re.fullmatch(r"[0-9]+", digits):
            raise forms.ValidationError(self.error_messages["whole"], code="whole")
        if len(digits) > 9 or int(digits) > LARGEST_FIGURE:
            raise forms.ValidationError(self.error_messages["large"], code="large")
        return int(digits)


class CommentField(forms.CharField):
    """A short free text; line ends are counted once, as the browser counts them."""

    def to_python(self, value: str | None) -> str:
        return super().to_python((value or "").replace("\r\n", "\n")) or ""


def _count(label: str) -> WholeNumberField:
    return WholeNumberField(label=label, required=False)


class StatementForm(forms.Form):
    """One row. ``version`` and ``request_id`` come back as they were shown; ``confirmed`` is the figure confirmed."""

    figure = WholeNumberField(label="Disponibilité courante")
    men = _count("Homme")
    women = _count("Femme")
    any_sex = _count("Indifférent")
    accessible = _count("PMR")
    single_room = _count("Chambre indiv.")
    shared_room = _count("Chambre part.")
    adults = _count("Adulte")
    children = _count("Enfant")
    covid_positive = _count("Covid+")
    covid_negative = _count("Covid−")
    comment = CommentField(
        label="Commentaire (modalités d’hébergement)",
        required=False,
        max_length=COMMENT_LENGTH,
        error_messages={"max_length": "500 caractères au plus, %(show_value)d écrits."},
    )
    version = forms.IntegerField(min_value=0)
    request_id = forms.UUIDField()
    confirmed = _count("Confirmation")

    @property
    def breakdown(self) -> Counts:
        """Counts of a valid form."""
        return Counts(**{name: self.cleaned_data[name] for name in COUNT_FIELDS})

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was typed in the row."""
        return not any(str(self[name].value() or "").strip() for name in ("figure", "comment", *COUNT_FIELDS))

    def differs_from(self, shown) -> bool:
        """Tell whether a valid row says something else than ``shown``, a statement or a current figure."""
        typed = (self.cleaned_data["figure"], self.breakdown, self.cleaned_data["comment"])
        return typed != (shown.figure, counts_of(shown), shown.comment)


def initial_of(figure: CurrentFigure) -> dict[str, object]:
    """What the fields of a row show before anything is typed."""
    return {name: getattr(figure, name) for name in ("figure", "comment", *COUNT_FIELDS)}


@functools.singledispatch
def explain(error: StatementError, unit: OperationalUnit) -> tuple[str, str]:
    """Field of the row that ``error`` concerns, and the sentence to show beside it."""
    return "figure", "Cette saisie n’a pas pu être enregistrée. Rechargez la page, puis recommencez."


@explain.register
def _over_capacity(error: OverCapacity, unit: OperationalUnit) -> tuple[str, str]:
    return "figure", wording.over_capacity_words(error.figure, error.installed, unit.capacity_kind)


@explain.register
def _unlikely_rise(error: UnlikelyRise, unit: OperationalUnit) -> tuple[str, str]:
    return "figure", f"{error.figure} au lieu de {error.previous}{NBSP}: est-ce bien cela{THIN}?"


@explain.register
def _breakdown_beyond(error: BreakdownBeyondFigure, unit: OperationalUnit) -> tuple[str, str]:
    if error.share is None:
        return "figure", "Les lignes libres dépassent le total."
    available = wording.figure_words(error.figure, unit.capacity_kind)
    return _SHARE_FIELD[error.share], f"{_SHARE_WORDS[error.share]} le total ({available})."


@explain.register
def _refused(error: StatementRefused, unit: OperationalUnit) -> tuple[str, str]:
    return "figure", REFUSAL_WORDS[error.refusal]


@explain.register
def _nothing_to_confirm(error: NothingToConfirm, unit: OperationalUnit) -> tuple[str, str]:
    return "figure", f"Aucun chiffre à confirmer{NBSP}: saisissez le premier."


@explain.register
def _stale(error: StaleFigure, unit: OperationalUnit) -> tuple[str, str]:
    newer = error.current
    if newer.figure is None or newer.stated_at is None:
        return "figure", "Cette page n’était plus à jour. Vérifiez votre chiffre, puis enregistrez-le de nouveau."
    author = newer.by.short_name if newer.by else "quelqu’un"
    words = wording.figure_words(newer.figure, unit.capacity_kind)
    return "figure", (
        f"Entre-temps, {author} a enregistré {words}, {on_moment(newer.stated_at)}. "
        "Vérifiez votre chiffre, puis enregistrez-le de nouveau."
    )


def question(error: StatementError, unit: OperationalUnit) -> str:
    """What is to be confirmed after ``error``, empty when it cannot be."""
    if isinstance(error, OverCapacity):
        words = wording.figure_words(error.figure, unit.capacity_kind)
        if unit.capacity_kind == "bed":
            return f"Plus de lits disponibles que de lits installés{THIN}? Oui, je confirme {words}."
        return f"Plus de places disponibles que de places installées{THIN}? Oui, je confirme {words}."
    if isinstance(error, UnlikelyRise):
        return f"Oui, je confirme {wording.figure_words(error.figure, unit.capacity_kind)}."
    return ""
