"""Rebuild from nothing what is derived of groupings and figures: rhythms, openings, rows of totals, summary."""

from typing import Any

from django.core.management import BaseCommand
from django.db import transaction

from availability import summary
from availability.models import GroupedUnit
from availability.openings import services as openings


class Command(BaseCommand):
    """Needed after a bulk load or a repair by hand; afterwards every write keeps them up to date."""

    help = "Reconstruit les lignes des regroupements et la synthèse des disponibilités."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild and say how many units are counted."""
        with transaction.atomic():
            changed = openings.apply_rhythms()
            summary.rebuild()
        if options["verbosity"]:
            rows = GroupedUnit.objects.count()
            self.stdout.write(f"Regroupements : {rows} lignes, {len(changed)} saisies ramenées à la règle.")
