"""Saving what the entry page sent: which rows, one transaction each, and what each row then shows."""

import datetime
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.http import QueryDict

from .. import services
from ..exceptions import OverCapacity, StaleFigure, StatementError, UndoRefused, UnlikelyRise
from ..lines import all_places
from ..models import AvailabilityEntry, CurrentFigure
from ..statement import Statement, fitted
from .forms import StatementForm, explain, initial_of, left_words, own_conflict_words, question
from .line_form import add_line
from .rows import EntryRow, Outcome, prefix_of
from .units import stored_figures

_ID = re.compile(r"[1-9][0-9]{0,17}")  # within bigint
_LINE = re.compile(r"([1-9][0-9]{0,17}):([0-9]{1,3})")


class Batch(StrEnum):
    """Values of the submit button that name no single unit."""

    ALL = "all"  # every row that holds a figure, changed or not
    CHANGED = "changed"  # rows that differ from what was shown: Enter in a field, where no script runs


class Action(StrEnum):
    """Names of the submit buttons."""

    SAVE = "save"
    CONFIRM = "confirm"  # « Inchangé »
    UNDO = "undo"  # « Annuler »
    ADD_LINE = "add_line"  # nothing is recorded
    DROP_LINE = "drop_line"  # nothing is recorded; the value is « unit:line »


@dataclass(frozen=True)
class Order:
    """What the submit button asks: ``batch``, or an action on one unit, or on one ``line`` of it."""

    action: Action = Action.SAVE
    batch: Batch | None = None
    unit_id: int | None = None
    line: int | None = None


def read_order(data: QueryDict) -> Order:
    """Read the submit button. Raises ``ValueError`` when it names nothing."""
    action = next((action for action in reversed(Action) if data.get(action)), Action.SAVE)
    value = data.get(action, "")
    if action is Action.SAVE and value in Batch:
        return Order(batch=Batch(value))
    if action is Action.DROP_LINE:
        if not (found := _LINE.fullmatch(value)):
            raise ValueError(value)
        return Order(action, unit_id=int(found[1]), line=int(found[2]))
    return Order(action, unit_id=_unit_id(value))


def _unit_id(value: str) -> int:
    if not _ID.fullmatch(value):
        raise ValueError(value)
    return int(value)


def sent_ids(data: QueryDict) -> list[int]:
    """Ids of the rows that were on the page, in its order; what is no id is left out."""
    return [_unit_id(value) for value in data.getlist("unit") if _ID.fullmatch(value)]


def read_row(row: EntryRow, data: QueryDict) -> None:
    """Put what was typed into the row, when it was part of what was sent."""
    prefix = prefix_of(row.unit)
    if f"{prefix}-version" not in data:
        return
    if row.figure is None or row.is_blocked:
        row.typed = StatementForm(data, prefix=prefix)
        return
    row.form = StatementForm(data, prefix=prefix, initial=initial_of(row.figure))
    row.form.is_valid()
    row.version = row.form.cleaned_data.get("version", row.version)
    row.request_id = str(row.form.cleaned_data.get("request_id", row.request_id))
    row.pool_id = row.form.cleaned_data.get("pool")
    row.contest = row.form.cleaned_data.get("contest") or 0


def is_changed(row: EntryRow) -> bool:
    """Tell whether what was typed differs from what the page showed."""
    form = row.form
    if not form.is_bound or (form.is_blank and not row.is_stated):
        return False
    if not form.is_valid():
        return True
    shown = _shown(row)
    return shown is None or form.differs_from(shown)


def _shown(row: EntryRow) -> CurrentFigure | AvailabilityEntry | None:
    """What the page showed when the row was typed: the statement of the version that came back."""
    if row.figure is None or (row.version, row.pool_id) == (row.figure.version, row.figure.pool_id):
        return row.figure
    of_holder = {"pool": row.pool_id} if row.pool_id else {"unit": row.unit, "pool": None}
    return AvailabilityEntry.objects.filter(**of_holder, version=row.version).first()


def targets(order: Order, rows: list[EntryRow]) -> list[EntryRow]:
    """Rows that the order is about, blocked ones left out, one of each pool unless several were changed."""
    sent = [row for row in rows if row.form.is_bound]
    if order.batch is Batch.ALL:
        return _one_a_pool([row for row in sent if row.is_stated or not row.form.is_blank])
    if order.batch is Batch.CHANGED:
        return [row for row in sent if is_changed(row)]
    return [row for row in sent if row.unit.pk == order.unit_id]


def _one_a_pool(rows: list[EntryRow]) -> list[EntryRow]:
    """Rows to save so that shared places are stated once: those that were changed, else the first of the pool."""
    pools: dict[int, list[EntryRow]] = {}
    for row in rows:
        if row.figure is not None and row.figure.pool_id is not None:
            pools.setdefault(row.figure.pool_id, []).append(row)
    kept = {id(row) for shared in pools.values() for row in ([row for row in shared if is_changed(row)] or shared[:1])}
    return [row for row in rows if not row.is_pooled or id(row) in kept]


def save_rows(order: Order, rows: list[EntryRow], *, by, scope) -> None:
    """Do what ``order`` says with the rows that it names, one transaction each; the others keep what was typed."""
    act = {
        Action.SAVE: save_row,
        Action.CONFIRM: confirm_row,
        Action.UNDO: undo_row,
    }.get(order.action)
    saved: dict[int | None, EntryRow] = {}
    for row in targets(order, rows):
        if act is not None:
            is_typed = order.action is not Action.SAVE and is_changed(row)
            row.saved_from = saved.get(row.pool_id) if row.is_pooled else None
            act(row, by=by, scope=scope)
            if row.is_pooled and row.outcome is Outcome.SAVED:
                saved[row.figure.pool_id] = row
            row.keeps_typing = is_typed and row.outcome in (Outcome.SAVED, Outcome.UNDONE)
        else:
            edit_lines(row, order)
    for row in rows:
        if row.is_blocked and (row.unit.pk == order.unit_id or (order.batch and row.typed)):
            row.outcome = Outcome.WRONG
        elif row.outcome is Outcome.SHOWN and is_changed(row):
            row.outcome = Outcome.PENDING
    settled = (Outcome.SAVED, Outcome.UNDONE, Outcome.SHOWN)
    show_stored([row for row in rows if row.outcome in settled and row.form.is_bound], by.pk)


def edit_lines(row: EntryRow, order: Order) -> None:
    """Give the row one more place line, or one less. Nothing is recorded, what was typed stays."""
    if order.action is Action.ADD_LINE:
        add_line(row.form.lines, prefix_of(row.unit))
    else:
        row.form.lines = [line for line in row.form.lines if line.index != order.line]
    row.outcome = Outcome.EDITED


def save_row(row: EntryRow, *, by, scope) -> None:
    """Record the row as typed."""
    if not row.form.is_valid():
        row.outcome = Outcome.WRONG
        return
    values, typed, shown = row.form.cleaned_data, row.form.statement, _shown(row)
    said = fitted(typed, shown) if shown is not None else typed
    row.is_breakdown_dropped, row.had_lines = said != typed, bool(typed.lines)
    _attempt(
        row,
        by,
        lambda: services.record_statement(
            unit_id=row.unit.pk,
            said=said,
            expected_version=values["version"],
            pool_id=row.pool_id,
            contest_seen=row.contest,
            request_id=values["request_id"],
            source=AvailabilityEntry.Source.WEB,
            by=by,
            scope=scope,
            now=row.now,
            is_confirmed=values["confirmed"] == _asked(said, row.installed),
        ),
    )


def _asked(said: Statement, installed: int | None) -> int:
    """Number that a question about the statement names: all its lines when they are over capacity, else the total."""
    held = max(said.figure, all_places(said.lines))
    return held if installed is not None and held > installed else said.figure


def confirm_row(row: EntryRow, *, by, scope) -> None:
    """State the current figure again, whatever was typed in the row."""
    if {"version", "request_id"} & row.form.errors.keys():
        row.outcome = Outcome.WRONG
        return
    _attempt(row, by, lambda: _confirm(row, by, scope))


def _confirm(row: EntryRow, by, scope) -> AvailabilityEntry:
    return services.confirm_unchanged(expected_version=row.version, contest_seen=row.contest, **_of(row, by, scope))


def undo_row(row: EntryRow, *, by, scope) -> None:
    """Take back the last statement, whatever was typed in the row."""
    if {"version", "request_id"} & row.form.errors.keys():
        row.outcome = Outcome.WRONG
        return
    _attempt(row, by, lambda: services.undo_statement(version=row.version, **_of(row, by, scope)), Outcome.UNDONE)


def _of(row: EntryRow, by, scope) -> dict:
    """Arguments of a service about the row's unit."""
    return {
        "unit_id": row.unit.pk,
        "pool_id": row.pool_id,
        "request_id": uuid.UUID(row.request_id),
        "source": AvailabilityEntry.Source.WEB,
        "by": by,
        "scope": scope,
        "now": row.now,
    }


def _attempt(row: EntryRow, by, act: Callable[[], AvailabilityEntry], done: Outcome = Outcome.SAVED) -> None:
    row.previous = row.figure.figure if row.figure else None
    try:
        row.statement = act()
    except StatementError as error:
        row.outcome = Outcome.WRONG
        where, row.failure = explain(error, row.capacity_kind)
        if isinstance(error, StaleFigure) and row.saved_from is not None:
            row.failure = own_conflict_words(error, row.capacity_kind, row.saved_from.unit.name)
        row.question = question(error, row.capacity_kind)
        if isinstance(error, (OverCapacity, UnlikelyRise)):
            row.asked = error.figure
        is_left = isinstance(error, (StaleFigure, UndoRefused)) and row.form.is_bound and not is_changed(row)
        if isinstance(error, StaleFigure) or is_left:
            # The next save is made knowingly: it carries the version of the figure now shown.
            figure = stored_figures([row.unit.pk], by.pk, row.now)[row.unit.pk]  # no current figure is ever deleted
            _put(row, figure, getattr(figure, "undoable_since", None))
        if is_left:  # what was shown there would pass for what somebody typed
            row.form = _fresh_form(row)
            row.failure = left_words(error, row.capacity_kind) if type(error) is StaleFigure else row.failure
        elif row.form.is_bound:
            row.form.add_error(where, row.failure)
    else:
        row.outcome = done


def _fresh_form(row: EntryRow) -> StatementForm:
    return StatementForm(prefix=prefix_of(row.unit), initial=initial_of(row.figure) if row.figure else None)


def _put(row: EntryRow, figure: CurrentFigure, undoable_since: datetime.datetime | None) -> None:
    """Give the row a newer figure, and a new request; the form is left alone."""
    row.figure, row.version, row.request_id = figure, figure.version, str(uuid.uuid4())
    row.pool_id, row.contest = figure.pool_id, services.contest_key(figure.contested_at)
    row.undoable_since = undoable_since
    for name in ("freshness", "standing", "lines"):
        row.__dict__.pop(name, None)


def show_stored(rows: list[EntryRow], viewer_id: int) -> None:
    """Give rows that were saved or left alone their figure as it now is, and fresh fields.

    One query for those whose figure does not simply follow from what was just written; none when there is none.
    """
    others = [row for row in rows if not _follow(row, viewer_id)]
    stored = stored_figures([row.unit.pk for row in others], viewer_id, others[0].now) if others else {}
    for row in others:
        figure = stored[row.unit.pk]
        _put(row, figure, figure.undoable_since)
    for row in rows:
        if row.figure is not None and not row.keeps_typing:
            row.form = _fresh_form(row)


def _follow(row: EntryRow, viewer_id: int) -> bool:
    """Bring the figure of the row to the statement that it just made, if that is enough."""
    made = row.statement
    if made is None or row.figure is None or not services.brought_to(row.figure, made):
        return False
    is_mine = made.by_id == viewer_id and made.undoes_id is None
    _put(row, row.figure, made.recorded_at if is_mine else None)
    return True
