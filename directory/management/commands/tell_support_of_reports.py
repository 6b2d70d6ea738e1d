"""Mail support the error reports that directors have left open beyond the delay. For a scheduler, every hour or so."""

import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

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
        now = _moment(options["now"])
        told = tell_support(now=now, base_url=settings.SITE_URL)
        if options["verbosity"]:
            self.stdout.write(f"{counted(told, 'signalement')} dont le support est prévenu.")


def _moment(text: str | None) -> datetime.datetime:
    if not text:
        return timezone.now()
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--now : écrivez une date et une heure, par exemple 2026-11-21T12:00+01:00.") from error
    if moment.tzinfo is None:
        raise CommandError("--now : précisez le décalage horaire, par exemple +01:00.")
    return moment
