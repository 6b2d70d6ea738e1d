"""Rows of the files of results."""

from . import READERS, Row

ROWS = [
    Row("search:export_xlsx", get=READERS, query="?ou=75010&quoi=ACT"),
    Row("search:export_csv", get=READERS, query="?ou=75010&quoi=ACT"),
]
