"""Mails about the free places of saved searches. For a scheduler, every few minutes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from common.commands import read_moment
from common.french import counted
from search.alerts.queue import queue_again, queue_alerts


class Command(BaseCommand):
    """Runs as often as wanted: each new place is told once, whatever the number of runs."""

    help = "Regarde les places des recherches surveillées, prépare les mails, et relance les envois interrompus."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the moment."""
        parser.add_argument("--now", help="moment de référence, par exemple 2026-11-21T12:00+01:00")

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue, and say how many."""
        now, base_url = read_moment(options["now"]), settings.SITE_URL
        again = queue_again(now=now, base_url=base_url)
        queued = queue_alerts(now=now, base_url=base_url)
        if options["verbosity"]:
            self.stdout.write(f"{counted(queued, 'mail')} d’alerte, {counted(again, 'envoi')} à reprendre.")
