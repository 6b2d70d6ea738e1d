"""Rows by COPY: the quickest way into PostgreSQL, constraints and triggers included."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models


def copy_instances(instances: Sequence[models.Model]) -> int:
    """Write unsaved instances of one model, their keys given. Values that ``save`` derives must be set already."""
    if not instances:
        return 0
    fields = instances[0]._meta.concrete_fields  # noqa: SLF001 - Django's documented model API
    rows = (
        [field.get_db_prep_save(getattr(instance, field.attname), connection) for field in fields]
        for instance in instances
    )
    return copy_rows(type(instances[0]), [field.column for field in fields], rows)


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write rows of plain values into ``columns`` of the model's table; return how many."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    count = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN") as copy:  # noqa: SLF001
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def next_key(model: type[models.Model]) -> int:
    """First free primary key of a model with a numeric one."""
    return (model.objects.aggregate(last=models.Max("pk"))["last"] or 0) + 1


def reset_sequences(models_written: Iterable[type[models.Model]]) -> None:
    """Put each sequence after the keys that were given by hand."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models_written)):
            cursor.execute(statement)
