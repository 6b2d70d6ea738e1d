"""How far the figures of a unit can be relied on: « confirmé 26 jours sur 30 ; 9 appels sur 10 concordants ».

Confirmed days are those of the last 30 on which the figure was à jour at midnight (Paris) with entry open; a call
agrees when somebody was admitted and the figure was above 0, or was told that there is no place and it was 0. Refusals
and calls without an answer say nothing of the figure. Source: 01-settled, Availability.
"""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from common.french import PARIS, THIN, counted, number, plural

from ..freshness import ContractState, contract_state
from ..models import CallOutcome

DAYS = 30

_NIGHTS = """
SELECT figure.unit_id, figure.rhythm,
       array_agg(said.confirmed_at ORDER BY night.at) AS confirmed,
       array_agg(night.at ORDER BY night.at) AS nights,
       array_agg(EXISTS (
           SELECT 1 FROM availability_unitclosure closure
           WHERE closure.unit_id = figure.unit_id AND closure.withdrawn_at IS NULL
             AND closure.starts_at <= night.at AND (closure.ends_at IS NULL OR closure.ends_at > night.at)
       ) ORDER BY night.at) AS blocked,
       array_agg((waits.asked_at <= night.at AND waits.asked_at > said.confirmed_at) IS TRUE
           OR (waits.left_at > said.confirmed_at) IS TRUE
           OR EXISTS (
               SELECT 1 FROM availability_unitclosure closure
               WHERE closure.unit_id = figure.unit_id AND closure.withdrawn_at IS NULL
                 AND closure.ends_at <= night.at AND closure.ends_at > said.confirmed_at
           ) ORDER BY night.at) AS waiting,
       (SELECT count(*) FROM availability_calloutcome call
        WHERE call.unit_id = figure.unit_id AND call.at > %(since)s AND call.at <= %(now)s
          AND call.figure IS NOT NULL AND call.outcome IN (%(admitted)s, %(full)s)) AS calls,
       (SELECT count(*) FROM availability_calloutcome call
        WHERE call.unit_id = figure.unit_id AND call.at > %(since)s AND call.at <= %(now)s
          AND (call.outcome = %(admitted)s AND call.figure > 0
               OR call.outcome = %(full)s AND call.figure = 0)) AS concordant
FROM availability_currentfigure figure
CROSS JOIN unnest(%(nights)s::timestamptz[]) AS night(at)
LEFT JOIN LATERAL (
    SELECT max(membership.pool_id) FILTER (WHERE membership.until IS NULL OR membership.until > night.at) AS pool_id,
           max(membership.until) FILTER (WHERE membership.until <= night.at) AS left_at
    FROM availability_poolmembership membership
    WHERE membership.unit_id = figure.unit_id AND membership.since <= night.at
) member ON true
LEFT JOIN availability_pool pool ON pool.id = member.pool_id
LEFT JOIN LATERAL (
    (SELECT entry.confirmed_at FROM availability_availabilityentry entry
     WHERE member.pool_id IS NULL AND entry.unit_id = figure.unit_id AND entry.pool_id IS NULL
       AND entry.stated_at <= night.at AND entry.recorded_at <= night.at
     ORDER BY entry.stated_at DESC, entry.version DESC LIMIT 1)
    UNION ALL
    (SELECT entry.confirmed_at FROM availability_availabilityentry entry
     WHERE entry.pool_id = member.pool_id AND entry.stated_at <= night.at AND entry.recorded_at <= night.at
     ORDER BY entry.stated_at DESC, entry.version DESC LIMIT 1)
) said ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN member.pool_id IS NULL THEN member.left_at END AS left_at,
           CASE WHEN member.pool_id IS NOT DISTINCT FROM figure.pool_id THEN figure.to_confirm_since
                ELSE pool.to_confirm_since END AS asked_at
) waits
WHERE figure.unit_id = ANY(%(ids)s::bigint[]) AND figure.is_open
  AND (figure.opened_at IS NULL OR figure.opened_at <= night.at)
GROUP BY figure.unit_id
"""


@dataclass(frozen=True)
class Night:
    """A midnight of Paris with entry open: when the figure then shown had been confirmed (``None``: never).

    ``is_blocked``: in indisponibilité totale, nobody could confirm. ``is_waiting``: to be confirmed since a reopening.
    """

    at: datetime.datetime
    confirmed_at: datetime.datetime | None
    is_blocked: bool = False
    is_waiting: bool = False

    def is_up_to_date(self, rhythm: datetime.timedelta) -> bool:
        """Tell whether the figure was à jour."""
        if self.confirmed_at is None or self.is_blocked or self.is_waiting:
            return False
        age = self.at.astimezone(datetime.UTC) - self.confirmed_at.astimezone(datetime.UTC)
        return contract_state(age, rhythm) is ContractState.UP_TO_DATE


@dataclass(frozen=True)
class Reliability:
    """Days confirmed among ``days`` with entry open (30 at most, closures left out); calls that agreed among all."""

    confirmed: int
    days: int
    concordant: int
    calls: int

    @property
    def words(self) -> str:
        """« confirmé 26 jours sur 30\u202f; 9 appels sur 10 concordants », empty when nothing can be said yet."""
        parts = []
        if self.days:
            parts.append(f"confirmé {counted(self.confirmed, 'jour')} sur {number(self.days)}")
        if self.calls:
            agreed = plural(self.concordant, "concordant")
            parts.append(f"{counted(self.concordant, 'appel')} sur {number(self.calls)} {agreed}")
        return f"{THIN}; ".join(parts)


def midnights(now: datetime.datetime) -> list[datetime.datetime]:
    """Last 30 midnights of Paris at ``now``, oldest first, in UTC: real moments on the days the clock changes too."""
    today = now.astimezone(PARIS).date()
    days = (today - datetime.timedelta(days=back) for back in reversed(range(DAYS)))
    return [datetime.datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(datetime.UTC) for day in days]


def reliability_from(
    nights: Iterable[Night], rhythm: datetime.timedelta, *, concordant: int, calls: int
) -> Reliability:
    """Reliability of a unit from its nights with entry open; those in indisponibilité totale are left out."""
    open_nights = [night for night in nights if not night.is_blocked]
    confirmed = sum(night.is_up_to_date(rhythm) for night in open_nights)
    return Reliability(confirmed=confirmed, days=len(open_nights), concordant=concordant, calls=calls)


def reliability_of(unit_ids: Collection[int], now: datetime.datetime) -> dict[int, Reliability]:
    """Reliability of units at ``now``, by unit id: one query, whatever their number.

    A unit closed to entry, or opened since the last midnight, is absent. A night in a pool is judged on the
    pool's statements. Rhythms are those of today.
    """
    nights = midnights(now)
    values: dict[str, Any] = {
        "ids": list(unit_ids),
        "nights": nights,
        "since": nights[0],
        "now": now,
        "admitted": CallOutcome.Outcome.ADMITTED.value,
        "full": CallOutcome.Outcome.FULL.value,
    }
    if not values["ids"]:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_NIGHTS, values)
        return {row[0]: _read(row) for row in cursor.fetchall()}


def _read(row: tuple) -> Reliability:
    _, rhythm, confirmed, at, blocked, waiting, calls, concordant = row
    nights = (Night(*values) for values in zip(at, confirmed, blocked, waiting, strict=True))
    return reliability_from(nights, rhythm, concordant=concordant, calls=calls)
