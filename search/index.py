"""Writing the documents: a few at each write, in the writer's transaction, or all of them from nothing."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection, transaction

from . import index_sql as sql
from .models import TERM_TIERS


class Rebuilt(NamedTuple):
    """Documents there are after a rebuild."""

    units: int
    practitioners: int


def refresh_units(*, unit_ids: Iterable[int]) -> None:
    """Bring the documents of these units to the state of the tables, with all that shares an EG with them.

    The documents are locked first and read again after, so that a figure saved meanwhile is not lost.
    """
    with transaction.atomic():
        asked = sorted(set(unit_ids))
        around = sorted({*asked, *_ids(sql.UNITS_AROUND, ids=asked)})
        practitioners = sorted(set(_ids(sql.PRACTITIONERS_AROUND, ids=around)))
        _run(sql.LOCK_UNITS, ids=around)
        _run(sql.DELETE_UNITS, ids=around)
        _run(sql.UPSERT_UNITS, ids=around)
        if practitioners:
            refresh_practitioners(practitioner_ids=practitioners)


def refresh_practitioners(*, practitioner_ids: Iterable[int]) -> None:
    """Bring the documents of these practitioners to the state of the tables."""
    ids = sorted(set(practitioner_ids))
    with transaction.atomic():
        _run(sql.LOCK_PRACTITIONERS, ids=ids)
        _run(sql.DELETE_PRACTITIONERS, ids=ids)
        _run(sql.UPSERT_PRACTITIONERS, ids=ids)


def refresh_figures(*, unit_ids: Iterable[int]) -> None:
    """Copy the current figures of these units: the light update of each statement."""
    _run(sql.UPDATE_FIGURES, ids=sorted(set(unit_ids)))


def refresh_term(*, term_id: int) -> None:
    """Bring the spellings of a term, then the documents that carry it or a term below it, to the state of the tables."""
    with transaction.atomic():
        _write_keys(term_id)
        if units := list(_ids(sql.UNITS_OF_TERM, id=term_id)):
            refresh_units(unit_ids=units)
        if practitioners := list(_ids(sql.PRACTITIONERS_OF_TERM, id=term_id)):
            refresh_practitioners(practitioner_ids=practitioners)


def rebuild_all() -> Rebuilt:
    """Write every document and every spelling anew, in one transaction; readers see the old ones until its end.

    Writers of figures wait meanwhile.
    """
    with transaction.atomic():
        _run("LOCK TABLE search_searchdocument IN SHARE ROW EXCLUSIVE MODE")
        _write_keys(None)
        _run(sql.DELETE_UNITS, ids=None)
        _run(sql.UPSERT_UNITS, ids=None)
        _run(sql.DELETE_PRACTITIONERS, ids=None)
        _run(sql.UPSERT_PRACTITIONERS, ids=None)
    _run("ANALYZE search_searchdocument, search_termkey")
    return counts()


def counts() -> Rebuilt:
    """Documents of units and of practitioners."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE kind = 'uo'), count(*) FILTER (WHERE kind = 'pro') FROM search_searchdocument"
        )
        return Rebuilt(*cursor.fetchone())


def is_complete() -> bool:
    """Tell whether there is one document a published unit and practitioner, and spellings of the terms: a quick check."""
    with connection.cursor() as cursor:
        cursor.execute(sql.PUBLISHED_COUNTS)
        units, practitioners, spelled = cursor.fetchone()
    return bool(spelled) and counts() == (units, practitioners)


def _write_keys(term_id: int | None) -> None:
    _run(sql.DELETE_KEYS, id=term_id)
    _run(sql.INSERT_KEYS, id=term_id, lists=[name.value for tier in TERM_TIERS for name in tier])


def _run(statement: str, **parameters: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def _ids(statement: str, **parameters: object) -> Iterable[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]
