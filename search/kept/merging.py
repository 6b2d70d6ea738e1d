"""« Ma sélection » when two units become one: the unit that stays takes the place of the other in every list."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from directory.duplicates.hooks import Follower, register
from directory.models import OperationalUnit

from ..models import KeptUnit

if TYPE_CHECKING:
    from accounts.models import User


def follow(kept: Any, merged: Any, by: User, now: datetime.datetime) -> dict[str, Any]:
    """Replace the unit that goes; a list that had both keeps one line."""
    if not isinstance(kept, OperationalUnit):
        return {}
    both = KeptUnit.objects.filter(unit=kept).values("user")
    twice = KeptUnit.objects.filter(unit=merged, user__in=both)
    removed = [[row.user_id, row.position, row.kept_at.isoformat(), row.pk] for row in twice.order_by("pk")]
    twice.delete()
    moved = list(KeptUnit.objects.filter(unit=merged).order_by("pk").values_list("pk", flat=True))
    KeptUnit.objects.filter(pk__in=moved).update(unit=kept)
    return {"moved": moved, "removed": removed}


def give_back(kept: Any, merged: Any, given: dict[str, Any], by: User, now: datetime.datetime) -> None:
    """Put the unit back where it was and still would be: under their keys, by which an earlier merge knows lines."""
    if not isinstance(kept, OperationalUnit):
        return
    KeptUnit.objects.filter(pk__in=given["moved"], unit=kept).update(unit=merged)
    KeptUnit.objects.bulk_create(
        (
            KeptUnit(
                pk=next(iter(key), None),
                user_id=user,
                unit=merged,
                position=position,
                kept_at=datetime.datetime.fromisoformat(kept_at),
            )
            for user, position, kept_at, *key in given["removed"]
        ),
        ignore_conflicts=True,
    )


def connect() -> None:
    """Take part in merges; called once, when Django is ready."""
    register("search", Follower(follow=follow, give_back=give_back))
