"""Rows of the entry page: statements belong to who holds the unit (spec 01-settled, Rights)."""

import uuid

from . import Row


def statement(name):
    """Return what the page would send to save five places on the world's unit ``name``."""

    def data(world):
        unit = getattr(world, name).pk
        prefix = f"u{unit}-"
        return {
            "save": unit,
            "unit": unit,
            f"{prefix}figure": 5,
            f"{prefix}version": getattr(world, f"{name}_figure").version,
            f"{prefix}request_id": uuid.uuid4(),
        }

    return data


PAGE = "login 403 200 200 200 403 403"
ROWS = [
    Row("availability:entry", get=PAGE, post="login 403 200 200 200 403 403", data=statement("act"), note="own unit"),
    Row("availability:entry", get=PAGE, post="login 403 403 403 200 403 403", data=statement("lhss"), note="foreign"),
]
