"""Forget what was searched for more than thirteen months ago, and the words not to be told. For a scheduler, daily."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from common.french import counted
from search.log.counting import forget_untold, purge_log


class Command(BaseCommand):
    """Runs as often as wanted."""

    help = (
        "Efface du journal des recherches les jours de plus de treize mois, et les textes que les règles d’aujourd’hui"
        " ne laisseraient pas écrire."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete, and say how many."""
        gone, silenced = purge_log(now=timezone.now()), forget_untold()
        if options["verbosity"]:
            told = counted(gone, "ligne effacée", "lignes effacées")
            self.stdout.write(f"{told}, {counted(silenced, 'texte oublié', 'textes oubliés')}.")
