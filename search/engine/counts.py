"""What several searches would find, in one query."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from .conditions import Asked
from .statement import Statement, count_statement


def count_lines(searches: Sequence[Asked]) -> list[int]:
    """Number of lines of each search, in their order: one query."""
    return _each([count_statement(asked) for asked in searches])


def _each(statements: Sequence[Statement]) -> list[Any]:
    """The one value of each statement, their parameters renamed apart."""
    parameters: dict[str, Any] = {}
    parts = []
    for place, (statement, named) in enumerate(statements):
        renamed = {name: f"s{place}_{name}" for name in named}
        parts.append(f"({statement % {name: f'%({new})s' for name, new in renamed.items()}})")
        parameters |= {renamed[name]: value for name, value in named.items()}
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        return list(cursor.fetchone())
