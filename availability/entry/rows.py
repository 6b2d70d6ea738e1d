"""A unit as one row of the entry page: what its template reads. No query, no write."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.utils import timezone

from common.french import on_moment
from directory.contacts import main_phone
from directory.models import OperationalUnit
from directory.scopes import Scope

from ..breakdown import COUNT_FIELDS, USUAL_COUNTS
from ..expected.services import ExpectedLine, lines_of
from ..models import AvailabilityEntry, ExpectedPlace, UnitClosure
from ..permissions import REFUSAL_WORDS, Refusal, may_manage_entry, statement_refusal
from ..services import UNDO_DELAY, contest_key
from ..shown import ShownFigure
from ..standing import active_closure
from .forms import StatementForm, initial_of
from .line_form import MAX_LINES

KEPT_WORDS = "Ce que vous avez tapé est gardé, non enregistré."


class Outcome(StrEnum):
    """What became of a row.

    ``PENDING``: typed, and not sent to be saved. ``EDITED``: its lines are being changed. ``NEWER``: not saved, and
    shown as somebody else stated it meanwhile; nothing was typed there.
    """

    SHOWN = "shown"
    PENDING = "pending"
    EDITED = "edited"
    SAVED = "saved"
    UNDONE = "undone"
    WRONG = "wrong"
    NEWER = "newer"  # as pages say it alone: see ``shown_outcome``


@dataclass(kw_only=True)
class EntryRow(ShownFigure):
    """One row: the unit and its current figure, why it is blocked if it is, and its form.

    ``offered``: names of the counts it may fill in. ``expected``: places announced. ``undoable_since``: when its last
    statement was recorded, if the person may still take it back. ``asked``: number that ``question`` is about.
    ``is_beside``: row of the same pool, sent back with the row that was saved. ``statement``: what was just recorded.
    ``pool_id``: of whose figure ``version`` is. ``contest``: when the figure shown was contested
    (``services.contest_key``). ``keeps_typing``: what was typed is kept beside a figure confirmed or
    taken back. ``typed``: what came back for a row whose entry is blocked. ``saved_from``: row from which the person
    has just stated the same pool. ``may_open``: whether the person opens units to entry.
    """

    refusal: Refusal | None
    form: StatementForm
    offered: Sequence[str] = USUAL_COUNTS
    expected: Sequence[ExpectedLine] = ()
    undoable_since: datetime.datetime | None = None
    outcome: Outcome = Outcome.SHOWN
    version: int = 0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    question: str = ""
    asked: int | None = None
    previous: int | None = None
    is_breakdown_dropped: bool = False
    is_beside: bool = False
    failure: str = ""
    had_lines: bool = False
    statement: AvailabilityEntry | None = None
    pool_id: int | None = None
    contest: int = 0
    keeps_typing: bool = False
    typed: StatementForm | None = None
    saved_from: EntryRow | None = None
    may_open: bool = False

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
    def may_plan(self) -> bool:
        """Whether a closure or expected places may be declared: entry is open, the unit may be unavailable."""
        return self.refusal in (None, Refusal.UNAVAILABLE)

    @property
    def reason(self) -> str:
        """Why nothing can be entered, empty when it can."""
        return REFUSAL_WORDS[self.refusal] if self.refusal else ""

    @property
    def is_unavailable(self) -> bool:
        return self.refusal is Refusal.UNAVAILABLE

    @property
    def count_fields(self) -> list:
        """Fields of the breakdown, as the form gives them: those offered, and any that is filled in."""
        shown = [name for name in COUNT_FIELDS if name in self.offered or self.form[name].value() not in (None, "")]
        return [self.form[name] for name in shown]

    @property
    def can_add_line(self) -> bool:
        return len(self.form.lines) < MAX_LINES

    @property
    def is_unfolded(self) -> bool:
        """Whether the detail is open: something in it is wrong, typed and not saved, or being added."""
        inside = [*self.count_fields, self.form["comment"], self.form["detail"]]
        if self.outcome is Outcome.EDITED:
            return True
        if self.outcome is Outcome.PENDING or self.keeps_typing:
            return any(part.value() for part in inside if part.name != "detail") or bool(self.form.filled_lines)
        return any(part.errors for part in inside) or any(line.errors for line in self.form.lines)

    @property
    def undo_until(self) -> datetime.datetime | None:
        """Until when the person may take the last statement back."""
        return self.undoable_since + UNDO_DELAY if self.undoable_since else None

    @property
    def undone_words(self) -> str:
        """What « Annuler » brought back."""
        if self.figure is None or self.figure.confirmed_at is None:
            return "Saisie annulée : cette unité n’a plus de saisie."
        return f"Saisie annulée : retour à {self.figure_words}, {on_moment(self.figure.confirmed_at)}."

    @property
    def blocked_words(self) -> str:
        """« sur 16 installées, bloquée »: a unit that is unavailable counts for 0."""
        ending = "bloqué" if self.capacity_kind == "bed" else "bloquée"
        return f"{self.installed_words}, {ending}" if self.installed is not None else ending

    @property
    def step_words(self) -> tuple[str, str]:
        """Names of the buttons « − » and « + »."""
        one = "Un lit" if self.capacity_kind == "bed" else "Une place"
        return f"{one} de moins", f"{one} de plus"

    @property
    def back_words(self) -> str:
        """How a unit that is unavailable comes back."""
        if self.closure is None or self.closure.ends_at is None:
            return "Aucune date de fin n’est donnée."
        if not self.is_stated:
            return f"La saisie se rouvre d’elle-même {on_moment(self.closure.ends_at)}."
        return f"La saisie se rouvre d’elle-même {on_moment(self.closure.ends_at)} ; le chiffre sera alors à confirmer."

    @property
    def phone(self) -> str:
        """Number to call first. Whoever states the places of a unit reads its contacts."""
        call = main_phone(self.unit, contacts=self.refusal is not Refusal.NOT_HELD)
        return call["number"] if call else ""

    @property
    def dropped_words(self) -> str:
        """That the breakdown shown was not kept with the figure saved, and why; empty when it was."""
        if not self.is_breakdown_dropped:
            return ""
        if self.figure.lines or self.had_lines:
            return "Lignes de places libres effacées : elles dépassaient le total."
        return "Répartition effacée : elle dépassait le total." if self.figure.figure else "Répartition effacée."

    @property
    def lost_words(self) -> str:
        """What was typed in a row whose entry is blocked, to be read again; empty when nothing was."""
        if self.typed is None or self.typed.is_blank:
            return ""
        parts = [str(self.typed[name].value() or "").strip() for name in ("figure", "comment")]
        return f"Vous aviez tapé : {' – '.join(part for part in parts if part) or 'un détail'}."

    @property
    def shown_outcome(self) -> Outcome:
        """What the page says of the row: not saved, as long as something typed in it is not."""
        if self.outcome is Outcome.WRONG and not self.is_blocked and not self.form.is_bound:
            return Outcome.NEWER
        return Outcome.PENDING if self.keeps_typing else self.outcome

    @property
    def errors(self) -> list[dict[str, str]]:
        """Lines of the error summary: this row's name, the message, the field to go to."""
        if self.is_blocked or not self.form.is_bound:
            text = " ".join(filter(None, (self.reason or self.failure, self.lost_words)))
            return [{"target": self.anchor, "label": self.unit.name, "text": text}]
        return [
            {"target": part.id_for_label, "label": self.unit.name, "text": str(text)}
            for form in (self.form, *(self.form.lines if self.form.has_lines else ()))
            for part in form
            for text in part.errors
        ]

    @property
    def announcement(self) -> str:
        """Sentence for assistive technology once the row alone was replaced."""
        kept = KEPT_WORDS if self.keeps_typing else ""
        if self.outcome is Outcome.SAVED:
            saved = f"{self.unit.name} : {self.figure_words}, enregistré."
            return " ".join(filter(None, (saved, self.dropped_words, kept)))
        if self.outcome is Outcome.UNDONE:
            return " ".join(filter(None, (f"{self.unit.name} : {self.undone_words}", kept)))
        if self.outcome is Outcome.WRONG:
            texts = " ".join([*(error["text"] for error in self.errors), self.question]).strip()
            return f"{self.unit.name} n’est pas enregistrée. {texts}"
        return ""


def shown_row(
    unit: OperationalUnit,
    scope: Scope,
    now: datetime.datetime,
    *,
    closures: Sequence[UnitClosure] = (),
    offered: Sequence[str] = USUAL_COUNTS,
    awaited: Sequence[ExpectedPlace] = (),
) -> EntryRow:
    """Row of a unit as stored; ``closures`` are the unit's, ``awaited`` the places announced for it.

    The unit comes with ``sharing`` and ``undoable_since`` (``availability.entry.units``).
    """
    figure = getattr(unit, "current_figure", None)
    form = StatementForm(prefix=prefix_of(unit), initial=initial_of(figure) if figure else None)
    return EntryRow(
        unit=unit,
        figure=figure,
        refusal=statement_refusal(scope, unit, figure, active_closure(closures, now)),
        closures=closures,
        sharing=unit.sharing,
        form=form,
        offered=offered,
        expected=lines_of(awaited, figure.capacity_kind if figure else unit.capacity_kind, timezone.localdate(now)),
        undoable_since=unit.undoable_since,
        viewer_id=scope.user_id or 0,
        now=now,
        version=figure.version if figure else 0,
        pool_id=figure.pool_id if figure else None,
        contest=contest_key(figure.contested_at) if figure else 0,
        may_open=may_manage_entry(scope, unit),
    )


def prefix_of(unit: OperationalUnit) -> str:
    """Prefix of the row's fields."""
    return f"u{unit.pk}"
