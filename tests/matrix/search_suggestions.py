"""Rows of the suggestions."""

from . import READERS, Row

ROWS = [
    Row("search:suggestions", get=READERS, query="?champ=quoi&q=appartement", note="quoi"),
    Row("search:suggestions", get=READERS, query="?champ=ou&q=75010", note="où"),
]
