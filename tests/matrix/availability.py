"""Availability."""

import uuid

from . import Row


def statement(world):
    """The world's ACT unit, five places, as the page would send it."""
    unit = world.act.pk
    prefix = f"u{unit}-"
    return {
        "save": unit,
        "unit": unit,
        f"{prefix}figure": 5,
        f"{prefix}version": 1,
        f"{prefix}request_id": uuid.uuid4(),
    }


ROWS = [
    Row(
        "availability:entry",
        get="login 403 200 200 200 403 403",
        post="login 403 200 200 200 403 403",
        data=statement,
    ),
]
