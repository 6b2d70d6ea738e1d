"""Row locks of current figures, in one order for all: pools by id, then figures by id, whoever writes."""

from collections.abc import Collection

from django.db import connection

from .models import CurrentFigure, Pool

TRIES = 3
_RULES_LOCK = 0x43524953  # any number of our own


def lock_rules() -> None:
    """Wait until whoever changes the rules in force, for all units, has committed: he keeps others from reading them.

    Taken before the figures, inside a transaction, by who changes what rules depend on for every unit (crisis mode).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_RULES_LOCK])


def share_rules() -> None:
    """Keep the rules in force as they are until the end of the transaction: taken before they are applied to units.

    Those who only apply them do not wait for one another.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_RULES_LOCK])


class SharedMeanwhile(Exception):
    """Units kept entering or leaving pools while their rows were waited for: nothing was written, try again."""


def lock_figures(unit_ids: Collection[int]) -> list[CurrentFigure]:
    """Lock the current figures of these units and of those that share their places, in order; inside a transaction.

    Each comes with its unit, the unit's EG, and its pool. Units never opened to entry have none. Raises
    ``SharedMeanwhile`` when three tries were not enough.
    """
    asked = sorted(set(unit_ids))
    for _ in range(TRIES):
        rows = _try_to_lock(asked)
        if rows is not None:
            return rows
    raise SharedMeanwhile


def _try_to_lock(asked: list[int]) -> list[CurrentFigure] | None:
    """The rows, or ``None`` when a unit entered or left a pool while they were waited for."""
    before = _pools_of(asked)
    pools = Pool.objects.select_for_update().order_by("pk").in_bulk(sorted(set(before.values())))
    sharing = CurrentFigure.objects.filter(pool__in=pools).values_list("pk", flat=True)
    wanted = sorted({*asked, *sharing})
    rows = list(
        CurrentFigure.objects.select_for_update(of=("self",))
        .filter(pk__in=wanted)
        .select_related("unit__geographic_entity")
        .order_by("pk")
    )
    if any(row.pool_id != before.get(row.pk) for row in rows if row.pk in asked):
        return None
    for row in rows:
        row.pool = pools[row.pool_id] if row.pool_id else None
    return rows


def _pools_of(unit_ids: list[int]) -> dict[int, int]:
    return dict(CurrentFigure.objects.filter(pk__in=unit_ids, pool__isnull=False).values_list("pk", "pool_id"))
