"""Why a statement was not recorded: typed, with the data that a page needs to say it in French."""

import uuid
from enum import StrEnum

from .breakdown import Share
from .models import CurrentFigure
from .permissions import Refusal


class StatementError(Exception):
    """Base of what ``record_statement`` raises; nothing was written."""


class StatementRefused(StatementError):
    """The person may not state this unit's places, or its entry is not open. ``refusal`` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


class StaleFigure(StatementError):
    """Somebody stated this unit since the page was shown. ``current`` is the newer figure."""

    def __init__(self, current: CurrentFigure) -> None:
        super().__init__(f"version {current.version}")
        self.current = current


class ContestedSince(StaleFigure):
    """Somebody called since the page was shown, and was told that there is no place left (``current.contested_at``)."""


class RequestReused(StatementError):
    """``request_id`` already names another statement."""

    def __init__(self, request_id: uuid.UUID) -> None:
        super().__init__(str(request_id))
        self.request_id = request_id


class FigureOutOfRange(StatementError):
    """The figure is negative or beyond any unit's size."""


class BreakdownBeyondFigure(StatementError):
    """The counts of ``share`` add up to more than ``figure``; the free places of the lines when it is ``None``."""

    def __init__(self, share: Share | None, figure: int) -> None:
        super().__init__(f"{share.value if share else 'lines'} > {figure}")
        self.share = share
        self.figure = figure


class OverCapacity(StatementError):
    """``figure`` is above the ``installed`` places: to be confirmed explicitly.

    ``is_of_lines``: it is the sum of all the place lines, free or not, and not the total.
    """

    def __init__(self, figure: int, installed: int, *, is_of_lines: bool = False) -> None:
        super().__init__(f"{figure} > {installed}")
        self.figure = figure
        self.installed = installed
        self.is_of_lines = is_of_lines


class UnlikelyRise(StatementError):
    """``figure`` rises a lot from ``previous``: perhaps a slip, to be confirmed once."""

    def __init__(self, figure: int, previous: int) -> None:
        super().__init__(f"{previous} → {figure}")
        self.figure = figure
        self.previous = previous


class NothingToConfirm(StatementError):
    """The unit was never stated: there is no figure to confirm."""


class UndoRefused(StatementError):
    """The statement cannot be taken back. ``why`` says the reason."""

    class Why(StrEnum):
        SAVED_SINCE = "saved_since"
        NOT_YOURS = "not_yours"
        TOO_LATE = "too_late"

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class UnitsNotGrouped(Exception):
    """Entry cannot be opened: the types of these units belong to no grouping. ``unit_ids`` names them."""

    def __init__(self, unit_ids: list[int]) -> None:
        super().__init__(f"{len(unit_ids)} units")
        self.unit_ids = unit_ids


class OpeningRefused(Exception):
    """The person may not open or close these units to entry. ``unit_ids`` names them."""

    def __init__(self, unit_ids: list[int]) -> None:
        super().__init__(f"{len(unit_ids)} units")
        self.unit_ids = unit_ids


class CrisisRefused(Exception):
    """The person may not switch crisis mode."""
