"""Writing the documents: a few at each write, in the writer's transaction, or all of them from nothing."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import connection, transaction

from common.reference import Loaded

from ..models import SMALL_WORDS, TERM_TIERS, SearchDocument, TermKey
from . import documents_sql as sql
from . import words_sql as words


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
        entities = _ids(sql.ENTITIES_OF, ids=asked)
        around = sorted({*asked, *_ids(sql.UNITS_IN, entities=entities)})
        _run(sql.LOCK_UNITS, ids=around)
        _run(sql.DELETE_UNITS, ids=around)
        _run(sql.UPSERT_UNITS, ids=around)
        _run(words.ADD_WORDS_OF_UNITS, ids=around)
        refresh_entities(entity_ids=entities)
        if practitioners := _ids(sql.PRACTITIONERS_IN, entities=entities):
            refresh_practitioners(practitioner_ids=practitioners)


def refresh_practitioners(*, practitioner_ids: Iterable[int]) -> None:
    """Bring the documents of these practitioners to the state of the tables."""
    ids = sorted(set(practitioner_ids))
    with transaction.atomic():
        _run(sql.LOCK_PRACTITIONERS, ids=ids)
        _run(sql.DELETE_PRACTITIONERS, ids=ids)
        _run(sql.UPSERT_PRACTITIONERS, ids=ids)
        _run(words.WRITE_PRACTITIONERS, ids=ids)
        _run(words.ADD_WORDS_OF_PRACTITIONERS, ids=ids)


def refresh_entities(*, entity_ids: Iterable[int]) -> None:
    """Bring the suggestions of these EGs to the state of the tables; their documents follow their units."""
    ids = sorted(set(entity_ids))
    with transaction.atomic():
        _run(words.WAIT_FOR_REBUILD)
        _run(words.WRITE_ENTITIES, ids=ids)
        _run(words.ADD_WORDS_OF_ENTITIES, ids=ids)


def refresh_figures(*, unit_ids: Iterable[int]) -> None:
    """Copy the current figures of these units: the light update of each statement."""
    _run(sql.UPDATE_FIGURES, ids=sorted(set(unit_ids)))


def refresh_term(*, term_id: int) -> None:
    """Bring a term's spellings and suggestion, and the documents that carry it or a term below it, up to date."""
    with transaction.atomic():
        _run(words.WAIT_FOR_REBUILD)
        _write_keys(term_id)
        _run(words.WRITE_TERMS, ids=[term_id])
        _run(words.ADD_WORDS_OF_TERMS, ids=[term_id])
        if units := _ids(sql.UNITS_OF_TERM, id=term_id):
            refresh_units(unit_ids=units)
        if practitioners := _ids(sql.PRACTITIONERS_OF_TERM, id=term_id):
            refresh_practitioners(practitioner_ids=practitioners)


def rebuild_all() -> Rebuilt:
    """Write every document, spelling, suggestion and word anew, in one transaction.

    Readers see the old ones until its end; writers of figures wait meanwhile.
    """
    with transaction.atomic():
        _run(words.HELD_WHILE_REBUILT)
        _write_keys(None)
        _run(sql.DELETE_UNITS, ids=None)
        _run(sql.UPSERT_UNITS, ids=None)
        _run(sql.DELETE_PRACTITIONERS, ids=None)
        _run(sql.UPSERT_PRACTITIONERS, ids=None)
        _rebuild_words()
    _run("ANALYZE search_searchdocument, search_termkey, search_suggestion, search_lexiconword")
    return counts()


def _rebuild_words() -> None:
    _run(words.EMPTY_LEXICON)
    for statement in (
        *(words.WRITE_TERMS, words.WRITE_ENTITIES, words.WRITE_PRACTITIONERS),
        *(words.ADD_WORDS_OF_TERMS, words.ADD_WORDS_OF_ENTITIES, words.ADD_WORDS_OF_UNITS),
        words.ADD_WORDS_OF_PRACTITIONERS,
    ):
        _run(statement, ids=None)
    _run(words.MARK_COMMON)


def counts() -> Rebuilt:
    """Documents of units and of practitioners."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FILTER (WHERE kind = 'uo'), count(*) FILTER (WHERE kind = 'pro')"
            " FROM search_searchdocument"
        )
        return Rebuilt(*cursor.fetchone())


def is_complete() -> bool:
    """Tell whether there are as many documents as published records, spellings and suggestions: a quick check."""
    with connection.cursor() as cursor:
        cursor.execute(sql.PUBLISHED_COUNTS)
        units, practitioners, spelled, suggested = cursor.fetchone()
    return bool(spelled) and suggested == practitioners and counts() == (units, practitioners)


def load_spellings() -> Iterator[Loaded]:
    """Bring the spellings of every searchable term to the state of the nomenclatures (a loader of reference data).

    When some are new, the documents hold the old ones: they are written anew.
    """
    written = _write_keys(None)
    _run(words.WRITE_TERMS, ids=None)
    _run(words.ADD_WORDS_OF_TERMS, ids=None)
    if written and SearchDocument.objects.exists():
        rebuild_all()
    created = sum(written)
    yield Loaded("Orthographes des termes", TermKey.objects.count(), created, len(written) - created)


def _write_keys(term_id: int | None) -> list[bool]:
    """Write the spellings of one term or of all: for each row touched, whether it is new."""
    lists = [name.value for tier in TERM_TIERS for name in tier]
    with connection.cursor() as cursor:
        cursor.execute(sql.WRITE_KEYS, {"id": term_id, "lists": lists, "small": sorted(SMALL_WORDS)})
        return [is_new for (is_new,) in cursor.fetchall()]


def _run(statement: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)


def _ids(statement: str, **parameters: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]
