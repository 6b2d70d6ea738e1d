"""The search log: texts counted by day, without personal data (docs/operations.md, « Search log »)."""

import datetime
import re
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from common.text import fold, place_key

from ..criteria import SearchCriteria
from ..engine.outcome import Outcome
from ..models import SMALL_WORDS, SearchedText, SettledText, TermKey
from ..words.gazette import PLACE_TOKENS, PLACE_WORDS, without_links

DAYS_TO_TELL = 3  # different days on which a text that nothing published tells was asked, before it is written out
KEPT_DAYS = 396  # thirteen months
TEXT_LIMIT = 200
SHORTEST_PLACE = 3  # letters: « Bry », « Gif »
LAST_RANK = 200
KINDS = {"eg": "opened_entities", "uo": "opened_units", "pro": "opened_people"}
_DIGIT = re.compile(r"[0-9]")
_DEPARTMENT = re.compile(r"[0-9]{2,3}|2[AB]|")
# A text is written at once in three cases only:
# 1. it is the whole spelling of a term;
# 2. it is the whole name of an establishment, unless made of names of people alone;
# 3. it is the whole spelling of a term or several whole words of one, a whole commune or department beside them or not,
#    or that place alone; and no other word is the first name or the surname of a published practitioner.
# Later it is, once it was asked on enough different days, if it holds no digit nor any such name: a patient looked for
# by his name and date of birth on three days is nobody's business.
# So a person's name is not written because a term, an establishment or a commune happens to hold its words.
# What follows a read-only page still begins read-only (``common.middleware``): the first statement says otherwise.
_QUICKLY = "SET TRANSACTION READ WRITE; SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '200ms'; "
# A text whose words are told already today is only counted once more: what may tell them is not looked at again.
_AGAIN = """
UPDATE search_searchedtext AS log SET
    searches = searches + %(searches)s, empty = empty + %(empty)s, corrected = corrected + %(corrected)s,
    opened_rank = opened_rank + %(opened_rank)s, opened_entities = opened_entities + %(opened_entities)s,
    opened_units = opened_units + %(opened_units)s, opened_people = opened_people + %(opened_people)s
WHERE key = %(key)s AND day = %(day)s AND department = %(department)s AND words <> ''
RETURNING true
"""
# Whether the words of a text may be told: its names of people, then the three cases, then its days (see above).
_PEOPLE = """
people (names) AS MATERIALIZED (
    SELECT coalesce(array_agg(word), '{}') FROM unnest(%(telling)s::text[]) AS word
    WHERE EXISTS (
        SELECT 1 FROM search_suggestion person
        WHERE (CASE WHEN person.practitioner_id IS NOT NULL THEN person.words END) @@ to_tsquery('simple', word)
    )
)
"""
_IS_TOLD = """
EXISTS (SELECT 1 FROM search_termkey WHERE key = %(words)s)
  OR EXISTS (
    SELECT 1 FROM search_suggestion known
    WHERE known.key = %(words)s AND known.geographic_entity_id IS NOT NULL
      AND NOT %(telling)s::text[] <@ people.names
) OR EXISTS (
    SELECT 1
    FROM unnest(%(places)s::text[], %(rests)s::text[]) AS part (place, rest)
    CROSS JOIN LATERAL (SELECT string_to_array(rest, ' ') AS words) AS asked
    WHERE CASE
        WHEN asked.words && people.names THEN false
        WHEN place <> '' AND NOT EXISTS (SELECT 1 FROM directory_commune WHERE key = place)
            AND NOT EXISTS (SELECT 1 FROM directory_department WHERE ror_fold(name) = place)
        THEN false
        WHEN rest = '' THEN true
        WHEN cardinality(asked.words) = 1 THEN EXISTS (
            SELECT 1 FROM search_termkey spelled JOIN search_suggestion known ON known.term_id = spelled.term_id
            WHERE spelled.key = rest AND known.words @@ to_tsquery('simple', rest)
        )
        ELSE EXISTS (
            SELECT 1
            FROM (
                SELECT term_id FROM search_suggestion
                WHERE words @@ to_tsquery('simple', replace(rest, ' ', ' & ')) AND term_id IS NOT NULL OFFSET 0
            ) AS known
            JOIN search_termkey spelled ON spelled.term_id = known.term_id
            WHERE string_to_array(spelled.key, ' ') @> asked.words
        )
    END
) OR NOT %(telling)s::text[] && people.names AND position('#' IN %(words)s) = 0
  AND (SELECT count(DISTINCT before.day) FROM search_searchedtext before
      WHERE before.key = %(key)s AND before.searches > 0 AND before.day IS DISTINCT FROM %(day)s::date) >= %(others)s
"""
_COUNT = f"""
WITH {_PEOPLE}
INSERT INTO search_searchedtext AS log (
    day, department, key, words, searches, empty, corrected, opened_rank, opened_entities, opened_units, opened_people
)
SELECT %(day)s, %(department)s, %(key)s, CASE WHEN {_IS_TOLD} THEN %(words)s ELSE '' END,
       %(searches)s, %(empty)s, %(corrected)s, %(opened_rank)s,
       %(opened_entities)s, %(opened_units)s, %(opened_people)s
FROM people
ON CONFLICT (key, day, department) DO UPDATE SET
    words = CASE log.words WHEN '' THEN EXCLUDED.words ELSE log.words END,
    searches = log.searches + EXCLUDED.searches, empty = log.empty + EXCLUDED.empty,
    corrected = log.corrected + EXCLUDED.corrected, opened_rank = log.opened_rank + EXCLUDED.opened_rank,
    opened_entities = log.opened_entities + EXCLUDED.opened_entities,
    opened_units = log.opened_units + EXCLUDED.opened_units, opened_people = log.opened_people + EXCLUDED.opened_people
"""  # noqa: S608 (no value of a request)
_STILL_TOLD = f"WITH {_PEOPLE} SELECT {_IS_TOLD} FROM people"  # noqa: S608 (no value of a request)


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
    is_empty = not outcome.lines and not criteria.within  # one list that lacks the words says nothing against them
    told = {"searches": 1, "empty": int(is_empty), "corrected": int(outcome.correction is not None)}
    transaction.on_commit(lambda: _count(criteria.what, department, now, **told), robust=True)


def log_opening(*, text: str, department: str, rank: int, kind: str, now: datetime.datetime) -> bool:
    """Count a record opened from the results of ``text``; ``False``, and nothing, for what no page of ours sends."""
    if kind not in KINDS or not 1 <= rank <= LAST_RANK or not _DEPARTMENT.fullmatch(department) or not masked(text):
        return False
    _count(text, department, now, opened_rank=rank, **{KINDS[kind]: 1})
    return True


class Part(NamedTuple):
    """Words of a text that may name a place, as communes are keyed, and the others that tell something."""

    place: str
    rest: str


def parts(text: str) -> list[Part]:
    """What a text may ask for beside a place: first all of it without a place, then each run of words as one. Pure.

    Digits are left out, and small words of the rest; every other word is looked at, initials too, in a long text too.
    """
    words = [word for word in fold(text).split() if not word.isdigit()]
    found = [Part("", _telling(words))]
    for start in range(min(len(words), PLACE_TOKENS)):
        for end in range(start + 1, min(len(words), start + PLACE_WORDS) + 1):
            place = place_key(" ".join(words[start:end]))
            rest = without_links(words[:start]) + words[end:]
            if len(place) >= SHORTEST_PLACE:
                found.append(Part(place, _telling(rest)))
    return found


def _telling(words: list[str]) -> str:
    return " ".join([word for word in words if word not in SMALL_WORDS] or words)


def _count(text: str, department: str, now: datetime.datetime, **told: int) -> None:
    words = masked(text)
    if not words:
        return
    counts = dict.fromkeys(("searches", "empty", "corrected", "opened_rank", *KINDS.values()), 0) | told
    row: dict[str, Any] = {"day": timezone.localdate(now), "department": department, "key": key_of(words)}
    with connection.cursor() as cursor:  # several statements sent at once are a transaction of their own
        cursor.execute(_QUICKLY + _AGAIN, row | counts)
        while cursor.nextset():
            pass
        if not cursor.fetchall():
            cursor.execute(_QUICKLY + _COUNT, row | counts | _asked(words, parts(text)))


def _asked(words: str, found: list[Part]) -> dict[str, Any]:
    """What ``_COUNT`` looks at to decide whether the words may be told at once."""
    return {
        "words": words,
        "places": [part.place for part in found],
        "rests": [part.rest for part in found],
        "telling": sorted({word for word in found[0].rest.split() if len(word) > 1}),
        "others": DAYS_TO_TELL - 1,
    }


@transaction.atomic
def purge_log(*, now: datetime.datetime) -> int:
    """Forget the rows older than ``KEPT_DAYS``, and the texts settled before that; return how many.

    A text made a synonym stays as long as its term holds it: it can be taken back.
    """
    before = timezone.localdate(now) - datetime.timedelta(days=KEPT_DAYS)
    old = SettledText.objects.filter(settled_on__lt=before).select_related("term")
    forgotten = [settled.pk for settled in old if not _is_held(settled)]
    gone = SettledText.objects.filter(pk__in=forgotten, settled_on__lt=before).delete()[0]
    return gone + SearchedText.objects.filter(day__lt=before).delete()[0]


def forget_untold() -> int:
    """Take their words off the texts that today's rules would not tell, and return how many: rules and names change.

    So are those that support left alone; not those that a term holds as a synonym. Two queries, one a text told, two
    more. Nothing while the search tables are empty: all that is told would be taken for unknown.
    """
    if not TermKey.objects.exists():
        return 0
    told = dict(SettledText.objects.values_list("key", "words"))
    told |= dict(SearchedText.objects.exclude(words="").order_by().values_list("key", "words").distinct())
    untold = {key for key, words in told.items() if not _is_still_told(key, words)}
    with transaction.atomic():
        settled = SettledText.objects.filter(key__in=untold).select_related("term")
        untold -= {text.key for text in settled if _is_held(text)}
        SettledText.objects.filter(key__in=untold).delete()
        SearchedText.objects.filter(key__in=untold).update(words="")
    return len(untold)


def _is_still_told(key: str, words: str) -> bool:
    asked = _asked(words, parts(words)) | {"key": key, "day": None, "others": DAYS_TO_TELL}
    with connection.cursor() as cursor:
        cursor.execute(_STILL_TOLD, asked)
        return bool(cursor.fetchone()[0])


def _is_held(settled: SettledText) -> bool:
    """Whether the term of a settled text, if any, has it among its synonyms."""
    return settled.term is not None and fold(settled.words) in map(fold, settled.term.synonyms)
