"""Rows of calls and histories: every reader of the region (spec 01-settled, Rights)."""

import uuid

from . import READERS, Row, same


def unit(world):
    return {"unit_id": world.act.pk}


def outcome(world):
    return {"outcome": "full", "version": world.act_figure.version, "request_id": uuid.uuid4()}


ROWS = [
    Row("availability:call", get=READERS, post=same("away"), kwargs=unit, data=outcome),
    Row("availability:history", get=READERS, kwargs=unit),
    Row("availability:history_xlsx", get=READERS, kwargs=unit),
]
