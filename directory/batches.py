"""Acts on many records in one transaction: locked and read together, told to the higher apps once (spec 30).

The acts themselves are ``services.RecordEdit``, as for one record; only what they read and what they announce is put in
common, so that the queries do not grow with the records but for the writing of each.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError
from django.db.models import Q

from . import closures
from .history import KINDS
from .models import GeographicEntity, LegalEntity, OperationalUnit, Practitioner, RecordChange, Structure
from .services import give_national_id
from .signals import entities_changed, practitioners_changed, units_changed
from .snapshots import load_related, states_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from .services import RecordEdit
    from .snapshots import State

BATCH = 500  # rows of one INSERT
TOP_DOWN: tuple[type, ...] = (LegalEntity, GeographicEntity, Structure, OperationalUnit)
Key = tuple[type, int]


class RefusedByDatabase(Exception):
    """The database refused to write ``record``: ``error`` names the constraint."""

    def __init__(self, record: Any, error: IntegrityError) -> None:
        super().__init__(str(error))
        self.record, self.error = record, error


def lock_records(ids: Mapping[type, Collection[int]]) -> dict[Key, Any]:
    """Lock records of several models until the end of the transaction; those that do not exist are absent.

    From the EJs down to the UOs and by key, as a closure does: two acts on many records never wait for each other.
    """
    found: dict[Key, Any] = {}
    for model in TOP_DOWN:
        if wanted := ids.get(model):
            # Without a join: a row that had to be waited for would lose what it was joined to.
            rows = model.objects.filter(pk__in=wanted).select_for_update(of=("self",), no_key=True).order_by("pk")
            found |= {(model, row.pk): row for row in rows}
    load_related(found.values())
    return found


def states_by_key(records: Iterable[Any], lists: Mapping[type, Collection[str]]) -> dict[Key, State]:
    """States of stored records of several models, with the lists named for each model."""
    return {
        (model, pk): state
        for model, rows in _by_model(records).items()
        for pk, state in states_of(rows, lists.get(model, ())).items()
    }


def write_edits(edits: Sequence[RecordEdit], lists: Mapping[type, Collection[str]]) -> list[RecordChange]:
    """Finish edits whose lists are written: the records, then their history; return its lines.

    ``lists`` are those that the ``before`` of the edits hold. Closures go down once all the records are written, so
    that a record closed by its own edit keeps its own line. Nothing is announced yet. Raises ``RefusedByDatabase``.
    """
    for edit in edits:
        give_national_id(edit.record)
    after = states_by_key([edit.record for edit in edits], lists)
    written = []
    for edit in edits:
        with naming(edit.record):
            written.append((edit, edit.keep(after[type(edit.record), edit.record.pk])))
    done = [(edit, line) for edit, line in written if line is not None]
    lines = RecordChange.objects.bulk_create([line for _, line in done], batch_size=BATCH)
    for edit, line in done:
        edit.cascade(line)
    return lines


@contextlib.contextmanager
def naming(record: Any) -> Iterator[None]:
    """Raise ``RefusedByDatabase`` for ``record`` when the database refuses what is written inside."""
    try:
        yield
    except IntegrityError as error:
        raise RefusedByDatabase(record, error) from error


def announce_all(records: Iterable[Any]) -> None:
    """Tell once which EGs, units and practitioners the changes of ``records`` touch, as ``services.announce`` each."""
    rows = _by_model(records)
    keys = {model: sorted({row.pk for row in of_model}) for model, of_model in rows.items()}
    entities = keys.get(GeographicEntity, [])
    touched = Q(pk__in=keys.get(OperationalUnit, ())) | Q(geographic_entity__in=entities)
    for structure in rows.get(Structure, ()):
        touched |= Q(pk__in=closures.records_below(structure)[-1].values("pk"))
    units = list(OperationalUnit.objects.filter(touched).order_by("pk").values_list("pk", flat=True))
    if units:
        units_changed.send(sender=OperationalUnit, unit_ids=units)
    if entities:
        entities_changed.send(sender=GeographicEntity, entity_ids=entities)
    there = Q(cpts__in=entities) | Q(places__geographic_entity__in=entities)
    if entities and (people := list(Practitioner.objects.filter(there).distinct().values_list("pk", flat=True))):
        practitioners_changed.send(sender=GeographicEntity, practitioner_ids=sorted(people))


def _by_model(records: Iterable[Any]) -> dict[type, list[Any]]:
    found: dict[type, list[Any]] = {}
    for record in records:
        if type(record) in KINDS:
            found.setdefault(type(record), []).append(record)
    return found
