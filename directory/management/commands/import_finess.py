"""Import a FINESS extract: ``import_finess FILE [--dry-run] [--full] [--force] [--report FILE.csv]``."""

from typing import Any

from django.core.management.base import CommandParser

from directory.imports.command import ImportCommand
from directory.models import ImportRun


class Command(ImportCommand):
    """Create and update EJs and EGs; with --full, close those that the file does not name."""

    help = "Importe un extrait FINESS (structureet, géolocalisation)."
    kind = ImportRun.Kind.FINESS

    def add_options(self, parser: CommandParser) -> None:
        """Take --full and --force."""
        parser.add_argument("--full", action="store_true", help="le fichier est complet : fermer ce qu’il ne nomme pas")
        parser.add_argument("--force", action="store_true", help="fermer même plus de 5 %% des établissements connus")

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        """A command closes at once what --full says: its dry run gives the list first."""
        return {"full": options["full"], "close": options["full"], "force": options["force"]}
