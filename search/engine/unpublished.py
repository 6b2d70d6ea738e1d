"""A text that spells a term which nothing published holds: it is said, with what is nearest (spec 40)."""

import datetime

from django.db import connection

from accounts.roles import Permission
from common.french import NBSP
from common.round_trip import Statement, rows_together
from directory.enums import Nomenclature
from directory.scopes import Scope

from ..criteria import Facet, SearchCriteria, Within
from ..criteria_words import labels_statement
from ..words.categories import NAMED, named_parameters
from ..words.matching import read_text, spelled
from ..words.spelling import KeyRow, spelled_runs
from .conditions import Asked
from .counts import count_lines
from .outcome import Outcome, Unpublished
from .proposals import counted

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
# A category of establishments told by its acronym, its whole name or a synonym (« CHRS », « planning familial »), when
# no document is of one of this category. One row, its label empty without any.
_UNPUBLISHED_CATEGORY = f"""
SELECT (
    SELECT named.label FROM ({NAMED}) AS named
    WHERE NOT EXISTS (
        SELECT 1 FROM directory_geographicentity eg JOIN search_searchdocument d ON d.geographic_entity_id = eg.id
        WHERE eg.category_id = named.id
    )
    ORDER BY length(named.name) DESC, named.id LIMIT 1
), (SELECT array_agg(unit_id) FROM search_keptunit WHERE user_id = %(user)s)
"""  # noqa: S608 (no value of a request)


def unpublished_term(
    criteria: SearchCriteria, outcome: Outcome, scope: Scope, now: datetime.datetime
) -> Unpublished | None:
    """The term that the text spells, or some of its words, when no document holds it; counted offers beside.

    They are its family and practitioners. Else, unless its exact words are asked for, the category of establishments
    that it names, when none published is of it. With what the person keeps, which the page shows. One or two queries;
    none for a text understood otherwise than as typed, which is known to find something.
    """
    reading = outcome.reading
    if reading is None or criteria.within or (reading.is_changed and not reading.finds_nothing):
        return None
    text = reading.choices[0][0] if reading.choices else reading.text
    asked = () if reading.choices else reading.match.term_ids  # « cardiologue »: the type, before activities
    ids = sorted(asked or {row.term_id for row in _spelled_in(text, reading.known.rows)})
    if not ids:
        return None if criteria.exact else _unpublished_category(criteria.what, scope)
    asked_for: list[Statement] = [(_UNPUBLISHED, {"ids": ids, "type": Nomenclature.UNIT_TYPE, "user": scope.user_id})]
    if outcome.asked is None and (labels := labels_statement(criteria)):  # no facet tells them
        asked_for.append(labels)
    rows, *labelled = rows_together(asked_for)
    if not rows:
        return None
    [(label, nomenclature, family, others, kept)] = rows
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
    found = counted(searches, count_lines([asked for _, asked in searches]))
    return Unpublished(label, nomenclature, found, frozenset(kept or ()), tuple(labelled[0]) if labelled else ())


def _spelled_in(text: str, rows: tuple[KeyRow, ...]) -> list[KeyRow]:
    """Spellings that are the whole text, else those of its longest words that spell terms by several words."""
    if whole := spelled(text, rows):
        return whole
    runs = [key for _, _, key in spelled_runs(text.split(), {row.key for row in rows}) if " " in key]
    longest = max(runs, key=len, default=None)
    return [row for row in rows if row.key == longest]


def _unpublished_category(text: str, scope: Scope) -> Unpublished:
    """The category of establishments that a text names, when none published is of it; without label for none."""
    told = {**named_parameters(text, whole=False), "user": scope.user_id}
    with connection.cursor() as cursor:
        cursor.execute(_UNPUBLISHED_CATEGORY, told)
        label, kept = cursor.fetchone()
    return Unpublished(label or "", Nomenclature.EG_CATEGORY, kept=frozenset(kept or ()))
