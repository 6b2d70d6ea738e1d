"""Reference data: what every installation needs before its first record (``manage.py load_reference``).

An app registers its loader in ``AppConfig.ready()``; a higher ``order`` runs later and may rely on the lower ones::

    reference.register(load_groupings, order=30)
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import models


@dataclass(frozen=True)
class Loaded:
    """What a loader did with one table: rows of the reference, rows added, rows changed."""

    label: str
    total: int
    created: int
    changed: int


Loader = Callable[[], Iterable[Loaded]]


class _Entry(NamedTuple):
    order: int
    loader: Loader


_entries: list[_Entry] = []


def register(loader: Loader, *, order: int) -> None:
    """Add a loader. It must be repeatable: a second run changes nothing."""
    entry = _Entry(order, loader)
    if entry not in _entries:
        _entries.append(entry)


def loaders() -> list[Loader]:
    """Every loader, in its order."""
    return [entry.loader for entry in sorted(_entries, key=lambda entry: entry.order)]


def sync_rows(
    manager: models.Manager,
    label: str,
    rows: Collection[Mapping[str, Any]],
    *,
    key: tuple[str, ...],
    keep: Callable[[Any], bool] = lambda existing: False,
) -> Loaded:
    """Make the table hold ``rows``, found by their ``key`` fields; rows it holds besides are left alone.

    ``rows`` map field names to values (``<name>_id`` for a foreign key). An existing row for which ``keep`` is true is
    not changed: a person has edited it. Three statements at most, whatever the number of rows.
    """
    existing = {tuple(getattr(one, name) for name in key): one for one in manager.all()}
    fields = [name for name in next(iter(rows), {}) if name not in key]
    created, changed = [], []
    for row in rows:
        found = existing.get(tuple(row[name] for name in key))
        if found is None:
            created.append(manager.model(**row))
        elif not keep(found) and any(getattr(found, name) != row[name] for name in fields):
            for name in fields:
                setattr(found, name, row[name])
            changed.append(found)
    manager.bulk_create(created, batch_size=500)
    if changed:
        manager.bulk_update(changed, fields, batch_size=500)
    return Loaded(label, len(rows), len(created), len(changed))
