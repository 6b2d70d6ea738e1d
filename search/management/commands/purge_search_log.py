"""Forget what was searched for more than thirteen months ago. For a scheduler, once a day."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common.french import counted
from search.log.counting import purge_log


class Command(BaseCommand):
    """Runs as often as wanted."""

    help = "Efface du journal des recherches les jours de plus de treize mois."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and say how many."""
        gone = purge_log(now=timezone.now())
        if options["verbosity"]:
            self.stdout.write(f"{counted(gone, 'ligne effacée', 'lignes effacées')}.")
