"""Saving what the entry page sent: which rows, one transaction each, and what each row then shows."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.http import QueryDict

from . import services
from .breakdown import Counts, carried_over, counts_of
from .exceptions import StaleFigure, StatementError
from .forms import StatementForm, explain, initial_of, question
from .models import AvailabilityEntry, CurrentFigure
from .rows import EntryRow, Outcome, prefix_of
from .statement import Statement

_ID = re.compile(r"[1-9][0-9]{0,17}")  # within bigint


class Batch(StrEnum):
    """Values of the submit button that name no single unit."""

    ALL = "all"  # every row that holds a figure, changed or not
    CHANGED = "changed"  # rows that differ from what was shown: Enter in a field, where no script runs


@dataclass(frozen=True)
class Order:
    """What the submit button asks: ``batch``, or one unit to save, or to confirm unchanged."""

    batch: Batch | None = None
    unit_id: int | None = None
    is_confirmation: bool = False


def read_order(data: QueryDict) -> Order:
    """Read the submit button. Raises ``ValueError`` when it names nothing."""
    if value := data.get("confirm"):
        return Order(unit_id=_unit_id(value), is_confirmation=True)
    value = data.get("save", "")
    if value in Batch:
        return Order(batch=Batch(value))
    return Order(unit_id=_unit_id(value))


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
    if row.figure is None or row.is_blocked or f"{prefix}-version" not in data:
        return
    row.form = StatementForm(data, prefix=prefix, initial=initial_of(row.figure))
    row.form.is_valid()
    row.version = row.form.cleaned_data.get("version", row.version)
    row.request_id = str(row.form.cleaned_data.get("request_id", row.request_id))


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
    if row.figure is not None and row.version == row.figure.version:
        return row.figure
    return AvailabilityEntry.objects.filter(unit=row.unit, version=row.version).first()


def _breakdown(row: EntryRow) -> Counts:
    """Counts to record with a valid row."""
    typed, shown = row.form.breakdown, _shown(row)
    if shown is None:
        return typed
    figure = row.form.cleaned_data["figure"]
    return carried_over(typed, figure, shown=counts_of(shown), shown_figure=shown.figure)


def targets(order: Order, rows: list[EntryRow]) -> list[EntryRow]:
    """Rows that the order is about, blocked ones left out."""
    sent = [row for row in rows if row.form.is_bound]
    if order.batch is Batch.ALL:
        return [row for row in sent if row.is_stated or not row.form.is_blank]
    if order.batch is Batch.CHANGED:
        return [row for row in sent if is_changed(row)]
    return [row for row in sent if row.unit.pk == order.unit_id]


def save_rows(order: Order, rows: list[EntryRow], *, by, scope) -> None:
    """Save the rows that ``order`` names, one transaction each; the others keep what was typed."""
    chosen = targets(order, rows)
    for row in chosen:
        save = confirm_row if order.is_confirmation else save_row
        save(row, by=by, scope=scope)
    for row in rows:
        if row.is_blocked and row.unit.pk == order.unit_id:
            row.outcome = Outcome.WRONG
        elif row.outcome is Outcome.SHOWN and is_changed(row):
            row.outcome = Outcome.PENDING
    _show_stored([row for row in rows if row.outcome in (Outcome.SAVED, Outcome.SHOWN) and row.form.is_bound])


def save_row(row: EntryRow, *, by, scope) -> None:
    """Record the row as typed."""
    if not row.form.is_valid():
        row.outcome = Outcome.WRONG
        return
    values = row.form.cleaned_data
    is_confirmed = values["confirmed"] == values["figure"]
    breakdown = _breakdown(row)
    row.is_breakdown_dropped = breakdown != row.form.breakdown
    _attempt(
        row,
        lambda: services.record_statement(
            unit_id=row.unit.pk,
            said=Statement(figure=values["figure"], counts=breakdown, comment=values["comment"]),
            expected_version=values["version"],
            request_id=values["request_id"],
            source=AvailabilityEntry.Source.WEB,
            by=by,
            scope=scope,
            now=row.now,
            is_confirmed=is_confirmed,
        ),
    )


def confirm_row(row: EntryRow, *, by, scope) -> None:
    """State the current figure again, whatever was typed in the row."""
    if {"version", "request_id"} & row.form.errors.keys():
        row.outcome = Outcome.WRONG
        return
    _attempt(
        row,
        lambda: services.confirm_unchanged(
            unit_id=row.unit.pk,
            expected_version=row.version,
            request_id=uuid.UUID(row.request_id),
            source=AvailabilityEntry.Source.WEB,
            by=by,
            scope=scope,
            now=row.now,
        ),
    )


def _attempt(row: EntryRow, act: Callable[[], AvailabilityEntry]) -> None:
    row.previous = row.figure.figure if row.figure else None
    try:
        act()
    except StatementError as error:
        row.outcome = Outcome.WRONG
        row.form.add_error(*explain(error, row.unit))
        row.question = question(error, row.unit)
        if isinstance(error, StaleFigure):
            # The next save is made knowingly: it carries the version of the figure now shown.
            row.figure, row.version, row.request_id = error.current, error.current.version, str(uuid.uuid4())
    else:
        row.outcome = Outcome.SAVED


def _show_stored(rows: list[EntryRow]) -> None:
    """Give rows that were saved or left alone their stored figure and fresh fields (one query)."""
    stored = CurrentFigure.objects.select_related("by").in_bulk([row.unit.pk for row in rows])
    for row in rows:
        row.figure = stored[row.unit.pk]
        row.version, row.request_id = row.figure.version, str(uuid.uuid4())
        row.form = StatementForm(prefix=prefix_of(row.unit), initial=initial_of(row.figure))
        row.__dict__.pop("freshness", None)
