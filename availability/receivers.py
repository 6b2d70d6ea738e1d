"""Availability follows the directory, in the writer's transaction (spec 20; 01-settled, Availability)."""

import datetime
from typing import Any

from django.utils import timezone

from directory.signals import units_changed, units_reopened

from . import summary
from .closures import services as closures
from .locks import share_rules
from .openings import services as openings
from .pools import services as pools
from .signals import figures_changed


def connect() -> None:
    """Listen to the directory."""
    units_changed.connect(follow_units, dispatch_uid="availability.units")
    units_reopened.connect(follow_reopened_units, dispatch_uid="availability.reopened")
    figures_changed.connect(summary.merge_now_and_then, dispatch_uid="availability.summary")


def follow_units(sender: Any, *, unit_ids: list[int], **kwargs: Any) -> None:
    """Give units whose type changed its rhythm; a unit that went to another EG leaves its pool."""
    share_rules()
    pools.leave_moved_units(unit_ids=unit_ids, now=timezone.now())
    openings.apply_unit_rhythms(unit_ids=unit_ids)


def follow_reopened_units(sender: Any, *, unit_ids: list[int], now: datetime.datetime, **kwargs: Any) -> None:
    """What was stated before a closure in the directory waits to be confirmed."""
    share_rules()  # before the figures: the same writer may tell of a change next
    closures.await_confirmation(unit_ids=unit_ids, now=now)
