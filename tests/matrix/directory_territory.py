"""Rows of what the forms of territory and address ask for: whoever reads the directory."""

from . import READERS, Row

ROWS = [
    Row("directory:territory_preview", get=READERS, query="?t=92"),
    Row("directory:commune_suggestions", get=READERS, query="?action=ajouter&ajout=nan"),
]
