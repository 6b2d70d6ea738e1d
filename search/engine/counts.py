"""What several searches would find, in one query."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from .conditions import Asked
from .statement import Statement, count_statement


class Lines(NamedTuple):
    """How many lines a search finds: establishments and practitioners together, and practitioners alone."""

    total: int
    practitioners: int


NO_LINE = Lines(0, 0)


def count_lines(searches: Sequence[Asked], *, longest: str = "") -> list[Lines]:
    """Lines of each search, in their order: one query.

    ``longest``: time it may take (« 600ms »), after which every count is 0: inside a transaction.
    """
    if not searches:
        return []
    statement, parameters = counts_statement(searches)
    if longest:
        counts = _timed(statement, parameters | {"longest": longest})
        return lines_counted(counts) or [NO_LINE] * len(searches)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return lines_counted(cursor.fetchone())


def lines_counted(row: Sequence[Sequence[int]]) -> list[Lines]:
    """The lines of each search, from the row of ``counts_statement``. Pure."""
    return [Lines(*pair) for pair in row]


def counts_statement(searches: Sequence[Asked]) -> Statement:
    """One row, for ``lines_counted``."""
    return _together([count_statement(asked) for asked in searches])


# One round trip; each of its statements has the time given.
_TIMED = """
    SAVEPOINT counting; SET LOCAL statement_timeout = %(longest)s; {statement};
    SET LOCAL statement_timeout TO DEFAULT; RELEASE SAVEPOINT counting
"""


def _timed(statement: str, parameters: dict[str, Any]) -> Sequence[Sequence[int]]:
    """The row of a statement; empty when it takes too long."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        try:
            cursor.execute(_TIMED.format(statement=statement), parameters)
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            cursor.execute("ROLLBACK TO SAVEPOINT counting; RELEASE SAVEPOINT counting")
            return []
        while cursor.description is None:
            cursor.nextset()
        return cursor.fetchone()


def _together(statements: Sequence[Statement]) -> Statement:
    """One row of the one value of each statement, their parameters renamed apart."""
    parameters: dict[str, Any] = {}
    parts = []
    for place, (statement, named) in enumerate(statements):
        renamed = {name: f"s{place}_{name}" for name in named}
        parts.append(f"({statement % {name: f'%({new})s' for name, new in renamed.items()}})")
        parameters |= {renamed[name]: value for name, value in named.items()}
    return f"SELECT {', '.join(parts)}", parameters
