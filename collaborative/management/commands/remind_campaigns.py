"""``remind_campaigns [--now …]``: for a scheduler, once a day."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from collaborative.campaigns.schedule import remind_all
from common.commands import EXAMPLE, read_moment
from common.french import counted


class Command(BaseCommand):
    """Open the dossiers that campaigns under way still lack, and remind the directors who are silent."""

    help = "Relance les directeurs silencieux des campagnes en cours : au début, puis chaque semaine."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --now."""
        parser.add_argument("--now", help=f"moment à considérer au lieu du présent, par exemple {EXAMPLE}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it, and say what was done."""
        reminded = remind_all(now=read_moment(options["now"]))
        if options["verbosity"]:
            self.stdout.write(f"{counted(reminded, 'établissement relancé', 'établissements relancés')}.")
