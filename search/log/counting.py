"""The search log: texts counted by day, without personal data (docs/operations.md, « Search log »)."""

import datetime
import re
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from common.text import fold

from ..criteria import SearchCriteria
from ..engine.outcome import Outcome
from ..models import SearchedText
from ..words.matching import WORDS_LIMIT, words_of

DAYS_TO_TELL = 3  # different days on which a text with an unknown word was asked, before it is written out
KEPT_DAYS = 396  # thirteen months
TEXT_LIMIT = 200
LAST_RANK = 200
KINDS = {"eg": "opened_entities", "uo": "opened_units", "pro": "opened_people"}
_DIGIT = re.compile(r"[0-9]")
_DEPARTMENT = re.compile(r"[0-9]{2,3}|2[AB]|")
# A word is known when a term or the name of an establishment holds it: not when a practitioner alone does.
# What follows a read-only page still begins read-only (``common.middleware``): the first statement says otherwise.
_COUNT = """
SET TRANSACTION READ WRITE; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '200ms';
INSERT INTO search_searchedtext AS log (
    day, department, key, words, searches, empty, corrected, opened_rank, opened_entities, opened_units, opened_people
)
SELECT %(day)s, %(department)s, %(key)s, CASE WHEN NOT EXISTS (
           SELECT 1 FROM unnest(%(tokens)s::text[]) AS token WHERE NOT EXISTS (
               SELECT 1 FROM search_suggestion known
               WHERE known.practitioner_id IS NULL AND known.words @@ to_tsquery('simple', token)
           )
       ) OR EXISTS (SELECT 1 FROM search_termkey WHERE key = %(words)s)
         OR (SELECT count(DISTINCT before.day) FROM search_searchedtext before
             WHERE before.key = %(key)s AND before.searches > 0 AND before.day <> %(day)s) >= %(others)s
       THEN %(words)s ELSE '' END,
       %(searches)s, %(empty)s, %(corrected)s, %(opened_rank)s,
       %(opened_entities)s, %(opened_units)s, %(opened_people)s
ON CONFLICT (key, day, department) DO UPDATE SET
    words = CASE log.words WHEN '' THEN EXCLUDED.words ELSE log.words END,
    searches = log.searches + EXCLUDED.searches, empty = log.empty + EXCLUDED.empty,
    corrected = log.corrected + EXCLUDED.corrected, opened_rank = log.opened_rank + EXCLUDED.opened_rank,
    opened_entities = log.opened_entities + EXCLUDED.opened_entities,
    opened_units = log.opened_units + EXCLUDED.opened_units, opened_people = log.opened_people + EXCLUDED.opened_people
"""


def masked(text: str) -> str:
    """The text as it is counted: folded, each digit as « # ». Pure."""
    return _DIGIT.sub("#", " ".join(fold(text).split()))[:TEXT_LIMIT].strip() if text else ""


def key_of(words: str) -> str:
    """Keyed hash of a masked text: nobody without the key of the site can try texts against it."""
    return salted_hmac("search.log", words, algorithm="sha256").hexdigest()


def is_new_search(criteria: SearchCriteria) -> bool:
    """Whether an address is a search just typed: the next pages, other orders and refinements of one are not."""
    typed = SearchCriteria(where=criteria.where, what=criteria.what, within=criteria.within)
    return bool(criteria.what) and criteria.to_pairs() == typed.to_pairs()


def log_search(criteria: SearchCriteria, outcome: Outcome, now: datetime.datetime) -> None:
    """Count a search once the page is made, after its read-only transaction. A failure is logged, never shown."""
    if outcome.resolution.problem or not is_new_search(criteria):
        return
    department = outcome.place.department_code if outcome.place else ""
    told = {"searches": 1, "empty": int(not outcome.lines), "corrected": int(outcome.correction is not None)}
    transaction.on_commit(lambda: _count(criteria.what, department, now, **told), robust=True)


def log_opening(*, text: str, department: str, rank: int, kind: str, now: datetime.datetime) -> bool:
    """Count a record opened from the results of ``text``; ``False``, and nothing, for what no page of ours sends."""
    if kind not in KINDS or not 1 <= rank <= LAST_RANK or not _DEPARTMENT.fullmatch(department) or not masked(text):
        return False
    _count(text, department, now, opened_rank=rank, **{KINDS[kind]: 1})
    return True


def _telling(text: str) -> list[str]:
    """Every word of the text that says something, however long it is."""
    words = fold(text).split()
    slices = range(0, len(words), WORDS_LIMIT)
    return [word for start in slices for word in words_of(" ".join(words[start : start + WORDS_LIMIT]))]


def _count(text: str, department: str, now: datetime.datetime, **told: int) -> None:
    words = masked(text)
    if not words:
        return
    counts = dict.fromkeys(("searches", "empty", "corrected", "opened_rank", *KINDS.values()), 0) | told
    parameters: dict[str, Any] = {
        "day": timezone.localdate(now),
        "department": department,
        "key": key_of(words),
        "words": words,
        "tokens": [word for word in _telling(text) if not word.isdigit()],
        "others": DAYS_TO_TELL - 1,
    }
    with connection.cursor() as cursor:  # several statements sent at once are a transaction of their own
        cursor.execute(_COUNT, parameters | counts)


def purge_log(*, now: datetime.datetime) -> int:
    """Forget the rows older than ``KEPT_DAYS``; return how many."""
    before = timezone.localdate(now) - datetime.timedelta(days=KEPT_DAYS)
    return SearchedText.objects.filter(day__lt=before).delete()[0]
