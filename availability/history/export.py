"""History of a unit's places as a workbook: statements, closures, calls of a period."""

import datetime
from collections.abc import Iterator

from common.french import moment
from common.xlsx import Sheet
from directory.models import OperationalUnit

from ..breakdown import COUNT_FIELDS
from ..groupings import COUNT_LABELS
from ..models import AvailabilityEntry, CallOutcome, CurrentFigure, PoolMembership, UnitClosure
from .sharing import memberships_of, statements_of
from .statements import IS_UNDONE, Line, Period, calls_known, closures_known, span_of

_COLUMNS = (
    ("Date de la saisie", 18),
    ("Places disponibles", 12),
    ("Écart", 8),
    ("Auteur", 24),
    ("Origine", 16),
    ("Nature", 40),
    ("Répartition", 50),
    *((COUNT_LABELS[name].capitalize(), 12) for name in COUNT_FIELDS),
    ("Commentaire", 60),
    ("Chiffre confirmé le", 18),
    ("Enregistrée le", 18),
    ("Lits mutualisés", 24),
)
_CLOSURES = (("Début", 18), ("Fin", 18), ("Motif", 24), ("Précision", 50))
_CALLS = (
    ("Date", 18),
    ("Suite de l’appel", 18),
    ("Motif du refus", 30),
    ("Places affichées", 12),
    ("Commentaire", 60),
    ("Par", 24),
    ("Unité appelée", 30),
)


def history_sheets(
    unit: OperationalUnit, *, period: Period, known: datetime.datetime, viewer_id: int, shows_calls: bool
) -> list[Sheet]:
    """Sheets of a period that ends at ``known``; the calls for those who state the unit alone."""
    figure: CurrentFigure | None = getattr(unit, "current_figure", None)
    start = None if period is Period.ALL else span_of(period, known).start
    memberships = memberships_of(unit, known)
    about = [
        ("Unité", unit.name),
        ("Établissement", unit.geographic_entity.name),
        ("Période", period.label),
        ("Du", start),
        ("Au", known),
        ("Places installées", figure.pool.installed_places if figure and figure.pool else unit.installed_places),
    ]
    sheets = [
        Sheet("Saisies", _COLUMNS, _statements(unit, memberships, start, known, viewer_id)),
        Sheet("Indisponibilités", _CLOSURES, _closures(closures_known(unit, known), start, known)),
    ]
    if shows_calls:
        calls = [call for call in calls_known(unit, memberships, known) if start is None or call.at >= start]
        sheets.append(Sheet("Suites d’appels", _CALLS, _calls(calls)))
    return [*sheets, Sheet("Période", (("Critère", 20), ("Valeur", 50)), about)]


def _statements(
    unit: OperationalUnit,
    memberships: list[PoolMembership],
    start: datetime.datetime | None,
    known: datetime.datetime,
    viewer_id: int,
) -> Iterator[tuple]:
    """Rows of statements, the last first: each waits for the one before it, whose figure gives the change."""
    found = statements_of(unit.pk, memberships).filter(recorded_at__lte=known).select_related("by", "unit", "pool")
    waiting: AvailabilityEntry | None = None
    for entry in found.annotate(is_undone=IS_UNDONE).iterator(chunk_size=500):
        if waiting is not None:
            yield _row(Line(waiting, unit, entry.figure if entry.pool_id == waiting.pool_id else None, viewer_id))
        waiting = entry
        if start is not None and entry.stated_at < start:
            return
    if waiting is not None:
        yield _row(Line(waiting, unit, None, viewer_id))


def _row(line: Line) -> tuple:
    entry = line.entry
    return (
        entry.stated_at,
        entry.figure,
        line.change,
        entry.by.display_name if entry.by else "",
        entry.get_source_display(),
        ", ".join(line.marks),
        line.sentence,
        *(getattr(entry, name) for name in COUNT_FIELDS),
        entry.comment,
        entry.confirmed_at,
        entry.recorded_at,
        entry.pool.name if entry.pool else "",
    )


def _closures(
    closures: list[UnitClosure], start: datetime.datetime | None, known: datetime.datetime
) -> Iterator[tuple]:
    for closure in closures:
        is_before = start is not None and closure.ends_at is not None and closure.ends_at < start
        if not is_before and closure.starts_at <= known:
            yield closure.starts_at, closure.ends_at, closure.get_reason_display(), closure.comment


def _calls(calls: list[CallOutcome]) -> Iterator[tuple]:
    for call in calls:
        yield (
            call.at,
            call.get_outcome_display(),
            call.reason,
            call.figure,
            call.comment,
            call.by.display_name,
            call.unit.name,
        )


def file_name(unit: OperationalUnit, known: datetime.datetime) -> str:
    """Name of the workbook: « historique-123-14-08-2024.xlsx »."""
    return f"historique-{unit.pk}-{moment(known)[:10].replace('/', '-')}.xlsx"
