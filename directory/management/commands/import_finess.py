"""Import a FINESS extract: ``import_finess FILE [--dry-run] [--full [--close [--force]]] [--report FILE.csv]``."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from directory.imports.command import UNREADABLE, ImportCommand
from directory.models import ImportRun


class Command(ImportCommand):
    """Create and update EJs and EGs; with --full, list those that the file does not name; with --close, close them."""

    help = "Importe un extrait FINESS (structureet, géolocalisation)."
    kind = ImportRun.Kind.FINESS

    def add_options(self, parser: CommandParser) -> None:
        """Take --full, --close and --force."""
        parser.add_argument("--full", action="store_true", help="le fichier est complet : lister ce qu’il ne nomme pas")
        parser.add_argument(
            "--close",
            action="store_true",
            help="avec --full : fermer ce qui est listé (essayez d’abord avec --dry-run)",
        )
        parser.add_argument(
            "--force", action="store_true", help="avec --close : fermer même plus de 5 %% des établissements connus"
        )

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        """Closing is asked for apart from saying that the file is complete."""
        if (options["close"] and not options["full"]) or (options["force"] and not options["close"]):
            raise CommandError("--close va avec --full, et --force avec --close.", returncode=UNREADABLE)
        return {name: options[name] for name in ("full", "close", "force")}
