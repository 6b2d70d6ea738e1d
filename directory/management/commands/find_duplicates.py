"""Bring the list of possible duplicates up to date. For a scheduler, once a week."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from common.commands import EXAMPLE, read_moment
from common.french import counted, plural
from directory.duplicates.finding import EVERY, find_duplicates


class Command(BaseCommand):
    """Running it again, or twice at once, doubles nothing; what people set aside stays so."""

    help = "Recherche les fiches qui décrivent peut-être la même chose (doublons possibles)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --now and --if-due."""
        parser.add_argument("--now", help=f"moment à considérer au lieu du présent, par exemple {EXAMPLE}")
        parser.add_argument(
            "--if-due", action="store_true", help="ne rien faire si la dernière recherche a moins d’une semaine"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Search, and say what was found."""
        found = find_duplicates(now=read_moment(options["now"]), every=EVERY if options["if_due"] else None)
        if options["verbosity"] and found is not None:
            self.stdout.write(
                f"{counted(found.waiting, 'doublon possible', 'doublons possibles')} à traiter\u00a0: "
                f"{found.added} {plural(found.added, 'nouveau', 'nouveaux')}, "
                f"{found.back} {plural(found.back, 'revenu', 'revenus')}, "
                f"{found.gone} {plural(found.gone, 'disparu', 'disparus')}."
            )
