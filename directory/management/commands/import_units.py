"""``import_units FICHIER.xlsx``: establishments and units from a workbook."""

from directory.imports.command import ImportCommand
from directory.models import ImportRun


class Command(ImportCommand):
    """Create the establishments and units of a workbook that the directory does not hold yet."""

    help = "Crée les établissements et les unités d’un classeur Excel (modèle proposé sur la page des imports)."
    kind = ImportRun.Kind.UNITS
