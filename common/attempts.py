"""An act that PostgreSQL stops because another writer and it wait for each other is tried again, whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 3
BUSY = (
    "Rien n’est enregistré\u00a0: d’autres personnes modifient en ce moment les mêmes fiches. "
    "Réessayez dans un instant."
)


def busy() -> ValidationError:
    """What a person is told when other writers were met at each attempt."""
    return ValidationError(BUSY, code="busy")


def attempted[Result](act: Callable[[], Result], *, failure: Callable[[], Exception] = busy) -> Result:
    """Do ``act``, which holds its own transaction, up to ATTEMPTS times; raise ``failure`` when all met other writers.

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
    raise failure() from met
