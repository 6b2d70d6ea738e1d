"""Rows of the map and of the guichet unique: everybody who reads the region (spec 01-settled, Rights)."""

from . import READERS, Row


def act(world):
    return {"unit_id": world.act.pk}


ROWS = [
    Row("availability:guichet", get=READERS),
    Row("availability:guichet_export", get=READERS),
    Row("availability:map", get=READERS),
    Row("availability:map_data", get=READERS),
    Row("availability:map_spot", get=READERS, kwargs=act),
]
