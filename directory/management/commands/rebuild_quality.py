"""Work out the completeness of every record again."""

from typing import Any

from django.core.management import BaseCommand, CommandParser

from directory.quality import services as quality


class Command(BaseCommand):
    """Needed after a bulk load or a change of the rules; afterwards every write keeps the lines up to date."""

    help = "Recalcule la complétude des fiches."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--if-needed``: do nothing when each EG and UO has its line."""
        parser.add_argument("--if-needed", action="store_true", help="ne rien faire si chaque fiche a la sienne")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild and say how many lines there are."""
        if options["if_needed"] and quality.is_complete():
            return
        count = quality.refresh_all()
        if options["verbosity"]:
            self.stdout.write(f"Qualité des fiches : {count} fiches.")
