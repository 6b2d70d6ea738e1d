"""Fill an empty directory with the fictitious region of the demonstration."""

from typing import Any

from django.apps import apps
from django.core.management import BaseCommand, CommandParser, call_command
from django.db import connection

from common.commands import read_moment
from directory.models import Commune
from ror.demo_data.load import SEED, is_loaded, load_demo


class Command(BaseCommand):
    """Load the data once: what is there, and what people typed since, is kept. Repeatable."""

    help = "Charge les données fictives de la démonstration dans un répertoire vide."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the size, the seed and the moment."""
        parser.add_argument("--size", choices=["small", "idf"], default="small", help="volume des données (small)")
        parser.add_argument("--seed", type=int, default=SEED, help="graine du tirage")
        parser.add_argument("--now", help="moment de référence, par exemple 2026-11-21T12:00+01:00")
        parser.add_argument("--fresh", action="store_true", help="vider d’abord toutes les tables")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, rebuild what is worked out from the records, and let PostgreSQL count its rows."""
        say = self.stdout.write if options["verbosity"] else _nothing
        if options["fresh"]:
            self._empty()
        if is_loaded():
            say("Données fictives déjà chargées.")
            return
        if not Commune.objects.exists():
            call_command("load_reference", verbosity=0)
        load_demo(size=options["size"], now=read_moment(options["now"]), seed=options["seed"], say=say)
        _count_rows()  # the search documents are made by large queries that need to know the tables' sizes
        say("Index de recherche…")
        call_command("rebuild_search", verbosity=0)
        say("Qualité des fiches…")
        call_command("rebuild_quality", verbosity=0)
        _count_rows()
        say("Données fictives chargées.")

    def _empty(self) -> None:
        """Empty every table of the project, the append-only ones too: this is a database of fictitious data."""
        tables = [
            connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001
            for app in ("search", "availability", "directory", "accounts")
            for model in apps.get_app_config(app).get_models(include_auto_created=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute("SET ror.allow_truncate = 'on'")
            cursor.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE")
            cursor.execute("RESET ror.allow_truncate")


def _count_rows() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _nothing(line: str) -> None:
    """Say nothing."""
