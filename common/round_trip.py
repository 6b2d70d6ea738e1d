"""Several statements sent to the database at once: one round trip."""

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection

_NAMED = re.compile(r"%\((\w+)\)s")

Statement = tuple[str, dict[str, Any]]


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
