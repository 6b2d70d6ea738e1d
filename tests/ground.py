"""Rows that many tests start from, laid once and kept under them in a transaction that none of them can leave.

A test that asks for ``world`` or ``cast`` finds those rows already there: its own transaction is a savepoint above
them, so that whatever it writes is undone, and it gets copies of the objects. Any other test finds empty tables.
"""

import pickle
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction

OLDEST = 10  # seconds: rows are dated from the moment they are laid, and tests speak of « an hour ago »


def layers_of(item: pytest.Item) -> int:
    """How many layers lie under a test: 0 nothing, 1 the world, 2 the world and its cast.

    A test that sees real transactions lays its own rows: what it commits is emptied after it.
    """
    fixtures = getattr(item, "fixturenames", ())
    if is_transactional(item) or "world" not in fixtures:
        return 0
    return 2 if "cast" in fixtures else 1


def is_transactional(item: pytest.Item) -> bool:
    """Tell whether a test sees real transactions, and has its tables emptied afterwards."""
    marker = item.get_closest_marker("django_db")
    fixtures = getattr(item, "fixturenames", ())
    return bool(marker and marker.kwargs.get("transaction")) or bool({"transactional_db", "live_server"} & {*fixtures})


def gather(items: list[pytest.Item]) -> None:
    """Put tests of the same ground side by side, after those of empty tables and before those that empty them."""
    layers = {item: layers_of(item) for item in items}
    others = [item for item in items if not layers[item]]
    last = next((rank for rank, item in enumerate(others) if is_transactional(item)), len(others))
    grounded = sorted((item for item in items if layers[item]), key=layers.__getitem__)
    items[:] = [*others[:last], *grounded, *others[last:]]


class Ground:
    """Layers of rows, each in a savepoint of its own above the one below."""

    def __init__(self, *builders: Callable[..., SimpleNamespace]) -> None:
        self.builders = builders
        self.atomics: list[Any] = []
        self.built: list[SimpleNamespace] = []
        self.kept = b""
        self.laid_at = 0.0
        self.raw: Any = None

    def make_room(self, layers: int) -> None:
        """Undo the layers that the next test does not want, or all when they are too old or their connection is lost.

        It comes before any fixture: one of a whole module may open a transaction of its own.
        """
        is_lost = self.raw is not connection.connection or connection.needs_rollback
        if is_lost or time.monotonic() - self.laid_at > OLDEST:
            layers = 0
        if self.atomics and not connection.in_atomic_block:  # their transaction is over, and their rows with it
            connection.close()
            self.atomics.clear()
            layers = 0
        while len(self.atomics) > layers:
            transaction.set_rollback(True)
            self.atomics.pop().__exit__(None, None, None)
        del self.built[layers:]

    def lay(self, layers: int) -> None:
        """Add the layers that are missing; each is built from those below."""
        if not self.built:
            self.laid_at = time.monotonic()
        for build in self.builders[len(self.built) : layers]:
            atomic = transaction.atomic()
            atomic._from_testcase = True
            atomic.__enter__()
            self.atomics.append(atomic)
            self.built.append(build(*self.built))
            connection.check_constraints()  # nothing is left for the end of a transaction that never ends
        self.raw = connection.connection
        self.kept = pickle.dumps(self.built)

    def objects(self) -> list[SimpleNamespace]:
        """Copies of what each layer holds: a test may change them."""
        return pickle.loads(self.kept)
