"""What pages and mails show of error reports: titles, the list, what a block says now. No write here."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db.models import BooleanField, Case, ExpressionWrapper, F, IntegerField, Q, Value, When
from django.urls import reverse

from common import french

from .. import records
from ..blocks import BLOCKS, Row, filled_blocks
from ..enums import RecordKind
from ..history import KINDS
from ..models import ErrorReport, GeographicEntity, OperationalUnit
from ..permissions import handles_report, sees_contacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from ..scopes import Scope

WHOLE_RECORD = "Toute la fiche"
NOT_SHOWN = "Ces informations ne vous sont pas affichées, leur diffusion est restreinte. Vous pouvez les signaler."
HIDDEN_RECORD = "Une fiche qui ne vous est plus ouverte"
OPEN, ALL = "ouverts", "tous"
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    OPEN: ("À traiter", ErrorReport.OPEN_STATES),
    "signale": ("Signalé", (ErrorReport.State.NEW,)),
    "en-cours": ("En cours", (ErrorReport.State.IN_PROGRESS,)),
    "corrige": ("Corrigé", (ErrorReport.State.CORRECTED,)),
    "sans-suite": ("Sans suite", (ErrorReport.State.REJECTED,)),
    ALL: ("Tous", tuple(ErrorReport.State)),
}
AGES: dict[str, int] = {"1": 1, "3": 3, "7": 7, "30": 30}  # days
LARGEST_ID = 2**63 - 1


def block_title(kind: RecordKind, key: str) -> str:
    """Title of a block; « Toute la fiche » without one, the key itself when the record no longer has it."""
    if not key:
        return WHOLE_RECORD
    return next((block.title for block in BLOCKS[kind] if block.key == key), key)


def block_choices(kind: RecordKind) -> list[tuple[str, str]]:
    """What a report may be about, for a list of choices."""
    return [("", WHOLE_RECORD), *((block.key, block.title) for block in BLOCKS[kind])]


def whole_record(scope: Scope, kind: RecordKind, record_id: int) -> GeographicEntity | OperationalUnit:
    """EG or UO whole, inside ``visible_to(scope)``. Raises the model's ``DoesNotExist``."""
    if kind == RecordKind.UNIT:
        return records.find_unit(scope, record_id)
    return records.find_geographic_entity(scope, record_id)


def block_now(scope: Scope, record: Any, key: str) -> list[Row]:
    """Lines that the block shows to this person now; none when it is empty, or drawn otherwise (map, hours)."""
    if key == "adresse":
        return _address(record) if record.address_shown else []
    contacts = sees_contacts(scope, record) if isinstance(record, OperationalUnit) else True
    blocks = filled_blocks(KINDS[type(record)], record, contacts=contacts, address=record.address_shown)
    return next((block.rows for block in blocks if block.key == key), [])


def hidden_words(scope: Scope, record: Any, key: str) -> str:
    """Why the block shows nothing to this person though it may hold something, in French; empty otherwise."""
    contacts = sees_contacts(scope, record) if isinstance(record, OperationalUnit) else True
    refused = {guard for guard, shown in (("contacts", contacts), ("address", record.address_shown)) if not shown}
    if key == "adresse" and not record.address_shown:
        return NOT_SHOWN
    block = next((block for block in BLOCKS[KINDS[type(record)]] if block.key == key), None)
    guards = {block.guard, *(field.guard for field in block.fields)} if block else set()
    return NOT_SHOWN if guards & refused else ""


def _address(record: GeographicEntity | OperationalUnit) -> list[Row]:
    at = record.address_record if isinstance(record, OperationalUnit) else record
    assert at.commune is not None  # noqa: S101 - an address has one
    town = f"{at.postal_code or at.commune.first_postal_code} {at.commune.name}"
    lines = [at.street_line, at.address_complement, town]
    return [Row("Adresse", "text", ", ".join(line for line in lines if line), "")]


@dataclass(frozen=True)
class ReportFilter:
    """What the list is asked for; what cannot be read is left out."""

    state: str
    department: str = ""
    age: str = ""
    entity_id: int = 0
    unit_id: int = 0

    @classmethod
    def read(cls, parameters: Mapping[str, str], *, default: str) -> ReportFilter:
        """Read « etat », « departement », « age » (days), « eg », « uo »; ``default`` is the state without « etat »."""
        state, age = parameters.get("etat", ""), parameters.get("age", "")
        return cls(
            state=state if state in STATES else default,
            department=parameters.get("departement", "")[:3],
            age=age if age in AGES else "",
            entity_id=_read_id(parameters.get("eg", "")),
            unit_id=_read_id(parameters.get("uo", "")),
        )

    def apply(self, reports: QuerySet[ErrorReport], now: datetime.datetime) -> QuerySet[ErrorReport]:
        """Reports asked for."""
        reports = reports.filter(state__in=STATES[self.state][1])
        if self.department:
            reports = reports.filter(
                Q(geographic_entity__commune__department=self.department)
                | Q(unit__geographic_entity__commune__department=self.department)
            )
        if self.age:
            reports = reports.filter(reported_at__lte=now - datetime.timedelta(days=AGES[self.age]))
        if self.entity_id:
            reports = reports.filter(geographic_entity=self.entity_id)
        if self.unit_id:
            reports = reports.filter(unit=self.unit_id)
        return reports


def _read_id(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if number <= LARGEST_ID else 0


def in_order(reports: QuerySet[ErrorReport]) -> QuerySet[ErrorReport]:
    """Open ones first, the oldest before; then the closed ones, the newest before."""
    is_open = Q(state__in=ErrorReport.OPEN_STATES)
    rank = Case(When(is_open, then=Value(0)), default=Value(1), output_field=IntegerField())
    waiting = Case(When(is_open, then=F("reported_at")))
    return reports.order_by(rank, waiting, "-reported_at", "-pk")


def with_record(reports: QuerySet[ErrorReport], scope: Scope) -> QuerySet[ErrorReport]:
    """With what a line shows: the record, who filed it and who closed it.

    ``record_shown`` tells whether this person may open the record: whoever reported on one that was hidden since is
    not told its name any more.
    """
    units = OperationalUnit.objects.visible_to(scope).values("pk")
    entities = GeographicEntity.objects.visible_to(scope).values("pk")
    shown = ExpressionWrapper(Q(unit__in=units) | Q(geographic_entity__in=entities), output_field=BooleanField())
    people = reports.select_related("unit__geographic_entity", "geographic_entity", "reported_by", "closed_by")
    return people.annotate(record_shown=shown)


def shown_name(report: ErrorReport) -> str:
    """Name of the record of a report of ``with_record``, HIDDEN_RECORD when the reader may not open it."""
    return str(report.record) if getattr(report, "record_shown", False) else HIDDEN_RECORD


@dataclass(frozen=True)
class ShownReport:
    """One report as this person sees it at ``now``."""

    report: ErrorReport
    scope: Scope
    now: datetime.datetime

    @property
    def kind(self) -> RecordKind:
        return KINDS[type(self.report.record)]

    @property
    def code(self) -> str:
        """« EG » or « UO »."""
        return self.kind.value.upper()

    @property
    def name(self) -> str:
        """Name of the record, when this person may still open it."""
        return str(self.report.record) if self.may_handle else shown_name(self.report)

    @property
    def place(self) -> str:
        """Establishment of a unit; empty for an establishment, or when the unit is not shown."""
        unit = self.report.unit
        return unit.geographic_entity.name if unit and self.name != HIDDEN_RECORD else ""

    @property
    def block(self) -> str:
        return block_title(self.kind, self.report.block)

    @property
    def is_mine(self) -> bool:
        """Tell whether this person filed it."""
        return self.report.reported_by_id == self.scope.user_id

    @property
    def may_handle(self) -> bool:
        return handles_report(self.scope, self.report)

    @property
    def delay(self) -> str:
        """« ouvert depuis 3 jours », « clos en 9 h »."""
        if self.report.closed_at is None:
            return f"ouvert depuis {french.duration(self.now - self.report.reported_at)}"
        return f"clos en {french.duration(self.report.closed_at - self.report.reported_at)}"


def page_reports(request: HttpRequest, record: Any, open_reports: list[str]) -> dict[str, Any] | None:
    """What a record page shows of its reports: where to file one, which blocks are reported.

    ``open_reports``: reported blocks (``reports.services.open_blocks``). ``None`` for records that take none.
    """
    if not isinstance(record, GeographicEntity | OperationalUnit):
        return None
    kind = KINDS[type(record)]
    count = len(open_reports)
    mine = count and handles_report(request.scope, _about(record))
    return {
        "url": reverse("directory:report_error", kwargs={"kind": kind.value, "record_id": record.pk}),
        "blocks": set(open_reports),
        "titles": [block_title(kind, key) for key in sorted(set(open_reports))],
        "count": count,
        "list_url": reverse("reports:report_list") + "?" + urlencode({kind.value: record.pk}) if mine else "",
    }


def _about(record: GeographicEntity | OperationalUnit) -> ErrorReport:
    return ErrorReport(unit=record) if isinstance(record, OperationalUnit) else ErrorReport(geographic_entity=record)
