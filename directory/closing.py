"""Closing and reopening a record: what its pages say beforehand. The acts are ``services.update_record``.

A closure holds from the moment it is saved, so its date is today or earlier; a reopening is always somebody's act, the
date announced for it only informs (RG_EXP_043 to RG_EXP_046).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from common import french

from . import closures
from .enums import PublicationStatus
from .history import KINDS
from .models import GeographicEntity, LegalEntity, OperationalUnit, Structure
from .permissions import why_not_edit

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from .scopes import Scope

CLOSABLE: tuple[type, ...] = (LegalEntity, GeographicEntity, Structure, OperationalUnit)
NAMES_SHOWN = 30
NOUNS: dict[type, tuple[str, str]] = {
    GeographicEntity: ("établissement", "établissements"),
    Structure: ("structure", "structures"),
    OperationalUnit: ("unité opérationnelle", "unités opérationnelles"),
}


@dataclass(frozen=True)
class Level:
    """Records of one kind below a record: how many, the names of the first ones, how many more there are."""

    count: int
    noun: str
    names: list[str]

    @property
    def words(self) -> str:
        """« 3 unités opérationnelles »."""
        return f"{french.number(self.count)} {self.noun}"

    @property
    def left(self) -> int:
        """Records that are not named."""
        return self.count - len(self.names)


def closed_with(record: Any) -> list[Level]:
    """What the closure of ``record`` closes below it, by kind: two queries a kind."""
    return _levels(rows.exclude(status=PublicationStatus.CLOSED) for rows in closures.records_below(record))


def reopened_with(record: Any) -> list[Level]:
    """What the reopening of ``record`` brings back below it, by kind: two queries a kind."""
    return _levels(
        closures.closed_with(record, rows, closure_kind=record.closure_kind, closed_on=record.closed_on)
        for rows in closures.records_below(record)
    )


def _levels(below: Any) -> list[Level]:
    return [found for rows in below if (found := _level(rows)).count]


def _level(rows: QuerySet) -> Level:
    count = rows.count()
    names = list(rows.order_by("sort_name", "pk").values_list("name", flat=True)[:NAMES_SHOWN]) if count else []
    return Level(count, french.plural(count, *NOUNS[rows.model]), names)


def closed_above(record: Any) -> Any | None:
    """Highest closed record above ``record``, to be reopened before it (RG_EXP_044); ``None`` when all are open."""
    above: list[Any] = []
    if isinstance(record, OperationalUnit):
        above = [record.structure, record.geographic_entity, record.geographic_entity.legal_entity]
    elif isinstance(record, Structure):
        above = [record.parent, record.geographic_entity, record.geographic_entity.legal_entity]
    elif isinstance(record, GeographicEntity):
        above = [record.legal_entity]
    closed = [higher for higher in above if higher is not None and higher.is_closed]
    return closed[-1] if closed else None


def closure_url(scope: Scope, record: Any) -> str:
    """Address of the page that closes a record, or reopens it when it is closed; empty when this person may not."""
    if not isinstance(record, CLOSABLE) or why_not_edit(scope, record):
        return ""
    name = "record_reopen" if record.is_closed else "record_close"
    return reverse(f"directory:{name}", kwargs={"kind": str(KINDS[type(record)]), "record_id": record.pk})
