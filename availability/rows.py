"""A unit as one row of the entry page: what its template reads. No query, no write."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from directory.contacts import main_phone
from directory.models import OperationalUnit
from directory.scopes import Scope

from .breakdown import USUAL_COUNTS
from .forms import StatementForm, initial_of
from .models import UnitClosure
from .permissions import REFUSAL_WORDS, Refusal, statement_refusal
from .shown import ShownFigure
from .standing import active_closure


class Outcome(StrEnum):
    """What became of a row. ``PENDING``: typed, and not sent to be saved."""

    SHOWN = "shown"
    PENDING = "pending"
    SAVED = "saved"
    WRONG = "wrong"


@dataclass(kw_only=True)
class EntryRow(ShownFigure):
    """One row: the unit and its current figure, why it is blocked if it is, and its form."""

    refusal: Refusal | None
    form: StatementForm
    outcome: Outcome = Outcome.SHOWN
    version: int = 0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    question: str = ""
    previous: int | None = None
    is_breakdown_dropped: bool = False

    @property
    def anchor(self) -> str:
        return f"ligne-{self.unit.pk}"

    @property
    def is_blocked(self) -> bool:
        return self.refusal is not None

    @property
    def is_closed(self) -> bool:
        return self.refusal is Refusal.CLOSED

    @property
    def reason(self) -> str:
        """Why nothing can be entered, empty when it can."""
        return REFUSAL_WORDS[self.refusal] if self.refusal else ""

    @property
    def count_fields(self) -> list:
        """Fields of the breakdown that are offered, as the form gives them."""
        return [self.form[name] for name in USUAL_COUNTS]

    @property
    def is_unfolded(self) -> bool:
        """Whether the breakdown is open: something in it is wrong, or typed and not saved."""
        inside = [*self.count_fields, self.form["comment"]]
        if self.outcome is Outcome.PENDING:
            return any(part.value() for part in inside)
        return any(part.errors for part in inside)

    @property
    def phone(self) -> str:
        """Number to call first. Whoever states the places of a unit reads its contacts."""
        call = main_phone(self.unit, contacts=True)
        return call["number"] if call else ""

    @property
    def dropped_words(self) -> str:
        """That the breakdown shown was not kept with the figure saved, and why; empty when it was."""
        if not self.is_breakdown_dropped:
            return ""
        return "Répartition effacée : elle dépassait le total." if self.figure.figure else "Répartition effacée."

    @property
    def errors(self) -> list[dict[str, str]]:
        """Lines of the error summary: this row's name, the message, the field to go to."""
        if self.is_blocked:
            return [{"target": self.anchor, "label": self.unit.name, "text": self.reason}]
        return [
            {"target": part.id_for_label, "label": self.unit.name, "text": str(text)}
            for part in self.form
            for text in part.errors
        ]

    @property
    def announcement(self) -> str:
        """Sentence for assistive technology once the row alone was replaced."""
        if self.outcome is Outcome.SAVED:
            return " ".join(filter(None, (f"{self.unit.name} : {self.figure_words}, enregistré.", self.dropped_words)))
        if self.outcome is Outcome.WRONG:
            texts = " ".join([*(error["text"] for error in self.errors), self.question]).strip()
            return f"{self.unit.name} n’est pas enregistrée. {texts}"
        return ""


def shown_row(
    unit: OperationalUnit, scope: Scope, now: datetime.datetime, closures: Sequence[UnitClosure] = ()
) -> EntryRow:
    """Row of a unit as stored; ``closures`` are the unit's."""
    figure = getattr(unit, "current_figure", None)
    form = StatementForm(prefix=prefix_of(unit), initial=initial_of(figure) if figure else None)
    return EntryRow(
        unit=unit,
        figure=figure,
        refusal=statement_refusal(scope, unit, figure, active_closure(closures, now)),
        closures=closures,
        form=form,
        viewer_id=scope.user_id or 0,
        now=now,
        version=figure.version if figure else 0,
    )


def prefix_of(unit: OperationalUnit) -> str:
    """Prefix of the row's fields."""
    return f"u{unit.pk}"
