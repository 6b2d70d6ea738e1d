"""Several statements sent to the database at once: one round trip."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

_NAMED = re.compile(r"%\((\w+)\)s")

Statement = tuple[str, dict[str, Any]]
Rows = Iterable[tuple[Any, ...]]


def rows_together(statements: Sequence[Statement], *, before: str = "") -> list[list[tuple[Any, ...]]]:
    """Rows of each statement, in their order; each gives rows, and names its parameters (« %(name)s ») apart.

    ``before``: settings to apply first (« SET LOCAL jit = off; »).
    """
    parameters: dict[str, Any] = {}
    texts = []
    for place, (text, named) in enumerate(statements):
        texts.append(_NAMED.sub(rf"%(t{place}_\1)s", text))
        parameters |= {f"t{place}_{name}": value for name, value in named.items()}
    if not texts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(before + "; ".join(texts), parameters)
        found = [cursor.fetchall()] if cursor.description else []
        while cursor.nextset():
            if cursor.description:
                found.append(cursor.fetchall())
        return found


def statement_of(wanted: QuerySet) -> tuple[Statement, Callable[[Rows], Iterator[tuple[Any, ...]]]] | None:
    """The statement of a ``values_list`` and what makes its rows of those that PostgreSQL gives.

    ``None`` for a queryset that can hold nothing.
    """
    compiler = wanted.query.get_compiler(connection=connection)
    try:
        text, values = compiler.as_sql()
    except EmptyResultSet:
        return None
    names = tuple(f"p{place}" for place in range(len(values)))
    text = text.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names)
    return (text, dict(zip(names, values, strict=True))), lambda rows: compiler.results_iter(
        [rows], tuple_expected=True
    )
