"""Database expressions shared by models: keys checked by PostgreSQL itself, and rows that may only be added."""

import pgtrigger
from django.db import models

LUHN_FUNCTION = """
CREATE OR REPLACE FUNCTION ror_luhn(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT value ~ '^[0-9]+$' AND (
        SELECT sum(CASE WHEN digit * weight > 9 THEN digit * weight - 9 ELSE digit * weight END) % 10 = 0
        FROM (
            SELECT substr(value, length(value) - place, 1)::int AS digit, 1 + place % 2 AS weight
            FROM generate_series(0, length(value) - 1) AS place
        ) AS digits
    )
$$
"""
DROP_LUHN_FUNCTION = "DROP FUNCTION IF EXISTS ror_luhn(text)"


class LuhnValid(models.Func):
    """``LuhnValid("siret")``: true when the column's digits carry a right Luhn key."""

    function = "ror_luhn"
    output_field = models.BooleanField()


def blank_or(condition: models.Q, field: str) -> models.Q:
    """``condition``, or an empty string in ``field``."""
    return models.Q(**{field: ""}) | condition


def append_only(name: str) -> list[pgtrigger.Trigger]:
    """Triggers of a table whose rows are added and never changed (DESIGN, decision 10).

    The test suite may empty tables by setting ``ror.allow_truncate`` on its connections.
    """
    return [
        pgtrigger.Trigger(
            name=f"{name}_append_only",
            operation=pgtrigger.Update | pgtrigger.Delete,
            when=pgtrigger.Before,
            func="RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;",
        ),
        pgtrigger.Trigger(
            name=f"{name}_no_truncate",
            level=pgtrigger.Statement,
            operation=pgtrigger.Truncate,
            when=pgtrigger.Before,
            func=(
                "IF current_setting('ror.allow_truncate', true) = 'on' THEN RETURN NULL; END IF; "
                "RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME;"
            ),
        ),
    ]
