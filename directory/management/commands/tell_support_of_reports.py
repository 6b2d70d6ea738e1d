"""Mail support the error reports that directors have left open beyond the delay. For a scheduler, every hour or so."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from common.commands import read_moment
from common.french import counted
from directory.reports.services import tell_support


class Command(BaseCommand):
    """Each report is told once, whatever the number of runs."""

    help = "Prévient le support des signalements restés ouverts au-delà du délai (back-office, Réglages)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the moment."""
        parser.add_argument("--now", help="moment de référence, par exemple 2026-11-21T12:00+01:00")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell, and say how many."""
        now = read_moment(options["now"])
        told = tell_support(now=now, base_url=settings.SITE_URL)
        if options["verbosity"]:
            self.stdout.write(f"{counted(told, 'signalement')} dont le support est prévenu.")
