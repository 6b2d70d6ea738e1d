"""Rebuild the search documents from the directory and the current figures."""

from typing import Any

from django.core.management import BaseCommand, CommandParser

from search.indexing import index


class Command(BaseCommand):
    """Needed after a bulk load; afterwards every write keeps the documents up to date."""

    help = "Reconstruit les documents de recherche."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take ``--if-needed``: do nothing when each published record has its document."""
        parser.add_argument("--if-needed", action="store_true", help="ne rien faire si l’index est complet")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild and say how many documents there are."""
        if options["if_needed"] and index.is_complete():
            return
        rebuilt = index.rebuild_all()
        if options["verbosity"]:
            self.stdout.write(f"Index de recherche : {rebuilt.units} unités, {rebuilt.practitioners} professionnels.")
