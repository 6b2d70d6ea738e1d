"""Availability follows the directory, in the writer's transaction: a unit's type sets its rhythm (spec 20)."""

from typing import Any

from directory.signals import units_changed

from . import openings


def connect() -> None:
    """Listen to the directory."""
    units_changed.connect(follow_units, dispatch_uid="availability.units")


def follow_units(sender: Any, *, unit_ids: list[int], **kwargs: Any) -> None:
    """Give units whose type changed its rhythm."""
    openings.apply_unit_rhythms(unit_ids=unit_ids)
