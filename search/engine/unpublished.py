"""A text that spells a term which nothing published holds: it is said, with what is nearest (spec 40)."""

import datetime

from django.db import connection

from accounts.roles import Permission
from common.french import NBSP
from directory.enums import Nomenclature
from directory.scopes import Scope

from ..criteria import Facet, SearchCriteria, Within
from ..words.matching import read_text, spelled
from .conditions import Asked
from .counts import count_lines
from .outcome import Outcome, Unpublished, Variant

# A term that is spelled, when no document holds any of those that are, and the types of its family.
_UNPUBLISHED = """
SELECT term.label, term.nomenclature, parent.label,
       ARRAY(SELECT other.id FROM directory_term other WHERE other.parent_id = parent.id AND other.id <> term.id
             ORDER BY other.id LIMIT 50),
       (SELECT array_agg(unit_id) FROM search_keptunit WHERE user_id = %(user)s)
FROM directory_term term LEFT JOIN directory_term parent ON parent.id = term.parent_id
WHERE term.id = ANY(%(ids)s::bigint[])
  AND NOT EXISTS (SELECT 1 FROM search_searchdocument d WHERE d.term_ids && %(ids)s::bigint[])
ORDER BY term.nomenclature <> %(type)s, term.id LIMIT 1
"""


def unpublished_term(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Unpublished | None:
    """The term that the text spells, when no document holds it, with counted offers: its family, practitioners.

    With what the person keeps, which the page shows. One or two queries; none for a text that spells no term, nor for
    one understood otherwise than as typed, which is known to find something.
    """
    reading = outcome.reading
    if reading is None or criteria.within or (reading.is_changed and not reading.finds_nothing):
        return None
    text = reading.choices[0][0] if reading.choices else reading.text
    asked = () if reading.choices else reading.match.term_ids  # « cardiologue »: the type, before activities
    ids = sorted(asked or {row.term_id for row in spelled(text, reading.known.rows)})
    if not ids:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_UNPUBLISHED, {"ids": ids, "type": Nomenclature.UNIT_TYPE, "user": scope.user_id})
        row = cursor.fetchone()
    if row is None:
        return None
    label, nomenclature, family, others, kept = row
    place, coverage = outcome.place, scope.coverage(Permission.SENSITIVE_READ)
    trials = []
    if family and others:
        tried = criteria.replaced(what="").refined(Facet.UNIT_TYPE, [str(other) for other in others])
        trials.append((f"les autres types de la famille «{NBSP}{family}{NBSP}»", tried))
    trials.append(("chez les professionnels", criteria.replaced(what=text, within=Within.PRACTITIONER)))
    searches = []
    for words, tried in trials:
        match = read_text(tried.what, reading.known.of_part(), tried.within)
        searches.append((words, Asked.of(tried, match, place, coverage, now)))
    counts = count_lines([asked for _, asked in searches])
    found = [
        Variant(words, asked.criteria, *lines)
        for (words, asked), lines in zip(searches, counts, strict=True)
        if lines.total
    ]
    return Unpublished(label, nomenclature == Nomenclature.UNIT_TYPE, tuple(found), frozenset(kept or ()))
