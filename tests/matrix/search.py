"""Rows of the search app."""

from . import READERS, Row

ROWS = [
    Row("search:results", get=READERS),
    Row("search:results", get=READERS, query="?ou=75010&quoi=ACT", note="avec critères"),
]
