"""A fiche as a record of the directory, in memory: what its page, its search line and its point will be.

Nothing is written. The lists of the record (terms, hours, référents) are given to it as if they had been read.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from directory.enums import ENTITY_TERM_LISTS, UNIT_TERM_LISTS, RecordKind
from directory.models import Commune, HoursException, RorReferent, Term, UnitTerm, WeeklyHours
from directory.records import without_outlines

from .form import shown_state
from .states import record_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from directory.snapshots import State

    from ..models import Fiche

NOT_STORED = 0  # key of a record in memory: relations of a record without a key cannot be read


def previewed(fiche: Fiche) -> tuple[Any, State]:
    """Record that the fiche will make, its lists read, and its state: two queries beyond those of the state."""
    state = shown_state(fiche)
    record = record_of(fiche)
    record.pk = record.pk or NOT_STORED
    record.address_shown = True
    if fiche.kind == RecordKind.UNIT:
        _give(record, unit_terms=_unit_terms(record, state), **_hours(record, state))
        if record.geographic_entity.pk is None:
            record.geographic_entity.pk = NOT_STORED
        record.derive()
    elif fiche.kind == RecordKind.GEOGRAPHIC_ENTITY:
        _give(record, terms=_terms(state, ENTITY_TERM_LISTS), referents=_referents(record, state))
    return record, state


def communes_of(state: State) -> list[Commune]:
    """Communes of the territory that a state names, in the order of a record page: one query."""
    codes = [row["id"] for row in state.get("intervention_communes") or []]
    found = Commune.objects.filter(pk__in=codes).select_related("department").defer(*without_outlines())
    return list(found.order_by("department__order", "key")) if codes else []


def _give(record: Any, **lists: Iterable[Any]) -> None:
    """Lists that the record answers with, as after a ``prefetch_related``."""
    record._prefetched_objects_cache = {name: list(rows) for name, rows in lists.items()}  # noqa: SLF001


def _terms(state: State, lists: Iterable[Any]) -> list[Term]:
    ids = {row["id"] for name in lists for row in state.get(str(name)) or []}
    return list(Term.objects.filter(pk__in=ids).select_related("parent")) if ids else []


def _unit_terms(record: Any, state: State) -> list[UnitTerm]:
    return [UnitTerm(unit_id=record.pk, term=term) for term in _terms(state, UNIT_TERM_LISTS)]


def _hours(record: Any, state: State) -> dict[str, list[Any]]:
    rows = state.get("weekly_hours") or []
    kinds = Term.objects.in_bulk({row["kind"]["id"] for row in rows if row["kind"]})
    weekly = [
        WeeklyHours(
            unit_id=record.pk,
            weekday=row["weekday"],
            opens_at=_time(row["opens_at"]),
            closes_at=_time(row["closes_at"]),
            kind=kinds.get(row["kind"]["id"]) if row["kind"] else None,
            valid_from=_day(row["valid_from"]),
            valid_until=_day(row["valid_until"]),
        )
        for row in rows
    ]
    special = [
        HoursException(
            unit_id=record.pk,
            starts_on=_day(row["starts_on"]),
            ends_on=_day(row["ends_on"]),
            is_closed=row["opens_at"] is None,
            opens_at=_time(row["opens_at"]),
            closes_at=_time(row["closes_at"]),
            label=row["label"],
        )
        for row in state.get("hours_exceptions") or []
    ]
    return {"weekly_hours": weekly, "hours_exceptions": special}


def _referents(record: Any, state: State) -> list[RorReferent]:
    rows = state.get("referents") or []
    return [RorReferent(geographic_entity_id=record.pk, position=rank, **row) for rank, row in enumerate(rows, start=1)]


def _time(text: str | None) -> datetime.time | None:
    return datetime.time.fromisoformat(text) if text else None


def _day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None
