"""Reading one row of the entry page, and saying in French why it was not saved. No permission and no write here."""

import enum
import functools
from typing import Any

from django import forms

from common.french import NBSP, THIN, on_moment

from .. import wording
from ..breakdown import COUNT_FIELDS, NOTHING_GIVEN, Counts, Share
from ..exceptions import (
    BreakdownBeyondFigure,
    ContestedSince,
    NothingToConfirm,
    OverCapacity,
    StaleFigure,
    StatementError,
    StatementRefused,
    UndoRefused,
    UnlikelyRise,
)
from ..models import CurrentFigure
from ..permissions import REFUSAL_WORDS
from ..statement import Statement
from .line_form import WholeNumberField, line_forms

COMMENT_LENGTH = 500
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


class CommentField(forms.CharField):
    """A short free text; line ends are counted once, as the browser counts them."""

    def to_python(self, value: str | None) -> str:
        return super().to_python((value or "").replace("\r\n", "\n")) or ""


def _count(label: str) -> WholeNumberField:
    return WholeNumberField(label=label, required=False)


class Detail(enum.StrEnum):
    """How the total is detailed: by marginal counts, or by place lines (01-settled: one or the other)."""

    COUNTS = "counts"
    LINES = "lines"


class StatementForm(forms.Form):
    """One row, and its place lines (``lines``, forms of ``availability.entry.line_form``).

    ``version``, of the unit or of its ``pool``, ``contest`` (``services.contest_key``) and ``request_id`` come back as
    they were shown; ``confirmed`` is the number confirmed.

    Counts and lines are both sent and both kept while the row is not saved: ``detail`` says which
    one is stated.
    """

    figure = WholeNumberField(label="Disponibilité courante")
    detail = forms.ChoiceField(
        label="Détail",
        required=False,
        choices=[(Detail.COUNTS, "Par nombres"), (Detail.LINES, "Place par place")],
        error_messages={"invalid_choice": "Choisissez l’un des deux détails."},
    )
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
    pool = forms.IntegerField(required=False, min_value=1)
    contest = forms.IntegerField(required=False, min_value=0, max_value=2**63)
    request_id = forms.UUIDField()
    confirmed = _count("Confirmation")

    def __init__(self, data=None, *, prefix: str, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, prefix=prefix, initial=initial)
        self.lines = line_forms(data, prefix, self.initial.get("lines", ()))

    @property
    def has_lines(self) -> bool:
        """Whether the lines are what is shown, and stated."""
        return self["detail"].value() == Detail.LINES

    @property
    def filled_lines(self) -> list:
        """Lines in which something was typed."""
        return [line for line in self.lines if not line.is_blank]

    @property
    def _states_lines(self) -> bool:
        """Lines chosen and none given state nothing, when there were some; else the counts typed are kept."""
        return self.has_lines and bool(self.filled_lines or self.initial.get("lines"))

    def clean(self) -> dict[str, Any]:
        """Leave out what is wrong in the counts when lines are stated: it is kept on the page, and not recorded."""
        if self._states_lines:
            for name in COUNT_FIELDS:
                self.errors.pop(name, None)
        return self.cleaned_data

    def is_valid(self) -> bool:
        """Tell whether the row may be recorded, its lines included when they are stated."""
        stated = self.filled_lines if self._states_lines else []
        verdicts = [super().is_valid(), *(line.is_valid() for line in stated)]  # all are read, for their messages
        return all(verdicts)

    @property
    def statement(self) -> Statement:
        """What a valid row says."""
        values = self.cleaned_data
        counts = Counts(**{name: values[name] for name in COUNT_FIELDS}) if not self._states_lines else NOTHING_GIVEN
        lines = tuple(line.place_line for line in self.filled_lines) if self._states_lines else ()
        return Statement(figure=values["figure"], counts=counts, lines=lines, comment=values["comment"])

    @property
    def is_blank(self) -> bool:
        """Tell whether nothing was typed in the row."""
        typed = any(str(self[name].value() or "").strip() for name in ("figure", "comment", *COUNT_FIELDS))
        return not typed and not self.filled_lines

    def differs_from(self, shown) -> bool:
        """Tell whether a valid row says something else than ``shown``, a statement or a current figure."""
        return any(getattr(shown, name) != value for name, value in self.statement.fields().items())


def initial_of(figure: CurrentFigure) -> dict[str, object]:
    """What the fields of a row show before anything is typed."""
    shown = {name: getattr(figure, name) for name in ("figure", "comment", "lines", *COUNT_FIELDS)}
    return shown | {"detail": Detail.LINES if figure.lines else Detail.COUNTS}


@functools.singledispatch
def explain(error: StatementError, kind: str) -> tuple[str, str]:
    """Field of the row that ``error`` concerns, and the sentence to show beside it; ``kind``: « bed » or « place »."""
    return "figure", "Cette saisie n’a pas pu être enregistrée. Rechargez la page, puis recommencez."


@explain.register
def _over_capacity(error: OverCapacity, kind: str) -> tuple[str, str]:
    words = wording.over_capacity_words(error.figure, error.installed, kind)
    return ("detail", f"Toutes lignes comprises, {words}") if error.is_of_lines else ("figure", words)


@explain.register
def _unlikely_rise(error: UnlikelyRise, kind: str) -> tuple[str, str]:
    return "figure", f"{error.figure} au lieu de {error.previous}{NBSP}: est-ce bien cela{THIN}?"


@explain.register
def _breakdown_beyond(error: BreakdownBeyondFigure, kind: str) -> tuple[str, str]:
    available = wording.figure_words(error.figure, kind)
    if error.share is None:
        return "detail", f"Les places libres des lignes dépassent le total ({available})."
    return _SHARE_FIELD[error.share], f"{_SHARE_WORDS[error.share]} le total ({available})."


@explain.register
def _refused(error: StatementRefused, kind: str) -> tuple[str, str]:
    return "figure", REFUSAL_WORDS[error.refusal]


@explain.register
def _nothing_to_confirm(error: NothingToConfirm, kind: str) -> tuple[str, str]:
    return "figure", f"Aucun chiffre à confirmer{NBSP}: saisissez le premier."


UNDO_WORDS: dict[UndoRefused.Why, str] = {
    UndoRefused.Why.SAVED_SINCE: "Cette saisie ne peut plus être annulée\u00a0: une autre a été enregistrée depuis.",
    UndoRefused.Why.NOT_YOURS: "Vous ne pouvez annuler que votre propre saisie, une seule fois.",
    UndoRefused.Why.TOO_LATE: "Le délai de dix minutes pour annuler est passé\u00a0: enregistrez le bon chiffre.",
}


@explain.register
def _undo_refused(error: UndoRefused, kind: str) -> tuple[str, str]:
    return "figure", UNDO_WORDS[error.why]


@explain.register
def _stale(error: StaleFigure, kind: str) -> tuple[str, str]:
    if told := _meanwhile(error.current, kind):
        return "figure", f"{told} Vérifiez votre chiffre, puis enregistrez-le de nouveau."
    return "figure", "Cette page n’était plus à jour. Vérifiez votre chiffre, puis enregistrez-le de nouveau."


def _meanwhile(newer: CurrentFigure, kind: str) -> str:
    """Who stated what since the page was shown; empty when nothing is stated any more."""
    if newer.figure is None or newer.stated_at is None:
        return ""
    author = newer.by.short_name if newer.by else "quelqu’un"
    words = wording.figure_words(newer.figure, kind)
    return f"Entre-temps, {author} a enregistré {words}, {on_moment(newer.stated_at)}."


def left_words(error: StaleFigure, kind: str) -> str:
    """The same for a row where nothing was typed: it takes what somebody else stated."""
    told = _meanwhile(error.current, kind) or "Cette page n’était plus à jour."
    return f"{told} La ligne montre maintenant la dernière saisie, gardée telle quelle."


@explain.register
def _contested(error: ContestedSince, kind: str) -> tuple[str, str]:
    at = error.current.contested_at
    when = f" {on_moment(at)}" if at is not None else ""
    return "figure", (
        f"Entre-temps, contesté par un appel{when}{NBSP}: il n’y avait plus de place. "
        "Vérifiez votre chiffre, puis enregistrez-le de nouveau."
    )


def own_conflict_words(error: StaleFigure, kind: str, other: str) -> str:
    """That the person has just stated the shared places from the unit named ``other``, in the same sending."""
    said = f" {wording.figure_words(error.current.figure, kind)}" if error.current.figure is not None else ""
    return (
        f"Vous venez d’enregistrer{said} depuis {other}, pour ces lits mutualisés. "
        "Si ce nombre-ci est le bon, enregistrez-le de nouveau."
    )


def question(error: StatementError, kind: str) -> str:
    """What is to be confirmed after ``error``, empty when it cannot be."""
    if isinstance(error, OverCapacity):
        words = wording.figure_words(error.figure, kind)
        if error.is_of_lines:
            return f"Plus de places dans les lignes que de places installées{THIN}? Oui, je confirme {words}."
        if kind == "bed":
            return f"Plus de lits disponibles que de lits installés{THIN}? Oui, je confirme {words}."
        return f"Plus de places disponibles que de places installées{THIN}? Oui, je confirme {words}."
    if isinstance(error, UnlikelyRise):
        return f"Oui, je confirme {wording.figure_words(error.figure, kind)}."
    return ""
