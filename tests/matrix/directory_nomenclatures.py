"""Rows of the coded lists: whoever reads the directory downloads them."""

from . import READERS, Row

ROWS = [
    Row("directory:nomenclature_list", get=READERS),
    Row("directory:nomenclature_download", get=READERS, kwargs=lambda world: {"slug": "specialisations"}),
]
