"""Rows of the synthesis: everybody who reads the region (spec 01-settled, Rights)."""

from . import READERS, Row

NOT_FOUND = "login 404 404 404 404 404 404"
ROWS = [
    Row("availability:synthesis", get=READERS),
    Row("availability:synthesis", get=READERS, query="?type=inconnu&ages=xx&date=hier", note="bad values"),
    Row("availability:synthesis_export", get=READERS),
    Row("availability:synthesis_entities", get=READERS),
    Row("availability:synthesis_entity", get=READERS, kwargs=lambda world: {"entity_id": world.eg.pk}),
    Row(
        "availability:synthesis_cell",
        get=READERS,
        kwargs=lambda world: {"grouping": "sante-precarite", "column": "92"},
    ),
    Row(
        "availability:synthesis_cell",
        get=NOT_FOUND,
        kwargs=lambda world: {"grouping": "sante-precarite", "column": "13"},
        note="another region",
    ),
]
