"""All the results of a search as a file: one line a UO or practitioner, in the order of the screen (spec 40).

The file is sent while it is read: memory stays flat, and whoever closes the page stops the query. It is read in one
read-only transaction of its own; a statement that lasts, or a reader who takes nothing any more, ends it.
"""

import datetime
from array import array
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import batched, groupby
from typing import Any

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import AuditEntry, User
from accounts.roles import Permission
from accounts.services import log_action
from availability import uses
from common.csv_stream import CSV_TYPE, stream_csv
from common.french import NBSP, french_spaces, number
from common.geo import Point, distance_km
from common.middleware import read_only_transaction
from common.xlsx import XLSX_TYPE, Sheet
from common.xlsx_stream import stream_workbook
from directory.enums import Confidentiality
from directory.models import OperationalUnit
from directory.scopes import Scope

from ..criteria import SearchCriteria
from ..criteria_words import labels_of, words_of
from ..engine.fit import judge_shown
from ..engine.outcome import Outcome
from ..engine.query import DocumentRow, iter_rows
from ..results.figures import NO_NOTE, notes_of, unit_count
from ..results.reading_words import aside_words, dropped_words, understood
from ..routing.services import kept_minutes
from .columns import DETAILS, Details, Line, columns, explanations, values

CONTENT_TYPES = {"xlsx": XLSX_TYPE, "csv": CSV_TYPE}
PER_PERSON, IN_ALL = 2, 4  # exports running at once; the service has two processes of four threads
_LOCKS = 0x524F5258  # any number of our own: first key of the advisory locks of running exports
_LONGEST_STATEMENT, _LONGEST_PAUSE = "30s", "60s"
_AT_ONCE = 500  # lines whose contacts are read by one query
_USES_AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True)
class Order:
    """An export to make. ``format``: « xlsx » or « csv »; ``base_url``: of the site; ``query``: told to the log."""

    criteria: SearchCriteria
    format: str
    scope: Scope
    now: datetime.datetime
    by: User
    base_url: str
    query: str = ""
    request_ip: str | None = None

    @property
    def with_needs(self) -> bool:
        return self.criteria.has_needs


@dataclass
class Tally:
    """What was written so far. ``unit_ids``: eight bytes each, however many there are."""

    establishments: int = 0
    practitioners: int = 0
    unit_ids: array[int] = field(default_factory=lambda: array("q"))

    @property
    def units(self) -> int:
        return len(self.unit_ids)


def refusal(user_id: int) -> str:
    """Why this person may not start an export now, in French; empty when nothing is in the way. One query.

    Two exports asked for in the same instant may both pass: it keeps threads for the others, it is not a right.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE objid = %s), count(*) FROM pg_locks WHERE locktype = 'advisory'"
            " AND classid = %s AND objsubid = 2"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            [user_id, _LOCKS],
        )
        own, everybody = cursor.fetchone()
    if own >= PER_PERSON:
        return "Vous avez déjà demandé des exports qui ne sont pas finis. Attendez leur fin, ou annulez-les."
    if everybody >= IN_ALL:
        return "Plusieurs exports sont déjà en cours dans le ROR. Le vôtre pourra commencer dans un instant."
    return ""


def stream_export(order: Order) -> Iterator[bytes]:
    """Log the export, then yield the bytes of the file. Closing the iterator ends its query and its transaction."""
    log_action(
        action=AuditEntry.Action.EXPORTED,
        actor=order.by,
        target="Résultats de recherche",
        request_ip=order.request_ip,
        details={"what": "search", "format": order.format, "query": order.query[:1000]},
    )
    tally = Tally()
    with read_only_transaction():
        _announce(order.by.pk)
        outcome, rows = iter_rows(order.criteria, order.scope, order.now)
        with closing(rows), closing(_lines(order, outcome, rows, tally)) as lines:
            yield from _file(order, outcome, lines, tally)
    for some in batched(tally.unit_ids, _USES_AT_ONCE):
        uses.count_exports(some)
        uses.write_due()


def _announce(user_id: int) -> None:
    """Let ``refusal`` see this export, and set what ends it. Both end with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock_shared(%s, %s), set_config('statement_timeout', %s, true),"
            " set_config('idle_in_transaction_session_timeout', %s, true)",
            [_LOCKS, user_id, _LONGEST_STATEMENT, _LONGEST_PAUSE],
        )


def _file(order: Order, outcome: Outcome, lines: Iterator[Line], tally: Tally) -> Iterator[bytes]:
    has_start = outcome.has_start
    shown = columns(with_needs=order.with_needs)
    cells = (values(line, has_start=has_start, with_needs=order.with_needs) for line in lines)
    if order.format == "csv":
        yield from stream_csv([title for title, _ in shown], cells)
        return
    criteria = Sheet("Critères", [("Critère", 34), ("Valeur", 90)], _criteria(order, outcome, tally))
    yield from stream_workbook([Sheet("Résultats", shown, cells), criteria])


def _lines(order: Order, outcome: Outcome, rows: Iterable[DocumentRow], tally: Tally) -> Generator[Line]:
    """Lines in the order of ``rows``, counted in ``tally`` as they pass."""
    addresses = {
        view: order.base_url.rstrip("/") + reverse(f"directory:{view}", args=[0]).removesuffix("0/")
        for view in ("unit_detail", "practitioner_detail")
    }
    start = outcome.place.point if outcome.place else None
    for some in batched(_counted(rows, start, tally), _AT_ONCE):
        ids = [row.unit_id for row, _, _ in some if row.unit_id]
        details, notes = _details(ids, order.scope), notes_of(ids, order.now)
        judgements = judge_shown(ids, order.criteria, order.scope, order.now)
        routed = kept_minutes(start, {point for _, _, point in some if point}) if start else {}
        for row, found, point in some:
            is_unit = row.unit_id is not None
            note = notes.get(row.unit_id or 0, NO_NOTE)
            yield Line(
                row=row,
                found=found,
                url=addresses["unit_detail"] + f"{row.unit_id}/"
                if is_unit
                else addresses["practitioner_detail"] + f"{-row.group_id}/",
                routed_minutes=routed.get(point) if point else None,
                count=unit_count(row, order.now, note) if is_unit else None,
                note=note,
                judgement=judgements.get(row.unit_id or 0),
                details=details.get(row.unit_id or 0),
            )


def _counted(
    rows: Iterable[DocumentRow], start: Point | None, tally: Tally
) -> Iterator[tuple[DocumentRow, int, Point | None]]:
    """Each row with the number of those of its establishment, which stand together, and the place of it nearest."""
    for group_id, together in groupby(rows, key=lambda row: row.group_id):
        found = list(together)
        if group_id < 0:
            tally.practitioners += 1
        else:
            tally.establishments += 1
            tally.unit_ids.extend(row.unit_id or 0 for row in found)
        nearest = _nearest(found, start) if start else None
        yield from ((row, len(found), nearest) for row in found)


def _nearest(rows: Iterable[DocumentRow], start: Point) -> Point | None:
    """The nearest of the places of these rows that may be told."""
    points = {Point(row.lat, row.lon) for row in rows if row.lat is not None and row.lon is not None}
    return min(points, key=lambda point: distance_km(start, point), default=None)


def _details(unit_ids: list[int], scope: Scope) -> dict[int, Details]:
    """What a line reads of the records of these units. One query."""
    entitled = scope.coverage(Permission.SENSITIVE_READ).units_q()
    told = ~Q(contact_confidentiality=Confidentiality.VERY_RESTRICTED) | entitled
    found = OperationalUnit.objects.filter(pk__in=unit_ids).annotate(
        shows_contacts=ExpressionWrapper(told, BooleanField()),
        commune_name=Coalesce("commune__name", "geographic_entity__commune__name"),
    )
    return {row[0]: Details(*row) for row in found.order_by().values_list(*DETAILS)}


def _criteria(order: Order, outcome: Outcome, tally: Tally) -> Iterator[tuple[str, Any]]:
    """What was asked, when, how many were found and what the columns mean; read once all lines are written."""
    criteria = order.criteria.measured(has_start=outcome.has_start).replaced(sort=outcome.sort)
    yield "Recherche faite le", order.now
    yield "Par", order.by.display_name
    yield from words_of(criteria, labels_of(criteria))
    if outcome.place:
        yield "Point de départ" if outcome.place.point else "Lieu", outcome.place.label
    if outcome.radius_km and not criteria.distance_km:
        yield "Distance choisie par le ROR", f"{number(outcome.radius_km)}{NBSP}km au plus"
    if (reading := outcome.reading) and (reading.place or reading.dropped or reading.aside or reading.counted):
        yield "Compris", understood(reading)
        if reading.dropped:
            yield "Mots laissés de côté", dropped_words(reading)
        if reading.aside or reading.counted:
            yield "Laissé de côté", aside_words(reading)
    if outcome.correction:
        yield "Orthographe corrigée", outcome.correction.text
    for warning in criteria.warnings:
        yield "À savoir", warning
    yield "Établissements", tally.establishments
    yield "UO", tally.units
    if tally.practitioners:
        yield "Professionnels", tally.practitioners
    yield "Lignes de la feuille Résultats", tally.units + tally.practitioners
    for label, text in explanations(outcome, with_needs=order.with_needs):
        yield label, french_spaces(text)
    yield "Revoir cette recherche", f"{order.base_url.rstrip('/')}{reverse('search:results')}?{criteria.to_query()}"
