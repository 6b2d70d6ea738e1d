"""The kinds of files that support imports, in the order of the page."""

from . import registry
from .accounts import AccountsImporter
from .finess import FinessImporter
from .nomenclatures import NomenclatureImporter
from .units import UnitsImporter


def register() -> None:
    """Register every importer."""
    for importer in (FinessImporter, UnitsImporter, NomenclatureImporter, AccountsImporter):
        registry.register(importer)
