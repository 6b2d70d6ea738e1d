"""A publication that PostgreSQL stops because another writer and it wait for each other is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from django.db import OperationalError, connection

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 3


class PublicationBusy(Exception):
    """Other writers were met at each attempt: nothing is published, and it may be asked again."""


def attempted[Result](act: Callable[[], Result]) -> Result:
    """Do ``act``, which holds its own transaction, up to ATTEMPTS times; raise ``PublicationBusy`` when all were met.

    Inside a transaction it is done once: only who opened that one can try again.
    """
    if connection.in_atomic_block:
        return act()
    met = None
    for _ in range(ATTEMPTS):
        try:
            return act()
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.DeadlockDetected):
                raise
            met = error
    raise PublicationBusy from met
