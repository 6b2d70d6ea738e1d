"""Rows of the map of results."""

from typing import Any

from search.indexing import index

from . import READERS, Row, same

QUERY = "?ou=75010&quoi=ACT"


def on_the_map(world: Any) -> dict[str, Any]:
    """Key of a marker: its unit has its document."""
    index.refresh_units(unit_ids=[world.act.pk])
    return {"key": str(world.eg.pk)}


ROWS = [
    Row("search:map_data", get=READERS, query=QUERY),
    Row("search:map_spot", get=READERS, kwargs=on_the_map, query=QUERY),
    Row("search:map_spot", get=same("404"), kwargs=lambda world: {"key": "0"}, query=QUERY, note="absent de la carte"),
]
