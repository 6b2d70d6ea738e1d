"""Mails about figures that wait, and the summary of the week. For a scheduler, every few minutes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from availability.reminders.digests import queue_again, queue_reminders
from availability.reminders.weekly import queue_summaries
from common.commands import read_moment
from common.french import counted
from common.queue import requeue_cut_tasks


class Command(BaseCommand):
    """Runs as often as wanted: one reminder a person a day, one summary a week, whatever the number of runs."""

    help = (
        "Prépare les rappels des chiffres à confirmer et les bilans de la semaine, et relance les envois interrompus."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the moment."""
        parser.add_argument("--now", help="moment de référence, par exemple 2026-11-21T12:00+01:00")

    def handle(self, *args: Any, **options: Any) -> None:
        """Queue, and say how many."""
        now, base_url = read_moment(options["now"]), settings.SITE_URL
        requeue_cut_tasks(now=now)
        again = queue_again(now=now, base_url=base_url)
        reminders = queue_reminders(now=now, base_url=base_url)
        summaries = queue_summaries(now=now, base_url=base_url)
        if options["verbosity"]:
            self.stdout.write(
                f"{counted(reminders, 'rappel')}, {counted(summaries, 'bilan')}, {counted(again, 'envoi')} à reprendre."
            )
