"""Several hands at once, over real transactions: what the tests of concurrency share."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

HANDS = 4


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """``at_once(act, hands=HANDS)``: call ``act(number)`` in threads that start together; what each returned, in order.

    Each thread leaves its connections closed. What an act raises is raised again. For tests over real transactions
    (``django_db(transaction=True)``): threads see nothing of a test's own transaction.
    """

    def run(act: Callable[[int], Any], hands: int = HANDS) -> list[Any]:
        start = Barrier(hands)

        def one(number: int) -> Any:
            try:
                start.wait(30)
                return act(number)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(hands) as pool:
            return list(pool.map(one, range(hands)))

    return run
