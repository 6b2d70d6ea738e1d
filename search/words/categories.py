"""Categories of establishments that a text names: « CHRS », « pension de famille », « planning familial »."""

from typing import Any

from django.db import connection

from common.text import fold
from directory.enums import Nomenclature

from .ending import split_place
from .gazette import Gazette

# Told by an acronym, the whole name or a synonym; among other words, or alone.
NAMED = """
    SELECT term.id, term.label, part.name
    FROM directory_term term
    CROSS JOIN LATERAL (
        SELECT ror_fold(told) AS name FROM regexp_split_to_table(term.label, '[(),]') AS told
        UNION ALL SELECT ror_fold(told) FROM unnest(term.synonyms) AS told
    ) AS part
    WHERE term.nomenclature = %(category)s AND length(part.name) > 1
      AND CASE WHEN %(whole)s THEN concat(' ', part.name, ' ') = %(text)s
               ELSE position(concat(' ', part.name, ' ') IN %(text)s) > 0 END
"""


def named_parameters(text: str, *, whole: bool) -> dict[str, Any]:
    """Parameters of ``NAMED``. ``whole``: the text names a category and nothing else."""
    return {"category": Nomenclature.EG_CATEGORY, "text": f" {fold(text)} ", "whole": whole}


def names_category(text: str, places: Gazette) -> bool:
    """Tell whether a text, but for a place at its end, names a category and nothing else. One query."""
    ending = split_place(text, places)
    with connection.cursor() as cursor:
        cursor.execute(f"{NAMED} LIMIT 1", named_parameters(ending[0] if ending else text, whole=True))
        return cursor.fetchone() is not None
