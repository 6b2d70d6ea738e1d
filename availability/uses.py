"""How often units are looked at and exported, per unit and day, without saying by whom (spec 20, What my data did).

A GET writes nothing: uses are kept in this process, and added to ``UnitUse`` by one statement once an answer has been
sent, every ``FLUSH_EVENTS`` uses or ``FLUSH_DELAY``. A process that stops may lose the last ones, never more: they are
an order of size, not accounts. No page waits for it, nor fails by it.
"""

import datetime
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.signals import request_finished
from django.db import Error, connection
from django.utils import timezone

logger = logging.getLogger(__name__)

FLUSH_EVENTS = 200  # uses kept before they are written
FLUSH_DELAY = 60.0  # seconds that a use waits at most, in a process that answers
LARGEST_BUFFER = 50_000  # units of a day: beyond, the database being away, further ones are not counted

Key = tuple[int, datetime.date]

_ADD = """
INSERT INTO availability_unituse (unit_id, day, views, exports)
SELECT used.unit_id, used.day, used.views, used.exports
FROM unnest(%s::bigint[], %s::date[], %s::integer[], %s::integer[]) AS used(unit_id, day, views, exports)
JOIN directory_operationalunit unit ON unit.id = used.unit_id
ORDER BY used.unit_id, used.day
ON CONFLICT (unit_id, day) DO UPDATE
SET views = availability_unituse.views + EXCLUDED.views, exports = availability_unituse.exports + EXCLUDED.exports
"""


class Buffer:
    """Uses not written yet, shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._views: Counter[Key] = Counter()
        self._exports: Counter[Key] = Counter()
        self._since = 0.0

    def add(self, unit_ids: Iterable[int], *, is_export: bool) -> None:
        """Count one use of each unit, on today's page of Paris."""
        day = timezone.localdate()
        with self._lock:
            if not self._views and not self._exports:
                self._since = time.monotonic()
            if len(self._views) + len(self._exports) < LARGEST_BUFFER:
                (self._exports if is_export else self._views).update((unit_id, day) for unit_id in unit_ids)

    def is_due(self) -> bool:
        """Tell whether there is enough, or old enough, to be written."""
        kept = len(self._views) + len(self._exports)
        return kept >= FLUSH_EVENTS or (kept > 0 and time.monotonic() - self._since >= FLUSH_DELAY)

    def take(self) -> list[tuple[int, datetime.date, int, int]]:
        """Empty it: (unit, day, views, exports) in order."""
        with self._lock:
            views, exports = self._views, self._exports
            self._views, self._exports = Counter(), Counter()
        return [(*key, views[key], exports[key]) for key in sorted({*views, *exports})]


_buffer = Buffer()


def count_views(unit_ids: Iterable[int]) -> None:
    """Count that somebody read these units. Never raises, no query."""
    if settings.COUNT_UNIT_USES:
        _buffer.add(unit_ids, is_export=False)


def count_exports(unit_ids: Iterable[int]) -> None:
    """Count that somebody exported these units. Never raises, no query."""
    if settings.COUNT_UNIT_USES:
        _buffer.add(unit_ids, is_export=True)


def flush() -> int:
    """Add what is kept to ``UnitUse``; return the number of units and days written. One statement, none when empty."""
    used = _buffer.take()
    if used:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(column) for column in zip(*used, strict=True)])
    return len(used)


def connect() -> None:
    """Write from time to time, once an answer has been sent."""
    request_finished.connect(_after_answer, dispatch_uid="availability.uses")


def _after_answer(sender: Any, **kwargs: Any) -> None:
    write_due()


def write_due() -> None:
    """Write what is due, outside a read-only transaction. What the database refuses is lost, and said in the log."""
    if not _buffer.is_due():
        return
    is_own = not connection.in_atomic_block
    try:
        flush()
    except Error:
        logger.exception("uses of units were not written")
    finally:
        if is_own:
            connection.close()  # the connection of the request was given back before this
