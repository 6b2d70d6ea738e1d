"""Merge the lines that saves add to the summary of the synthesis; to be run by the scheduler, every ten minutes say."""

from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from availability import summary


class Command(BaseCommand):
    """The totals do not depend on it, only how fast they are read."""

    help = "Fusionne les lignes de la synthèse des disponibilités."

    def handle(self, *args: Any, **options: Any) -> None:
        """Merge, whatever the number of lines."""
        summary.merge_lines(now=timezone.now())
