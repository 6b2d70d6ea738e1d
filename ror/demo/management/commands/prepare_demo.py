"""Bring the demonstration's database to its current state; quick when there is nothing to do."""

from typing import Any

from django.core.management import BaseCommand, CommandParser, call_command
from django.db import connection

PREPARATION_LOCK = 0x524F52  # any number of our own, for pg_advisory_lock


class Command(BaseCommand):
    """Migrate, load the reference data, then the fictitious directory of the given size. Repeatable."""

    help = "Prépare la base de la démonstration."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the size."""
        parser.add_argument("--size", choices=["small", "idf"], default="small")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the three steps, each announced on a line; a second demonstration started meanwhile waits."""
        with connection.cursor() as cursor:  # held by the session, given back when the command ends
            cursor.execute("SELECT pg_advisory_lock(%s)", [PREPARATION_LOCK])
        self.stdout.write("Mise à jour de la base…")
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write("Nomenclatures, communes et contours…")
        call_command("load_reference", verbosity=0)
        self.stdout.write("Données fictives…")
        call_command("load_demo", size=options["size"], verbosity=0)
        call_command("rebuild_quality", if_needed=True, verbosity=0)
