"""Rows of the map of results."""

from . import READERS, Row, same

QUERY = "?ou=75010&quoi=ACT"

ROWS = [
    Row("search:map_data", get=READERS, query=QUERY),
    Row("search:map_spot", get=READERS, kwargs=lambda world: {"key": str(world.eg.pk)}, query=QUERY),
    Row("search:map_spot", get=same("404"), kwargs=lambda world: {"key": "0"}, query=QUERY, note="absent de la carte"),
]
