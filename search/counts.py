"""How many lines several searches would find, in one query."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from .conditions import Asked
from .statement import count_statement


def count_lines(searches: Sequence[Asked]) -> list[int]:
    """Number of lines of each search, in their order: one query."""
    parameters: dict[str, Any] = {}
    parts = []
    for place, asked in enumerate(searches):
        statement, named = count_statement(asked)
        renamed = {name: f"s{place}_{name}" for name in named}
        parts.append(f"({statement % {name: f'%({new})s' for name, new in renamed.items()}})")
        parameters |= {renamed[name]: value for name, value in named.items()}
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", parameters)
        return list(cursor.fetchone())
